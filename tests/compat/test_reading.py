"""Old calls are read whatever their prefix, order, encoding and dialect; what is unsafe is refused unread."""

from datetime import date

import pytest

from app.accounts.compatible_credentials import CompatiblePolicy
from app.compat.json_call import read_json_call
from app.compat.old_call import OldCall, Operation, Shape
from app.compat.questions import procedure_of, question_of
from app.compat.record_xml import record_answer
from app.compat.soap_call import read_soap
from app.errors import InvalidRequestError
from app.lookup.values import BirthDate
from tests.compat.face import sample
from tests.lookup_fakes import a_procedure

TODAY = date(2026, 11, 22)
COURT = sample("requests/court-soap-037-fulldate.xml")
PLAIN = {"SoDinhDanh": "099190000017", "HoVaTen": "TRANVANTHU"}


def a_call(**fields: str) -> OldCall:
    return OldCall(Operation.FIND, Shape.RECORD, PLAIN | fields)


DECLARED = '<?xml version="1.0" encoding="{}"?>'
TEXT = COURT.decode()
READABLE = {
    "as sent": COURT,
    "another prefix": COURT.replace(b"dan:", b"khac:").replace(b":dan=", b":khac="),
    "no prefix": COURT.replace(b"dan:", b"").replace(b"xmlns:dan=", b"xmlns="),
    "another prefix of SOAP": COURT.replace(b"soapenv:", b"S:").replace(b":soapenv=", b":S="),
    "a declaration": DECLARED.format("UTF-8").encode() + COURT,
    "a byte order mark": b"\xef\xbb\xbf" + COURT,
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 declared": (DECLARED.format("utf-16") + TEXT).encode("utf-16"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "another order": sample("requests/opencps-first-version-unordered.xml")
    .replace(b"XacThuc", b"TraCuu")
    .replace(b"003", b"037"),
    "comments": COURT.replace(b"<dan:MaDVC>", b"<!-- x --><dan:MaDVC>"),
    "a flat birth date": COURT.replace(b"<dan:NgayThangNam>19900509</dan:NgayThangNam>", b"19900509"),
}


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_a_call_is_read_whatever_way_it_is_written(content: bytes) -> None:
    call = read_soap(content, None)
    question, _ = question_of(call, TODAY)
    assert call.operation is Operation.FIND
    assert (question.id_number.digits, question.birth_date.iso) == ("099190000017", "1990-05-09")


ENTITY = b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
UNSAFE = {
    "nothing": b"",
    "no XML": b"MaYeuCau=1",
    "a document type": ENTITY + COURT,
    "a document type in UTF-16": (ENTITY.decode() + TEXT).encode("utf-16"),
    "an undeclared entity": COURT.replace(b"TRANVANTHU", b"&thu;"),
    "unescaped": COURT.replace(b"TRANVANTHU", b"TRAN & THU"),
    "another encoding declared": DECLARED.format("windows-1258").encode() + COURT,
    "UTF-8 that says it is UTF-16": DECLARED.format("utf-16").encode() + COURT,
    "broken UTF-8": COURT.replace(b"TRANVANTHU", b"TR\xc3N"),
    "another root": COURT.replace(b"soapenv:Envelope", b"soapenv:Letter"),
    "SOAP 1.2": COURT.replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    ),
    "an empty body": b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
    "two numbers of one kind": COURT.replace(
        b"<dan:HoVaTen>", b"<dan:SoDinhDanh>099190000018</dan:SoDinhDanh><dan:HoVaTen>"
    ),
    "a structure for a text": COURT.replace(b"TRANVANTHU", b"<dan:Ten>THU</dan:Ten>"),
    "another part of a date": COURT.replace(b"dan:NgayThangNam>", b"dan:Ngay>"),
    "depth": b"<a>" * 5000 + b"</a>" * 5000,
}


