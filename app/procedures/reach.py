"""Which units an administrator may see grants and procedures of, on any day."""

from datetime import date
from uuid import UUID

from app.accounts.authentication import Caller
from app.accounts.values import Role
from app.units.history import History, reachable
from app.units.viewing import subtree


def units_in_reach(history: History, caller: Caller, day: date) -> frozenset[UUID] | None:
    """Return the caller's unit, those below it on *day*, and whose place they have taken; None for all."""
    if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR:
        return None
    own = subtree(history.on(day), caller.unit.unit_id) | {caller.unit.unit_id}
    formers: dict[UUID, set[UUID]] = {}
    for one in history.successions:
        formers.setdefault(one.successor_unit_id, set()).add(one.former_unit_id)
    return frozenset(own.union(*(reachable(unit_id, formers) for unit_id in own)))
