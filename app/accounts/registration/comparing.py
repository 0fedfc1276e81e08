"""Compares what a row asks for with the officer who bears its login name."""

from dataclasses import dataclass

from app.accounts.registration.faults import Fault, FaultCode
from app.accounts.registration.folding import words
from app.accounts.registration.form import Column
from app.accounts.registration.positions import POSITIONS
from app.accounts.registration.values import Action, Change, KnownOfficer, Wish


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to do about the account, field by field, and what speaks against it."""

    action: Action
    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]


def compare(wish: Wish, officer: KnownOfficer) -> Comparison:
    """Return how the account would change; an empty cell of the list never empties a field."""
    faults: list[Fault] = []
    changes: list[Change] = []
    name, name_fault = _name(wish, officer)
    if name_fault is not None:
        faults.append(name_fault)
    if name != officer.full_name:
        changes.append(Change("full_name", officer.full_name, name))
    if wish.unit_id != officer.unit_id:
        before = str(officer.unit_id) if officer.unit_id is not None else None
        changes.append(Change("unit_id", before, str(wish.unit_id)))
    if officer.is_privileged:
        faults.append(Fault(FaultCode.ROLE_KEPT, Column.POSITION))
    elif wish.role is not officer.role:
        changes.append(Change("role", officer.role.value, wish.role.value))
    elif officer.lacks_position:
        changes.append(Change("position", None, POSITIONS[wish.role]))
    changes += _codes(wish, officer)
    if wish.person_code is not None and officer.person_code not in {None, wish.person_code}:
        faults.append(Fault(FaultCode.PERSON_CODE_KEPT, Column.PERSON_CODE))
    if officer.is_privileged and changes:
        faults.append(Fault(FaultCode.PRIVILEGED_ACCOUNT, Column.LOGIN_NAME))
    if not officer.is_active:
        faults.append(Fault(FaultCode.OFFICER_SUSPENDED, Column.LOGIN_NAME))
    return Comparison(_action(changes), tuple(changes), tuple(faults))


def _action(changes: list[Change]) -> Action:
    if not changes:
        return Action.UNCHANGED
    moves = any(change.field == "unit_id" for change in changes)
    return Action.TRANSFER if moves else Action.UPDATE


def _name(wish: Wish, officer: KnownOfficer) -> tuple[str, Fault | None]:
    """Return the name the account should bear, and what is doubtful about it."""
    written, known = words(wish.full_name), words(officer.full_name)
    if written == known:
        return officer.full_name, None  # case, punctuation, or the place of a tone mark
    if [word.plain for word in written] == [word.plain for word in known]:
        if any(word.has_accents for word in written):
            return wish.full_name, None  # a correction of accents
        details = {"known": officer.full_name}
        return officer.full_name, Fault(FaultCode.NAME_WITHOUT_ACCENTS, Column.FULL_NAME, details)
    if _is_surely_the_same(wish, officer):
        return wish.full_name, None
    details = {"known": officer.full_name}
    return wish.full_name, Fault(FaultCode.NAME_OF_ANOTHER_PERSON, Column.FULL_NAME, details)


def _is_surely_the_same(wish: Wish, officer: KnownOfficer) -> bool:
    """Whether a code that only this person has says so."""
    upstream = wish.upstream_officer_code
    return (upstream is not None and upstream == officer.upstream_officer_code) or (
        wish.person_code is not None and wish.person_code == officer.person_code
    )


def _codes(wish: Wish, officer: KnownOfficer) -> list[Change]:
    changes = []
    for field, before, after in (
        ("upstream_officer_code", officer.upstream_officer_code, wish.upstream_officer_code),
        ("person_code", officer.person_code, wish.person_code),
    ):
        if after is not None and after != before:
            changes.append(Change(field, before, after))
    return changes
