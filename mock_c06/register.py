"""Finding the citizen a question means: number, name and birth date must all agree."""

import unicodedata
from collections.abc import Iterable

from mock_c06.citizen import BirthDate, Citizen
from mock_c06.identity import holders_of, identity_of
from mock_c06.kinship import spouse_of
from mock_c06.personas import PERSONAS, Persona
from mock_c06.population import citizen_for
from mock_c06.question import Question


def find(question: Question, seed: str) -> list[Citizen]:
    """Return the one citizen who answers the question, or nobody."""
    for citizen_id in _numbers_meant(question):
        identity = identity_of(citizen_id, seed)
        is_same_person = is_same_name(question.full_name, identity.full_name) and is_same_birth(
            question.birth_date, identity.birth_date
        )
        if not is_same_person:
            continue
        citizen = citizen_for(citizen_id, seed)
        if question.old_id_number in ("", citizen.old_id_number):
            return [citizen]
    return []


def household_of(citizen: Citizen, seed: str) -> list[Citizen]:
    """Return who lives with the citizen, head first: the head's couple, and a child among them.

    (A guess like the whole of 034; brothers and sisters are not known, for numbers tell parents only.)
    """
    head = citizen.household_head
    if head is None or not head.citizen_id:
        return [citizen]
    spouse = spouse_of(head.citizen_id, seed)
    numbers = [number for number in (head.citizen_id, spouse, citizen.citizen_id) if number]
    return [citizen_for(number, seed) for number in dict.fromkeys(numbers)]


def persona_asked(question: Question) -> Persona | None:
    """Return the persona whose number was asked, whatever name and birth date came with it."""
    for citizen_id in _numbers_meant(question):
        if persona := PERSONAS.get(citizen_id):
            return persona
    return None


def name_key(full_name: str) -> str:
    """Return the name without marks, spaces or punctuation, in capitals: "Trần Văn Thử" gives TRANVANTHU."""
    decomposed = unicodedata.normalize("NFD", full_name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in decomposed if letter.isalnum()).upper()


def is_same_name(asked: str, recorded: str) -> bool:
    """Tell whether two spellings have the same, non-empty key."""
    return name_key(asked) == name_key(recorded) != ""


def is_same_birth(asked: BirthDate | None, recorded: BirthDate) -> bool:
    """Tell whether the record answers the date asked: a year alone matches any day of that year.

    A question without a date (033) matches any.
    """
    if asked is None:
        return True
    if asked.day is None:
        return asked.year == recorded.year
    return asked.day == recorded.day


def _numbers_meant(question: Question) -> Iterable[str]:
    if question.citizen_id:
        return (question.citizen_id,)
    year = question.birth_date.year if question.birth_date else None
    return holders_of(question.old_id_number, year)
