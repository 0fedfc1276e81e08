from uuid import UUID

import pytest

from app.units.store import UnitRegister
from app.units.values import Unit, UnitKind, UnitLevel

PROVINCE, DEPARTMENT, COMMUNE, OTHER, CLOSED = (UUID(int=number) for number in range(1, 6))


def a_unit(unit_id: UUID, parent_id: UUID | None) -> Unit:
    return Unit(unit_id, "Đơn vị", "H99", UnitLevel.COMMUNE, UnitKind.COMMUNE, frozenset(), parent_id)


def a_register(parents: dict[UUID, UUID | None]) -> UnitRegister:
    return UnitRegister({unit_id: a_unit(unit_id, parent) for unit_id, parent in parents.items()})


TREE = a_register({PROVINCE: None, DEPARTMENT: PROVINCE, COMMUNE: DEPARTMENT, OTHER: PROVINCE})


@pytest.mark.parametrize(
    ("unit_id", "ancestor_id"), [(COMMUNE, COMMUNE), (COMMUNE, DEPARTMENT), (COMMUNE, PROVINCE)]
)
def test_a_unit_stands_within_itself_and_all_above(unit_id: UUID, ancestor_id: UUID) -> None:
    assert TREE.is_within(unit_id, ancestor_id)


@pytest.mark.parametrize(
    ("unit_id", "ancestor_id"), [(COMMUNE, OTHER), (PROVINCE, COMMUNE), (CLOSED, PROVINCE), (None, PROVINCE)]
)
def test_a_unit_stands_within_no_other(unit_id: UUID | None, ancestor_id: UUID) -> None:
    assert not TREE.is_within(unit_id, ancestor_id)


def test_a_closed_parent_hides_what_stands_above_it() -> None:
    register = a_register({PROVINCE: None, COMMUNE: CLOSED})
    assert not register.is_within(COMMUNE, PROVINCE)


def test_parents_in_a_circle_end_the_search() -> None:
    register = a_register({COMMUNE: OTHER, OTHER: COMMUNE})
    assert not register.is_within(COMMUNE, PROVINCE)
