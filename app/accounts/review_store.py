"""Reviews in the database: opened, answered, and closed with silence counting as no."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, func, insert, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.life_facts import ChangeFacts
from app.accounts.life_table import REVIEW_ANSWER, REVIEW_ROUND
from app.accounts.postings import hold_postings
from app.accounts.review import Answer, ReviewFault, ReviewRefusedError, ReviewRound, refuse_answer
from app.accounts.standing import (
    StandingFault,
    StandingRefusedError,
    StatusReason,
    read_standing,
    suspend_officer,
)
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.unit_notices import NoticeCode, notify_unit
from app.audit.record import RecordKind
from app.clock import local_day

_OPENING_LOCK: Final = 7_233_190_115


@dataclass(frozen=True, slots=True)
class ReviewedOfficer:
    """Somebody a round asks about, with the unit of its first day; no answer yet is None."""

    officer_id: UUID
    unit_id: UUID
    answer: Answer | None
    answered_by: UUID | None
    answered_at: datetime | None


async def open_round(
    connection: AsyncConnection, today: date, due_on: date
) -> tuple[ReviewRound, ChangeFacts]:
    """Ask every unit about each officer in use today. Raises ReviewRefusedError."""
    if due_on <= today:
        raise ReviewRefusedError(ReviewFault.DUE_TOO_SOON)
    await connection.execute(select(func.pg_advisory_xact_lock(_OPENING_LOCK)))
    if await find_open_round(connection) is not None:
        raise ReviewRefusedError(ReviewFault.ROUND_OPEN_ALREADY)
    review = ReviewRound(uuid7(), today, due_on, None)
    await connection.execute(
        insert(REVIEW_ROUND).values(round_id=review.round_id, opened_on=today, due_on=due_on)
    )
    listed = await connection.execute(
        insert(REVIEW_ANSWER).from_select(["round_id", "officer_id", "unit_id"], _in_use(review))
    )
    facts = ChangeFacts(
        RecordKind.REVIEW_OPENED,
        after={
            "round_id": str(review.round_id),
            "due_on": due_on.isoformat(),
            "officers": listed.rowcount,
        },
    )
    return review, facts


async def answer_for(
    connection: AsyncConnection,
    round_id: UUID,
    officer_id: UUID,
    answer: Answer,
    answered_by: UUID,
    now: datetime,
) -> list[ChangeFacts]:
    """Take a unit's word on an officer; `remove` suspends at once. Who may speak is the caller's to judge.

    Raises ReviewRefusedError, and StandingRefusedError for the last administrator of the department.
    """
    review = await find_round(connection, round_id)
    place = and_(REVIEW_ANSWER.c.round_id == round_id, REVIEW_ANSWER.c.officer_id == officer_id)
    held = (await connection.execute(select(REVIEW_ANSWER).where(place).with_for_update())).one_or_none()
    if held is None:
        raise ReviewRefusedError(ReviewFault.NOT_PART)
    earlier = Answer(held.answer) if held.answer else None
    refuse_answer(review, officer_id, earlier, answered_by, local_day(now))
    await connection.execute(
        update(REVIEW_ANSWER)
        .where(place)
        .values(answer=answer.value, answered_by=answered_by, answered_at=now)
    )
    facts = [
        ChangeFacts(
            RecordKind.REVIEW_ANSWERED,
            officer_id=officer_id,
            unit_id=held.unit_id,
            before={"answer": held.answer},
            after={"round_id": str(round_id), "answer": answer.value},
        )
    ]
    if answer is Answer.REMOVE and (await read_standing(connection, officer_id)).is_active:
        facts.append(await suspend_officer(connection, officer_id, StatusReason.REVIEW_REMOVED, now))
    return facts


async def find_open_round(connection: AsyncConnection) -> ReviewRound | None:
    """Return the round that is not closed; there is never more than one."""
    row = (
        await connection.execute(select(REVIEW_ROUND).where(REVIEW_ROUND.c.closed_on.is_(None)))
    ).one_or_none()
    return ReviewRound(row.round_id, row.opened_on, row.due_on, row.closed_on) if row else None


async def list_rounds(
    connection: AsyncConnection, *, before: UUID | None = None, most: int
) -> list[ReviewRound]:
    """Return reviews, the latest first, at most *most* of those opened before *before*."""
    query = select(REVIEW_ROUND).order_by(REVIEW_ROUND.c.round_id.desc()).limit(most)
    if before is not None:
        query = query.where(REVIEW_ROUND.c.round_id < before)  # a time stands first in these ids (UUIDv7)
    rows = await connection.execute(query)
    return [ReviewRound(row.round_id, row.opened_on, row.due_on, row.closed_on) for row in rows]


async def latest_opening(connection: AsyncConnection) -> date | None:
    """Return the day on which the latest round was opened; see `next_review_on`."""
    found: date | None = await connection.scalar(select(func.max(REVIEW_ROUND.c.opened_on)))
    return found


async def reviewed_officers(
    connection: AsyncConnection, round_id: UUID, unit_ids: Sequence[UUID] | None = None
) -> list[ReviewedOfficer]:
    """Return whom a round asks these units about, or every unit."""
    query = (
        select(REVIEW_ANSWER)
        .where(
            REVIEW_ANSWER.c.round_id == round_id,
            true() if unit_ids is None else REVIEW_ANSWER.c.unit_id.in_(unit_ids),
        )
        .order_by(REVIEW_ANSWER.c.unit_id, REVIEW_ANSWER.c.officer_id)
    )
    return [
        ReviewedOfficer(
            row.officer_id,
            row.unit_id,
            Answer(row.answer) if row.answer else None,
            row.answered_by,
            row.answered_at,
        )
        for row in await connection.execute(query)
    ]


async def find_silent(
    connection: AsyncConnection, round_id: UUID, among: Sequence[UUID] | None = None
) -> list[UUID]:
    """Return the officers, not suspended yet, of whom nobody has said anything; those *among* only."""
    query = (
        select(REVIEW_ANSWER.c.officer_id)
        .join(OFFICER, OFFICER.c.officer_id == REVIEW_ANSWER.c.officer_id)
        .where(
            REVIEW_ANSWER.c.round_id == round_id,
            REVIEW_ANSWER.c.answer.is_(None),
            OFFICER.c.status == "active",
            true() if among is None else REVIEW_ANSWER.c.officer_id.in_(among),
        )
        .order_by(REVIEW_ANSWER.c.officer_id)
    )
    return list((await connection.execute(query)).scalars())


async def suspend_silent(
    connection: AsyncConnection, review: ReviewRound, officer_ids: Sequence[UUID], now: datetime
) -> list[ChangeFacts]:
    """Suspend those still silent about, once the round is over, tell their units, and return the facts.

    The last administrator of the department who could undo it stays.
    """
    if not review.is_over(local_day(now)):
        return []
    facts = []
    for officer_id in sorted(officer_ids):  # one order everywhere, so that two cannot deadlock
        postings = await hold_postings(connection, officer_id)
        if not await find_silent(connection, review.round_id, [officer_id]):
            continue
        try:
            suspended = await suspend_officer(connection, officer_id, StatusReason.NOT_ATTESTED, now)
        except StandingRefusedError as error:
            if error.fault is StandingFault.LAST_ADMINISTRATOR:
                continue
            raise
        due_on = {"due_on": review.due_on.isoformat()}
        await notify_unit(connection, officer_id, postings, NoticeCode.OFFICER_NOT_ATTESTED, due_on, now)
        facts.append(suspended)
    return facts


async def close_round(connection: AsyncConnection, review: ReviewRound, today: date) -> ChangeFacts | None:
    """Close a round that is over; None where it is not, or somebody was quicker."""
    if not review.is_over(today):
        return None
    closed = await connection.execute(
        update(REVIEW_ROUND)
        .where(REVIEW_ROUND.c.round_id == review.round_id, REVIEW_ROUND.c.closed_on.is_(None))
        .values(closed_on=today)
    )
    if closed.rowcount == 0:
        return None
    return ChangeFacts(RecordKind.REVIEW_CLOSED, after={"round_id": str(review.round_id)})


async def find_round(connection: AsyncConnection, round_id: UUID) -> ReviewRound:
    """Return a round; ReviewRefusedError(ROUND_UNKNOWN)."""
    row = (
        await connection.execute(select(REVIEW_ROUND).where(REVIEW_ROUND.c.round_id == round_id))
    ).one_or_none()
    if row is None:
        raise ReviewRefusedError(ReviewFault.ROUND_UNKNOWN)
    return ReviewRound(row.round_id, row.opened_on, row.due_on, row.closed_on)


def _in_use(review: ReviewRound) -> Select[tuple[UUID, UUID, UUID]]:
    today = review.opened_on
    return (
        select(literal(review.round_id), OFFICER.c.officer_id, OFFICER_POSTING.c.unit_id)
        .join(OFFICER_POSTING, OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id)
        .where(
            OFFICER.c.status == "active",
            or_(OFFICER.c.active_from.is_(None), OFFICER.c.active_from <= today),
            or_(OFFICER.c.active_until.is_(None), OFFICER.c.active_until > today),
            OFFICER_POSTING.c.valid_from <= today,
            or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
        )
    )
