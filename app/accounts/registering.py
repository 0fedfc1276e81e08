"""Registering officers without a password: nobody but the officer ever knows one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts import posting_plan
from app.accounts.life_facts import ChangeFacts, Fact, day_text, posting_fact
from app.accounts.posting_plan import Notice, PostingChange
from app.accounts.postings import write_changes
from app.accounts.table import OFFICER
from app.accounts.unit_terms import check_within_term, hold_unit_term
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

    Raises SQLAlchemy's IntegrityError for a login name, upstream code or person that has an account already,
    and PostingRefusedError(UNIT_NOT_IN_FORCE).
    """
    (facts,) = await register_officers(connection, [(new, notice)], now)
    return facts


async def register_officers(
    connection: AsyncConnection, registrations: Sequence[tuple[NewOfficer, Notice]], now: datetime
) -> list[ChangeFacts]:
    """Register many at once, each by their own notice; raises as `register_officer` does."""
    rows = [_row(uuid7(), new, now) for new, _ in registrations]
    changes = [posting_plan.appoint((), new.unit_id, notice) for new, notice in registrations]
    await _check_terms(connection, registrations, changes)
    await connection.execute(insert(OFFICER), rows)
    ids: list[UUID] = [row["officer_id"] for row in rows]
    await write_changes(connection, dict(zip(ids, changes, strict=True)))
    return [
        _facts(officer_id, new, change, notice)
        for officer_id, (new, notice), change in zip(ids, registrations, changes, strict=True)
    ]


async def _check_terms(
    connection: AsyncConnection,
    registrations: Sequence[tuple[NewOfficer, Notice]],
    changes: Sequence[PostingChange],
) -> None:
    """Hold the units until the transaction ends; PostingRefusedError where one is not in force."""
    wanted = sorted({(new.unit_id, notice.on) for new, notice in registrations})
    terms = {(unit_id, on): await hold_unit_term(connection, unit_id, on) for unit_id, on in wanted}
    for (new, notice), change in zip(registrations, changes, strict=True):
        check_within_term(change, new.unit_id, terms[new.unit_id, notice.on])


def _row(officer_id: UUID, new: NewOfficer, now: datetime) -> dict[str, Any]:
    return {
        "officer_id": officer_id,
        "login_name": new.login_name,
        "full_name": new.full_name,
        "role": new.role.value,
        "position": new.position,
        "upstream_officer_code": new.upstream_officer_code,
        "person_code": new.person_code,
        "status": "active",
        "status_changed_at": now,
        "created_at": now,
        "active_from": new.active_from,
        "active_until": new.active_until,
    }


def _facts(officer_id: UUID, new: NewOfficer, change: PostingChange, notice: Notice) -> ChangeFacts:
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
