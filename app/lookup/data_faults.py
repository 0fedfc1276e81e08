"""What is wrong with a national record, in the police's own classes (R80), as far as one record shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from app.lookup.names import same_name, unaccented
from app.lookup.values import Address, Citizen, OldIdNumber, Person, Question
from app.procedures.fields import Field
from app.quickly_made import quickly_made


class FaultClass(StrEnum):
    """The five classes of the police's list (R80)."""

    DUPLICATE_PERSON = "duplicate_person"
    HOUSEHOLD_HEAD = "household_head"
    MISSING_FIELDS = "missing_fields"
    MISSING_OLD_ID_NUMBER = "missing_old_id_number"
    ID_NUMBER_REISSUED = "id_number_reissued"


class Fault(StrEnum):
    """What one record can show; the words stand in app.lookup.data_fault_texts."""

    ONE_NUMBER_TWO_NAMES = "one_number_two_names"
    HOUSEHOLD_WITHOUT_HEAD = "household_without_head"
    HOUSEHOLD_WITH_TWO_HEADS = "household_with_two_heads"
    FIELDS_MISSING = "fields_missing"
    OLD_ID_NUMBER_MISSING = "old_id_number_missing"
    EARLIER_NUMBER_CARRIED = "earlier_number_carried"
    NUMBER_CHANGED = "number_changed"


