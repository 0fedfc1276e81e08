"""What a report of use is asked for and what it says: counts, never a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.units.values import UnitLevel


class Trend(StrEnum):
    """How long the periods of a trend are; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Standing(StrEnum):
    """How a unit uses lookups; the order is that of the list (R71)."""

    UNCOUNTED = "uncounted"
    """Nobody ever counted: no figure says whether the unit uses any."""
    ZERO = "zero"
    FEW = "few"
    USUAL = "usual"
    NO_OFFICERS = "no_officers"
    """Nobody there may look up."""
    ENDED = "ended"
    """Not in force today, and its place taken in part or by nobody."""


class Kind(StrEnum):
    """What was asked: a lookup, a verification, or either but refused before anybody was asked."""

    LOOKUP = "lookup"
    VERIFICATION = "verification"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures: days in Vietnam, both included; of which units (None: all), of which level that day."""

    first_day: date
    last_day: date
    unit_ids: frozenset[UUID] | None = None
    level: UnitLevel | None = None
    trend: Trend = Trend.MONTH


@dataclass(frozen=True, slots=True)
class Cell:
    """A sum of figures; `of` is what they have in common, `level` the unit's on the day."""

    of: str
    level: str
    kind: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums by unit, by period, by procedure and by reception channel, and how far they are counted."""

    by_unit: tuple[Cell, ...]
    by_period: tuple[Cell, ...]
    by_procedure: tuple[Cell, ...]
    by_channel: tuple[Cell, ...]
    counted_at: datetime | None
    """None where nothing was ever counted."""
    uncounted_records: int
    """How many records of the tree wait to be counted."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was used; outcomes are those of lookups and verifications."""

    lookups: int
    verifications: int
    refused: int
    departments: int
    """Uses by units of the province's level (sở, ngành)."""
    localities: int
    """Uses by units of districts and communes."""
    outcomes: Mapping[str, int]

    @property
    def uses(self) -> int:
        """Lookups and verifications that were allowed."""
        return self.lookups + self.verifications

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> "Tally":
        """Return the sum of *cells*."""
        kinds, sides, outcomes = dict.fromkeys(Kind, 0), {True: 0, False: 0}, dict[str, int]()
        for cell in cells:
            kind = Kind(cell.kind)
            kinds[kind] += cell.count
            if kind is Kind.REFUSED:
                continue
            outcomes[cell.outcome] = outcomes.get(cell.outcome, 0) + cell.count
            if cell.level:  # what says no level is on neither side
                sides[cell.level == UnitLevel.PROVINCE.value] += cell.count
        return cls(
            kinds[Kind.LOOKUP],
            kinds[Kind.VERIFICATION],
            kinds[Kind.REFUSED],
            sides[True],
            sides[False],
            dict(sorted(outcomes.items())),
        )


@dataclass(frozen=True, slots=True)
class UnitUsage:
    """One unit's use, that of units merged into it included (`merged` of the uses are theirs)."""

    unit_id: UUID
    code: str | None
    name: str | None
    level: str | None
    officers: int
    tally: Tally
    merged: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Part:
    """What one procedure, channel or period has; *name* is its code, or a period's first day."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Period:
    """One period of the trend, within the days that were asked for."""

    first_day: date
    last_day: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The whole report: units that use nothing first."""

    wanted: Wanted
    few: int
    total: Tally
    units: tuple[UnitUsage, ...]
    periods: tuple[Period, ...]
    procedures: tuple[Part, ...]
    channels: tuple[Part, ...]
    counted_at: datetime | None
    uncounted_records: int
