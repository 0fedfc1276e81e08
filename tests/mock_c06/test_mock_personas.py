"""Each persona behaves as its entry in the catalogue says, whatever name and birth date are asked with it."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from lxml import etree

from mock_c06.personas import CATALOGUE, Behaviour
from tests.mock_c06.national_side import (
    LOOKUP_PATH,
    VERIFY_PATH,
    NationalSide,
    a_question,
    records,
    sample,
    start,
)

NUMBER_OF = {persona.behaviour: persona.citizen_id for persona in CATALOGUE}
PERSONA_OF = {persona.behaviour: persona for persona in CATALOGUE}


async def ask_about(side: NationalSide, behaviour: Behaviour) -> httpx.Response:
    """Ask with the right name and birth date."""
    persona = PERSONA_OF[behaviour]
    return await side.ask(a_question(persona.citizen_id, persona.full_name, persona.birth_date))


async def ask_blindly(side: NationalSide, behaviour: Behaviour) -> httpx.Response:
    """Ask with a name and birth date that are nobody's."""
    return await side.ask(a_question(NUMBER_OF[behaviour], "AIDO", "1801-01-01"))


def test_every_behaviour_has_its_persona() -> None:
    assert set(NUMBER_OF) == set(Behaviour)


def test_every_persona_stands_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "mock.md").read_text(encoding="utf-8")
    for persona in CATALOGUE:
        assert f"| {persona.citizen_id} | {persona.full_name} | {persona.birth_date} | " in guide


async def test_the_catalogue_is_served(national_side: NationalSide) -> None:
    catalogue = (await national_side.http.get("/mock/personas")).json()
    assert [entry["citizen_id"] for entry in catalogue] == [persona.citizen_id for persona in CATALOGUE]
    assert catalogue[0] == {
        "citizen_id": "099190000017",
        "old_id_number": "990000017",
        "full_name": "TRẦN VĂN THỬ",
        "birth_date": "1990-05-09",
        "behaviour": "found",
        "note": "the person of the sample answer; also found by the nine-digit number 990000017",
    }


async def test_a_year_only_person_is_found_by_the_year_and_has_no_day(national_side: NationalSide) -> None:
    by_year = records(await national_side.ask(a_question("099145000101", "NGUYENTHIMAU", "1945")))
    by_day = records(await national_side.ask(a_question("099145000101", "NGUYENTHIMAU", "1945-01-01")))
    assert [record["NgayThangNamSinh/Nam"] for record in by_year] == ["1945"]
    assert "NgayThangNamSinh/NgayThangNam" not in by_year[0]
    assert by_day == []


async def test_a_child_has_parents_who_represent_it_and_a_head_who_is_one_of_them(
    national_side: NationalSide,
) -> None:
    (record,) = records(await national_side.ask(a_question("099215000102", "DOMINHNHAP", "2015-06-01")))
    assert record["NguoiDaiDien/SoDinhDanh"] == record["Cha/SoDinhDanh"]
    assert record["ChuHo/SoDinhDanh"] in {record["Cha/SoDinhDanh"], record["Me/SoDinhDanh"]}
    assert record["SoCMND"] == ""


async def test_nobody_answers_for_the_missing_person(national_side: NationalSide) -> None:
    answer = await ask_about(national_side, Behaviour.NOT_FOUND)
    assert answer.status_code == 200
    assert records(answer) == []


async def test_a_household_may_lack_its_head(national_side: NationalSide) -> None:
    (without,) = records(await ask_about(national_side, Behaviour.WITHOUT_HEAD))
    (empty,) = records(await ask_about(national_side, Behaviour.EMPTY_HEAD))
    assert not [name for name in without if name.startswith("ChuHo")]
    assert empty["ChuHo"] == ""


async def test_the_district_code_may_be_empty_or_absent(national_side: NationalSide) -> None:
    (empty,) = records(await ask_about(national_side, Behaviour.EMPTY_DISTRICT))
    (absent,) = records(await ask_about(national_side, Behaviour.WITHOUT_DISTRICT))
    assert empty["ThuongTru/MaQuanHuyen"] == ""
    assert "ThuongTru/MaQuanHuyen" not in absent
    assert "HUYỆN" not in absent["ThuongTru/ChiTiet"]


@pytest.mark.parametrize(
    ("behaviour", "element", "text"),
    [
        (Behaviour.OTHER_NAME, "HoVaTen/Ten", "BÙI VĂN ĐÁP"),
        (Behaviour.OTHER_BIRTH_DATE, "NgayThangNamSinh/NgayThangNam", "19791231"),
        (Behaviour.OTHER_NUMBER, "SoDinhDanh", "099079000124"),
    ],
)
async def test_a_record_may_differ_from_the_question(
    national_side: NationalSide, behaviour: Behaviour, element: str, text: str
) -> None:
    for ask in (ask_about, ask_blindly):
        assert [record[element] for record in records(await ask(national_side, behaviour))] == [text]


