"""Carries a plan for the tree out: all of it in the caller's transaction, or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Event
from app.units.history import History
from app.units.plans import Plan
from app.units.store import load_history
from app.units.table import UNIT, UNIT_SUCCESSION, UNIT_VERSION
from app.units.troubles import Trouble, refused
from app.units.values import Decision, Succession, UnitVersion

_BATCH: Final = 500
_KEY: Final = frozenset({"unit_id", "valid_from"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """How many officers and grants, of today or planned, a unit has from a day on."""

    officers: int
    grants: int
    events: tuple[Event, ...] = ()
    """What records say of the officers that moved."""


class Holdings(Protocol):
    """Whoever keeps what units hold: officers' postings, and grants of procedures."""

    async def move(self, connection: AsyncConnection, former: UUID, successor: UUID, by: Decision) -> Held:
        """Let all that *former* has from the day on be *successor*'s; return what that was."""
        ...

    async def officers(self, connection: AsyncConnection, unit_id: UUID, since: date) -> int:
        """Return how many officers are posted to the unit on that day or later."""
        ...

    async def end_grants(self, connection: AsyncConnection, unit_id: UUID, by: Decision) -> int:
        """End all grants of the unit with that day; return how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """What a decision changed, and what moved to which unit with it."""

    plan: Plan
    moved: dict[UUID, Held]


async def locked_history(connection: AsyncConnection) -> History:
    """Return all agencies on all days; until the transaction ends nobody else changes any of them."""
    await connection.execute(text("lock table unit_version in share row exclusive mode"))
    return await load_history(connection)


async def change_units(
    connection: AsyncConnection, planned: Callable[[History], Plan], holdings: Holdings
) -> Made:
    """Plan on the tree as it is, locked, and carry the plan out; the caller commits.

    Raises UnitRefusedError where the change cannot be; the caller rolls back.
    """
    plan = planned(await locked_history(connection))
    return await carry_out(connection, plan, holdings)


async def carry_out(
    connection: AsyncConnection,
    plan: Plan,
    holdings: Holdings,
    advance: Callable[[int], None] = lambda _: None,
) -> Made:
    """Write a plan made from `locked_history` of this transaction; *advance* hears of versions written.

    Raises UnitRefusedError where an agency that is closed still has officers; the caller rolls back.
    """
    decision, moving = plan.decision, {move.former_unit_id for move in plan.moves}
    for unit_ids in _batches(plan.new_units):
        await connection.execute(insert(UNIT), [{"unit_id": unit_id} for unit_id in unit_ids])
    for versions in _batches(plan.versions):
        await _write(connection, versions)
        advance(len(versions))
    if plan.successions:
        await connection.execute(insert(UNIT_SUCCESSION), list(_succession_rows(plan.successions)))
    moved = {
        move.former_unit_id: await holdings.move(
            connection, move.former_unit_id, move.successor_unit_id, decision
        )
        for move in plan.moves
    }
    splitting = {succession.former_unit_id for succession in plan.successions} - moving
    for unit_id in set(plan.closed) - moving - splitting:
        await _release(connection, unit_id, plan, holdings)
    return Made(plan, moved)


async def _release(connection: AsyncConnection, unit_id: UUID, plan: Plan, holdings: Holdings) -> None:
    officers = await holdings.officers(connection, unit_id, plan.decision.on)
    if officers:
        code = next(fact.unit_code for fact in plan.facts if fact.unit_id == unit_id)
        raise refused(Trouble.HAS_OFFICERS, unit=code, value=str(officers))
    await holdings.end_grants(connection, unit_id, plan.decision)


async def _write(connection: AsyncConnection, versions: Iterable[UnitVersion]) -> None:
    """Write versions; one of that unit and day takes the place of an earlier one."""
    statement = upsert(UNIT_VERSION)
    replaced = {c.name: statement.excluded[c.name] for c in UNIT_VERSION.columns if c.name not in _KEY}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=sorted(_KEY), set_=replaced),
        [_version_row(version) for version in versions],
    )


def _version_row(version: UnitVersion) -> dict[str, Any]:
    details = version.details
    return {
        "unit_id": version.unit_id,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "name": details.name,
        "agency_code": details.agency_code,
        "legacy_agency_code": details.legacy_agency_code,
        "kind": details.kind.value,
        "level": details.level.value,
        "parent_id": details.parent_id,
        "ward_code": details.ward_code,
        "legacy_ward_code": details.legacy_ward_code,
        "deciding_document": version.deciding_document,
        "ending_document": version.ending_document,
        "serves": sorted(details.serves),
    }


def _succession_rows(successions: Iterable[Succession]) -> Iterator[dict[str, Any]]:
    for succession in successions:
        yield {
            "former_unit_id": succession.former_unit_id,
            "successor_unit_id": succession.successor_unit_id,
            "on_date": succession.on_date,
            "kind": succession.kind.value,
            "deciding_document": succession.deciding_document,
        }


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
