"""Officers' postings in the database, changed by written notices; each change returns its record's facts."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, delete, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import posting_plan
from app.accounts.life_facts import ChangeFacts, posting_facts
from app.accounts.posting_plan import Document, Notice, Posting, PostingChange, PostingKind
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.unit_terms import check_within_term, hold_unit_term
from app.audit.record import RecordKind


class OfficerUnknownError(Exception):
    """There is no officer by this id."""


async def appoint_officer(
    connection: AsyncConnection, officer_id: UUID, unit_id: UUID, notice: Notice, until: date | None = None
) -> ChangeFacts:
    """Post an officer who has no posting; PostingRefusedError, OfficerUnknownError."""
    term = await hold_unit_term(connection, unit_id, notice.on)
    postings = await hold_postings(connection, officer_id)
    change = posting_plan.appoint(postings, unit_id, notice, until)
    check_within_term(change, unit_id, term)
    return await apply_change(connection, officer_id, postings, change, notice)


async def transfer_officer(
    connection: AsyncConnection, officer_id: UUID, unit_id: UUID, notice: Notice
) -> ChangeFacts:
    """Move an officer to another unit for good; PostingRefusedError, OfficerUnknownError."""
    term = await hold_unit_term(connection, unit_id, notice.on)
    postings = await hold_postings(connection, officer_id)
    change = posting_plan.transfer(postings, unit_id, notice)
    check_within_term(change, unit_id, term)
    return await apply_change(connection, officer_id, postings, change, notice)


async def second_officer(
    connection: AsyncConnection, officer_id: UUID, unit_id: UUID, notice: Notice, until: date
) -> ChangeFacts:
    """Lend an officer to another unit until a day; PostingRefusedError, OfficerUnknownError."""
    term = await hold_unit_term(connection, unit_id, notice.on)
    postings = await hold_postings(connection, officer_id)
    change = posting_plan.second(postings, unit_id, notice, until)
    check_within_term(change, unit_id, term)
    return await apply_change(connection, officer_id, postings, change, notice)


async def move_unit_officers(
    connection: AsyncConnection, successors: Mapping[UUID, UUID], notice: Notice
) -> tuple[ChangeFacts, ...]:
    """Let everybody posted in a former unit, now or by plan, go on in its successor; one fact each.

    Their sessions end. Raises ValueError where a successor is itself one of the former units.
    """
    if not successors.keys().isdisjoint(successors.values()):
        raise ValueError("a unit cannot be both a former one and a successor")
    affected = (
        select(OFFICER_POSTING.c.officer_id)
        .where(
            OFFICER_POSTING.c.unit_id.in_(successors),
            or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > notice.on),
        )
        .distinct()
    )
    timelines = await _hold_timelines(connection, (await connection.execute(affected)).scalars().all())
    changes = {
        officer_id: posting_plan.move_units(postings, successors, notice)
        for officer_id, postings in timelines.items()
    }
    changes = {officer_id: change for officer_id, change in changes.items() if change != PostingChange()}
    await write_changes(connection, changes)
    return tuple(
        posting_change_facts(officer_id, timelines[officer_id], change, notice)
        for officer_id, change in changes.items()
    )


async def hold_postings(connection: AsyncConnection, officer_id: UUID) -> tuple[Posting, ...]:
    """Return an officer's postings in the order of their days, held until the transaction ends.

    Raises OfficerUnknownError.
    """
    timelines = await _hold_timelines(connection, [officer_id])
    if officer_id not in timelines:
        raise OfficerUnknownError
    return timelines[officer_id]


async def apply_change(
    connection: AsyncConnection,
    officer_id: UUID,
    postings: Sequence[Posting],
    change: PostingChange,
    notice: Notice,
) -> ChangeFacts:
    """Write a change to postings that are held, and return its facts."""
    await write_changes(connection, {officer_id: change})
    return posting_change_facts(officer_id, postings, change, notice)


async def _hold_timelines(
    connection: AsyncConnection, officer_ids: Sequence[UUID]
) -> dict[UUID, tuple[Posting, ...]]:
    """Return postings by officer; the officers' rows are held, in one order so that two cannot deadlock."""
    held = await connection.execute(
        select(OFFICER.c.officer_id)
        .where(OFFICER.c.officer_id.in_(officer_ids))
        .order_by(OFFICER.c.officer_id)
        .with_for_update(key_share=True)
    )
    return await read_timelines(connection, held.scalars().all())


async def read_timelines(
    connection: AsyncConnection, officer_ids: Sequence[UUID]
) -> dict[UUID, tuple[Posting, ...]]:
    """Return postings by officer, each officer's in the order of their days."""
    timelines: dict[UUID, list[Posting]] = {officer_id: [] for officer_id in officer_ids}
    rows = await connection.execute(
        select(OFFICER_POSTING)
        .where(OFFICER_POSTING.c.officer_id == any_(literal(list(officer_ids), ARRAY(Uuid))))
        .order_by(OFFICER_POSTING.c.valid_from)
    )
    for row in rows:
        document = Document(row.document_number, row.document_date) if row.document_number else None
        posting = Posting(row.valid_from, row.valid_to, row.unit_id, PostingKind(row.kind), document)
        timelines[row.officer_id].append(posting)
    return {officer_id: tuple(postings) for officer_id, postings in timelines.items()}


async def write_changes(connection: AsyncConnection, changes: Mapping[UUID, PostingChange]) -> None:
    """Take back, end and add: in this order no two postings of an officer ever overlap."""
    row = and_(
        OFFICER_POSTING.c.officer_id == bindparam("officer"), OFFICER_POSTING.c.valid_from == bindparam("day")
    )
    removed = [
        {"officer": officer_id, "day": posting.valid_from}
        for officer_id, change in changes.items()
        for posting in change.removed
    ]
    ended = [
        {"officer": officer_id, "day": posting.valid_from, "end": posting.valid_to}
        for officer_id, change in changes.items()
        for posting in change.ended
    ]
    added = [_row(officer_id, posting) for officer_id, change in changes.items() for posting in change.added]
    if removed:
        await connection.execute(delete(OFFICER_POSTING).where(row), removed)
    if ended:
        await connection.execute(update(OFFICER_POSTING).where(row).values(valid_to=bindparam("end")), ended)
    if added:
        await connection.execute(insert(OFFICER_POSTING), added)


def _row(officer_id: UUID, posting: Posting) -> dict[str, object]:
    document = posting.document
    return {
        "officer_id": officer_id,
        "valid_from": posting.valid_from,
        "valid_to": posting.valid_to,
        "unit_id": posting.unit_id,
        "kind": posting.kind.value,
        "document_number": document.number if document else None,
        "document_date": document.signed_on if document else None,
    }


def posting_change_facts(
    officer_id: UUID, postings: Sequence[Posting], change: PostingChange, notice: Notice
) -> ChangeFacts:
    """Return what the record of a change says."""
    before, after = posting_facts(postings, change)
    return ChangeFacts(
        RecordKind.OFFICER_POSTED,
        officer_id=officer_id,
        unit_id=change.added[0].unit_id if change.added else None,
        document=notice.document,
        before=before,
        after=after,
    )
