"""Officers who leave: their postings and their access end the same day (R17)."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import posting_plan
from app.accounts.life_facts import ChangeFacts, posting_facts
from app.accounts.posting_plan import Notice
from app.accounts.postings import apply_change, hold_postings
from app.accounts.standing import Standing, StatusReason, read_standing
from app.accounts.table import OFFICER
from app.audit.record import RecordKind
from app.clock import VIETNAM


async def let_leave(
    connection: AsyncConnection, officer_id: UUID, notice: Notice, now: datetime
) -> ChangeFacts:
    """End an officer's postings and access on the notice's day: at once, or by the day if it is to come.

    Also the last administrator of the department: people do leave. Raises OfficerUnknownError and
    PostingRefusedError.
    """
    postings = await hold_postings(connection, officer_id)
    change = posting_plan.leave(postings, notice)
    standing = await read_standing(connection, officer_id)
    last = posting_plan.in_force(postings, notice.on) or postings[-1]
    await apply_change(connection, officer_id, postings, change, notice)
    values = _values(standing, notice, now)
    await connection.execute(update(OFFICER).where(OFFICER.c.officer_id == officer_id).values(**values))
    touched, changed = posting_facts(postings, change)
    after = await read_standing(connection, officer_id)
    return ChangeFacts(
        RecordKind.OFFICER_LEFT,
        officer_id=officer_id,
        unit_id=last.unit_id,
        reason=StatusReason.LEFT.value,
        document=notice.document,
        before=standing.facts() | touched,
        after=after.facts() | changed,
    )


def _values(standing: Standing, notice: Notice, now: datetime) -> dict[str, object]:
    """Return what leaving changes of the account itself."""
    never_begins = standing.active_from is not None and notice.on <= standing.active_from
    if notice.on <= notice.today or never_begins:
        return {
            "status": "suspended",
            "status_reason": StatusReason.LEFT.value,
            "status_changed_at": now,
            "deactivated_at": now,
        }
    until = min(notice.on, standing.active_until or notice.on)
    if not standing.is_active:
        return {"active_until": until}
    return {"active_until": until, "deactivated_at": datetime.combine(until, time.min, VIETNAM)}
