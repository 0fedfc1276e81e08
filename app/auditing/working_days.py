"""Working days in Vietnam, and the deadlines that are reckoned with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from holidays.countries.vietnam import Vietnam

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_WORKED_MARK: Final = "+"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Weekends, public holidays with the days off in lieu that were announced, and what an office adds.

    `days_off` are days that the government gave besides, `worked` weekend days that are worked in their
    place: each year's decision names both (Labour Code 2019 Article 112).
    """

    days_off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    @classmethod
    def from_text(cls, text: str) -> "WorkingCalendar":
        """Read `2026-12-31, +2026-08-22`: days off, and with a plus sign days worked; ValueError."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        worked = [part for part in parts if part.startswith(_WORKED_MARK)]
        return cls(
            frozenset(_days(part for part in parts if part not in worked)),
            frozenset(_days(part.removeprefix(_WORKED_MARK) for part in worked)),
        )

    def is_working(self, day: date) -> bool:
        """Whether offices work on *day*."""
        if day in self.worked:
            return True
        return day.weekday() < _SATURDAY and day not in self.days_off and day not in _HOLIDAYS

    def working_days_after(self, day: date, count: int) -> date:
        """Return the *count*-th working day after *day*; the day itself never counts."""
        while count > 0:
            day += _DAY
            count -= self.is_working(day)
        return day

    def days_after(self, day: date, count: int) -> date:
        """Return the day *count* days after *day*, or the next working day where that is none.

        The first day never counts, and a period that would end on a day off ends with the next working day
        (Civil Code 2015 Articles 147 and 148).
        """
        end = day + count * _DAY
        return end if self.is_working(end) else self.working_days_after(end, 1)


_HOLIDAYS: Final = Vietnam()  # type: ignore[no-untyped-call] # the library says no types here
"""Fills itself with each year that is asked for, lunar holidays included."""


def _days(texts: Iterable[str]) -> list[date]:
    return [date.fromisoformat(text) for text in texts]