@pytest.mark.parametrize("content", UNSAFE.values(), ids=UNSAFE)
def test_what_is_no_such_envelope_is_refused_without_repeating_it(content: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_soap(content, None)
    assert refused.value.code == "malformed_request"
    assert refused.value.__context__ is None


@pytest.mark.parametrize("charset", ["windows-1252", "utf-16", "x"])
def test_a_content_type_that_says_another_encoding_is_refused(charset: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_soap(COURT, charset)
    with pytest.raises(InvalidRequestError):
        read_json_call(b"{}", "/x", charset)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"NgayThangNam": "19900509"}, "1990-05-09"),
        ({"NgayThangNam": "1990-05-09"}, "1990-05-09"),
        ({"NgayThangNam": "09/05/1990"}, "1990-05-09"),
        ({"NgayThangNam": "9/5/1990"}, "1990-05-09"),
        ({"Nam": "1990"}, "1990"),
        ({"NgayThangNam": "", "Nam": "1990"}, "1990"),
        ({"NgayThangNam": "19900509", "Nam": "1990"}, "1990-05-09"),
    ],
)
def test_birth_dates_are_read_in_every_dialect_that_is_sent(fields: dict[str, str], expected: str) -> None:
    assert question_of(a_call(**fields), TODAY)[0].birth_date.iso == expected


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"NgayThangNam": "19901332"},
        {"NgayThangNam": "05-09-1990"},
        {"NgayThangNam": "900509"},
        {"NgayThangNam": "19900509", "Nam": "1991"},
        {"Nam": "199"},
        {"Nam": "1991"},
        {"NgayThangNam": "19900509", "SoDinhDanh": "09919000001"},
        {"NgayThangNam": "19900509", "SoCMND": "099190000018"},
        {"NgayThangNam": "19900509", "SoCMND": "99"},
        {"NgayThangNam": "19900509", "HoVaTen": ""},
    ],
)
def test_what_no_citizen_can_have_is_refused_before_anybody_is_asked(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        question_of(a_call(**fields), TODAY)


def test_nine_digits_are_a_former_number_in_either_element() -> None:
    for fields in ({"SoDinhDanh": "", "SoCMND": "990000017"}, {"SoDinhDanh": "990000017"}):
        question, second = question_of(a_call(**fields, NgayThangNam="19900509"), TODAY)
        assert (question.id_number.digits, second) == ("990000017", None)


def test_033_asks_by_two_numbers_and_a_name_and_no_other_service_does() -> None:
    fields = PLAIN | {"SoCMND": "990000017"}
    asked = OldCall(Operation.CONFIRM, Shape.EXISTS, fields, is_033=True)
    assert question_of(asked, TODAY)[0].birth_date == BirthDate(1990)
    for lacking in (
        OldCall(Operation.CONFIRM, Shape.COUNT, fields),
        OldCall(Operation.CONFIRM, Shape.EXISTS, PLAIN, is_033=True),
    ):
        with pytest.raises(InvalidRequestError):
            question_of(lacking, TODAY)


A, B = (
    a_procedure(procedure_code="1.000001", service_code="G18-YT04"),
    a_procedure(procedure_code="1.000002", service_code="G15-TP110"),
)
C = a_procedure(procedure_code="1.000003", service_code="G15-TP110")
ENDED = a_procedure(procedure_code="1.000004", service_code="G18-YT04", valid_to=date(2024, 1, 1))
BOTH = CompatiblePolicy(procedure_code="1.000009")


@pytest.mark.parametrize(
    ("written", "header", "policy", "expected"),
    [
        ("G18-YT04", None, BOTH, "1.000001"),
        ("1.000002", None, BOTH, "1.000002"),
        ("", None, BOTH, "1.000009"),
        ("VPCP", None, BOTH, "1.000009"),
        ("vpcp", "1.000001", BOTH, "1.000001"),
        ("G15-TP110", "1.000003", BOTH, "1.000003"),
        ("1.777777", None, BOTH, "1.777777"),
        ("G15-TP110", None, BOTH, "procedure_ambiguous"),
        ("G15-TP110", "1.000001", BOTH, "procedure_ambiguous"),
        ("VPCP", None, CompatiblePolicy(), "procedure_needed"),
        ("G99-XX", None, BOTH, "invalid_procedure_code"),
        ("G99-XX", "1.000001", BOTH, "invalid_procedure_code"),
    ],
)
def test_a_service_code_stands_for_one_procedure_or_for_none(
    written: str, header: str | None, policy: CompatiblePolicy, expected: str
) -> None:
    try:
        found = procedure_of(written, header, policy, (A, B, C, ENDED), TODAY)
    except InvalidRequestError as refused:
        found = refused.code.value
    assert found == expected


TD = sample("requests/td-thanhhoa-json-037-officer.json")
UNREADABLE_JSON = {
    "nothing": b"",
    "a list": b"[]",
    "no JSON": b"{",
    "a name twice": TD.replace(b'"nam"', b'"HoVaTen"'),
    "a citizen's number as a number": TD.replace(b'"099190000017"', b"99190000017"),
    "a structure for a text": TD.replace(b'"TRANVANTHU"', b"{}"),
    "a birth date of another sort": TD.replace(b'"nam": ""', b'"NgayThangNamSinh": 1990'),
    "UTF-16": TD.decode().encode("utf-16"),
    "depth": b"[" * 100_000,
}


@pytest.mark.parametrize("content", UNREADABLE_JSON.values(), ids=UNREADABLE_JSON)
def test_json_that_is_no_such_call_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_json_call(content, "/x", None)
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "path", "operation", "shape"),
    [
        (b"{}", "/XacThucThongTinCongDan", Operation.CONFIRM, Shape.FLAG),
        (b"{}", "/anything", Operation.CONFIRM, Shape.FLAG),
        (b"{}", "/TraCuuThongTinCongDan", Operation.FIND, Shape.WRAPPED),
        (b'{"maTichHop":"037"}', "/anything", Operation.FIND, Shape.WRAPPED),
        (b'{"maTichHop":"034"}', "/anything", None, Shape.FLAG),
        (b"{}", "/CungCapThongTinHoGiaDinh", None, Shape.FLAG),
        (b'{"maTichHop":"037"}', "/XacThucThongTinCongDan", None, Shape.FLAG),
        (b'\xef\xbb\xbf{"TYPE":"TraCuuThongTinCongDan"}', "/o/rest/v2/qldc", Operation.FIND, Shape.TREE),
    ],
)
def test_json_says_what_it_asks_in_its_body_or_its_path(
    body: bytes, path: str, operation: Operation | None, shape: Shape
) -> None:
    call = read_json_call(body, path, "utf-8")
    assert (call.operation, call.shape) == (operation, shape)


def test_a_birth_date_in_json_may_be_a_structure() -> None:
    call = read_json_call(b'{"NgayThangNamSinh":{"Nam":"1990"}}', "/x", None)
    assert call.text("Nam") == "1990"


@pytest.mark.parametrize("prefix", [None, "ns1", "ns0", "soapenv", "xmlx", "a b"])
def test_an_awkward_prefix_is_not_repeated(prefix: str | None) -> None:
    assert b'xmlns:dan="http://dancuquocgia.bca"' in record_answer(None, prefix)


def test_the_callers_own_prefix_is_repeated_as_live() -> None:
    assert record_answer(None, "qldc").count(b'xmlns:qldc="http://dancuquocgia.bca"') == 2


def test_a_text_that_xml_cannot_hold_is_written_without_what_it_cannot() -> None:
    assert b"<ns1:Ten>TR&amp;N</ns1:Ten>" in record_answer({"full_name": "T\x00R&\ufffeN"}, None)


def test_more_elements_than_any_call_has_are_refused() -> None:
    with pytest.raises(InvalidRequestError):
        read_soap(COURT.replace(b"<dan:MaDVC>", b"<x/>" * 300 + b"<dan:MaDVC>"), None)
