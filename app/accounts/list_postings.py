"""The postings that a list makes: from which day, and whether officers' and units' days allow them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from app.accounts import posting_plan
from app.accounts.posting_plan import Document, Notice, Posting, PostingChange, PostingRefusedError
from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.form import Column
from app.accounts.registration.unit_days import unit_day_fault
from app.accounts.registration.unit_names import UnitNames
from app.accounts.registration.values import Action, PlannedRow, Wish

Timelines = Mapping[UUID, Sequence[Posting]]


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer that the officer's postings allow."""

    postings: Sequence[Posting]
    change: PostingChange
    notice: Notice


@dataclass(frozen=True, slots=True)
class ListDays:
    """From which day a row holds and by which document; *effective_on* stands for rows that name no day."""

    effective_on: date | None
    today: date

    def notice(self, row: PlannedRow) -> Notice:
        """Return what the row orders."""
        on = row.wish.effective_on if row.wish is not None else None
        number = row.wish.document_number if row.wish is not None else None
        day = on or self.effective_on or self.today
        return Notice(day, self.today, Document(number) if number else None)


@dataclass(frozen=True, slots=True)
class PostingJudge:
    """Refuses rows whose postings cannot be; `moves` fills with the transfers that can."""

    timelines: Timelines
    units: UnitNames
    days: ListDays
    moves: dict[UUID, Move] = field(default_factory=dict)

    def judge(self, row: PlannedRow) -> PlannedRow:
        """Return the row, refused with its fault where its posting cannot be."""
        if row.wish is None or row.action not in {Action.ADD, Action.TRANSFER}:
            return row
        notice = self.days.notice(row)
        if row.action is Action.ADD or row.officer_id is None:
            return self._within_days(row, row.wish, (Posting(notice.on, None, row.wish.unit_id),))
        postings = self.timelines[row.officer_id]
        try:
            change = posting_plan.transfer(postings, row.wish.unit_id, notice)
        except PostingRefusedError:
            return _refused(row, Fault(FaultCode.DATE_BEFORE_POSTING, Column.EFFECTIVE_DATE))
        self.moves[row.officer_id] = Move(postings, change, notice)
        return self._within_days(row, row.wish, change.added)

    def _within_days(self, row: PlannedRow, wish: Wish, postings: Sequence[Posting]) -> PlannedRow:
        fault = unit_day_fault(self.units.by_id[wish.unit_id], postings)
        return row if fault is None else _refused(row, fault)


def _refused(row: PlannedRow, fault: Fault) -> PlannedRow:
    return replace(row, action=Action.REFUSED, changes=(), wish=None, faults=(fault, *row.faults))
