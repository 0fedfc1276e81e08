"""Reading and writing grants, and what was allowed on any day."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, delete, insert, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.procedures.catalogue.store import load_versions, version_holds
from app.procedures.grants.periods import Period, Periods
from app.procedures.grants.planning import GrantChange, Ground, Pair
from app.procedures.store import procedure_of
from app.procedures.table import PERMISSION_GRANT, PROCEDURE_VERSION
from app.procedures.values import Procedure
from app.units.store import load_history
from app.units.table import UNIT_VERSION

_BATCH: Final = 1_000
_GRANT: Final = PERMISSION_GRANT.c
_UNIT: Final = UNIT_VERSION.c


@dataclass(frozen=True, slots=True)
class Allowed:
    """A grant that holds on a day; unit and procedure are as of that day, None where there were none."""

    unit_id: UUID
    procedure_code: str
    period: Period
    agency_code: str | None
    unit_name: str | None
    procedure: Procedure | None


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """Which grants are wanted; None narrows nothing."""

    units: Collection[UUID] | None = None
    procedure_code: str | None = None


async def lock_grants(connection: AsyncConnection) -> None:
    """Let nobody else change grants, or units that have some, until the transaction ends."""
    await connection.execute(text("lock table unit_version in share mode"))
    await connection.execute(text("select pg_advisory_xact_lock(hashtext('dancu.grants'))"))


async def load_ground(
    connection: AsyncConnection, units: Collection[UUID] | None = None, codes: Collection[str] | None = None
) -> Ground:
    """Return what changes of these units' and procedures' grants are judged by; None for all."""
    query = select(PERMISSION_GRANT).order_by(_GRANT.valid_from)
    if units is not None:
        query = query.where(_GRANT.unit_id.in_(units))
    if codes is not None:
        query = query.where(_GRANT.procedure_code.in_(codes))
    periods: dict[Pair, Periods] = {}
    for row in await connection.execute(query):
        pair = (row.unit_id, row.procedure_code)
        periods[pair] = (*periods.get(pair, ()), _period(row))
    return Ground(await load_history(connection), await load_versions(connection, codes), periods)


async def find_allowed(
    connection: AsyncConnection,
    day: date,
    wanted: GrantFilter,
    after: Pair | None = None,
    limit: int | None = None,
) -> list[Allowed]:
    """Return the grants that held on *day*, by unit and code, beginning after the pair *after*."""
    on_day = _UNIT.unit_id == _GRANT.unit_id, _UNIT.valid_from <= day
    unit = and_(*on_day, or_(_UNIT.valid_to.is_(None), _UNIT.valid_to > day))
    said = and_(PROCEDURE_VERSION.c.procedure_code == _GRANT.procedure_code, version_holds(day))
    grant = PERMISSION_GRANT.outerjoin(UNIT_VERSION, unit).outerjoin(PROCEDURE_VERSION, said)
    version = [column for column in PROCEDURE_VERSION.c if column.name not in _OF_THE_GRANT]
    query = (
        select(
            _GRANT.unit_id,
            _GRANT.procedure_code,
            _GRANT.valid_from.label("granted_from"),
            _GRANT.valid_to.label("granted_to"),
            _GRANT.deciding_document.label("granted_by"),
            _GRANT.ending_document,
            _UNIT.agency_code,
            _UNIT.name.label("unit_name"),
            *version,
        )
        .select_from(grant)
        .where(_GRANT.valid_from <= day, or_(_GRANT.valid_to.is_(None), _GRANT.valid_to > day))
        .order_by(_GRANT.unit_id, _GRANT.procedure_code)
        .limit(limit)
    )
    if wanted.units is not None:
        query = query.where(_GRANT.unit_id.in_(wanted.units))
    if wanted.procedure_code is not None:
        query = query.where(_GRANT.procedure_code == wanted.procedure_code)
    if after is not None:
        query = query.where(tuple_(_GRANT.unit_id, _GRANT.procedure_code) > tuple_(*after))
    return [_allowed(row) for row in await connection.execute(query)]


_OF_THE_GRANT: Final = frozenset({"procedure_code", "deciding_document"})


def _allowed(row: Row[Any]) -> Allowed:
    period = Period(row.granted_from, row.granted_to, row.granted_by, row.ending_document)
    procedure = procedure_of(row) if row.holds_from is not None else None
    return Allowed(row.unit_id, row.procedure_code, period, row.agency_code, row.unit_name, procedure)


async def write_grants(connection: AsyncConnection, changes: Sequence[GrantChange]) -> None:
    """Bring the periods of each pair to what its last change says; the caller holds the lock."""
    before: dict[Pair, Periods] = {}
    for change in changes:
        before.setdefault(change.pair, change.before)
    after = {change.pair: change.after for change in changes}
    removed, amended, added = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for pair, periods in after.items():
        former = {one.valid_from: one for one in before[pair]}
        removed += [_key(pair, day) for day in former.keys() - {one.valid_from for one in periods}]
        amended += [
            _key(pair, one.valid_from) | {"to": one.valid_to, "document": one.ending_document}
            for one in periods
            if one.valid_from in former and former[one.valid_from] != one
        ]
        added += [_row(pair, one) for one in periods if one.valid_from not in former]
    # In this order no two periods of a pair ever overlap.
    for statement, rows in ((_DELETE, removed), (_AMEND, amended), (insert(PERMISSION_GRANT), added)):
        for some in _batches(rows):
            await connection.execute(statement, some)


_THIS: Final = and_(
    _GRANT.unit_id == bindparam("unit"),
    _GRANT.procedure_code == bindparam("code"),
    _GRANT.valid_from == bindparam("since"),
)
_DELETE: Final = delete(PERMISSION_GRANT).where(_THIS)
_AMEND: Final = (
    update(PERMISSION_GRANT)
    .where(_THIS)
    .values(valid_to=bindparam("to"), ending_document=bindparam("document"))
)


def _key(pair: Pair, since: date) -> dict[str, Any]:
    return {"unit": pair[0], "code": pair[1], "since": since}


def _row(pair: Pair, period: Period) -> dict[str, Any]:
    return {
        "unit_id": pair[0],
        "procedure_code": pair[1],
        "valid_from": period.valid_from,
        "valid_to": period.valid_to,
        "deciding_document": period.deciding_document,
        "ending_document": period.ending_document,
    }


def _batches(rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _period(row: Row[Any]) -> Period:
    return Period(row.valid_from, row.valid_to, row.deciding_document, row.ending_document)
