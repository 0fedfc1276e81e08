"""What Faults and HTTP statuses amount to."""

from collections.abc import Callable

import pytest

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.read import read_citizen, read_confirmation
from app.errors import ProblemCode, SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError

Sample = Callable[[str], bytes]
AnswerBuilder = Callable[..., Answer]

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def in_body(contents: str) -> str:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>{contents}</s:Body></s:Envelope>'


def fault(*, code: str = "s:Server", text: str = "", detail: str = "", actor: str = "") -> str:
    return in_body(
        f"<s:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"<faultactor>{actor}</faultactor><detail>{detail}</detail></s:Fault>"
    )


def error_from(read: Callable[[Answer], object], answer: Answer) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(answer)
    return caught.value


@pytest.mark.parametrize("read", [read_citizen, read_confirmation])
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_a_fault_is_never_nobody(
    sample: Sample, an_answer: AnswerBuilder, read: Callable[[Answer], object], status: int
) -> None:
    error = error_from(read, an_answer(sample("soap-fault-200.xml"), status))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.SOAP_FAULT


def test_a_fault_beside_a_collection_is_still_a_fault(an_answer: AnswerBuilder) -> None:
    text = in_body('<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/><s:Fault/>')

    assert error_from(read_citizen, an_answer(text)).reason == Reason.SOAP_FAULT


@pytest.mark.parametrize(
    "text",
    [
        fault(text="004"),
        fault(code="qldc:004", text="refused"),
        fault(text="java.lang.Exception: 004"),
        fault(text="004: Thủ tục chưa được cấp phép"),
        fault(text="Lỗi [004]."),
        fault(detail="<qldc:MaLoi xmlns:qldc='http://dancuquocgia.bca'>004</qldc:MaLoi>"),
        fault(code="004", text="error 004"),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_fault_with_code_004_says_the_procedure_may_not_ask(
    an_answer: AnswerBuilder, text: str, status: int
) -> None:
    error = error_from(read_citizen, an_answer(text, status))

    assert type(error) is SourceRefusedError
    assert error.code is ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED
    assert error.reason == Reason.FAULT_004


@pytest.mark.parametrize("text", [fault(text="java.lang.Exception: 005"), fault(detail="<code>005</code>")])
def test_a_fault_with_code_005_says_the_officer_may_not_ask(an_answer: AnswerBuilder, text: str) -> None:
    error = error_from(read_confirmation, an_answer(text, 500))

    assert type(error) is SourceRefusedError
    assert error.code is ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED
    assert error.reason == Reason.FAULT_005


@pytest.mark.parametrize(
    "text",
    [
        fault(text="4"),
        fault(text="0040"),
        fault(text="E004"),
        fault(text="10.0.0.004"),
        fault(text="at 2026-11-22T10:20:30.004Z"),
        fault(text="004.5 s"),
        fault(text="G18-005"),
        fault(text="004/2026"),
        fault(text="004 or 005"),
        fault(actor="005"),
        in_body("<s:Fault>004</s:Fault>"),
    ],
)
def test_a_number_that_only_looks_like_a_code_refuses_nobody(an_answer: AnswerBuilder, text: str) -> None:
    error = error_from(read_citizen, an_answer(text))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.SOAP_FAULT


EMPTY_COLLECTION = in_body('<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/>')


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (202, SourceConfusedError, Reason.UNEXPECTED_STATUS),
        (204, SourceConfusedError, Reason.UNEXPECTED_STATUS),
        (302, SourceConfusedError, Reason.REDIRECTED),
        (400, SourceConfusedError, Reason.HTTP_4XX),
        (404, SourceConfusedError, Reason.HTTP_4XX),
        (429, SourceSilentError, Reason.HTTP_429),
        (500, SourceSilentError, Reason.HTTP_5XX),
        (501, SourceSilentError, Reason.HTTP_5XX),
        (502, SourceSilentError, Reason.HTTP_502),
        (503, SourceSilentError, Reason.HTTP_503),
        (504, SourceSilentError, Reason.HTTP_504),
        (600, SourceConfusedError, Reason.UNEXPECTED_STATUS),
    ],
)
@pytest.mark.parametrize("body", ["", "<html><p>Bad Gateway", EMPTY_COLLECTION])
def test_only_status_200_answers_whatever_the_body_says(
    an_answer: AnswerBuilder, status: int, kind: type[SourceError], reason: Reason, body: str
) -> None:
    error = error_from(read_citizen, an_answer(body, status))

    assert type(error) is kind
    assert error.reason == reason
