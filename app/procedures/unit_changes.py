"""A change of units with all that moves along, and what its records say: for routes and commands alike."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.table import OFFICER, OFFICER_POSTING
from app.accounts.values import Role
from app.audit.changes import Event
from app.audit.record import RecordKind, Value
from app.procedures.holdings import PostingsAndGrants
from app.units.changing import Held, carry_out, locked_history
from app.units.history import History
from app.units.plans import Plan
from app.units.records import unit_event


@dataclass(frozen=True, slots=True)
class MovingAdministrator:
    """A unit's administrator whom a merger makes the successor's."""

    officer_id: UUID
    login_name: str
    former_unit_id: UUID
    successor_unit_id: UUID


class AdministratorsWouldMoveError(Exception):
    """A merger would take administrators along, and nobody has said that they are to administer there."""

    def __init__(self, administrators: Collection[MovingAdministrator]) -> None:
        """Name them."""
        super().__init__(", ".join(one.login_name for one in administrators))
        self.administrators = tuple(administrators)


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What was planned on which tree, what moved to which unit with it, and who administers elsewhere."""

    before: History
    plan: Plan
    moved: dict[UUID, Held]
    administrators: tuple[MovingAdministrator, ...]

    def events(self) -> list[Event]:
        """Return what its records say, one thing each."""
        moved = [event for held in self.moved.values() for event in held.events]
        return [
            *map(unit_event, self.plan.facts),
            *moved,
            *(_administrator_event(one, self.plan) for one in self.administrators),
        ]


async def make_unit_change(
    connection: AsyncConnection,
    planned: Callable[[History], Plan],
    today: date,
    *,
    administrators_stay: bool,
) -> UnitChange:
    """Plan on the tree as it is, locked, and carry the plan out; the caller records and commits.

    Raises UnitRefusedError, and AdministratorsWouldMoveError unless *administrators_stay*; the caller
    rolls back.
    """
    history = await locked_history(connection)
    plan = await asyncio.to_thread(planned, history)  # with thousands of units: a while
    moving = await _moving_administrators(connection, plan)
    if moving and not administrators_stay:
        raise AdministratorsWouldMoveError(moving)
    made = await carry_out(connection, plan, PostingsAndGrants(today))
    return UnitChange(history, plan, made.moved, tuple(moving))


async def _moving_administrators(connection: AsyncConnection, plan: Plan) -> list[MovingAdministrator]:
    successors = {move.former_unit_id: move.successor_unit_id for move in plan.moves}
    if not successors:
        return []
    rows = await connection.execute(
        select(OFFICER.c.officer_id, OFFICER.c.login_name, OFFICER_POSTING.c.unit_id)
        .join(OFFICER_POSTING, OFFICER_POSTING.c.officer_id == OFFICER.c.officer_id)
        .where(
            OFFICER.c.role == Role.UNIT_ADMINISTRATOR.value,
            OFFICER_POSTING.c.unit_id.in_(successors),
            or_(OFFICER_POSTING.c.valid_to.is_(None), OFFICER_POSTING.c.valid_to > plan.decision.on),
        )
        .distinct()
        .order_by(OFFICER.c.login_name)
    )
    return [
        MovingAdministrator(row.officer_id, row.login_name, row.unit_id, successors[row.unit_id])
        for row in rows
    ]


def _administrator_event(moving: MovingAdministrator, plan: Plan) -> Event:
    facts: dict[str, Value] = {
        "changed_officer_id": str(moving.officer_id),
        "changed_unit_id": str(moving.successor_unit_id),
        "change": "administers_successor",
        "before": str(moving.former_unit_id),
        "after": str(moving.successor_unit_id),
        "effective_on": plan.decision.on.isoformat(),
    }
    if plan.decision.document is not None:
        facts["document_number"] = plan.decision.document
    return Event(RecordKind.OFFICER_CHANGED, facts)
