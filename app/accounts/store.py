"""Reading and writing officers; all accounts at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.client_store import load_clients
from app.accounts.clients import Client
from app.accounts.table import OFFICER, OFFICER_POSTING, SECOND_FACTOR
from app.accounts.values import Officer, Role
from app.database.changes import OFFICER as CHANGED_OFFICER
from app.database.changes import Changes

_ACTIVE: Final = "active"
_AT_A_STRETCH: Final = 250
_READ: Final = (
    OFFICER.c.officer_id,
    OFFICER.c.login_name,
    OFFICER.c.full_name,
    OFFICER.c.role,
    OFFICER.c.upstream_officer_code,
    OFFICER.c.status,
    OFFICER.c.active_from,
    OFFICER.c.active_until,
    OFFICER.c.password_hash,
    OFFICER.c.password_changed_at,
    OFFICER.c.must_change_password,
    OFFICER.c.first_password_until,
    OFFICER.c.session_epoch,
    OFFICER.c.person_code,
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every officer and client software, by id and by the name they sign in with."""

    officers: Mapping[UUID, Officer]
    officers_by_login: Mapping[str, Officer]
    clients: Mapping[str, Client]


async def load_accounts(connection: AsyncConnection, today: date, known: Accounts | None = None) -> Accounts:
    """Return all accounts with the unit each officer is posted to on *today*.

    Officers that are the same in *known* are taken from there: so many would be in memory twice.
    """
    officers = await _load_officers(connection, today, known=known.officers if known else {})
    return Accounts(officers, _by_login(officers), await load_clients(connection))


async def amend_accounts(
    connection: AsyncConnection, known: Accounts, changes: Changes, today: date
) -> Accounts:
    """Return what *known* has become: officers that were marked are read again, *known* stays as it is."""
    officers, by_login = known.officers, known.officers_by_login
    if marked := changes.of(CHANGED_OFFICER):
        present = await _load_officers(connection, today, marked)
        former = {known.officers[each].login_name for each in marked if each in known.officers}
        officers = {each: one for each, one in officers.items() if each not in marked} | present
        kept = {name: one for name, one in by_login.items() if name not in former}
        by_login = kept | _by_login(present)
    clients = known.clients
    if changes.touch("client", "client_credential"):
        clients = await load_clients(connection)
    return Accounts(officers, by_login, clients)


def _by_login(officers: Mapping[UUID, Officer]) -> dict[str, Officer]:
    return {officer.login_name: officer for officer in officers.values()}


async def _load_officers(
    connection: AsyncConnection,
    today: date,
    only: frozenset[UUID] | None = None,
    *,
    known: Mapping[UUID, Officer] = MappingProxyType({}),
) -> dict[UUID, Officer]:
    """Return officers by id, in slices so that lookups go on meanwhile."""
    posted = and_(
        OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id,
        OFFICER_POSTING.c.valid_from <= today,
        or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
    )
    query = (
        select(*_READ, OFFICER_POSTING.c.unit_id, SECOND_FACTOR.c.confirmed_at)
        .select_from(
            OFFICER.outerjoin(OFFICER_POSTING, posted).outerjoin(
                SECOND_FACTOR, SECOND_FACTOR.c.officer_id == OFFICER.c.officer_id
            )
        )
        .order_by(OFFICER_POSTING.c.valid_from)  # of postings that overlap, the later one counts
    )
    if only is not None:
        query = query.where(OFFICER.c.officer_id == any_(literal(list(only), ARRAY(Uuid))))
    officers: dict[UUID, Officer] = {}
    units: dict[UUID, UUID] = {}  # thousands of officers share the id of theirs
    rows = await connection.stream(query.execution_options(yield_per=_AT_A_STRETCH))
    async for part in rows.partitions():
        for row in part:
            unit_id = units.setdefault(row.unit_id, row.unit_id)
            officer = _officer(row, unit_id, today)
            former = known.get(officer.officer_id)
            kept = former if former == officer and former is not None else officer
            officers[kept.officer_id] = kept
    return officers


def _officer(row: Any, unit_id: UUID | None, today: date) -> Officer:
    return Officer(
        officer_id=row.officer_id,
        login_name=row.login_name,
        full_name=row.full_name,
        role=Role(row.role),
        unit_id=unit_id,
        upstream_officer_code=row.upstream_officer_code,
        is_active=row.status == _ACTIVE and is_within_term(row.active_from, row.active_until, today),
        password_hash=row.password_hash,
        password_changed_at=row.password_changed_at,
        must_change_password=row.must_change_password,
        first_password_until=row.first_password_until,
        session_epoch=row.session_epoch,
        has_second_factor=row.confirmed_at is not None,
        person_code=row.person_code,
    )


async def add_officer(
    connection: AsyncConnection,
    *,
    login_name: str,
    full_name: str,
    role: Role,
    unit_id: UUID,
    upstream_officer_code: str | None,
    password_hash: str,
    posted_from: date,
    now: datetime,
    first_password_until: datetime | None = None,
    person_code: str | None = None,
) -> UUID:
    """Register an officer posted to a unit and return their id.

    With *first_password_until* the password is a first one (R12): good for changing it, until then.
    """
    officer_id = uuid7()
    await connection.execute(
        insert(OFFICER).values(
            officer_id=officer_id,
            login_name=login_name,
            full_name=full_name,
            role=role.value,
            upstream_officer_code=upstream_officer_code,
            status=_ACTIVE,
            password_hash=password_hash,
            password_changed_at=now,
            must_change_password=first_password_until is not None,
            first_password_until=first_password_until,
            person_code=person_code,
            activated_at=now if first_password_until is None else None,
        )
    )
    await connection.execute(
        insert(OFFICER_POSTING).values(officer_id=officer_id, valid_from=posted_from, unit_id=unit_id)
    )
    return officer_id


async def give_first_password(
    connection: AsyncConnection, login_name: str, password_hash: str, *, now: datetime, until: datetime
) -> bool:
    """Give an officer a first password again (R12); return whether there is such an officer.

    Their sessions end, as with every change of a password.
    """
    result = await connection.execute(
        update(OFFICER)
        .where(OFFICER.c.login_name == login_name)
        .values(
            password_hash=password_hash,
            password_changed_at=now,
            must_change_password=True,
            first_password_until=until,
        )
    )
    return result.rowcount == 1


def is_within_term(active_from: date | None, active_until: date | None, day: date) -> bool:
    """Whether an account with these dates, each may be None, is in use on *day*; not on `active_until`."""
    has_begun = active_from is None or active_from <= day
    return has_begun and (active_until is None or day < active_until)
