"""Working days in Vietnam, and the deadlines that are reckoned with them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

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
        return day.weekday() < _SATURDAY and day not in self.days_off and day not in public_holidays()

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


@cache
def public_holidays() -> Container[date]:
    """Return Vietnam's holidays: a value that fills itself with each year asked for, lunar ones included.

    The first time it takes a third of a second; not on an event loop.
    """
    # Imported where it is used: with it come 250 countries, ten megabytes that few processes need.
    from holidays.countries.vietnam import Vietnam  # noqa: PLC0415

    return Vietnam()  # type: ignore[no-untyped-call] # the library says no types here


def _days(texts: Iterable[str]) -> list[date]:
    return [date.fromisoformat(text) for text in texts]
