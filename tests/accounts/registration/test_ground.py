"""Which units a list may name, by the register's history, and how far an importer reaches."""

from datetime import date, timedelta
from uuid import UUID

from app.accounts.registration.ground import known_units, scope_below
from app.units.history import History
from app.units.values import (
    Succession,
    SuccessionKind,
    UnitDetails,
    UnitKind,
    UnitLevel,
    UnitVersion,
)

TODAY = date(2026, 11, 22)
BEGUN, CHANGED = date(2023, 1, 1), date(2025, 7, 1)
TOP, OLD, NEW, BELOW, LATER, OTHER = (UUID(int=number) for number in range(1, 7))


def a_version(
    unit_id: UUID,
    name: str,
    code: str,
    parent: UUID | None = None,
    *,
    since: date = BEGUN,
    until: date | None = None,
    legacy: str | None = None,
) -> UnitVersion:
    details = UnitDetails(name, code, UnitKind.COMMUNE, UnitLevel.COMMUNE, legacy, parent)
    return UnitVersion(unit_id, since, until, details)


HISTORY = History(
    {
        TOP: (a_version(TOP, "Tỉnh Mẫu", "H99"),),
        OLD: (a_version(OLD, "xã Cũ", "H99.1", TOP, until=CHANGED, legacy="000.00.01.H99"),),
        NEW: (
            a_version(NEW, "xã Trước", "H99.2", TOP, until=CHANGED),
            a_version(NEW, "xã Nay", "H99.1", TOP, since=CHANGED),
        ),
        BELOW: (a_version(BELOW, "Phòng Dưới", "H99.1.1", NEW),),
        LATER: (a_version(LATER, "xã Sau", "H99.9", TOP, since=TODAY + timedelta(days=1)),),
        OTHER: (a_version(OTHER, "xã Ngoài", "H98"),),
    },
    (Succession(OLD, NEW, CHANGED, SuccessionKind.MERGE, "1656/NQ"),),
)
UNITS = {unit.unit_id: unit for unit in known_units(HISTORY, TODAY)}


def test_a_closed_unit_is_known_with_what_took_its_place() -> None:
    old = UNITS[OLD]
    assert (old.name, old.is_open, old.successors) == ("xã Cũ", False, ("xã Nay",))


def test_an_earlier_code_is_a_units_until_another_one_bears_it() -> None:
    assert UNITS[OLD].codes == {"000.00.01.H99"}
    assert UNITS[NEW].codes == {"H99.1", "H99.2"}


def test_a_unit_is_called_by_its_present_name_and_one_to_come_is_not_known() -> None:
    assert UNITS[NEW].name == "xã Nay"
    assert LATER not in UNITS


def test_the_scope_holds_all_below_and_those_that_stood_there_last() -> None:
    assert scope_below(UNITS.values(), TOP) == {TOP, OLD, NEW, BELOW}
    assert scope_below(UNITS.values(), NEW) == {NEW, BELOW}
    assert scope_below(UNITS.values(), OLD) == {OLD}
    assert scope_below(UNITS.values(), OTHER) == {OTHER}
