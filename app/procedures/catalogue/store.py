"""Reading and writing what the catalogue says on which days; past days stay as they were."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from app.procedures.catalogue.values import EntryChange, Version
from app.procedures.store import procedure_of, values_of
from app.procedures.table import PERMISSION_GRANT, PROCEDURE, PROCEDURE_VERSION

_BATCH: Final = 500
_VERSION: Final = PROCEDURE_VERSION.c


@dataclass(frozen=True, slots=True)
class CatalogueFilter:
    """Which entries are wanted; `granted_in` are units of which one at least handles the procedure."""

    text: str | None = None
    field_of_work: str | None = None
    is_decree_104: bool | None = None
    is_in_force: bool | None = None
    granted_in: Collection[UUID] | None = None


async def lock_catalogue(connection: AsyncConnection) -> None:
    """Let nobody else change the catalogue until the transaction ends."""
    await connection.execute(text("select pg_advisory_xact_lock(hashtext('dancu.catalogue'))"))


async def load_versions(
    connection: AsyncConnection, codes: Collection[str] | None = None
) -> dict[str, list[Version]]:
    """Return all that was, is and will be said of each procedure, in the order of its days."""
    query = select(PROCEDURE_VERSION).order_by(_VERSION.procedure_code, _VERSION.holds_from)
    if codes is not None:
        query = query.where(_VERSION.procedure_code.in_(codes))
    known: dict[str, list[Version]] = {}
    for row in await connection.execute(query):
        known.setdefault(row.procedure_code, []).append(_version(row))
    return known


async def find_entries(
    connection: AsyncConnection, day: date, wanted: CatalogueFilter, after: str = "", limit: int | None = None
) -> list[Version]:
    """Return what the catalogue said on *day*, by code, beginning after the code *after*."""
    query = _wanted(day, wanted).where(_VERSION.procedure_code > after)
    rows = await connection.execute(query.order_by(_VERSION.procedure_code).limit(limit))
    return [_version(row) for row in rows]


def _wanted(day: date, wanted: CatalogueFilter) -> Select[Any]:
    query = select(PROCEDURE_VERSION).where(version_holds(day))
    if wanted.text is not None:
        part = wanted.text.casefold()
        found = func.strpos(func.lower(_VERSION.name), part) > 0
        query = query.where(or_(found, func.strpos(func.lower(_VERSION.procedure_code), part) > 0))
    if wanted.field_of_work is not None:
        query = query.where(_VERSION.field_of_work == wanted.field_of_work)
    if wanted.is_decree_104 is not None:
        query = query.where(_VERSION.is_decree_104.is_(wanted.is_decree_104))
    if wanted.is_in_force is not None:
        in_force = procedure_in_force(day)
        query = query.where(in_force if wanted.is_in_force else ~in_force)
    if wanted.granted_in is not None:
        grant = PERMISSION_GRANT.c
        granted = (grant.procedure_code == _VERSION.procedure_code) & grant.unit_id.in_(wanted.granted_in)
        query = query.where(exists().where(granted, grant_holds(day)))
    return query


def version_holds(day: date) -> ColumnElement[bool]:
    """Match what the catalogue says on *day*."""
    return (_VERSION.holds_from <= day) & or_(_VERSION.holds_to.is_(None), _VERSION.holds_to > day)


def procedure_in_force(day: date) -> ColumnElement[bool]:
    """Match procedures that are in force on *day* by what is said of them."""
    return (_VERSION.valid_from <= day) & or_(_VERSION.valid_to.is_(None), _VERSION.valid_to > day)


def grant_holds(day: date) -> ColumnElement[bool]:
    """Match grants that hold on *day*."""
    grant = PERMISSION_GRANT.c
    return (grant.valid_from <= day) & or_(grant.valid_to.is_(None), grant.valid_to > day)


async def write_entries(connection: AsyncConnection, changes: Sequence[EntryChange]) -> None:
    """Let the catalogue say something else from each change's day on; the caller holds the lock.

    What was said before that day stays; what began on that very day is replaced.
    """
    for start in range(0, len(changes), _BATCH):
        some = changes[start : start + _BATCH]
        new = [{"procedure_code": each.after.procedure_code} for each in some if each.before is None]
        if new:
            await connection.execute(upsert(PROCEDURE).on_conflict_do_nothing(), new)
        await _close(connection, some)
        await connection.execute(insert(PROCEDURE_VERSION), [_row(each) for each in some])


async def _close(connection: AsyncConnection, changes: Iterable[EntryChange]) -> None:
    days: dict[date, list[str]] = {}
    for each in changes:
        if each.before is not None:
            days.setdefault(each.on, []).append(each.after.procedure_code)
    for day, codes in days.items():
        said = _VERSION.procedure_code.in_(codes) & version_holds(day)
        await connection.execute(delete(PROCEDURE_VERSION).where(said, _VERSION.holds_from == day))
        await connection.execute(update(PROCEDURE_VERSION).where(said).values(holds_to=day))


def _row(change: EntryChange) -> dict[str, Any]:
    dated = {"holds_from": change.on, "deciding_document": change.document_number}
    return values_of(change.after) | dated


def _version(row: Row[Any]) -> Version:
    return Version(procedure_of(row), row.holds_from, row.holds_to, row.deciding_document)