@pytest.mark.parametrize(("behaviour", "numbers"), [(Behaviour.TWO_ADDRESSES, 1), (Behaviour.TWO_PEOPLE, 2)])
async def test_two_records_may_come_back(
    national_side: NationalSide, behaviour: Behaviour, numbers: int
) -> None:
    both = records(await ask_about(national_side, behaviour))
    assert len(both) == 2
    assert len({record["SoDinhDanh"] for record in both}) == numbers
    assert both[0] != both[1]


async def test_two_records_are_counted_as_two(national_side: NationalSide) -> None:
    request = sample("requests/hg-soap-XacThucThongTinCongDan-12digit.xml")
    question = request.replace(b"099190000017", NUMBER_OF[Behaviour.TWO_PEOPLE].encode())
    answer = await national_side.ask(question, VERIFY_PATH)
    assert "<ns1:SoLuongCongDan>2</ns1:SoLuongCongDan>" in answer.text


@pytest.mark.parametrize(
    ("behaviour", "status", "reason"),
    [
        (Behaviour.FAULT_200, 200, "test fault"),
        (Behaviour.FAULT_500, 500, "test fault"),
        (Behaviour.PROCEDURE_REFUSED, 500, "004: "),
        (Behaviour.OFFICER_REFUSED, 500, "005: "),
    ],
)
async def test_a_fault_comes_with_its_status_and_code(
    national_side: NationalSide, behaviour: Behaviour, status: int, reason: str
) -> None:
    answer = await ask_blindly(national_side, behaviour)
    assert answer.status_code == status
    assert (etree.fromstring(answer.content).findtext(".//faultstring") or "").startswith(reason)


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour.GARBAGE_TEXT, Behaviour.EMPTY_BODY, Behaviour.TRUNCATED_XML, Behaviour.HTML_PAGE],
)
async def test_garbage_is_no_xml_though_the_status_is_200(
    national_side: NationalSide, behaviour: Behaviour
) -> None:
    answer = await ask_blindly(national_side, behaviour)
    assert answer.status_code == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.content)


async def test_xml_may_be_of_another_kind(national_side: NationalSide) -> None:
    answer = await ask_blindly(national_side, Behaviour.UNKNOWN_ROOT)
    assert etree.fromstring(answer.content).tag == "{urn:khac}ThongBao"


async def test_an_answer_may_be_larger_than_a_mebibyte(national_side: NationalSide) -> None:
    answer = await ask_blindly(national_side, Behaviour.OVERSIZE)
    assert len(answer.content) > 1024 * 1024
    assert len(records(answer)) == 1


async def test_an_answer_may_hold_a_dtd_with_an_entity_in_the_name(national_side: NationalSide) -> None:
    answer = await ask_blindly(national_side, Behaviour.DTD)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(answer.content, parser)
    assert root.getroottree().docinfo.internalDTD is not None
    assert ">&ten;<" in answer.text
    assert ">&tep;<" in answer.text


async def test_the_service_may_be_unavailable(national_side: NationalSide) -> None:
    assert (await ask_blindly(national_side, Behaviour.UNAVAILABLE)).status_code == 503


@pytest.mark.parametrize("behaviour", [Behaviour.SLOW, Behaviour.TRICKLE])
async def test_a_slow_persona_answers_in_the_end(behaviour: Behaviour) -> None:
    async with (side := start(slow_seconds=0.2)).http:
        begun = time.monotonic()
        answer = await ask_about(side, behaviour)
        assert time.monotonic() - begun >= 0.2
        assert len(records(answer)) == 1


async def test_a_slow_persona_waits_no_longer_than_its_caller() -> None:
    async with (side := start(slow_seconds=60)).http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask_about(side, Behaviour.SLOW)


async def test_a_rejected_token_is_dead_and_a_new_one_is_taken(national_side: NationalSide) -> None:
    headers = await national_side.headers()
    persona = PERSONA_OF[Behaviour.TOKEN_REJECTED_ONCE]
    question = a_question(persona.citizen_id, persona.full_name, persona.birth_date)
    ask = national_side.http.post
    statuses = [(await ask(LOOKUP_PATH, content=question, headers=headers)).status_code for _ in range(2)]
    renewed = await national_side.ask(question)
    assert statuses == [401, 401]
    assert len(records(renewed)) == 1


async def test_the_nine_digit_number_of_a_persona_behaves_as_the_persona(national_side: NationalSide) -> None:
    assert (await national_side.ask(a_question("990000131"))).status_code == 503
