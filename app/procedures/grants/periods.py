"""What a decision does to the periods in which a unit handles a procedure: past days never change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.procedures.grants.form import Deed
from app.procedures.lists.faults import FaultCode

Periods = tuple["Period", ...]


@dataclass(frozen=True, slots=True)
class Period:
    """From one day until before another, by which document it began, and by which it got its end."""

    valid_from: date
    valid_to: date | None
    deciding_document: str | None = None
    ending_document: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether *day* is one of its days."""
        return self.valid_from <= day and self.holds_after(day)

    def holds_after(self, day: date) -> bool:
        """Whether *day* or any later one is."""
        return self.valid_to is None or day < self.valid_to


@dataclass(frozen=True, slots=True)
class Asked:
    """One decision: `start` is None where it names no day; without `says_end` an end that is stays."""

    deed: Deed
    on: date
    start: date | None = None
    end: date | None = None
    says_end: bool = True
    document: str | None = None

    @property
    def day(self) -> date:
        """From which day it holds."""
        return self.start or self.on


class PeriodRefusedError(Exception):
    """The periods cannot be changed so; `since` is the day that stands in the way."""

    def __init__(self, code: FaultCode, since: date) -> None:
        """Carry why."""
        super().__init__(code.value)
        self.code = code
        self.since = since


def changed(periods: Periods, asked: Asked, today: date) -> Periods:
    """Return the periods afterwards, the same where nothing is to change; PeriodRefusedError.

    What is asked about days that are past is refused unless it is so already.
    """
    return _withdrawn(periods, asked, today) if asked.deed is Deed.WITHDRAW else _given(periods, asked, today)


def _given(periods: Periods, asked: Asked, today: date) -> Periods:
    held = next((one for one in periods if one.holds_on(asked.day)), None)
    if held is not None and not (asked.says_end and asked.end != held.valid_to):
        return periods
    if held is None and asked.day < today:
        raise PeriodRefusedError(FaultCode.DAY_PAST, asked.day)
    if asked.end is not None and asked.end <= asked.day:
        raise PeriodRefusedError(FaultCode.DATES_REVERSED, asked.day)
    if held is None:
        new = Period(asked.day, asked.end, asked.document)
        return _placed(new, periods)
    for end in (asked.end, held.valid_to):
        # Both ends must lie ahead: days between them would change, and they may not be past.
        if end is not None and end < today:
            raise PeriodRefusedError(FaultCode.DAY_PAST, end)
    new = replace(held, valid_to=asked.end, ending_document=asked.document if asked.end else None)
    return _placed(new, [one for one in periods if one != held])


def _placed(new: Period, others: Sequence[Period]) -> Periods:
    following = [one for one in others if one.valid_from > new.valid_from and new.holds_after(one.valid_from)]
    if following:
        raise PeriodRefusedError(FaultCode.PERIOD_OVERLAPS, following[0].valid_from)
    return tuple(sorted((*others, new), key=lambda one: one.valid_from))


def _withdrawn(periods: Periods, asked: Asked, today: date) -> Periods:
    if not any(one.holds_after(asked.day) for one in periods):
        return periods
    if asked.day < today:
        raise PeriodRefusedError(FaultCode.DAY_PAST, asked.day)
    return tuple(
        replace(one, valid_to=asked.day, ending_document=asked.document)
        if one.holds_after(asked.day)
        else one
        for one in periods
        if one.valid_from < asked.day  # one that had not begun by then says nothing
    )
