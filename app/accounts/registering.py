"""Registering officers without a password: nobody but the officer ever knows one."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts import posting_plan
from app.accounts.life_facts import ChangeFacts, Fact, day_text, posting_fact
from app.accounts.posting_plan import Notice
from app.accounts.postings import apply_change
from app.accounts.table import OFFICER
from app.accounts.values import Role
from app.audit.record import RecordKind


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """Somebody to register; they get a password by an activation code, so nobody else ever knows one."""

    login_name: str
    full_name: str
    role: Role
    unit_id: UUID
    position: str | None = None
    upstream_officer_code: str | None = None
    person_code: str | None = None
    active_from: date | None = None
    active_until: date | None = None


async def register_officer(
    connection: AsyncConnection, new: NewOfficer, notice: Notice, now: datetime
) -> ChangeFacts:
    """Register an officer, posted from the notice's day on; the facts name their new id.

    Raises SQLAlchemy's IntegrityError for a login name, upstream code or person that has an account already.
    """
    officer_id = uuid7()
    await connection.execute(
        insert(OFFICER).values(
            officer_id=officer_id,
            login_name=new.login_name,
            full_name=new.full_name,
            role=new.role.value,
            position=new.position,
            upstream_officer_code=new.upstream_officer_code,
            person_code=new.person_code,
            status="active",
            status_changed_at=now,
            created_at=now,
            active_from=new.active_from,
            active_until=new.active_until,
        )
    )
    change = posting_plan.appoint((), new.unit_id, notice)
    await apply_change(connection, officer_id, (), change, notice)
    after: dict[str, Fact] = {
        "login_name": new.login_name,
        "role": new.role.value,
        "position": new.position,
        "upstream_officer_code": new.upstream_officer_code,
        "person_code": new.person_code,
        "status": "active",
        "active_from": day_text(new.active_from),
        "active_until": day_text(new.active_until),
        "added": [posting_fact(posting) for posting in change.added],
    }
    return ChangeFacts(
        RecordKind.OFFICER_ADDED,
        officer_id=officer_id,
        unit_id=new.unit_id,
        document=notice.document,
        after=after,
    )
