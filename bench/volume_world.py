"""Invented units, officers and citizens of a province, some of them asked for far more often than others."""

import math
import random
from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from uuid import UUID

from app.audit.keyring import months_from
from app.clock import VIETNAM

_RECORDS_A_LOOKUP: Final = 2.08
_LEAST_A_MONTH: Final = 50
_MOST_A_MONTH: Final = 2_000
_MEAN_A_MONTH: Final = 220  # of officers between the two, skewed as below
_SKEW: Final = 3
_OFFICERS_A_UNIT: Final = 4
_LOOKUPS_A_CITIZEN: Final = 2.5
_MOST_LOOKED_UP: Final = 200
_MERGED: Final = 3  # units become one, halfway
_DAY_BEGINS: Final = time(7, 30)
_DAY_SECONDS: Final = 9.5 * 3600
_WORKDAYS: Final = 5
_NUMBERS: Final = 400_000_000  # that begin with the invented place 099
_SCATTER: Final = 179_424_673  # a prime that does not divide them
_LAST: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ")
_MIDDLE: Final = ("Văn", "Thị", "Thử", "Mẫu", "Giả")
_FIRST: Final = ("An", "Bình", "Chi", "Dũng", "Giang", "Hạnh", "Khánh", "Linh", "Minh", "Như", "Thử")


@dataclass(frozen=True, slots=True)
class Agency:
    """A unit, and what its records say of it."""

    unit_id: UUID
    code: str
    level: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Desk:
    """An officer, and where they work in the first half of the time and in the second."""

    officer_id: UUID
    login_name: str
    role: str
    before: Agency
    after: Agency


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to be: records in all, over that many months that end with *last_day*."""

    records: int
    months: int
    last_day: date
    seed: int = 7

    @property
    def lookups(self) -> int:
        """About how many lookups these records are of."""
        return max(1, int(self.records / _RECORDS_A_LOOKUP))


class World:
    """The same for the same size, in whatever process."""

    def __init__(self, size: Size) -> None:
        """Invent who asks; whom they ask about follows from the number drawn."""
        self.size = size
        a_month = size.lookups / size.months
        count = max(4, round(a_month / _MEAN_A_MONTH))
        ratio = _MOST_A_MONTH / _LEAST_A_MONTH
        weights = [ratio ** ((at + 0.5) / count) ** _SKEW for at in range(count)]
        self.units, self.merged = _units(max(_MERGED + 2, count // _OFFICERS_A_UNIT))
        self.desks = [self._desk(at) for at in range(count)]
        self._officers = list(accumulate(weights))
        self.citizens = max(10, int(size.lookups / _LOOKUPS_A_CITIZEN))
        often = max(2.0, size.lookups / _MOST_LOOKED_UP)
        self._often = max(1.0, math.log(self.citizens) / math.log(often))
        self.days = _workdays(self.first_day, size.last_day)

    @property
    def months(self) -> list[str]:
        """The UTC months that have records."""
        return months_from(self.first_day, self.size.months)

    @property
    def first_day(self) -> date:
        """The first day of the first month."""
        last = self.size.last_day
        number = last.year * 12 + last.month - self.size.months
        return date(number // 12, number % 12 + 1, 1)

    @property
    def merger_day(self) -> date:
        """The day from which the last unit works in the place of others."""
        return self.days[len(self.days) // 2]

    def officer(self, draw: random.Random) -> Desk:
        """Return who asks."""
        return self.desks[bisect(self._officers, draw.random() * self._officers[-1])]

    def citizen(self, draw: random.Random) -> int:
        """Return who is asked about: 0 is asked about most often."""
        return int(self.citizens * draw.random() ** self._often)

    def agency(self, desk: Desk, day: date) -> Agency:
        """Return the officer's unit of the day."""
        return desk.after if day >= self.merger_day else desk.before

    def instant(self, share: float) -> datetime:
        """Return when *share* of all the working time is over."""
        at = min(share, 0.999_999) * len(self.days)
        day = self.days[int(at)]
        begins = datetime.combine(day, _DAY_BEGINS, VIETNAM)
        return (begins + timedelta(seconds=(at % 1) * _DAY_SECONDS)).astimezone(UTC)

    def _desk(self, at: int) -> Desk:
        before = self.units[at % (len(self.units) - 1)]
        after = self.units[-1] if before in self.merged else before
        role = "processing" if at % 3 else "reception"
        return Desk(UUID(int=(9 << 64) + at), f"cb.{at:05d}", role, before, after)


def number_of(citizen: int) -> str:
    """Return a citizen's number of twelve digits; another's is another."""
    return f"099{citizen * _SCATTER % _NUMBERS:09d}"


def name_of(citizen: int) -> str:
    """Return a citizen's name."""
    return f"{_LAST[citizen % 10]} {_MIDDLE[citizen // 10 % 5]} {_FIRST[citizen // 50 % 11]}"


def birth_date_of(citizen: int) -> str:
    """Return a citizen's birth date."""
    return f"{1950 + citizen % 56}-{citizen % 12 + 1:02d}-{citizen % 28 + 1:02d}"


def _units(count: int) -> tuple[list[Agency], list[Agency]]:
    """Return all units, the last of them the successor of the second list's."""
    units = [
        Agency(
            UUID(int=(8 << 64) + at),
            f"H19.{300 + at}",
            "province" if at % 10 == 0 else "commune",
            f"mot-cua-{at % 3 + 1}",
        )
        for at in range(count)
    ]
    return units, units[1 : 1 + _MERGED]


def _workdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=at) for at in range((last - first).days + 1))
    return [day for day in days if day.weekday() < _WORKDAYS]