CLASS_OF: Final = {
    Fault.ONE_NUMBER_TWO_NAMES: FaultClass.DUPLICATE_PERSON,
    Fault.HOUSEHOLD_WITHOUT_HEAD: FaultClass.HOUSEHOLD_HEAD,
    Fault.HOUSEHOLD_WITH_TWO_HEADS: FaultClass.HOUSEHOLD_HEAD,
    Fault.FIELDS_MISSING: FaultClass.MISSING_FIELDS,
    Fault.OLD_ID_NUMBER_MISSING: FaultClass.MISSING_OLD_ID_NUMBER,
    Fault.EARLIER_NUMBER_CARRIED: FaultClass.ID_NUMBER_REISSUED,
    Fault.NUMBER_CHANGED: FaultClass.ID_NUMBER_REISSUED,
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """A fault that lies in several fields at once; `compared` are more that it tells something about."""

    fault: Fault
    is_so: Callable[[Citizen], bool]
    fields: tuple[Field, ...]
    compared: frozenset[Field] = frozenset()


class _Place(NamedTuple):
    """A field, and the attribute of a citizen that holds it."""

    field: Field
    attribute: str


class _Sight(NamedTuple):
    """What who may see certain fields can be told of: by rule, of names beside numbers, and of what lacks."""

    rules: tuple[_Rule, ...]
    named: tuple[_Place, ...]
    everybody_has: tuple[_Place, ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class FaultNotice:
    """One fault and the fields it lies in; names only, never a value."""

    fault: Fault
    fields: tuple[Field, ...]


NUMBER_CHANGED: Final = FaultNotice(Fault.NUMBER_CHANGED, (Field.ID_NUMBER,))

_EVERYBODY_HAS: Final = (
    Field.ID_NUMBER,
    Field.SEX,
    Field.PERMANENT_RESIDENCE,
    Field.CURRENT_RESIDENCE,
    Field.NATIONALITY,
    Field.BIRTH_REGISTRATION_PLACE,
    Field.HOME_PLACE,
    Field.ETHNICITY,
)
_NAMED_WITH_A_NUMBER: Final = (
    Field.HOUSEHOLD_HEAD,
    Field.FATHER,
    Field.MOTHER,
    Field.SPOUSE,
    Field.REPRESENTATIVE,
)
_IS_HEAD: Final = frozenset({"CH01", "CHUHO"})
_LAST_YEAR_WITH_OLD_NUMBER: Final = 1997
"""Who was born later was 14 when cards already had twelve digits (2012), so may never have had nine."""
_CITIZEN_ID_DIGITS: Final = 12
_VIETNAM: Final = frozenset({None, "VN"})


def find_faults(citizen: Citizen, permitted: frozenset[Field]) -> tuple[FaultNotice, ...]:
    """Return the faults the record shows in *permitted* fields, and in no other.

    A fault that lies in several fields is told only to who may see all of them: that a field is
    empty, or contradicts another one, says something about it.
    """
    faults = _all_faults(citizen, _sight_of(permitted))
    return tuple([FaultNotice(fault, fields) for fault, fields in faults]) if faults else ()


def is_number_changed(question: Question, citizen: Citizen, differing: frozenset[str]) -> bool:
    """Whether the record is that of the person asked about under another number (R81).

    Name and birth date agree, and the record carries another number of the same kind, or the asked one
    as an earlier number. A record without a number of the kind says nothing.
    """
    if differing != {Field.ID_NUMBER.value}:
        return False
    asked = question.id_number
    if isinstance(asked, OldIdNumber):
        return citizen.old_id_number is not None
    return citizen.id_number is not None or citizen.old_id_number == asked.digits


@lru_cache(maxsize=256)  # as many as procedures have different fields
def _sight_of(permitted: frozenset[Field]) -> _Sight:
    return _Sight(
        rules=tuple(
            rule for rule in _WHOLE_RECORD if permitted.issuperset(rule.fields) and permitted >= rule.compared
        ),
        # Somebody of another name who bears the citizen's own number: that must be open too.
        named=_places(_NAMED_WITH_A_NUMBER, permitted if Field.ID_NUMBER in permitted else frozenset()),
        everybody_has=_places(_EVERYBODY_HAS, permitted),
    )


def _places(fields: Iterable[Field], permitted: frozenset[Field]) -> tuple[_Place, ...]:
    return tuple(_Place(field, field.value) for field in fields if field in permitted)


def _all_faults(citizen: Citizen, sight: _Sight) -> list[tuple[Fault, tuple[Field, ...]]]:
    faults: list[tuple[Fault, tuple[Field, ...]]] = []
    if sight.named:
        others = [field for field, name in sight.named if _bears_number(getattr(citizen, name), citizen)]
        if others:
            faults.append((Fault.ONE_NUMBER_TWO_NAMES, tuple(others)))
    if sight.rules:
        faults += [(rule.fault, rule.fields) for rule in sight.rules if rule.is_so(citizen)]
    lacking = [field for field, name in sight.everybody_has if _is_lacking(getattr(citizen, name))]
    if lacking:
        faults.append((Fault.FIELDS_MISSING, tuple(lacking)))
    return faults


def _bears_number(person: Person | None, citizen: Citizen) -> bool:
    """Whether *person* bears the citizen's own number under another name."""
    return (
        person is not None
        and person.id_number is not None
        and person.id_number == citizen.id_number
        and person.full_name is not None
        and not same_name(person.full_name, citizen.full_name)
    )


def _has_no_head(citizen: Citizen) -> bool:
    head = citizen.household_head
    return head is None or (head.full_name is None and head.id_number is None and head.old_id_number is None)


def _has_two_heads(citizen: Citizen) -> bool:
    """Whether the citizen is head of the household, and somebody else is too."""
    head, relation = citizen.household_head, citizen.relation_to_head
    if head is None or relation is None or unaccented(relation) not in _IS_HEAD:
        return False
    numbers = (head.id_number, citizen.id_number)
    return None not in numbers and numbers[0] != numbers[1]


def _lacks_old_number(citizen: Citizen) -> bool:
    born = citizen.birth_date
    return citizen.old_id_number is None and born is not None and born.year <= _LAST_YEAR_WITH_OLD_NUMBER


def _carries_earlier_number(citizen: Citizen) -> bool:
    earlier = citizen.old_id_number
    return earlier is not None and len(earlier) == _CITIZEN_ID_DIGITS and earlier != citizen.id_number


def _is_lacking(value: object) -> bool:
    if value is None:
        return True
    # Without a commune an address is none; abroad there are no communes.
    return isinstance(value, Address) and value.commune_code is None and value.country_code in _VIETNAM


_WHOLE_RECORD: Final[tuple[_Rule, ...]] = (
    _Rule(Fault.HOUSEHOLD_WITHOUT_HEAD, _has_no_head, (Field.HOUSEHOLD_HEAD,)),
    _Rule(
        Fault.HOUSEHOLD_WITH_TWO_HEADS,
        _has_two_heads,
        (Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD),
        frozenset({Field.ID_NUMBER}),
    ),
    _Rule(Fault.OLD_ID_NUMBER_MISSING, _lacks_old_number, (Field.OLD_ID_NUMBER,)),
    _Rule(Fault.EARLIER_NUMBER_CARRIED, _carries_earlier_number, (Field.ID_NUMBER, Field.OLD_ID_NUMBER)),
)
