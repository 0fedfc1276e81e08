"""Notices to a unit's administrators about its officers' accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.life_table import UNIT_NOTICE
from app.accounts.posting_plan import Posting, in_force
from app.clock import local_day


class NoticeCode(StrEnum):
    """What a unit is told."""

    OFFICER_UNUSED = "officer_unused"
    OFFICER_NOT_ATTESTED = "officer_not_attested"
    AUDITOR_READS_ONE_OFFICER = "auditor_reads_one_officer"


@dataclass(frozen=True, slots=True)
class UnitNotice:
    """One notice; `facts` are words and days, such as since when an account was not used."""

    notice_id: UUID
    unit_id: UUID
    officer_id: UUID
    code: NoticeCode
    facts: Mapping[str, str]
    created_at: datetime
    read_at: datetime | None


async def notify_unit(
    connection: AsyncConnection,
    officer_id: UUID,
    postings: Sequence[Posting],
    code: NoticeCode,
    facts: Mapping[str, str],
    now: datetime,
) -> None:
    """Tell the officer's unit of the day, else the one they were in last; nobody where there was none."""
    posting = in_force(postings, local_day(now)) or (postings[-1] if postings else None)
    if posting is not None:
        await connection.execute(
            insert(UNIT_NOTICE).values(
                notice_id=uuid7(),
                unit_id=posting.unit_id,
                officer_id=officer_id,
                code=code.value,
                facts=dict(facts),
                created_at=now,
            )
        )


async def unread_notices(connection: AsyncConnection, unit_ids: Sequence[UUID]) -> list[UnitNotice]:
    """Return what nobody has read yet, newest first, at most 500."""
    query = (
        select(UNIT_NOTICE)
        .where(UNIT_NOTICE.c.unit_id.in_(unit_ids), UNIT_NOTICE.c.read_at.is_(None))
        .order_by(UNIT_NOTICE.c.created_at.desc(), UNIT_NOTICE.c.notice_id.desc())
        .limit(500)
    )
    return [
        UnitNotice(
            row.notice_id,
            row.unit_id,
            row.officer_id,
            NoticeCode(row.code),
            row.facts,
            row.created_at,
            row.read_at,
        )
        for row in await connection.execute(query)
    ]


async def mark_read(
    connection: AsyncConnection, notice_id: UUID, unit_ids: Sequence[UUID], now: datetime
) -> bool:
    """Mark a notice of one of the units read; return whether it was there and unread."""
    result = await connection.execute(
        update(UNIT_NOTICE)
        .where(
            UNIT_NOTICE.c.notice_id == notice_id,
            UNIT_NOTICE.c.unit_id.in_(unit_ids),
            UNIT_NOTICE.c.read_at.is_(None),
        )
        .values(read_at=now)
    )
    return result.rowcount == 1
