"""The last day on which each officer did anything: written once a day, kept when sessions are forgotten."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.life_table import OFFICER_ACTIVITY
from app.accounts.table import SESSION
from app.clock import local_day


async def note_active_days(connection: AsyncConnection, seen: Mapping[UUID, datetime]) -> None:
    """Note the days, in Vietnam, of actions by session id; writes only where a day is a new one."""
    of_session = (
        select(SESSION.c.session_id, SESSION.c.officer_id, OFFICER_ACTIVITY.c.last_active_on)
        .outerjoin(OFFICER_ACTIVITY, OFFICER_ACTIVITY.c.officer_id == SESSION.c.officer_id)
        .where(SESSION.c.session_id.in_(seen))
        .order_by(SESSION.c.officer_id)  # one order everywhere, so that two cannot deadlock
    )
    days: dict[UUID, date] = {}
    for row in await connection.execute(of_session):
        day = local_day(seen[row.session_id])
        earlier = days.get(row.officer_id, row.last_active_on)
        if earlier is None or earlier < day:
            days[row.officer_id] = day
    if days:
        new = insert(OFFICER_ACTIVITY)
        latest = new.on_conflict_do_update(
            index_elements=[OFFICER_ACTIVITY.c.officer_id],
            set_={"last_active_on": new.excluded.last_active_on},
            where=OFFICER_ACTIVITY.c.last_active_on < new.excluded.last_active_on,
        )
        rows = [{"officer_id": officer_id, "last_active_on": day} for officer_id, day in days.items()]
        await connection.execute(latest, rows)


async def note_active_officer(connection: AsyncConnection, officer_id: UUID, day: date) -> None:
    """Note that the officer did something on *day* without a session: by a lookup-only key."""
    new = insert(OFFICER_ACTIVITY).values(officer_id=officer_id, last_active_on=day)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=[OFFICER_ACTIVITY.c.officer_id],
            set_={"last_active_on": new.excluded.last_active_on},
            where=OFFICER_ACTIVITY.c.last_active_on < new.excluded.last_active_on,
        )
    )
