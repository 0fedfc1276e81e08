"""Strict mode knows the element orders seen in the wild and nothing else; lenient mode forgives order."""

import pytest

from mock_c06.citizen import BirthDate
from mock_c06.envelope import BadRequestError
from mock_c06.question import AnswerShape, Question
from mock_c06.reading import read_question
from mock_c06.sequences import SEQUENCES
from tests.mock_c06.national_side import a_question, sample

HEAD = "<q:MaYeuCau>1</q:MaYeuCau><q:MaDVC>1</q:MaDVC><q:MaTichHop>037</q:MaTichHop>"
OFFICER = "<q:MaCanBo>cb</q:MaCanBo>"
UNIT = "<q:MaDonVi>dv</q:MaDonVi>"
NUMBER = "<q:SoDinhDanh>099190000017</q:SoDinhDanh>"
OLD_NUMBER = "<q:SoCMND>990000017</q:SoCMND>"
NAME = "<q:HoVaTen>TRANVANTHU</q:HoVaTen>"
BIRTH = "<q:NgayThangNamSinh><q:Nam>1990</q:Nam></q:NgayThangNamSinh>"


def envelope(inner: str, operation: str = "TraCuuThongTinCongDan") -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:q="http://dancuquocgia.bca">'
        f"<s:Body><q:{operation}>{inner}</q:{operation}></s:Body></s:Envelope>"
    ).encode()


def strictly(content: bytes, *sequences: str) -> Question:
    return read_question(content, None, is_strict=True, sequences=sequences or tuple(SEQUENCES))


def leniently(content: bytes) -> Question:
    return read_question(content, None, is_strict=False, sequences=tuple(SEQUENCES))


@pytest.mark.parametrize(
    "inner",
    [
        HEAD + OFFICER + NUMBER + NAME + BIRTH,
        HEAD + OFFICER + OLD_NUMBER + NAME + BIRTH,
        HEAD + OFFICER + NUMBER + OLD_NUMBER + NAME + BIRTH,
        HEAD + UNIT + OFFICER + NUMBER + OLD_NUMBER + NAME + BIRTH,
        HEAD + UNIT + OFFICER + NUMBER + NAME + "<q:NgayThangNamSinh>1990-05-09</q:NgayThangNamSinh>",
        HEAD + "<!-- a remark -->" + OFFICER + NUMBER + NAME + BIRTH,
    ],
)
def test_each_known_order_is_read(inner: str) -> None:
    assert strictly(envelope(inner)).full_name == "TRANVANTHU"


@pytest.mark.parametrize(
    "inner",
    [
        OFFICER + HEAD + NUMBER + NAME + BIRTH,
        HEAD + OFFICER + NAME + NUMBER + BIRTH,
        HEAD + OFFICER + UNIT + NUMBER + NAME + BIRTH,
        HEAD + OFFICER + NAME + BIRTH,
        HEAD + OFFICER + NUMBER + NAME,
        HEAD + OFFICER + NUMBER + NUMBER + NAME + BIRTH,
        HEAD + OFFICER + NUMBER + NAME + BIRTH + "<q:type>x</q:type>",
        HEAD + OFFICER + NUMBER + NAME + "<q:NgayThangNamSinh>1990-05-09</q:NgayThangNamSinh>",
        HEAD + "<q:MaCanBo/>" + NUMBER + NAME + BIRTH,
        HEAD + f"<q:MaCanBo>{'x' * 21}</q:MaCanBo>" + NUMBER + NAME + BIRTH,
        HEAD.replace("037", "003") + OFFICER + NUMBER + NAME + BIRTH,
        HEAD + OFFICER + "<q:SoDinhDanh/>" + OLD_NUMBER + NAME + BIRTH,
        HEAD + OFFICER + "<q:SoDinhDanh>990000017</q:SoDinhDanh>" + NAME + BIRTH,
        HEAD + OFFICER + "<q:SoCMND>099190000017</q:SoCMND>" + NAME + BIRTH,
        HEAD + OFFICER + '<SoDinhDanh xmlns="urn:x">099190000017</SoDinhDanh>' + NAME + BIRTH,
    ],
)
def test_anything_else_is_refused_in_strict_mode(inner: str) -> None:
    with pytest.raises(BadRequestError):
        strictly(envelope(inner))


def test_strict_mode_knows_only_the_orders_selected() -> None:
    court = sample("requests/court-soap-037-fulldate.xml")
    assert strictly(court, "2025").upstream_officer_code == "099185000021"
    with pytest.raises(BadRequestError):
        strictly(court, "2021", "gtel", "033")


