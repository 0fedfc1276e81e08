"""When an answer says nobody, yes or no, and when it says nothing."""

from collections.abc import Callable

import pytest

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.read import read_citizen, read_confirmation
from app.errors import SourceConfusedError, SourceError

Sample = Callable[[str], bytes]
AnswerBuilder = Callable[..., Answer]

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def in_body(contents: str) -> str:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{contents}</s:Body></s:Envelope>'


def collection(contents: str, attributes: str = "") -> str:
    return in_body(
        f'<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"{attributes}>{contents}</CongdanCollection>'
    )


def error_from(read: Callable[[Answer], object], answer: Answer) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(answer)
    return caught.value


@pytest.mark.parametrize("contents", ["", "\n  ", "<!-- nobody -->"])
def test_an_empty_collection_is_nobody(an_answer: AnswerBuilder, contents: str) -> None:
    assert read_citizen(an_answer(collection(contents))) is None


def test_the_sample_of_nobody_is_nobody(sample: Sample, an_answer: AnswerBuilder) -> None:
    assert read_citizen(an_answer(sample("037-soap-notfound-empty-collection.xml"))) is None


def test_a_collection_may_state_how_many_it_holds(an_answer: AnswerBuilder) -> None:
    assert read_citizen(an_answer(collection("", ' SoCongDan="0"'))) is None


def test_several_citizens_are_no_answer_even_when_they_are_equal(an_answer: AnswerBuilder) -> None:
    record = "<CongDan><SoDinhDanh>1</SoDinhDanh><HoVaTen>A</HoVaTen></CongDan>"

    error = error_from(read_citizen, an_answer(collection(record * 2)))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.SEVERAL_CITIZENS


@pytest.mark.parametrize(
    "text",
    [
        in_body(""),
        in_body("nobody"),
        f'<s:Envelope xmlns:s="{SOAP}"/>',
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body/><s:Body/></s:Envelope>',
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>',
        '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/>',
        "<html><body>nobody</body></html>",
        in_body("<CongdanCollection/>"),
        in_body('<CongdanCollection xmlns="http://dancuquocgia.bca"/>'),
        in_body('<CongDanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/>'),
        in_body('<x:CongdanCollection xmlns:x="http://www.mic.gov.vn/dancu/1.0"/>' * 2),
        collection("error 42"),
        collection("<Loi>42</Loi>"),
        collection('<CongDan xmlns="">x</CongDan>'),
        collection("", ' SoCongDan="1"'),
    ],
)
def test_what_is_not_an_empty_collection_is_never_nobody(an_answer: AnswerBuilder, text: str) -> None:
    error = error_from(read_citizen, an_answer(text))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.UNKNOWN_ANSWER


def test_prefixes_and_the_place_of_namespaces_do_not_matter(sample: Sample, an_answer: AnswerBuilder) -> None:
    text = sample("037-soap-found-full.xml").decode()
    usual = read_citizen(an_answer(text))
    declaration = ' xmlns:ns1="http://www.mic.gov.vn/dancu/1.0"'

    moved = text.replace(declaration, "").replace("<soapenv:Body", f"<soapenv:Body{declaration}")
    renamed = text.replace("ns1", "q-7").replace("soapenv", "S")

    assert read_citizen(an_answer(moved)) == usual
    assert read_citizen(an_answer(renamed)) == usual


@pytest.mark.parametrize("name", ["003-haugiang-soap-found.xml", "vpcp761-soap-033-true.xml"])
def test_the_samples_of_a_confirmed_person_say_yes(
    sample: Sample, an_answer: AnswerBuilder, name: str
) -> None:
    assert read_confirmation(an_answer(sample(name))) is True


@pytest.mark.parametrize(
    ("verdict", "exists"),
    [
        ("<SoLuongCongDan>0</SoLuongCongDan>", False),
        ("<SoLuongCongDan> 1 </SoLuongCongDan>", True),
        ("<SoLuongCongDan>12</SoLuongCongDan>", True),
        ("<TonTai>true</TonTai>", True),
        ("<TonTai>True</TonTai>", True),
        ("<TonTai>1</TonTai>", True),
        ("<TonTai>false</TonTai>", False),
        ("<TonTai>0</TonTai>", False),
    ],
)
@pytest.mark.parametrize("root", ["XacThucThongTinCongDanResponse", "KetQuaXacThucResponse", "KetQuaXacThuc"])
@pytest.mark.parametrize("namespace", ["http://dancuquocgia.bca", "http://www.mic.gov.vn/dancu/1.0"])
def test_a_count_and_a_truth_both_confirm(
    an_answer: AnswerBuilder, namespace: str, root: str, *, verdict: str, exists: bool
) -> None:
    answer = an_answer(in_body(f'<{root} xmlns="{namespace}">{verdict}</{root}>'))

    assert read_confirmation(answer) is exists


@pytest.mark.parametrize(
    "contents",
    [
        "",
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"/>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca">true</KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><TonTai/></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><TonTai>yes</TonTai></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><TonTai>true</TonTai><TonTai>true</TonTai></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><SoLuongCongDan>-1</SoLuongCongDan></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><SoLuongCongDan>1.0</SoLuongCongDan></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><SoLuongCongDan>1000000000</SoLuongCongDan></KetQuaXacThuc>',
        '<KetQuaXacThuc xmlns="http://dancuquocgia.bca"><KetQua>true</KetQua></KetQuaXacThuc>',
        "<KetQuaXacThuc><TonTai>true</TonTai></KetQuaXacThuc>",
        '<KetQua xmlns="http://dancuquocgia.bca"><TonTai>true</TonTai></KetQua>',
        '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/>',
    ],
)
def test_a_confirmation_is_a_plain_yes_or_no_or_not_understood(
    an_answer: AnswerBuilder, contents: str
) -> None:
    error = error_from(read_confirmation, an_answer(in_body(contents)))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.UNKNOWN_ANSWER
