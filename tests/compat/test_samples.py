"""Every request of shared/samples/c06 is answered, and the answer survives the three habits of real parsers.

The habits are those of the wire format's section 8: (1) the literal prefixes are cut out of the text
before it is read, (2) elements are looked up by prefix and name, (3) the tree becomes JSON without
root and prefixes.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.compat.face import CONFIRM, FIND, Face, a_face, sample
from tests.lookup_fakes import a_citizen

NAME = "TRẦN VĂN THỬ"
OPENCPS_PAGE = (
    b'{"MaYeuCau": 1682470000000, "MaTichHop": "037", "StaffEmail": "canbo.test@example.invalid",'
    b' "GovAgencyCode": "", "MaDVC": "", "HoVaTen": "TRANVANTHU", "type": "TraCuuThongTinCongDan",'
    b' "NgayThangNamSinh": "1990-05-09", "SoDinhDanh": "099190000017"}'
)
"""requests/opencps-ui-037-tracuu.json"""

Ask = Callable[[Face, bytes], Awaitable[httpx.Response]]


async def over_lgsp(face: Face, content: bytes) -> httpx.Response:
    return await face.over_lgsp(content, CONFIRM if b"XacThuc" in content else FIND)


async def over_vdxp(face: Face, content: bytes) -> httpx.Response:
    return await face.over_vdxp(content, CONFIRM if b"XacThuc" in content else FIND)


async def in_a_wrapper(face: Face, content: bytes) -> httpx.Response:
    return await face.in_json(content, "apiCSDLDanCu/ChiaSeThongTinCongDan")


def xml_of(answer: httpx.Response) -> bytes:
    """Return the SOAP answer, out of its JSON wrapper where there is one."""
    answer.raise_for_status()
    is_json = answer.headers["content-type"] == "application/json"
    return str(answer.json()["message"]).encode() if is_json else answer.content


LOOKUPS: list[tuple[Ask, str]] = [
    (over_lgsp, "hg-soap-TraCuuThongTinCongDan-037.xml"),
    (over_vdxp, "court-soap-037-fulldate.xml"),
    (over_vdxp, "court-soap-037-yearonly.xml"),
    (in_a_wrapper, "td-thanhhoa-json-037-officer.json"),
]
VERIFICATIONS: list[tuple[Ask, str, str, str]] = [
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


@pytest.mark.parametrize(("ask", "name"), LOOKUPS, ids=[name for _, name in LOOKUPS])
async def test_a_record_is_read_by_all_three_habits(ask: Ask, name: str) -> None:
    async with a_face() as face:
        answer = xml_of(await ask(face, sample(f"requests/{name}")))

    root = without_prefixes(answer)
    assert root.findtext("Body/CongdanCollection/CongDan/HoVaTen/Ten") == NAME
    (record,) = by_prefix(answer, "ns1:CongDan")
    assert record.findtext("{*}SoDinhDanh") == "099190000017"
    read = as_json(answer)["Body"]["CongdanCollection"]["CongDan"]
    assert read["HoVaTen"] == {"Ho": "", "ChuDem": "", "Ten": NAME}
    assert read["ThuongTru"]["MaPhuongXa"] == "99111"


@pytest.mark.parametrize(
    ("ask", "name", "element", "text"), VERIFICATIONS, ids=[name for _, name, _, _ in VERIFICATIONS]
)
async def test_a_yes_is_read_by_all_three_habits(*, ask: Ask, name: str, element: str, text: str) -> None:
    async with a_face() as face:
        answer = xml_of(await ask(face, sample(f"requests/{name}")))

    assert without_prefixes(answer).findtext(f"Body/*/{element}") == text
    assert [found.text for found in by_prefix(answer, f"ns1:{element}")] == [text]
    assert list(as_json(answer)["Body"].values()) == [{element: text}]


@pytest.mark.parametrize(("ask", "name"), LOOKUPS, ids=[name for _, name in LOOKUPS])
async def test_nobody_is_an_empty_collection_to_all_three_habits(ask: Ask, name: str) -> None:
    async with a_face(None) as face:
        answer = xml_of(await ask(face, sample(f"requests/{name}")))

    (collection,) = without_prefixes(answer).findall("Body/CongdanCollection")
    assert len(collection) == 0
    assert by_prefix(answer, "ns1:CongDan") == []
    assert as_json(answer)["Body"] == {"CongdanCollection": ""}


async def test_an_answer_for_nobody_is_the_sample_byte_for_byte() -> None:
    async with a_face(None) as face:
        answer = await face.over_vdxp(sample("requests/court-soap-037-fulldate.xml"))
    assert answer.content == sample("responses/037-soap-notfound-empty-collection.xml").strip() + b"\n"


async def test_a_003_answer_is_the_sample_byte_for_byte() -> None:
    async with a_face() as face:
        answer = await face.over_lgsp(sample("requests/hg-soap-XacThucThongTinCongDan-12digit.xml"))
    expected = sample("responses/003-haugiang-soap-found.xml").strip()
    assert etree.tostring(etree.fromstring(answer.content), method="c14n") == etree.tostring(
        etree.fromstring(expected), method="c14n"
    )


@pytest.mark.parametrize(("found", "expected"), [(True, "true"), (False, "false")])
async def test_dong_thaps_yes_and_no_are_the_samples_byte_for_byte(*, found: bool, expected: str) -> None:
    async with a_face(a_citizen() if found else None) as face:
        answer = await face.in_json(sample("requests/dt-json-XacThucThongTinCongDan-12digit.json"))
    assert answer.content == sample(f"responses/003-dongthap-json-{expected}.json").strip()


async def test_the_page_of_opencps_gets_the_tree_it_reads() -> None:
    async with a_face() as face:
        answer = await face.in_json(OPENCPS_PAGE, "o/rest/v2/qldc/dvcqg")
    citizen = answer.raise_for_status().json()["Body"]["CongdanCollection"]["CongDan"]
    assert citizen["HoVaTen"]["Ten"] == NAME


def shape_of(element: etree._Element) -> list[Any]:
    return [(etree.QName(element).localname, [shape_of(child) for child in element])]


async def test_a_record_has_every_element_of_the_live_sample_in_its_order() -> None:
    async with a_face() as face:
        answer = await face.over_vdxp(sample("requests/court-soap-037-fulldate.xml"))
    live = etree.fromstring(sample("responses/037-soap-found-full.xml"))
    assert shape_of(etree.fromstring(answer.content)) == shape_of(live)


async def test_fields_outside_the_permission_come_back_as_empty_elements() -> None:
    async with a_face() as face:  # the religion is in the record and not among the procedure's fields
        answer = await face.over_vdxp(sample("requests/court-soap-037-fulldate.xml"))
    (record,) = by_prefix(answer.content, "ns1:CongDan")
    texts = {etree.QName(one).localname: "".join(map(str, one.itertext())).strip() for one in record}
    shown = {name for name, text in texts.items() if text}
    assert shown == {"SoDinhDanh", "HoVaTen", "NgayThangNamSinh", "ThuongTru"}


async def test_of_a_person_known_by_year_only_no_day_is_written() -> None:
    from app.lookup.values import BirthDate  # noqa: PLC0415

    async with a_face(a_citizen(birth_date=BirthDate(1990))) as face:
        answer = await face.over_vdxp(sample("requests/court-soap-037-yearonly.xml"))
    (birth,) = by_prefix(answer.content, "ns1:NgayThangNamSinh")
    assert [(etree.QName(one).localname, one.text) for one in birth] == [("Nam", "1990")]
