"""What reconciliation compares and what it finds: the national side's rows, our records, differences."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

MILLISECONDS: Final = 1000


class Look(NamedTuple):
    """One row of the national side's log: somebody was asked about; no name or number of theirs is kept.

    `at` is in milliseconds since 1970, None where the row's time cannot be read. Texts are empty where the
    log has no such column. `is_refused` says that the row tells of a call that was turned away.
    """

    request_id: str
    at: int | None
    line: int
    officer_code: str = ""
    account: str = ""
    service_code: str = ""
    road: str = ""
    result: str = ""
    is_refused: bool = False


class Recorded(NamedTuple):
    """One lookup of ours as the evidence has it; `outcome` is empty where none is on record."""

    request_id: str
    at: int
    lookup_id: str
    officer_id: str = ""
    officer_code: str = ""
    unit_code: str = ""
    client_id: str = ""
    procedure_code: str = ""
    road: str = ""
    outcome: str = ""


class Kind(StrEnum):
    """What does not fit; the last two may have an innocent reason and are no differences."""

    LOOK_WITHOUT_RECORD = "look_without_record"
    RECORD_WITHOUT_LOOK = "record_without_look"
    LOOKED_TWICE = "looked_twice"
    RECORDED_TWICE = "recorded_twice"
    TIME_DIFFERS = "time_differs"
    OTHER_OFFICER = "other_officer"
    OTHER_ROAD = "other_road"
    UNCERTAIN = "uncertain"
    AT_EDGE = "at_edge"

    @property
    def is_difference(self) -> bool:
        """Whether somebody must explain it."""
        return self not in {Kind.UNCERTAIN, Kind.AT_EDGE}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit, with the row and the record it is about, as far as there are any.

    `count` is how many rows or records bear this request id.
    """

    kind: Kind
    look: Look | None
    recorded: Recorded | None
    count: int = 1

    @property
    def request_id(self) -> str:
        """The id the two sides are matched by; empty for a row that has none."""
        return self.look.request_id if self.look is not None else (self.recorded or _NOBODY).request_id

    @property
    def at(self) -> int:
        """When it was, for sorting: by the national side's clock, else by ours."""
        if self.look is not None and self.look.at is not None:
            return self.look.at
        return (self.recorded or _NOBODY).at


_NOBODY: Final = Recorded("", 0, "")


class RowFault(StrEnum):
    """Why a row of the log cannot be read."""

    TOO_LONG = "too_long"
    NUL = "nul"
    QUOTES = "quotes"
    COLUMNS = "columns"
    REQUEST_ID = "request_id"
    TIME = "time"


class BrokenRow(NamedTuple):
    """A row that cannot be read whole; `line` counts the file's lines from 1."""

    line: int
    fault: RowFault


@dataclass(frozen=True, slots=True)
class Period:
    """From *start* up to, and without, *end*, in milliseconds since 1970."""

    start: int
    end: int

    def covers(self, at: int | None) -> bool:
        """Whether an instant lies in it; one that is not known does."""
        return at is None or self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Rules:
    """By what two sides are compared: the period, the tolerance, codes that are no single officer's."""

    period: Period
    tolerance: int = 60 * MILLISECONDS
    shared_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Totals:
    """What was compared and what came of it; `clock_difference` is None where too few pairs tell it."""

    period: Period
    looks: int
    records: int
    matched: int
    refused_without_id: int
    outside: int
    broken_rows: int
    unreadable_records: int
    clock_difference: int | None
    found: dict[Kind, int]

    @property
    def differences(self) -> int:
        """How many findings somebody must explain."""
        return sum(count for kind, count in self.found.items() if kind.is_difference)

    @property
    def is_clean(self) -> bool:
        """Whether all could be read and nothing differs."""
        return not (self.differences or self.broken_rows or self.unreadable_records)

    @property
    def said(self) -> dict[str, int]:
        """Every count by its name, as the record and the report say them."""
        return {
            "looks": self.looks,
            "records": self.records,
            "matched": self.matched,
            "refused_without_id": self.refused_without_id,
            "outside": self.outside,
            "broken_rows": self.broken_rows,
            "unreadable_records": self.unreadable_records,
            **{kind.value: self.found.get(kind, 0) for kind in Kind},
        }
