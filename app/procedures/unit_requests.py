"""From what an administrator asked about a unit to the plan of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.procedures.unit_schemas import (
    AnyChange,
    ChangeDetails,
    ChangeLevel,
    Close,
    Merge,
    Move,
    NewUnitRequest,
    Recode,
    Rename,
    Split,
)
from app.units.history import History
from app.units.operations import (
    plan_addition,
    plan_change,
    plan_close,
    plan_level,
    plan_merge,
    plan_move,
    plan_recode,
    plan_rename,
    plan_split,
)
from app.units.plans import Plan
from app.units.troubles import Trouble, refused
from app.units.values import Decision, UnitDetails

Planned = Callable[[History], Plan]


def addition(body: NewUnitRequest) -> Planned:
    """Return the plan of a unit's registration; it raises UnitRefusedError."""
    decision = Decision(body.on, body.document_number)
    details = UnitDetails(
        name=body.name,
        agency_code=body.agency_code,
        kind=body.kind,
        level=body.level,
        legacy_agency_code=body.legacy_agency_code,
        parent_id=body.parent_id,
        ward_code=body.ward_code,
        legacy_ward_code=body.legacy_ward_code,
        serves=frozenset(body.serves),
    )

    def planned(history: History) -> Plan:
        _check_known(history, decision, body.parent_id)
        return plan_addition(history, details, decision)

    return planned


def change_of(unit_id: UUID, body: AnyChange) -> Planned:
    """Return the plan of a change of a unit that is registered; it raises UnitRefusedError."""
    decision = Decision(body.on, body.document_number)

    def planned(history: History) -> Plan:
        match body:
            case Rename():
                plan = plan_rename(history, unit_id, body.name, decision)
            case Recode():
                plan = plan_recode(history, unit_id, body.agency_code, body.legacy_agency_code, decision)
            case Move():
                _check_known(history, decision, body.parent_id)
                plan = plan_move(history, unit_id, body.parent_id, decision)
            case ChangeLevel():
                plan = plan_level(history, unit_id, body.level, decision)
            case ChangeDetails():
                plan = plan_change(history, unit_id, _details(history, unit_id, body), decision)
            case Close():
                plan = plan_close(history, unit_id, decision)
            case Merge():
                plan = _merger(history, unit_id, body, decision)
            case Split():
                _check_known(history, decision, *body.into)
                plan = plan_split(history, unit_id, body.into, decision)
        return plan

    return planned


def _details(history: History, unit_id: UUID, body: ChangeDetails) -> UnitDetails:
    given: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("kind", "ward_code", "legacy_ward_code", "serves")
        if name in body.model_fields_set
    }
    if "serves" in given:
        given["serves"] = frozenset(given["serves"] or ())
    if given.get("kind", "") is None:
        del given["kind"]  # there is no unit without a kind
    return replace(history.versions[unit_id][-1].details, **given)


def _merger(history: History, unit_id: UUID, body: Merge, decision: Decision) -> Plan:
    former_ids = [unit_id, *body.together_with]
    _check_known(history, decision, body.into, *body.together_with)
    if body.into is not None and body.into_new is None:
        return plan_merge(history, former_ids, body.into, decision)
    if body.into_new is None or body.into is not None:
        raise refused(Trouble.ONE_SUCCESSOR_NEEDED, column="into")
    first, code = history.versions[unit_id][-1].details, body.into_new.agency_code
    legacy = first.legacy_agency_code if code is None else None
    new = replace(
        first, name=body.into_new.name, agency_code=code or first.agency_code, legacy_agency_code=legacy
    )
    return plan_merge(history, former_ids, new, decision)


def _check_known(history: History, decision: Decision, *unit_ids: UUID | None) -> None:
    for unit_id in unit_ids:
        if unit_id is not None and unit_id not in history.versions:
            raise refused(Trouble.UNIT_UNKNOWN, value=str(unit_id), on=decision.on.isoformat())
