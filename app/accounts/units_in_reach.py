"""Which unit an administrator means, and which ones they may act for."""

from uuid import UUID

from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.values import Role
from app.errors import NotAllowedError, NotFoundError, ProblemCode
from app.units.history import reachable
from app.units.store import UnitRegister
from app.units.values import Unit


def unit_named(register: UnitRegister, text: str) -> Unit:
    """Return the unit of today by its id or its code; NotFoundError(UNIT_UNKNOWN)."""
    try:
        found = register.find(UUID(text))
    except ValueError:
        wanted = text.strip().upper()
        found = next((unit for unit in register.units.values() if unit.agency_code == wanted), None)
    if found is None:
        raise NotFoundError(ProblemCode.UNIT_UNKNOWN)
    return found


def reachable_unit(directory: Directory, caller: Caller, text: str) -> Unit:
    """Return the unit, where it is the caller's or below it, or the caller acts for the department.

    Raises NotFoundError(UNIT_UNKNOWN) and NotAllowedError(OUTSIDE_OWN_UNITS).
    """
    unit = unit_named(directory.units.current, text)
    if not reaches(directory, caller, unit.unit_id):
        raise NotAllowedError(ProblemCode.OUTSIDE_OWN_UNITS)
    return unit


def code_of(register: UnitRegister, text: str | None) -> str | None:
    """Return the code of the unit that a condition names, as records say it; NotFoundError(UNIT_UNKNOWN)."""
    return unit_named(register, text).agency_code if text is not None else None


def reaches(directory: Directory, caller: Caller, unit_id: UUID | None) -> bool:
    """Whether the caller acts for officers of this unit."""
    if caller.officer.role is Role.DEPARTMENT_ADMINISTRATOR:
        return True
    return directory.units.current.is_within(unit_id, caller.unit.unit_id)


def units_below(register: UnitRegister, unit_id: UUID) -> list[UUID]:
    """Return the unit and all below it."""
    return [each for each in register.units if register.is_within(each, unit_id)]


def units_and_formers(register: UnitRegister, unit_id: UUID) -> frozenset[UUID]:
    """Return the unit, all below it, and those whose place they have taken: under these old records stand.

    A unit that will only give up its place later is still its own head's.
    """
    formers: dict[UUID, set[UUID]] = {}
    for one in register.successions:
        if register.find(one.former_unit_id) is None:
            formers.setdefault(one.successor_unit_id, set()).add(one.former_unit_id)
    below = units_below(register, unit_id)
    return frozenset(below).union(*(reachable(each, formers) for each in below))
