"""Every sample request is answered, and the answer survives the three habits of real parsers.

The habits are those of the wire format's section 8: (1) the literal prefixes are cut out of the text
before it is read, (2) elements are looked up by prefix and name, (3) the tree becomes JSON without
root and prefixes.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from tests.mock_c06.national_side import LOOKUP_PATH, VERIFY_PATH, NationalSide, sample
from tests.mock_c06.partners import ask_in_json, ask_over_vdxp

COURT = ("court-soap-037-fulldate.xml", "court-soap-037-yearonly.xml")
NAME = "TRẦN VĂN THỬ"


async def over_lgsp(side: NationalSide, name: str) -> bytes:
    path = VERIFY_PATH if b"XacThuc" in sample(f"requests/{name}") else LOOKUP_PATH
    return (await side.ask(sample(f"requests/{name}"), path)).raise_for_status().content


async def over_vdxp(side: NationalSide, name: str) -> bytes:
    content = sample(f"requests/{name}")
    operation = "XacThucThongTinCongDan" if b"XacThuc" in content else "TraCuuThongTinCongDan"
    return (await ask_over_vdxp(side, content, operation)).raise_for_status().content


async def in_a_wrapper(side: NationalSide, name: str) -> bytes:
    path = "/lgsp-json/apiCSDLDanCu/ChiaSeThongTinCongDan"
    headers = {"Content-Type": "application/json"}
    answer = await side.http.post(path, content=sample(f"requests/{name}"), headers=headers)
    return str(answer.raise_for_status().json()["message"]).encode()


# Every request of shared/samples/c06 that goes to the national side in SOAP, or is answered in it.
LOOKUPS = [
    (over_lgsp, "hg-soap-TraCuuThongTinCongDan-037.xml"),
    *((over_vdxp, name) for name in COURT),
    (in_a_wrapper, "td-thanhhoa-json-037-officer.json"),
]
VERIFICATIONS = [
    (over_lgsp, "hg-soap-XacThucThongTinCongDan-12digit.xml", "SoLuongCongDan", "1"),
    (over_vdxp, "vpcp761-soap-033.xml", "TonTai", "true"),
]


def without_prefixes(answer: bytes) -> etree._Element:
    """Cut out `ns1:` and `soapenv:` and read what is left, as TD and BCA-PHP do."""
    text = answer.decode()
    for prefix in ("ns1:", "soapenv:"):
        text = text.replace(prefix, "")
    return etree.fromstring(re.sub(r' xmlns(:[a-z0-9]+)?="[^"]*"', "", text).encode())


def by_prefix(answer: bytes, name: str) -> list[etree._Element]:
    """Look elements up by their written name, as HYS does."""
    return [
        element
        for element in etree.fromstring(answer).iter("*")
        if f"{element.prefix}:{etree.QName(element).localname}" == name
    ]


def as_json(answer: bytes) -> dict[str, Any]:
    """Turn the tree into JSON without root and prefixes, as Jackson does for OpenCPS."""

    def tree(element: etree._Element) -> Any:
        children = {etree.QName(child).localname: tree(child) for child in element}
        return children or (element.text or "")

    return dict(json.loads(json.dumps(tree(etree.fromstring(answer)))))


Ask = Callable[[NationalSide, str], Any]


@pytest.mark.parametrize(("ask", "name"), LOOKUPS)
async def test_a_record_is_read_with_the_prefixes_cut_out(
    national_side: NationalSide, ask: Ask, name: str
) -> None:
    root = without_prefixes(await ask(national_side, name))

    assert root.tag == "Envelope"
    assert root.findtext("Body/CongdanCollection/CongDan/HoVaTen/Ten") == NAME
    assert root.findtext("Body/CongdanCollection/CongDan/ThuongTru/MaPhuongXa") == "99111"


@pytest.mark.parametrize(("ask", "name"), LOOKUPS)
async def test_a_record_is_found_by_its_written_name(
    national_side: NationalSide, ask: Ask, name: str
) -> None:
    (record,) = by_prefix(await ask(national_side, name), "ns1:CongDan")

    assert record.findtext("{*}SoDinhDanh") == "099190000017"


@pytest.mark.parametrize(("ask", "name"), LOOKUPS)
async def test_a_record_survives_being_made_json(national_side: NationalSide, ask: Ask, name: str) -> None:
    record = as_json(await ask(national_side, name))["Body"]["CongdanCollection"]["CongDan"]

    assert record["HoVaTen"] == {"Ho": "", "ChuDem": "", "Ten": NAME}
    assert record["VoChong"]["HoVaTen"] == "PHẠM THỊ SÁU"
    assert record["ChuHo"]["QuanHe"] == "CH01"


@pytest.mark.parametrize(("ask", "name", "element", "text"), VERIFICATIONS)
async def test_a_verification_is_read_by_all_three(
    *, national_side: NationalSide, ask: Ask, name: str, element: str, text: str
) -> None:
    answer = await ask(national_side, name)

    assert without_prefixes(answer).findtext(f"Body/*/{element}") == text
    assert [found.text for found in by_prefix(answer, f"ns1:{element}")] == [text]
    assert list(as_json(answer)["Body"].values()) == [{element: text}]


async def test_dong_thaps_yes_and_no_are_the_samples_byte_for_byte(national_side: NationalSide) -> None:
    request = sample("requests/dt-json-XacThucThongTinCongDan-12digit.json")
    yes = await ask_in_json(national_side, request)
    no = await ask_in_json(national_side, request.replace(b"TRANVANTHU", b"TRANVANKHAC"))

    assert yes.content == sample("responses/003-dongthap-json-true.json").strip()
    assert no.content == sample("responses/003-dongthap-json-false.json").strip()


async def test_the_wrapper_of_thanh_hoa_is_the_sample(national_side: NationalSide) -> None:
    path = "/lgsp-json/apiCSDLDanCu/ChiaSeThongTinCongDan"
    content = sample("requests/td-thanhhoa-json-037-officer.json")
    answer = await national_side.http.post(
        path, content=content, headers={"Content-Type": "application/json"}
    )

    expected = json.loads(sample("responses/037-thanhhoa-wrapper-found.json"))
    assert answer.json()["error_code"] == expected["error_code"]
    assert answer.json()["message"].strip() == expected["message"].strip()


async def test_the_unordered_request_is_refused_over_vdxp_too(national_side: NationalSide) -> None:
    request = sample("requests/opencps-first-version-unordered.xml")
    answer = await ask_over_vdxp(national_side, request, "XacThucThongTinCongDan")

    assert answer.status_code == 500
    assert "<faultcode>soapenv:Client</faultcode>" in answer.text
