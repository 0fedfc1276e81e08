"""Whether an account is in use: suspended, resumed, limited to dates."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import posting_plan
from app.accounts.life_facts import ChangeFacts, Fact, day_text, time_text
from app.accounts.posting_plan import Notice, is_posted_from
from app.accounts.postings import OfficerUnknownError, hold_postings
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import Role
from app.audit.record import RecordKind
from app.clock import local_day

_LAST_ADMINISTRATOR_LOCK: Final = 7_233_190_114


class StatusReason(StrEnum):
    """Why an account is suspended."""

    ADMINISTRATOR = "administrator"
    UNUSED = "unused"
    NOT_ATTESTED = "not_attested"
    REVIEW_REMOVED = "review_removed"
    LEFT = "left"


class StandingFault(StrEnum):
    """Why an account cannot be changed as asked."""

    SUSPENDED_ALREADY = "suspended_already"
    ACTIVE_ALREADY = "active_already"
    NOT_POSTED = "not_posted"
    LAST_ADMINISTRATOR = "last_administrator"
    TERM_EMPTY = "term_empty"


class StandingRefusedError(Exception):
    """The account was not changed."""

    def __init__(self, fault: StandingFault) -> None:
        """Carry why."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether and when an account is in use."""

    role: Role
    is_active: bool
    reason: StatusReason | None
    deactivated_at: datetime | None
    active_from: date | None
    active_until: date | None

    def facts(self) -> dict[str, Fact]:
        """Return it as records say it."""
        return {
            "status": "active" if self.is_active else "suspended",
            "status_reason": self.reason.value if self.reason else None,
            "deactivated_at": time_text(self.deactivated_at),
            "active_from": day_text(self.active_from),
            "active_until": day_text(self.active_until),
        }


async def read_standing(connection: AsyncConnection, officer_id: UUID) -> Standing:
    """Return how an account stands; OfficerUnknownError."""
    query = select(
        OFFICER.c.role,
        OFFICER.c.status,
        OFFICER.c.status_reason,
        OFFICER.c.deactivated_at,
        OFFICER.c.active_from,
        OFFICER.c.active_until,
    ).where(OFFICER.c.officer_id == officer_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise OfficerUnknownError
    return Standing(
        Role(row.role),
        row.status == "active",
        StatusReason(row.status_reason) if row.status_reason else None,
        row.deactivated_at,
        row.active_from,
        row.active_until,
    )


async def suspend_officer(
    connection: AsyncConnection,
    officer_id: UUID,
    reason: StatusReason,
    now: datetime,
) -> ChangeFacts:
    """Suspend an account at once; every session ends (by trigger).

    Raises OfficerUnknownError and StandingRefusedError: suspended already, or the last administrator of the
    department who could undo it.
    """
    postings = await hold_postings(connection, officer_id)
    before = await read_standing(connection, officer_id)
    if not before.is_active:
        raise StandingRefusedError(StandingFault.SUSPENDED_ALREADY)
    is_administrator = before.role is Role.DEPARTMENT_ADMINISTRATOR
    if is_administrator and await _is_last_administrator(connection, officer_id, local_day(now)):
        raise StandingRefusedError(StandingFault.LAST_ADMINISTRATOR)
    await connection.execute(
        update(OFFICER)
        .where(OFFICER.c.officer_id == officer_id)
        .values(status="suspended", status_reason=reason.value, status_changed_at=now, deactivated_at=now)
    )
    present = posting_plan.in_force(postings, local_day(now))
    return ChangeFacts(
        RecordKind.OFFICER_SUSPENDED,
        officer_id=officer_id,
        unit_id=present.unit_id if present else None,
        reason=reason.value,
        before=before.facts(),
        after=(await read_standing(connection, officer_id)).facts(),
    )


async def resume_officer(
    connection: AsyncConnection, officer_id: UUID, notice: Notice, now: datetime
) -> ChangeFacts:
    """Lift a suspension; the lapse clock starts again, and a last day that has passed is forgotten.

    Raises OfficerUnknownError and StandingRefusedError: active already, or posted nowhere from today on
    (who left and comes back is appointed first).
    """
    postings = await hold_postings(connection, officer_id)
    before = await read_standing(connection, officer_id)
    is_over = before.active_until is not None and before.active_until <= notice.today
    if before.is_active and not is_over:
        raise StandingRefusedError(StandingFault.ACTIVE_ALREADY)
    if not is_posted_from(postings, notice.today):
        raise StandingRefusedError(StandingFault.NOT_POSTED)
    await connection.execute(
        update(OFFICER)
        .where(OFFICER.c.officer_id == officer_id)
        .values(
            status="active",
            status_changed_at=now,
            deactivated_at=None,
            active_until=None if is_over else before.active_until,
        )
    )
    return ChangeFacts(
        RecordKind.OFFICER_RESUMED,
        officer_id=officer_id,
        document=notice.document,
        before=before.facts(),
        after=(await read_standing(connection, officer_id)).facts(),
    )


async def set_term(
    connection: AsyncConnection,
    officer_id: UUID,
    active_from: date | None,
    active_until: date | None,
    notice: Notice,
) -> ChangeFacts:
    """Plan the first day of an account's use and the first day after it; either may be left open.

    Raises OfficerUnknownError and StandingRefusedError(TERM_EMPTY).
    """
    await hold_postings(connection, officer_id)
    if active_from is not None and active_until is not None and active_until <= active_from:
        raise StandingRefusedError(StandingFault.TERM_EMPTY)
    before = await read_standing(connection, officer_id)
    await connection.execute(
        update(OFFICER)
        .where(OFFICER.c.officer_id == officer_id)
        .values(active_from=active_from, active_until=active_until)
    )
    return ChangeFacts(
        RecordKind.OFFICER_TERM_SET,
        officer_id=officer_id,
        document=notice.document,
        before=before.facts(),
        after=(await read_standing(connection, officer_id)).facts(),
    )


async def _is_last_administrator(connection: AsyncConnection, officer_id: UUID, today: date) -> bool:
    """Whether no other administrator of the department could undo this; asked one at a time."""
    await connection.execute(select(func.pg_advisory_xact_lock(_LAST_ADMINISTRATOR_LOCK)))
    others = (
        select(func.count(OFFICER.c.officer_id.distinct()))
        .join(OFFICER_POSTING, OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id)
        .where(
            OFFICER.c.officer_id != officer_id,
            OFFICER.c.role == Role.DEPARTMENT_ADMINISTRATOR.value,
            OFFICER.c.status == "active",
            OFFICER.c.password_hash.is_not(None),
            or_(OFFICER.c.active_from.is_(None), OFFICER.c.active_from <= today),
            or_(OFFICER.c.active_until.is_(None), OFFICER.c.active_until > today),
            OFFICER_POSTING.c.valid_from <= today,
            or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
        )
    )
    return await connection.scalar(others) == 0
