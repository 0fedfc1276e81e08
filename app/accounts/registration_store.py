"""What a list is planned on, read from the database, and what it changes, written to it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, any_, bindparam, func, literal, or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.life_facts import ChangeFacts, Fact
from app.accounts.notices import NoticeCode, leave_notice
from app.accounts.registration.ground import known_units, scope_below
from app.accounts.registration.positions import POSITIONS
from app.accounts.registration.unit_names import UnitNames
from app.accounts.registration.values import Change, KnownOfficer, PlannedRow
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import PRIVILEGED, Role
from app.audit.record import RecordKind
from app.database.locks import waited_too_long
from app.units.store import load_history

_ONE_IMPORT: Final = 0x64616E6375_15  # an advisory lock's number: one list at a time is carried out
_LONGEST_IDLE: Final = "5min"  # the records of a province are written while its transaction waits
_CORRECTED: Final = ("full_name", "role", "position", "upstream_officer_code", "person_code")


@dataclass(frozen=True, slots=True)
class Ground:
    """All officers, all units, and which of the units the importer may touch."""

    officers: tuple[KnownOfficer, ...]
    units: UnitNames
    scope: frozenset[UUID]


async def load_ground(connection: AsyncConnection, today: date, root_id: UUID | None) -> Ground:
    """Return what a list is planned on; the scope is *root_id* and below, for None every unit.

    The transaction may wait longer than others from here on: planning takes seconds.
    """
    await connection.execute(text(f"set local idle_in_transaction_session_timeout = '{_LONGEST_IDLE}'"))
    units = known_units(await load_history(connection), today)
    every = frozenset(unit.unit_id for unit in units)
    scope = scope_below(units, root_id) if root_id is not None else every
    names = await asyncio.to_thread(UnitNames, units)  # thousands take a second, in which lookups would wait
    return Ground(await load_officers(connection, today), names, scope)


async def load_officers(connection: AsyncConnection, today: date) -> tuple[KnownOfficer, ...]:
    """Return everybody with the unit of *today*."""
    posted = and_(
        OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id,
        OFFICER_POSTING.c.valid_from <= today,
        or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > today),
    )
    columns = [OFFICER.c[name] for name in ("officer_id", "login_name", "full_name", "upstream_officer_code")]
    query = select(
        *columns,
        OFFICER.c.role,
        OFFICER.c.person_code,
        OFFICER.c.status,
        OFFICER.c.position.is_(None).label("lacks_position"),
        OFFICER_POSTING.c.unit_id,
    ).select_from(OFFICER.outerjoin(OFFICER_POSTING, posted))
    return tuple(
        KnownOfficer(
            officer_id=row.officer_id,
            login_name=row.login_name,
            full_name=row.full_name,
            role=Role(row.role),
            unit_id=row.unit_id,
            upstream_officer_code=row.upstream_officer_code,
            person_code=row.person_code,
            is_active=row.status == "active",
            lacks_position=row.lacks_position and Role(row.role) not in PRIVILEGED,
        )
        for row in await connection.execute(query)
    )


async def hold_registration(connection: AsyncConnection, login_names: Iterable[str]) -> bool:
    """Keep other lists, changes of units and other changes of these officers out until the transaction ends.

    Return whether it could be: False where another list is being carried out, or the tree of units is
    being changed for longer than a statement waits. Units come before officers, as in mergers.
    """
    if not await connection.scalar(select(func.pg_try_advisory_xact_lock(_ONE_IMPORT))):
        return False
    try:
        await connection.execute(text("lock table unit_version in share mode"))
    except DBAPIError as error:
        if waited_too_long(error):
            return False
        raise
    names = literal(sorted(set(login_names)), ARRAY(Text))
    held = select(OFFICER.c.officer_id).where(OFFICER.c.login_name == any_(names))
    # In the order in which postings.py holds them, so that two cannot deadlock.
    await connection.execute(held.order_by(OFFICER.c.officer_id).with_for_update(key_share=True))
    return True


async def correct_officers(
    connection: AsyncConnection, rows: Sequence[PlannedRow], now: datetime
) -> list[ChangeFacts]:
    """Change names, roles and codes as planned; the unit is not changed here.

    Raises SQLAlchemy's IntegrityError for an upstream code or a person that has an account already.
    """
    said = {row.officer_id: _corrections(row.changes) for row in rows if row.officer_id is not None}
    said = {officer_id: changes for officer_id, changes in said.items() if changes}
    for names in sorted({tuple(sorted(changes)) for changes in said.values()}):
        statement = update(OFFICER).where(OFFICER.c.officer_id == bindparam("officer"))
        values: list[dict[str, Any]] = [
            {"officer": officer_id} | {f"new_{name}": change.after for name, change in changes.items()}
            for officer_id, changes in said.items()
            if tuple(sorted(changes)) == names
        ]
        await connection.execute(statement.values({name: bindparam(f"new_{name}") for name in names}), values)
    for officer_id, changes in said.items():
        if "role" in changes:
            await leave_notice(connection, officer_id, NoticeCode.ROLE_CHANGED, now)
    return [_corrected(officer_id, changes.values()) for officer_id, changes in said.items()]


def _corrections(changes: Iterable[Change]) -> dict[str, Change]:
    """Return changes by column; who gets another role is called by its position too."""
    corrections = {change.field: change for change in changes if change.field in _CORRECTED}
    role = corrections.get("role")
    if role is not None and role.before is not None and role.after is not None:
        positions = POSITIONS[Role(role.before)], POSITIONS[Role(role.after)]
        corrections["position"] = Change("position", *positions)
    return corrections


def _corrected(officer_id: UUID, changes: Iterable[Change]) -> ChangeFacts:
    before: dict[str, Fact] = {change.field: change.before for change in changes}
    after: dict[str, Fact] = {change.field: change.after for change in changes}
    return ChangeFacts(RecordKind.OFFICER_CHANGED, officer_id=officer_id, before=before, after=after)
