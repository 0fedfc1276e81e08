"""Who a number is: sex and birth year from its own digits, name and birthday from a keyed hash."""

from collections.abc import Iterator
from datetime import date, timedelta

from mock_c06 import words
from mock_c06.citizen import BirthDate, Identity, Sex
from mock_c06.draws import Draw
from mock_c06.personas import CATALOGUE, PERSONAS

# Place code that no province has: every number the stand-in makes up begins with it.
UNASSIGNED_PLACE = "099"
OLD_NUMBER_PREFIX = "990"
OLD_NUMBER_BIRTH_YEARS = range(1930, 2007)


def identity_of(citizen_id: str, seed: str) -> Identity:
    """Return the name, birth date and sex that belong to a twelve-digit number."""
    if persona := PERSONAS.get(citizen_id):
        return persona.identity
    draw = Draw(seed, "identity", citizen_id)
    sex = Sex.FEMALE if int(citizen_id[3]) % 2 else Sex.MALE
    is_woman = sex is Sex.FEMALE
    name = (
        draw.pick(words.FAMILY_NAMES),
        draw.pick(words.FEMALE_MIDDLE_NAMES if is_woman else words.MALE_MIDDLE_NAMES),
        draw.pick(words.FEMALE_GIVEN_NAMES if is_woman else words.MALE_GIVEN_NAMES),
    )
    year = birth_year_of(citizen_id)
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    birthday = date(year, 1, 1) + timedelta(days=draw.below(days))
    return Identity(citizen_id, " ".join(name), BirthDate(year, birthday), sex)


def birth_year_of(citizen_id: str) -> int:
    """Return the year in a number: its fourth digit tells century and sex, the next two the year."""
    return 1900 + 100 * (int(citizen_id[3]) // 2) + int(citizen_id[4:6])


def compose_citizen_id(sex: Sex, birth_year: int, serial: str) -> str:
    """Return the number, under the unassigned place code, of somebody born in 1900 to 2399."""
    century, year = divmod(birth_year - 1900, 100)
    return f"{UNASSIGNED_PLACE}{2 * century + (sex is Sex.FEMALE)}{year:02d}{serial}"


def old_id_number_of(citizen_id: str) -> str:
    """Return the nine-digit number of the same person, or nothing if they have none."""
    had_one = birth_year_of(citizen_id) in OLD_NUMBER_BIRTH_YEARS
    if not citizen_id.startswith(UNASSIGNED_PLACE) or not had_one:
        return ""
    old_id_number = OLD_NUMBER_PREFIX + citizen_id[-6:]
    owner = _PERSONA_BY_OLD_NUMBER.get(old_id_number, citizen_id)
    return old_id_number if owner == citizen_id else ""


def holders_of(old_id_number: str, birth_year: int | None) -> Iterator[str]:
    """Yield every twelve-digit number that may go with a nine-digit one; a birth year narrows them."""
    if persona_id := _PERSONA_BY_OLD_NUMBER.get(old_id_number):
        yield persona_id
    elif old_id_number.startswith(OLD_NUMBER_PREFIX):
        for year in OLD_NUMBER_BIRTH_YEARS:
            if birth_year in (None, year):
                for sex in Sex:
                    yield compose_citizen_id(sex, year, old_id_number[-6:])


_PERSONA_BY_OLD_NUMBER = {
    OLD_NUMBER_PREFIX + persona.citizen_id[-6:]: persona.citizen_id
    for persona in CATALOGUE
    if persona.birth_date.year in OLD_NUMBER_BIRTH_YEARS
}
