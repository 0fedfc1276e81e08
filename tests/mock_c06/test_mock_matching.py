"""A record is given only to who knows number, name and birth date together."""

import pytest

from mock_c06.citizen import BirthDate
from mock_c06.personas import CATALOGUE, Behaviour, Persona
from mock_c06.population import citizen_for
from mock_c06.register import is_same_birth, is_same_name, name_key
from tests.mock_c06.national_side import NationalSide, a_question, records


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("Trần Văn Thử", "TRANVANTHU"),
        ("TRA\u0302\u0300N VA\u0306N THU\u031b\u0309", "TRANVANTHU"),
        ("đặng thị Đào", "DANGTHIDAO"),
        ("K'BRÊU", "KBREU"),
        ("H'Điêu Niê & Kđăm", "HDIEUNIEKDAM"),
    ],
)
def test_a_name_key_has_no_marks_spaces_or_punctuation(spelling: str, key: str) -> None:
    assert name_key(spelling) == key


def test_an_empty_name_is_nobodys() -> None:
    assert not is_same_name(" ", "'")


def test_a_year_alone_matches_any_day_of_it_but_a_day_never_matches_a_lone_year() -> None:
    assert is_same_birth(BirthDate(1990), BirthDate.on(1990, 5, 9))
    assert not is_same_birth(BirthDate(1991), BirthDate.on(1990, 5, 9))
    assert not is_same_birth(BirthDate.on(1945, 1, 1), BirthDate(1945))


@pytest.mark.parametrize("number", ["099190000017", "099085123456", "001200000001", "099187654321"])
async def test_anybody_is_found_by_number_name_and_birth_date(
    national_side: NationalSide, number: str
) -> None:
    citizen = citizen_for(number)
    answer = await national_side.ask(a_question(number, citizen.full_name, citizen.birth_date))
    assert [record["SoDinhDanh"] for record in records(answer)] == [number]


@pytest.mark.parametrize(
    ("full_name", "birth_date"),
    [("TRANVANTHUX", "1990-05-09"), ("TRANVANTHU", "1990-05-08"), ("TRANVANTHU", "1991"), ("'", "1990")],
)
async def test_a_wrong_name_or_birth_date_finds_nobody(
    national_side: NationalSide, full_name: str, birth_date: str
) -> None:
    answer = await national_side.ask(a_question("099190000017", full_name, birth_date))
    assert answer.status_code == 200
    assert records(answer) == []


@pytest.mark.parametrize("number", ["099190000017", "099085123456"])
async def test_the_nine_digit_number_finds_the_same_person(national_side: NationalSide, number: str) -> None:
    citizen = citizen_for(number)
    answer = await national_side.ask(a_question(citizen.old_id_number, citizen.full_name, citizen.birth_date))
    assert [record["SoDinhDanh"] for record in records(answer)] == [number]


async def test_a_nine_digit_number_of_no_invented_person_finds_nobody(national_side: NationalSide) -> None:
    assert records(await national_side.ask(a_question("123456789"))) == []


@pytest.mark.parametrize(
    "persona",
    [persona for persona in CATALOGUE if persona.behaviour is Behaviour.FOUND],
    ids=lambda persona: persona.citizen_id,
)
async def test_every_well_behaved_persona_is_found_as_catalogued(
    national_side: NationalSide, persona: Persona
) -> None:
    answer = await national_side.ask(a_question(persona.citizen_id, persona.full_name, persona.birth_date))
    (record,) = records(answer)
    assert record["HoVaTen/Ten"] == persona.full_name
    assert record["NgayThangNamSinh/Nam"] == str(persona.birth_date.year)