@pytest.mark.parametrize(
    "inner",
    [
        BIRTH + NAME + NUMBER,
        NUMBER + NAME + BIRTH + "<q:type>x</q:type>",
        "<q:SoDinhDanh/>" + OLD_NUMBER + NAME + BIRTH,
        "<q:SoDinhDanh>990000017</q:SoDinhDanh><q:SoCMND/>" + NAME + BIRTH,
        NUMBER + NAME + "<q:NgayThangNamSinh>1990</q:NgayThangNamSinh>",
    ],
)
def test_lenient_mode_forgives_order_strangers_and_empty_numbers(inner: str) -> None:
    assert leniently(envelope(inner)).birth_date == BirthDate(1990)


def test_lenient_mode_reads_the_first_opencps_version() -> None:
    question = leniently(sample("requests/opencps-first-version-unordered.xml"))
    assert question.citizen_id == "099190000017"
    assert question.shape is AnswerShape.COUNT


@pytest.mark.parametrize(
    "birth",
    [
        "",
        "<q:NgayThangNamSinh/>",
        "<q:NgayThangNamSinh><q:Nam>90</q:Nam></q:NgayThangNamSinh>",
        "<q:NgayThangNamSinh><q:Thang>1990</q:Thang></q:NgayThangNamSinh>",
        "<q:NgayThangNamSinh><q:NgayThangNam>09/05/1990</q:NgayThangNam></q:NgayThangNamSinh>",
        "<q:NgayThangNamSinh><q:NgayThangNam>19900231</q:NgayThangNam></q:NgayThangNamSinh>",
        "<q:NgayThangNamSinh><q:Nam>1990</q:Nam><q:NgayThangNam>19900509</q:NgayThangNam></q:NgayThangNamSinh>",
    ],
)
def test_a_birth_date_that_is_none_is_refused_in_either_mode(birth: str) -> None:
    content = envelope(HEAD + OFFICER + NUMBER + NAME + birth)
    for read in (strictly, leniently):
        with pytest.raises(BadRequestError):
            read(content)


@pytest.mark.parametrize("text", ["1990-05-09", "19900509"])
def test_both_date_dialects_mean_the_same_day(text: str) -> None:
    assert strictly(a_question(birth_date=text)).birth_date == BirthDate.on(1990, 5, 9)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]>' + a_question(),
        b'<!DOCTYPE a SYSTEM "http://c06.test/x.dtd">' + a_question(),
        a_question().replace(b"http://dancuquocgia.bca", b"http://gtel.vn/qldc"),
        a_question().replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
        a_question().replace(b"TraCuuThongTinCongDan", b"GetRequests"),
        a_question().replace(b"<soapenv:Body>", b"<soapenv:Body><x/>"),
        a_question().replace(b"canbo", b"c" * 70_000),
    ],
)
def test_what_is_no_request_is_refused_in_either_mode(content: bytes) -> None:
    for read in (strictly, leniently):
        with pytest.raises(BadRequestError):
            read(content)


def test_an_operation_on_the_path_of_another_is_refused() -> None:
    with pytest.raises(BadRequestError):
        read_question(a_question(), "XacThucThongTinCongDan", is_strict=False, sequences=())


@pytest.mark.parametrize(
    ("operation", "shape"),
    [
        ("XacThucThongTinCongDan", AnswerShape.EXISTS),
        ("XacThucThongTinCongDanRequest", AnswerShape.EXISTS),
    ],
)
def test_the_033_letter_is_read_with_and_without_the_suffix(operation: str, shape: AnswerShape) -> None:
    letter = f"<q:MaYeuCau>1</q:MaYeuCau><q:MaDichVu>033</q:MaDichVu>{OFFICER}{NUMBER}{NAME}"
    assert strictly(envelope(letter, operation)).shape is shape


def test_a_033_letter_with_a_birth_date_is_held_to_it() -> None:
    letter = NUMBER + NAME + BIRTH
    assert leniently(envelope(letter, "XacThucThongTinCongDanRequest")).birth_date == BirthDate(1990)


def test_a_lookup_is_never_asked_in_the_order_of_the_033_letter() -> None:
    letter = f"<q:MaYeuCau>1</q:MaYeuCau><q:MaDichVu>037</q:MaDichVu>{OFFICER}{NUMBER}{NAME}"
    with pytest.raises(BadRequestError):
        strictly(envelope(letter))


def test_neither_a_question_nor_an_error_repeats_the_person() -> None:
    assert "099190000017" not in repr(strictly(a_question()))
    with pytest.raises(BadRequestError) as caught:
        strictly(a_question(number="099190000017x"))
    assert "09919" not in str(caught.value)
