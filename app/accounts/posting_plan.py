"""What a written notice does to an officer's postings: past days never change, planned ones may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID


class PostingKind(StrEnum):
    """Why an officer came to a unit."""

    APPOINTMENT = "appointment"
    TRANSFER = "transfer"
    SECONDMENT = "secondment"
    RETURN = "return"


class PostingFault(StrEnum):
    """Why postings cannot be changed as asked."""

    POSTED_ALREADY = "posted_already"
    NOT_POSTED = "not_posted"
    SAME_UNIT = "same_unit"
    BEFORE_LAST_RECORD = "before_last_record"
    BEYOND_POSTING = "beyond_posting"
    PERIOD_EMPTY = "period_empty"
    UNIT_NOT_IN_FORCE = "unit_not_in_force"


class PostingRefusedError(Exception):
    """Postings were not changed; somebody must give another day or another unit."""

    def __init__(self, fault: PostingFault) -> None:
        """Carry why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Document:
    """The written notice behind a change (R6)."""

    number: str
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One unit from a day on, until the day before `valid_to`; None while no end is known."""

    valid_from: date
    valid_to: date | None
    unit_id: UUID
    kind: PostingKind = PostingKind.APPOINTMENT
    document: Document | None = None

    def is_in_force(self, day: date) -> bool:
        """Whether the officer is posted by this on *day*."""
        return self.valid_from <= day and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether *day* comes after the posting's last day."""
        return self.valid_to is not None and self.valid_to <= day


@dataclass(frozen=True, slots=True)
class PostingChange:
    """Rows that get another end, plans taken back, and rows that are new."""

    ended: tuple[Posting, ...] = ()
    removed: tuple[Posting, ...] = ()
    added: tuple[Posting, ...] = ()

    def applied_to(self, postings: Sequence[Posting]) -> tuple[Posting, ...]:
        """Return *postings* as they stand afterwards, in the order of their days."""
        gone = {posting.valid_from for posting in (*self.removed, *self.ended)}
        kept = [posting for posting in postings if posting.valid_from not in gone]
        return tuple(sorted((*kept, *self.ended, *self.added), key=lambda posting: posting.valid_from))


@dataclass(frozen=True, slots=True)
class Notice:
    """A change that takes effect on a day, by a document; *today* tells plans from what has begun."""

    on: date
    today: date
    document: Document | None = None


def in_force(postings: Sequence[Posting], day: date) -> Posting | None:
    """Return the posting of *day*."""
    return next((posting for posting in postings if posting.is_in_force(day)), None)


def is_posted_from(postings: Sequence[Posting], day: date) -> bool:
    """Whether the officer is posted on *day* or will be later."""
    return any(not posting.is_over(day) for posting in postings)


def appoint(
    postings: Sequence[Posting], unit_id: UUID, notice: Notice, until: date | None = None
) -> PostingChange:
    """Post who has no posting from the day on. Raises PostingRefusedError."""
    if is_posted_from(postings, notice.on):
        raise PostingRefusedError(PostingFault.POSTED_ALREADY)
    if until is not None and until <= notice.on:
        raise PostingRefusedError(PostingFault.PERIOD_EMPTY)
    return PostingChange(
        added=(Posting(notice.on, until, unit_id, PostingKind.APPOINTMENT, notice.document),)
    )


def transfer(postings: Sequence[Posting], unit_id: UUID, notice: Notice) -> PostingChange:
    """Let the officer work at another unit for good; a leave that is planned stays planned.

    Whatever else was planned from that day on is taken back. Raises PostingRefusedError.
    """
    cut = _cut(postings, notice)
    present = in_force(postings, notice.on)
    if present is None:
        raise PostingRefusedError(PostingFault.NOT_POSTED)
    if present.unit_id == unit_id and not any(one.valid_from > notice.on for one in cut.removed):
        raise PostingRefusedError(PostingFault.SAME_UNIT)
    until = _end_without_gap(postings, present)
    added = Posting(notice.on, until, unit_id, PostingKind.TRANSFER, notice.document)
    return replace(cut, added=(added,))


def second(postings: Sequence[Posting], unit_id: UUID, notice: Notice, until: date) -> PostingChange:
    """Lend the officer to another unit; on *until* they are back by themselves.

    Raises PostingRefusedError.
    """
    if until <= notice.on:
        raise PostingRefusedError(PostingFault.PERIOD_EMPTY)
    home = in_force(postings, notice.on)
    if home is None:
        raise PostingRefusedError(PostingFault.NOT_POSTED)
    if home.unit_id == unit_id:
        raise PostingRefusedError(PostingFault.SAME_UNIT)
    if home.valid_to is not None and home.valid_to < until:
        raise PostingRefusedError(PostingFault.BEYOND_POSTING)
    cut = _cut([home], notice)
    added = [Posting(notice.on, until, unit_id, PostingKind.SECONDMENT, notice.document)]
    if home.valid_to != until:
        added.append(Posting(until, home.valid_to, home.unit_id, PostingKind.RETURN, notice.document))
    return replace(cut, added=tuple(added))


def leave(postings: Sequence[Posting], notice: Notice) -> PostingChange:
    """End every posting on the day. Raises PostingRefusedError."""
    if not is_posted_from(postings, notice.on):
        raise PostingRefusedError(PostingFault.NOT_POSTED)
    return _cut(postings, notice)


def move_units(postings: Sequence[Posting], successors: Mapping[UUID, UUID], notice: Notice) -> PostingChange:
    """Let every posting in a former unit go on in its successor (a merger); others stay as they are.

    A posting that began between a day of the past and today moves from today on: its past days stand.
    """
    change = PostingChange()
    for posting in postings:
        successor = successors.get(posting.unit_id)
        if successor is None or posting.is_over(notice.on) or posting.is_over(notice.today):
            continue
        on = notice.on if posting.valid_from <= notice.on else max(posting.valid_from, notice.today)
        goes_on = posting.valid_from == on or posting.kind is PostingKind.SECONDMENT
        kind = posting.kind if goes_on else PostingKind.TRANSFER
        moved = replace(posting, valid_from=on, unit_id=successor, kind=kind, document=notice.document)
        cut = _cut([posting], replace(notice, on=on))
        change = PostingChange(
            (*change.ended, *cut.ended), (*change.removed, *cut.removed), (*change.added, moved)
        )
    return change


def _end_without_gap(postings: Sequence[Posting], present: Posting) -> date | None:
    """Return the first day after *present* and what follows it on which the officer is posted nowhere."""
    last: Posting | None = present
    while last is not None and last.valid_to is not None:
        end = last.valid_to
        last = in_force(postings, end)
        if last is None:
            return end
    return None


def _cut(postings: Sequence[Posting], notice: Notice) -> PostingChange:
    """End what is in force on the day and take back what was to begin then or later.

    Raises PostingRefusedError where that would rewrite a posting that began or ended before today.
    """
    removed = tuple(posting for posting in postings if posting.valid_from >= notice.on)
    is_closed = any(posting.is_over(notice.today) and not posting.is_over(notice.on) for posting in postings)
    if is_closed or any(posting.valid_from < notice.today for posting in removed):
        raise PostingRefusedError(PostingFault.BEFORE_LAST_RECORD)
    ended = tuple(
        replace(posting, valid_to=notice.on)
        for posting in postings
        if posting.valid_from < notice.on and posting.is_in_force(notice.on)
    )
    return PostingChange(ended=ended, removed=removed)
