"""Any number is the same invented citizen every time, and families agree with each other."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mock_c06.answers import render_records
from mock_c06.citizen import Sex
from mock_c06.identity import birth_year_of
from mock_c06.kinship import parents_of, spouse_of
from mock_c06.personas import ACCENTS, CATALOGUE, THU
from mock_c06.population import citizen_for

NUMBERS = st.from_regex(r"[0-9]{12}", fullmatch=True)
ADULTS = st.from_regex(r"099[01][4-9][0-9]{7}", fullmatch=True)


@given(NUMBERS)
def test_any_number_is_the_same_citizen_twice_in_well_formed_xml(number: str) -> None:
    citizen = citizen_for(number)
    answer = render_records([citizen], "qldc")
    assert citizen == citizen_for(number)
    assert etree.fromstring(answer).findtext(".//{*}CongDan/{*}SoDinhDanh") == number


@given(NUMBERS)
def test_sex_and_birth_year_are_those_of_the_number(number: str) -> None:
    if number == THU.citizen_id:
        return
    citizen = citizen_for(number)
    assert citizen.sex is (Sex.FEMALE if number[3] in "13579" else Sex.MALE)
    assert citizen.birth_date.year == birth_year_of(number)


@given(NUMBERS)
def test_relatives_of_anybody_have_numbers_under_the_unassigned_place_code(number: str) -> None:
    citizen = citizen_for(number)
    relatives = [citizen.father, citizen.mother, citizen.spouse, citizen.representative]
    assert all(relative.citizen_id.startswith("099") for relative in relatives if relative)


@given(ADULTS)
def test_a_spouse_names_the_citizen_in_turn(number: str) -> None:
    spouse = spouse_of(number, "mau")
    assert spouse is None or spouse_of(spouse, "mau") == number


@given(ADULTS)
def test_relatives_are_the_people_their_numbers_map_to(number: str) -> None:
    citizen = citizen_for(number)
    for relative in (citizen.father, citizen.mother, citizen.spouse):
        if relative:
            assert citizen_for(relative.citizen_id).full_name == relative.full_name
            assert citizen_for(relative.citizen_id).old_id_number == relative.old_id_number


@given(ADULTS)
def test_parents_are_a_couple_and_the_father_has_the_family_name(number: str) -> None:
    parents = parents_of(number, "mau")
    if parents:
        father = citizen_for(parents[0])
        assert father.spouse is not None
        assert father.spouse.citizen_id == parents[1]
        assert father.full_name.split()[0] == citizen_for(number).full_name.split()[0]


@given(ADULTS)
def test_a_couple_lives_together_under_one_head(number: str) -> None:
    citizen = citizen_for(number)
    if citizen.spouse and citizen.household_head and number not in {p.citizen_id for p in CATALOGUE}:
        spouse = citizen_for(citizen.spouse.citizen_id)
        assert spouse.permanent_residence == citizen.permanent_residence
        assert spouse.household_head
        assert spouse.household_head.citizen_id == citizen.household_head.citizen_id


def test_another_seed_gives_another_population() -> None:
    numbers = [f"099090{serial}" for serial in range(500000, 500020)]
    assert [citizen_for(number, "a") for number in numbers] != [
        citizen_for(number, "b") for number in numbers
    ]


@pytest.mark.parametrize("number", ["", "09919000001", "0991900000170", "09919000001x", "०९९१९००००००१"])
def test_only_twelve_plain_digits_are_a_number_and_the_error_does_not_repeat_them(number: str) -> None:
    with pytest.raises(ValueError, match="exactly twelve digits") as caught:
        citizen_for(number)
    assert not number or number not in str(caught.value)


def test_every_persona_is_under_the_unassigned_place_code_with_the_year_in_its_number() -> None:
    for persona in CATALOGUE:
        assert persona.citizen_id.startswith("099")
        assert birth_year_of(persona.citizen_id) == persona.birth_date.year


def test_no_two_personas_share_a_number() -> None:
    assert len({persona.citizen_id for persona in CATALOGUE}) == len(CATALOGUE)
    assert len({persona.citizen_id[-6:] for persona in CATALOGUE}) == len(CATALOGUE)


def test_the_accent_personas_hold_every_vietnamese_letter_with_a_mark() -> None:
    tones = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
    vowels = {unicodedata.normalize("NFC", vowel + tone) for vowel in "AĂÂEÊIOÔƠUƯY" for tone in tones}
    assert vowels | {"Đ"} <= set("".join(ACCENTS))


def test_accent_personas_are_people_of_the_catalogue() -> None:
    assert set(ACCENTS) <= {persona.full_name for persona in CATALOGUE}
