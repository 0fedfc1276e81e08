"""Invented citizens without storage: any twelve-digit number is the same person every time."""

import re
from dataclasses import replace

from mock_c06 import words
from mock_c06.citizen import Address, Citizen, HouseholdHead, Marital, Relative
from mock_c06.draws import Draw
from mock_c06.identity import birth_year_of, identity_of, old_id_number_of
from mock_c06.kinship import LAST_BIRTH_YEAR_OF_MARRIED, head_of, parents_of, spouse_of
from mock_c06.personas import PERSONAS, Behaviour
from mock_c06.sample_person import SAMPLE_CITIZEN

DEFAULT_SEED = "mau"
# Only CH01 has been seen, on a person who is the head; the other two are guesses.
IS_HEAD, IS_SPOUSE_OF_HEAD, IS_CHILD_OF_HEAD = "CH01", "CH02", "CH03"


def citizen_for(citizen_id: str, seed: str = DEFAULT_SEED) -> Citizen:
    """Return the invented citizen a twelve-digit number maps to.

    Raise ValueError, without the number, if it has not exactly twelve digits.
    """
    if not re.fullmatch(r"[0-9]{12}", citizen_id):
        raise ValueError("a personal number has exactly twelve digits")
    if citizen_id == SAMPLE_CITIZEN.citizen_id:
        return SAMPLE_CITIZEN
    persona = PERSONAS.get(citizen_id)
    citizen = _derived(citizen_id, seed)
    return with_gap(citizen, persona.behaviour) if persona else citizen


def _derived(citizen_id: str, seed: str) -> Citizen:
    identity = identity_of(citizen_id, seed)
    draw = Draw(seed, "record", citizen_id)
    head = head_of(citizen_id, seed)
    home = _address(Draw(seed, "home", head))
    spouse = spouse_of(citizen_id, seed)
    father, mother = parents_of(citizen_id, seed) or (None, None)
    is_child = birth_year_of(citizen_id) > LAST_BIRTH_YEAR_OF_MARRIED
    return Citizen(
        citizen_id=citizen_id,
        old_id_number=old_id_number_of(citizen_id),
        full_name=identity.full_name,
        sex=identity.sex,
        birth_date=identity.birth_date,
        birth_registration=_address(draw),
        origin=_address(draw),
        permanent_residence=home,
        current_residence=home if draw.below(4) else _address(draw),
        marital=Marital.MARRIED if spouse else Marital.SINGLE,
        father=_relative(father, seed),
        mother=_relative(mother, seed),
        spouse=_relative(spouse, seed),
        representative=_relative(father if is_child else None, seed),
        household_head=_head(citizen_id, head, spouse, seed),
        residence_file_number=f"hk-test-{Draw(seed, 'file', head).below(10**6):06d}",
        religion=draw.pick(("00", "00", "00", "01", "02", "05")),
        blood_group=draw.pick(("00", "00", "01", "02", "03", "04")),
    )


def _address(draw: Draw) -> Address:
    district, commune, commune_name, district_name = draw.pick(words.PLACES)
    line = f"SỐ {1 + draw.below(200)} {draw.pick(words.STREETS)}"
    whole_line = f"{line}, {commune_name}, {district_name}, {words.PROVINCE_NAME}"
    return Address(words.PROVINCE_CODE, district, commune, whole_line)


def _relative(citizen_id: str | None, seed: str) -> Relative | None:
    if citizen_id is None:
        return None
    return Relative(identity_of(citizen_id, seed).full_name, citizen_id, old_id_number_of(citizen_id))


def _head(citizen_id: str, head: str, spouse: str | None, seed: str) -> HouseholdHead:
    relations = {citizen_id: IS_HEAD, spouse: IS_SPOUSE_OF_HEAD}
    relation = relations.get(head, IS_CHILD_OF_HEAD)
    return HouseholdHead(relation, head, old_id_number_of(head), identity_of(head, seed).full_name)


def with_gap(citizen: Citizen, behaviour: Behaviour | None) -> Citizen:
    """Return the record with the gap or the manner of writing that a behaviour stands for."""
    match behaviour:
        case Behaviour.WITHOUT_HEAD:
            return replace(citizen, household_head=None)
        case Behaviour.EMPTY_HEAD:
            return replace(citizen, household_head=HouseholdHead())
        case Behaviour.SPLIT_NAME:
            return replace(citizen, has_split_name=True)
        case Behaviour.EMPTY_DISTRICT:
            return _with_district(citizen, "")
        case Behaviour.WITHOUT_DISTRICT:
            return _with_district(citizen, None)
        case _:
            return citizen


def _with_district(citizen: Citizen, district: str | None) -> Citizen:
    """Return the record as written after 1 July 2025, when the districts were abolished."""
    place = Address(words.PROVINCE_CODE, district, "99111", f"SỐ 5 ĐƯỜNG THỬ, XÃ MẪU, {words.PROVINCE_NAME}")
    return replace(
        citizen,
        birth_registration=place,
        origin=place,
        permanent_residence=place,
        current_residence=place,
    )
