"""Handovers of slips as they are read: who may need one, and who got which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, and_, any_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.activation import HandoverFault, HandoverRefusedError
from app.accounts.life_table import ACTIVATION_CODE, HANDOVER
from app.accounts.postings import OfficerUnknownError
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import Officer, Role

_Row = tuple[UUID, str, str, str, str | None, str | None, str, UUID | None]


@dataclass(frozen=True, slots=True)
class SlipHolder:
    """Somebody who gets a slip, as the database has them now."""

    officer: Officer
    position: str | None


@dataclass(frozen=True, slots=True)
class HandoverView:
    """One batch and its officers, in the order of their slips."""

    batch_id: UUID
    unit_id: UUID
    issued_at: datetime
    issued_by: UUID | None
    document_number: str | None
    received_by: str | None
    received_at: datetime | None
    holders: tuple[SlipHolder, ...]


@dataclass(frozen=True, slots=True)
class HandoverFilter:
    """Which handovers; None leaves a condition out, `unit_ids` None those of every unit there ever was."""

    unit_ids: frozenset[UUID] | None = None
    is_received: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedHandover:
    """One batch: how many slips, and how many of them were used; `issued_by` is None for the operator."""

    batch_id: UUID
    unit_id: UUID
    issued_at: datetime
    issued_by: UUID | None
    expires_at: datetime
    slips: int
    used: int
    document_number: str | None
    received_by: str | None
    received_at: datetime | None


async def not_activated(connection: AsyncConnection, unit_id: UUID, today: date) -> list[SlipHolder]:
    """Return the officers of the unit whose account is in use and was never activated."""
    return await _holders(
        connection,
        today,
        and_(
            OFFICER_POSTING.c.unit_id == unit_id,
            OFFICER.c.status == "active",
            OFFICER.c.activated_at.is_(None),
            or_(OFFICER.c.active_until.is_(None), OFFICER.c.active_until > today),
        ),
    )


async def named_officers(
    connection: AsyncConnection, officer_ids: Sequence[UUID], today: date
) -> list[SlipHolder]:
    """Return the officers by these ids; OfficerUnknownError where one is nobody's."""
    found = await _holders(connection, today, OFFICER.c.officer_id.in_(officer_ids))
    if len(found) < len(set(officer_ids)):
        raise OfficerUnknownError
    return found


async def find_handover(connection: AsyncConnection, batch_id: UUID, today: date) -> HandoverView:
    """Return a batch; HandoverRefusedError(HANDOVER_UNKNOWN)."""
    row = (await connection.execute(select(HANDOVER).where(HANDOVER.c.batch_id == batch_id))).one_or_none()
    if row is None:
        raise HandoverRefusedError(HandoverFault.HANDOVER_UNKNOWN)
    holders = await connection.execute(
        _select(today)
        .join(ACTIVATION_CODE, ACTIVATION_CODE.c.officer_id == OFFICER.c.officer_id)
        .where(ACTIVATION_CODE.c.batch_id == batch_id)
    )
    return HandoverView(
        row.batch_id,
        row.unit_id,
        row.issued_at,
        row.issued_by,
        row.document_number,
        row.received_by,
        row.received_at,
        tuple(_holder(each) for each in holders),
    )


async def list_handovers(
    connection: AsyncConnection,
    wanted: HandoverFilter,
    *,
    before: UUID | None = None,
    most: int | None = None,
) -> list[ListedHandover]:
    """Return handovers, newest first, at most *most* of those older than *before*."""
    used = (
        select(func.count())
        .where(ACTIVATION_CODE.c.batch_id == HANDOVER.c.batch_id, ACTIVATION_CODE.c.used_at.is_not(None))
        .scalar_subquery()
    )
    query = select(HANDOVER, used.label("used")).order_by(HANDOVER.c.batch_id.desc()).limit(most)
    if wanted.unit_ids is not None:
        query = query.where(HANDOVER.c.unit_id == any_(literal(sorted(wanted.unit_ids), ARRAY(Uuid))))
    if wanted.is_received is not None:
        is_open = HANDOVER.c.received_at.is_(None)
        query = query.where(~is_open if wanted.is_received else is_open)
    if before is not None:
        query = query.where(HANDOVER.c.batch_id < before)  # a time stands first in these ids (UUIDv7)
    return [
        ListedHandover(
            row.batch_id,
            row.unit_id,
            row.issued_at,
            row.issued_by,
            row.expires_at,
            row.code_count,
            row.used,
            row.document_number,
            row.received_by,
            row.received_at,
        )
        for row in await connection.execute(query)
    ]


async def _holders(connection: AsyncConnection, today: date, which: ColumnElement[bool]) -> list[SlipHolder]:
    """Return them held until the transaction ends: what rights depend on does not change meanwhile."""
    rows = await connection.execute(_select(today).where(which).with_for_update(key_share=True, of=OFFICER))
    return [_holder(row) for row in rows]


def _select(today: date) -> Select[_Row]:
    """Return the query in one order everywhere: two cannot deadlock, and slips keep their numbers."""
    posted = and_(
        OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id,
        OFFICER_POSTING.c.valid_from <= today,
        or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
    )
    return (
        select(
            OFFICER.c.officer_id,
            OFFICER.c.login_name,
            OFFICER.c.full_name,
            OFFICER.c.role,
            OFFICER.c.person_code,
            OFFICER.c.position,
            OFFICER.c.status,
            OFFICER_POSTING.c.unit_id,
        )
        .select_from(OFFICER.outerjoin(OFFICER_POSTING, posted))
        .order_by(OFFICER.c.officer_id)
    )


def _holder(row: Row[_Row]) -> SlipHolder:
    officer = Officer(
        officer_id=row.officer_id,
        login_name=row.login_name,
        full_name=row.full_name,
        role=Role(row.role),
        unit_id=row.unit_id,
        upstream_officer_code=None,
        is_active=row.status == "active",
        person_code=row.person_code,
    )
    return SlipHolder(officer, row.position)
