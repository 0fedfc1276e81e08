"""Changes of the tree, each planned from the whole history and the decision that orders it.

All are pure and return a Plan, or raise UnitRefusedError where the tree would be wrong on any day.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from app.units.history import History, children
from app.units.plans import Draft, Plan, UnitEvent
from app.units.troubles import Trouble, refused
from app.units.values import Decision, SuccessionKind, UnitDetails, UnitLevel


def plan_addition(history: History, details: UnitDetails, decision: Decision) -> Plan:
    """Register an agency."""
    draft = Draft(history, decision)
    draft.add(uuid7(), details)
    return draft.plan()


def plan_rename(history: History, unit_id: UUID, name: str, decision: Decision) -> Plan:
    """Give an agency another name."""
    return plan_change(history, unit_id, replace(_present(history, unit_id, decision), name=name), decision)


def plan_recode(
    history: History, unit_id: UUID, agency_code: str, legacy_agency_code: str | None, decision: Decision
) -> Plan:
    """Give an agency another code; dossiers under its earlier codes still reach its desk."""
    present = _present(history, unit_id, decision)
    details = replace(present, agency_code=agency_code, legacy_agency_code=legacy_agency_code)
    return plan_change(history, unit_id, details, decision)


def plan_move(history: History, unit_id: UUID, parent_id: UUID | None, decision: Decision) -> Plan:
    """Let an agency stand below another one, or at the top."""
    details = replace(_present(history, unit_id, decision), parent_id=parent_id)
    return plan_change(history, unit_id, details, decision)


def plan_level(history: History, unit_id: UUID, level: UnitLevel, decision: Decision) -> Plan:
    """Give an agency another level."""
    return plan_change(history, unit_id, replace(_present(history, unit_id, decision), level=level), decision)


def plan_change(history: History, unit_id: UUID, details: UnitDetails, decision: Decision) -> Plan:
    """Let *details* hold for an agency; the fact says which of them are new."""
    draft = Draft(history, decision)
    draft.amend(unit_id, details)
    return draft.plan()


def plan_close(history: History, unit_id: UUID, decision: Decision) -> Plan:
    """End an agency that has nothing below it; its officers must have gone, its grants end with it."""
    draft = Draft(history, decision)
    _end(draft, unit_id)
    draft.note_end(UnitEvent.CLOSED, unit_id)
    return draft.plan()


def plan_merge(
    history: History, former_ids: Sequence[UUID], into: UUID | UnitDetails, decision: Decision
) -> Plan:
    """End agencies and let one take their place: one there is already, or a new one of these details.

    What stood below them stands below the one; their officers and grants move to it (Plan.moves).
    """
    draft = Draft(history, decision)
    _check_named_once(history, former_ids)
    if isinstance(into, UnitDetails):
        successor_id = uuid7()
        draft.add(successor_id, into)
    else:
        successor_id = into
        _check_receiver(draft, former_ids, into)
        draft.amend(into, _lifted(draft, former_ids, into))
    for former_id in former_ids:
        _hand_down(draft, former_id, {*former_ids, successor_id}, successor_id)
    for former_id in former_ids:
        draft.end(former_id)
        draft.succeed(SuccessionKind.MERGE, former_id, successor_id)
        draft.note_end(UnitEvent.MERGED, former_id, [successor_id])
    return draft.plan()


def plan_split(history: History, unit_id: UUID, into: Sequence[UUID], decision: Decision) -> Plan:
    """Divide an agency among those it names; it ends unless it is one of them.

    Nothing moves: its officers can do nothing from that day on until somebody posts them anew.
    """
    draft = Draft(history, decision)
    _check_named_once(history, into)
    if len(into) < 2:  # noqa: PLR2004 - into one is a merger
        raise refused(Trouble.TOO_FEW_UNITS)
    others = [successor_id for successor_id in into if successor_id != unit_id]
    for successor_id in others:
        draft.changeable(successor_id)
        draft.succeed(SuccessionKind.SPLIT, unit_id, successor_id)
    if unit_id in into:
        draft.changeable(unit_id)
    else:
        _end(draft, unit_id)
    draft.note_end(UnitEvent.SPLIT, unit_id, into)  # itself, too, where it goes on: the record must tell
    return draft.plan()


def _present(history: History, unit_id: UUID, decision: Decision) -> UnitDetails:
    return Draft(history, decision).changeable(unit_id).details


def _end(draft: Draft, unit_id: UUID) -> None:
    ended = draft.end(unit_id)
    below = {child.details.agency_code for child in children(draft.versions, unit_id, draft.decision.on)}
    if below:
        some = ", ".join(sorted(below)[:5]) + (", …" if len(below) > 5 else "")  # noqa: PLR2004 - a line's worth
        raise refused(Trouble.HAS_UNITS_BELOW, unit=ended.details.agency_code, value=some)


def _check_named_once(history: History, unit_ids: Sequence[UUID]) -> None:
    for unit_id in unit_ids:
        if unit_ids.count(unit_id) > 1:
            raise refused(Trouble.NAMED_TWICE, unit=history.versions[unit_id][-1].details.agency_code)


def _check_receiver(draft: Draft, former_ids: Sequence[UUID], into: UUID) -> None:
    receiver = draft.changeable(into)
    code = receiver.details.agency_code
    if into in former_ids:
        raise refused(Trouble.INTO_ITSELF, unit=code)
    if receiver.valid_to is not None:
        raise refused(Trouble.UNIT_CLOSED, unit=code, since=str(receiver.valid_to))


def _lifted(draft: Draft, former_ids: Sequence[UUID], into: UUID) -> UnitDetails:
    """Return the receiver's details, above what ends if it stood below that."""
    details = draft.changeable(into).details
    while details.parent_id is not None and details.parent_id in former_ids:
        details = replace(details, parent_id=draft.changeable(details.parent_id).details.parent_id)
    return details


def _hand_down(draft: Draft, former_id: UUID, but: set[UUID], successor_id: UUID) -> None:
    """Let what stands below an agency that ends stand below its successor."""
    for child in list(children(draft.versions, former_id, draft.decision.on)):
        if child.unit_id not in but:
            draft.amend(child.unit_id, replace(child.details, parent_id=successor_id))
