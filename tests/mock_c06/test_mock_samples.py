"""What real one-stop software sends is answered, in exactly the shape the live side has."""

import pytest

from mock_c06.answers import render_exists, render_fault, render_records
from tests.mock_c06.national_side import LOOKUP_PATH, VERIFY_PATH, NationalSide, a_question, records, sample

LOOKUPS = (
    "hg-soap-TraCuuThongTinCongDan-037.xml",
    "court-soap-037-fulldate.xml",
    "court-soap-037-yearonly.xml",
)
VERIFICATIONS = ("hg-soap-XacThucThongTinCongDan-12digit.xml", "vpcp761-soap-033.xml")


@pytest.mark.parametrize("path", [LOOKUP_PATH, "/soap"])
@pytest.mark.parametrize("name", LOOKUPS)
async def test_every_037_sample_finds_the_sample_person(
    national_side: NationalSide, name: str, path: str
) -> None:
    answer = await national_side.ask(sample(f"requests/{name}"), path)
    assert answer.status_code == 200
    assert [record["HoVaTen/Ten"] for record in records(answer)] == ["TRẦN VĂN THỬ"]


async def test_a_found_answer_is_the_sample_byte_for_byte(national_side: NationalSide) -> None:
    answer = await national_side.ask(sample("requests/court-soap-037-fulldate.xml"))
    assert answer.content == sample("responses/037-soap-found-full.xml").strip() + b"\n"


async def test_an_answer_for_nobody_is_the_sample_byte_for_byte(national_side: NationalSide) -> None:
    request = sample("requests/court-soap-037-fulldate.xml").replace(b"TRANVANTHU", b"TRANVANKHAC")
    answer = await national_side.ask(request)
    assert answer.status_code == 200
    assert answer.content == sample("responses/037-soap-notfound-empty-collection.xml").strip() + b"\n"


@pytest.mark.parametrize("prefix", ["qldc", "dan", "other"])
async def test_header_and_body_repeat_the_callers_prefix(national_side: NationalSide, prefix: str) -> None:
    answer = await national_side.ask(a_question(prefix=prefix))
    assert f'<soapenv:Header xmlns:{prefix}="http://dancuquocgia.bca"/>' in answer.text
    assert f'<soapenv:Body xmlns:{prefix}="http://dancuquocgia.bca">' in answer.text


@pytest.mark.parametrize("prefix", [None, "ns1", "soapenv", "xsi"])
def test_an_awkward_prefix_still_gives_well_formed_xml(prefix: str | None) -> None:
    assert b"CongdanCollection" in render_records([], prefix)


async def test_a_003_answer_is_the_sample_byte_for_byte(national_side: NationalSide) -> None:
    answer = await national_side.ask(sample(f"requests/{VERIFICATIONS[0]}"), VERIFY_PATH)
    assert answer.content == sample("responses/003-haugiang-soap-found.xml").strip() + b"\n"


async def test_a_003_answer_for_nobody_counts_none(national_side: NationalSide) -> None:
    request = sample(f"requests/{VERIFICATIONS[0]}").replace(b"1990-05-09", b"1990-05-10")
    answer = await national_side.ask(request, VERIFY_PATH)
    assert "<ns1:SoLuongCongDan>0</ns1:SoLuongCongDan>" in answer.text


async def test_a_033_answer_is_the_sample_byte_for_byte(national_side: NationalSide) -> None:
    answer = await national_side.ask(sample(f"requests/{VERIFICATIONS[1]}"), VERIFY_PATH)
    assert answer.content == sample("responses/vpcp761-soap-033-true.xml").strip() + b"\n"


async def test_a_033_question_whose_two_numbers_disagree_is_answered_false(
    national_side: NationalSide,
) -> None:
    request = sample(f"requests/{VERIFICATIONS[1]}").replace(b">990000017<", b">990000018<")
    assert (await national_side.ask(request, VERIFY_PATH)).content == render_exists(exists=False)


async def test_the_first_opencps_version_is_refused(national_side: NationalSide) -> None:
    answer = await national_side.ask(sample("requests/opencps-first-version-unordered.xml"), VERIFY_PATH)
    assert answer.status_code == 500
    assert "<faultcode>soapenv:Client</faultcode>" in answer.text


def test_a_fault_is_the_sample_byte_for_byte() -> None:
    assert render_fault("Server", "test fault") == sample("responses/soap-fault-200.xml").strip() + b"\n"
