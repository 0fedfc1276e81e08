"""What an LGSP gone wrong, or taken over, can send without harm."""

import codecs
import time
import traceback
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.read import read_citizen, read_confirmation
from app.errors import SourceConfusedError, SourceError
from app.lookup.values import Citizen

Sample = Callable[[str], bytes]
AnswerBuilder = Callable[..., Answer]

PLANTED = "BÍ-MẬT-099190000017"
BOMB = (
    "<!DOCTYPE e ["
    '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
)
LOCAL_FILE = '<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


FAULT = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
    f"<faultcode>{PLANTED}</faultcode><faultstring>004 {PLANTED}</faultstring>"
    "</e:Fault></e:Body></e:Envelope>"
)


def envelope(name: str = "TRẦN VĂN THỬ", prologue: str = "") -> str:
    return (
        f'{prologue}<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<c:CongdanCollection xmlns:c="http://www.mic.gov.vn/dancu/1.0"><c:CongDan>'
        f"<c:SoDinhDanh>099190000017</c:SoDinhDanh><c:HoVaTen>{name}</c:HoVaTen>"
        "</c:CongDan></c:CongdanCollection></e:Body></e:Envelope>"
    )


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>'


DEEP = envelope("<x>" * 100_000 + "</x>" * 100_000)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_XML),
        (b"   \n", Reason.NOT_XML),
        (b"ORA-01017", Reason.NOT_XML),
        (b'{"error": "x"}', Reason.NOT_XML),
        (b"\x00" * 100, Reason.NOT_XML),
        (b"<html><head><meta charset=utf-8><body>Error", Reason.NOT_XML),
        (envelope().encode()[:200], Reason.NOT_XML),
        ((envelope() + envelope()).encode(), Reason.NOT_XML),
        (envelope("&nbsp;").encode(), Reason.NOT_XML),
        (envelope("&#0;").encode(), Reason.NOT_XML),
        (DEEP.encode(), Reason.NOT_XML),
        (b"<!DOCTYPE html><html><body/></html>", Reason.DOCTYPE),
        (envelope("&a9;", BOMB).encode(), Reason.DOCTYPE),
        (envelope("&x;", LOCAL_FILE).encode(), Reason.DOCTYPE),
        (envelope("&x;", declared("UTF-16") + LOCAL_FILE).encode("utf-16"), Reason.DOCTYPE),
        (envelope(prologue=declared("ISO-8859-1")).encode(), Reason.WRONG_ENCODING),
        (envelope(prologue=declared("UTF-16")).encode(), Reason.WRONG_ENCODING),
        (envelope(prologue=declared("UTF-8")).encode("utf-16"), Reason.WRONG_ENCODING),
        (envelope("Tr\u1ea7n").encode("cp1258", "replace") + b"\xff", Reason.WRONG_ENCODING),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", Reason.WRONG_ENCODING),
    ],
)
@pytest.mark.parametrize("read", [read_citizen, read_confirmation])
def test_what_is_not_plain_soap_is_refused_quickly(
    an_answer: AnswerBuilder, read: Callable[[Answer], object], body: bytes, reason: Reason
) -> None:
    started = time.perf_counter()

    with pytest.raises(SourceConfusedError) as caught:
        read(an_answer(body))

    assert caught.value.reason == reason
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    "body",
    [
        envelope().encode(),
        envelope(prologue=declared("UTF-8")).encode(),
        envelope(prologue=declared("utf8")).encode(),
        envelope(prologue='<?xml version="1.0"?>').encode(),
        envelope().encode("utf-8-sig"),
        envelope(prologue=declared("UTF-8")).encode("utf-8-sig"),
        envelope(prologue=declared("UTF-16")).encode("utf-16"),
        envelope().encode("utf-16"),
        envelope(prologue=declared("UTF-16LE")).encode("utf-16-le"),
        envelope(prologue=declared("UTF-16")).encode("utf-16-be"),
        codecs.BOM_UTF16_BE + envelope(prologue=declared("UTF-16")).encode("utf-16-be"),
    ],
)
def test_every_usual_encoding_of_unicode_is_read(an_answer: AnswerBuilder, body: bytes) -> None:
    assert read_citizen(an_answer(body)) == Citizen("099190000017", "TRẦN VĂN THỬ", None)


@pytest.mark.parametrize("status", [200, 302, 404, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        PLANTED,
        f"<{PLANTED}>",
        f"<a>{PLANTED}</b>",
        envelope(f"<{PLANTED}/>"),
        envelope(f"&{PLANTED};"),
        envelope(f"<x>{PLANTED}</x>"),
        envelope(PLANTED, f'<!DOCTYPE x [<!ENTITY y "{PLANTED}">]>'),
        envelope(f"</c:HoVaTen><c:NgayThangNamSinh>{PLANTED}</c:NgayThangNamSinh><c:HoVaTen>"),
        FAULT,
        declared(PLANTED.encode("ascii", "ignore").decode()),
    ],
)
def test_no_error_repeats_what_was_sent(an_answer: AnswerBuilder, body: str, status: int) -> None:
    with pytest.raises(SourceError) as caught:
        read_citizen(an_answer(body, status))

    error = caught.value
    told = "".join([*traceback.format_exception(error), repr(error), repr(error.args), repr(vars(error))])
    assert "099190000017" not in told
    assert "MẬT" not in told


def test_an_answer_never_prints(an_answer: AnswerBuilder) -> None:
    assert PLANTED not in repr(an_answer(PLANTED))


markup = st.sampled_from(
    [
        b"<?xml version='1.0' encoding='UTF-16'?>",
        b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>",
        b"<e:Body>",
        b"<c:CongdanCollection xmlns:c='http://www.mic.gov.vn/dancu/1.0'>",
        b"<c:CongDan>",
        b"<c:HoVaTen>",
        b"<c:Nam/>",
        b"</c:HoVaTen>",
        b"</c:CongDan>",
        b"</c:CongdanCollection>",
        b"</e:Body>",
        b"</e:Envelope>",
        b"<!--",
        b"&lt;",
        b"\xff\xfe",
    ]
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary() | st.lists(markup | st.binary(max_size=4)).map(b"".join), status=st.integers(100, 999)
)
def test_any_bytes_give_an_answer_or_an_error_of_ours(
    an_answer: AnswerBuilder, body: bytes, status: int
) -> None:
    for read in (read_citizen, read_confirmation):
        try:
            result = read(an_answer(body, status))
        except SourceError:
            continue
        assert result is None or isinstance(result, Citizen | bool)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_sample_gives_an_answer_or_an_error_of_ours(
    an_answer: AnswerBuilder, sample: Sample, data: st.DataObject
) -> None:
    body = sample("037-soap-found-full.xml")
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    damaged = body[:start] + data.draw(st.binary(max_size=4)) + body[end:]

    try:
        result = read_citizen(an_answer(damaged))
    except SourceError:
        return
    assert isinstance(result, Citizen)
