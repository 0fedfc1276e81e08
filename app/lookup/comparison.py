"""Tells in which parts a returned record differs from the question."""

from app.lookup.names import same_name
from app.lookup.values import BirthDate, Citizen, CitizenId, IdNumber, Question
from app.procedures.fields import Field


def compare(question: Question, citizen: Citizen) -> frozenset[str]:
    """Return the names of the parts that differ, of id_number, full_name and birth_date; none is a match.

    What the record leaves out differs: silence confirms nothing.
    """
    differing: set[str] = set()
    if not _same_number(question.id_number, citizen):
        differing.add(Field.ID_NUMBER.value)
    if not same_name(question.full_name.text, citizen.full_name):
        differing.add(Field.FULL_NAME.value)
    if not _same_birth_date(question.birth_date, citizen.birth_date):
        differing.add(Field.BIRTH_DATE.value)
    return frozenset(differing)


def _same_number(asked: IdNumber, citizen: Citizen) -> bool:
    if isinstance(asked, CitizenId):
        return asked.digits == citizen.id_number
    return asked.digits == citizen.old_id_number


def _same_birth_date(asked: BirthDate, returned: BirthDate | None) -> bool:
    if returned is None or asked.year != returned.year:
        return False
    is_same_day = asked.month == returned.month and asked.day == returned.day
    return is_same_day or asked.is_year_only or returned.is_year_only
