"""Unmaskings in the database."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.auditing.table import AUDIT_UNMASKING
from app.auditing.unmasking import ReadingRules, Unmasking, UnmaskingState

_TABLE = AUDIT_UNMASKING.c
_MOST_LISTED = 200


async def add_unmasking(connection: AsyncConnection, unmasking: Unmasking) -> None:
    """Store a new request."""
    names = ("unmasking_id", "lookup_id", "looked_up_by", "case_number", "reason", "requested_by",
             "requested_at", "expires_at")  # fmt: skip
    values = {name: getattr(unmasking, name) for name in names}
    await connection.execute(insert(AUDIT_UNMASKING).values(values))


async def current_unmaskings(
    connection: AsyncConnection, now: datetime, longest: timedelta
) -> list[Unmasking]:
    """Return what can still be decided or read, the newest first, at most 200; none lasts over *longest*."""
    query = (
        select(AUDIT_UNMASKING)
        .where(
            _TABLE.requested_at > now - longest,
            or_(
                (_TABLE.state == UnmaskingState.OPEN.value) & (_TABLE.expires_at > now),
                (_TABLE.readable_until > now) & (_TABLE.readings_left > 0),
            ),
        )
        .order_by(_TABLE.requested_at.desc(), _TABLE.unmasking_id.desc())
        .limit(_MOST_LISTED)
    )
    return [_unmasking(row) for row in await connection.execute(query)]


async def find_unmasking(
    connection: AsyncConnection, unmasking_id: UUID, *, is_held: bool
) -> Unmasking | None:
    """Return the request, None where there is none; held until the transaction ends where wanted."""
    query = select(AUDIT_UNMASKING).where(_TABLE.unmasking_id == unmasking_id)
    row = (await connection.execute(query.with_for_update() if is_held else query)).first()
    return _unmasking(row) if row is not None else None


async def decide_unmasking(
    connection: AsyncConnection,
    unmasking_id: UUID,
    decided_by: UUID,
    now: datetime,
    rules: ReadingRules | None,
) -> None:
    """Write down how a held request was decided: with *rules* it may be read by them, without never."""
    state = UnmaskingState.REFUSED if rules is None else UnmaskingState.APPROVED
    values: dict[str, object] = {"state": state.value, "decided_by": decided_by, "decided_at": now}
    if rules is not None:
        values |= {"readable_until": now + rules.lasts, "readings_left": rules.readings}
    await connection.execute(
        update(AUDIT_UNMASKING).where(_TABLE.unmasking_id == unmasking_id).values(values)
    )


async def leave_readings(connection: AsyncConnection, unmasking_id: UUID, left: int) -> None:
    """Write down how many readings of a held request are left."""
    of_this = update(AUDIT_UNMASKING).where(_TABLE.unmasking_id == unmasking_id)
    await connection.execute(of_this.values(readings_left=left))


def _unmasking(row: Row[Any]) -> Unmasking:
    return Unmasking(**(dict(row._mapping) | {"state": UnmaskingState(row.state)}))  # noqa: SLF001 - SQLAlchemy's way to a mapping
