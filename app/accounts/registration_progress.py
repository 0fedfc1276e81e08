"""What units asked for and what became of it: who is late, how many of the declared are there (R2, R72)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.life_facts import ChangeFacts, time_text
from app.accounts.life_table import UNIT_REGISTRATION
from app.accounts.posting_plan import Document
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.audit.record import RecordKind


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One unit's registration on a day: asked for, registered, activated; times are UTC."""

    unit_id: UUID
    first_requested_at: datetime | None
    declared_officers: int | None
    """As the latest request says; None where the unit never asked."""
    registered_officers: int
    activated_officers: int
    first_registered_at: datetime | None
    first_activated_at: datetime | None

    @property
    def missing_officers(self) -> int:
        """How many of the declared are not registered."""
        return max(0, (self.declared_officers or 0) - self.registered_officers)

    @property
    def coverage_percent(self) -> int | None:
        """Activated of declared, in whole percent, at most 100; None where none were declared."""
        if not self.declared_officers:
            return None
        return min(100, 100 * self.activated_officers // self.declared_officers)

    def waited(self, now: datetime) -> timedelta | None:
        """Return how long it took from the first request to the first activation, or has taken until *now*.

        None where the unit never asked; nothing where somebody was active before it did.
        """
        if self.first_requested_at is None:
            return None
        return max(timedelta(0), (self.first_activated_at or now) - self.first_requested_at)


async def note_request(
    connection: AsyncConnection,
    unit_id: UUID,
    declared_officers: int,
    requested_at: datetime,
    document: Document,
) -> ChangeFacts:
    """Note that a unit asked for accounts for so many officers.

    Raises SQLAlchemy's IntegrityError for the same instant twice, a negative number or an unknown unit.
    """
    await connection.execute(
        insert(UNIT_REGISTRATION).values(
            unit_id=unit_id,
            requested_at=requested_at,
            declared_officers=declared_officers,
            request_document=document.number,
        )
    )
    return ChangeFacts(
        RecordKind.UNIT_DECLARED,
        unit_id=unit_id,
        document=document,
        after={"declared_officers": declared_officers, "requested_at": time_text(requested_at)},
    )


async def registration_progress(connection: AsyncConnection, today: date) -> list[UnitProgress]:
    """Return every unit that asked for accounts or has officers in use or to come, by unit id.

    Officers are counted where they are posted on *today*; those who are suspended or gone are not.
    """
    requests = select(
        UNIT_REGISTRATION.c.unit_id,
        func.min(UNIT_REGISTRATION.c.requested_at).label("first_requested_at"),
        func.array_agg(
            # The latest first: what it declares is what counts.
            aggregate_order_by(UNIT_REGISTRATION.c.declared_officers, UNIT_REGISTRATION.c.requested_at.desc())
        )[1].label("declared_officers"),
    ).group_by(UNIT_REGISTRATION.c.unit_id)
    asked = requests.subquery("asked")
    counted = (
        select(
            OFFICER_POSTING.c.unit_id,
            func.count().label("registered"),
            func.count(OFFICER.c.activated_at).label("activated"),
            func.min(OFFICER.c.created_at).label("first_registered_at"),
            func.min(OFFICER.c.activated_at).label("first_activated_at"),
        )
        .join(OFFICER, OFFICER.c.officer_id == OFFICER_POSTING.c.officer_id)
        .where(
            OFFICER.c.status == "active",
            or_(OFFICER.c.active_until.is_(None), OFFICER.c.active_until > today),
            OFFICER_POSTING.c.valid_from <= today,
            or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
        )
        .group_by(OFFICER_POSTING.c.unit_id)
        .subquery("counted")
    )
    unit_id = func.coalesce(asked.c.unit_id, counted.c.unit_id).label("unit")
    query = (
        select(unit_id, asked, counted)
        .select_from(asked.join(counted, asked.c.unit_id == counted.c.unit_id, full=True))
        .order_by(unit_id)
    )
    return [
        UnitProgress(
            row.unit,
            row.first_requested_at,
            row.declared_officers,
            row.registered or 0,
            row.activated or 0,
            row.first_registered_at,
            row.first_activated_at,
        )
        for row in await connection.execute(query)
    ]
