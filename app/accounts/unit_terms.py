"""Nobody is posted to a unit on a day it does not exist, or beyond the day it ends."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.posting_plan import PostingChange, PostingFault, PostingRefusedError
from app.units.table import UNIT_VERSION


async def hold_unit_term(connection: AsyncConnection, unit_id: UUID, day: date) -> date | None:
    """Return the unit's end, None while it has none; nobody ends the unit until the transaction does.

    To be called before an officer is held, for mergers hold units before officers. Raises
    PostingRefusedError(UNIT_NOT_IN_FORCE) where it does not exist on *day*.
    """
    rows = await connection.execute(
        select(UNIT_VERSION.c.valid_from, UNIT_VERSION.c.valid_to)
        .where(UNIT_VERSION.c.unit_id == unit_id)
        .order_by(UNIT_VERSION.c.valid_from)
        .with_for_update(read=True)
    )
    days = rows.all()
    if not days or day < days[0].valid_from or (days[-1].valid_to is not None and days[-1].valid_to <= day):
        raise PostingRefusedError(PostingFault.UNIT_NOT_IN_FORCE)
    end: date | None = days[-1].valid_to
    return end


def check_within_term(change: PostingChange, unit_id: UUID, end: date | None) -> None:
    """Raise PostingRefusedError(UNIT_NOT_IN_FORCE) where *change* posts to the unit beyond its end."""
    added = (posting for posting in change.added if posting.unit_id == unit_id)
    if end is not None and any(one.valid_to is None or one.valid_to > end for one in added):
        raise PostingRefusedError(PostingFault.UNIT_NOT_IN_FORCE)
