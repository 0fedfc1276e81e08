"""Trees of invented units, and decisions about them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.units.history import History
from app.units.operations import plan_addition
from app.units.plans import Plan
from app.units.values import Decision, UnitDetails, UnitKind, UnitLevel, UnitVersion

START = date(2025, 7, 1)
DOCUMENT = "1656/NQ-UBTVQH15"
EMPTY = History({})


def a_day(number: int) -> date:
    """Return the day *number* days after the first."""
    return START + timedelta(days=number)


def a_decision(number: int = 10, document: str | None = DOCUMENT) -> Decision:
    return Decision(a_day(number), document)


def details_of(code: str, parent_id: UUID | None = None, **changes: Any) -> UnitDetails:
    """Return a commune of that code; *changes* name what the test is about."""
    values: dict[str, Any] = {
        "name": f"Ủy ban nhân dân xã {code}",
        "agency_code": code,
        "kind": UnitKind.COMMUNE,
        "level": UnitLevel.COMMUNE,
        "parent_id": parent_id,
    }
    return UnitDetails(**(values | changes))


def a_tree(parents: dict[str, str | None], on: date = START) -> History:
    """Return communes by code below communes by code, parents first, all from one day on."""
    history = EMPTY
    for code, parent in parents.items():
        above = history.find(parent, on) if parent is not None else None
        history = plan_addition(history, details_of(code, above), Decision(on, None)).applied_to(history)
    return history


def added(history: History, plan: Plan) -> UUID:
    """Return the one unit that the plan adds."""
    (unit_id,) = plan.new_units
    assert unit_id not in history.versions
    return unit_id


def code_on(history: History, unit_id: UUID, number: int) -> str | None:
    version = history.on(a_day(number)).get(unit_id)
    return version.details.agency_code if version is not None else None


def versions_on(history: History, day: date) -> Iterator[UnitVersion]:
    """Yield every version of *day*, two of one unit included if there were."""
    for dated in history.versions.values():
        yield from (
            one for one in dated if one.valid_from <= day and (one.valid_to is None or day < one.valid_to)
        )


def check_day(history: History, day: date) -> None:
    """Look at one day by itself, the slow and plain way: no word of what made it is trusted."""
    versions = list(versions_on(history, day))
    units = {version.unit_id: version.details for version in versions}
    assert len(units) == len(versions), "two versions of one unit"
    codes = [details.agency_code for details in units.values()]
    assert len(set(codes)) == len(codes), "two bearers of one code"
    for unit_id, details in units.items():
        above, steps = details.parent_id, 0
        while above is not None:
            assert above in units, "below a unit that is not there"
            assert above != unit_id, "below itself"
            above, steps = units[above].parent_id, steps + 1
            assert steps <= len(units), "in a circle"
