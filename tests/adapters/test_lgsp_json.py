"""What a JSON platform is sent, and what its answers amount to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.connection import Answer
from adapters.lgsp_json.adapter import LGSP_JSON
from adapters.lgsp_json.language import JsonLanguage
from adapters.lgsp_json.token import token_call
from adapters.profile import Profile, load_profile
from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceError, SourceRefusedError
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, Citizen, CitizenId, FullName, Household, OldIdNumber, Question
from tests.adapters.stand_in import settings_of

SAMPLES = Path(__file__).parent / "samples"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOBODY = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0"/></e:Body></e:Envelope>'
)
PLANTED = "099190000017"


def profile_of(name: str = "lgsp-json", **changes: Any) -> Profile:
    settings = settings_of("lgsp-json", "https://c06.example.invalid", profile=name, **changes)
    return load_profile(LGSP_JSON.profiles, settings)


def written(name: str, **changes: Any) -> dict[str, str]:
    profile = profile_of(name, service_account="STTTT_DONGTHAP")
    values: dict[str, Any] = {
        "request_id": "1624260000002",
        "officer_code": "canbo.test@example.invalid",
        "service_code": "G18-YT04",
        "id_number": CitizenId(PLANTED),
        "birth_date": BirthDate(1990, 5, 9),
    }
    values |= changes
    question = Question(values["id_number"], FullName("Trần Văn Thử"), values["birth_date"])
    request = SourceRequest(
        values["request_id"], values["officer_code"], values["service_code"], question, 5.0
    )
    return dict(json.loads(JsonLanguage(profile).write(request, profile.find)))


def an_answer(body: object, status: int = 200) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, "application/json", content)


LANGUAGE = JsonLanguage(profile_of())
READERS: list[Callable[[Answer], object]] = [
    LANGUAGE.read_citizen,
    LANGUAGE.read_confirmation,
    LANGUAGE.read_household,
]


def error_from(read: Callable[[Answer], object], answer: Answer) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(answer)
    return caught.value


def test_a_question_is_the_one_of_dong_thap() -> None:
    sample = json.loads((SAMPLES / "dt-json-XacThucThongTinCongDan-12digit.json").read_bytes())

    assert written("lgsp-json") == sample


def test_a_question_is_the_one_of_thanh_hoa() -> None:
    sample = json.loads((SAMPLES / "td-thanhhoa-json-037-officer.json").read_bytes())

    assert (
        written("lgsp-json-thanh-hoa", request_id="TST_DVC_15", officer_code="VPUB_TEST", service_code="VPCP")
        == sample
    )


def test_a_lone_year_has_a_field_of_its_own_or_stands_in_that_of_the_day() -> None:
    dong_thap = written("lgsp-json", birth_date=BirthDate(1945))
    thanh_hoa = written("lgsp-json-thanh-hoa", birth_date=BirthDate(1945))

    assert dong_thap["ngayThangNam"] == "1945"
    assert (thanh_hoa["ngayThangNam"], thanh_hoa["nam"]) == ("", "1945")


def test_an_old_number_leaves_the_other_empty() -> None:
    sent = written("lgsp-json", id_number=OldIdNumber("990000017"))

    assert (sent["soDinhDanh"], sent["soCMND"]) == ("", "990000017")


def test_markup_in_a_code_stays_a_text() -> None:
    assert written("lgsp-json", officer_code='x","soDinhDanh":"1')["soDinhDanh"] == PLANTED


def test_the_sample_of_thanh_hoa_is_read() -> None:
    content = (SAMPLES / "037-thanhhoa-wrapper-found.json").read_bytes()

    citizen = LANGUAGE.read_citizen(an_answer(content))

    assert citizen is not None
    assert (citizen.id_number, citizen.full_name) == (PLANTED, "TRẦN VĂN THỬ")


@pytest.mark.parametrize(("name", "expected"), [("true", True), ("false", False)])
def test_the_samples_of_dong_thap_are_yes_and_no(name: str, expected: bool) -> None:  # noqa: FBT001
    content = (SAMPLES / f"003-dongthap-json-{name}.json").read_bytes()

    assert LANGUAGE.read_confirmation(an_answer(content)) is expected


@pytest.mark.parametrize(("data", "expected"), [("true", True), ("False", False)])
def test_yes_and_no_may_be_texts(data: str, expected: bool) -> None:  # noqa: FBT001
    assert LANGUAGE.read_confirmation(an_answer({"data": data})) is expected


@pytest.mark.parametrize("data", [None, "", 0, 1, "no", [], {}, [False]])
def test_nothing_else_is_a_no(data: object) -> None:
    assert error_from(LANGUAGE.read_confirmation, an_answer({"data": data})).reason == Reason.UNKNOWN_ANSWER


@pytest.mark.parametrize("code", [{}, {"error_code": "0"}, {"error_code": 0}, {"error_code": None}])
def test_an_empty_collection_is_nobody(code: dict[str, object]) -> None:
    answer = an_answer(code | {"message": NOBODY})

    assert LANGUAGE.read_citizen(answer) is None
    assert LANGUAGE.read_household(answer) == Household(())


@pytest.mark.parametrize("code", ["1", "-1", "500", 3, "lỗi"])
def test_nobody_beside_a_code_of_failure_is_no_answer(code: object) -> None:
    contradictions: list[tuple[Callable[[Answer], object], dict[str, object]]] = [
        (LANGUAGE.read_citizen, {"error_code": code, "message": NOBODY}),
        (LANGUAGE.read_household, {"error_code": code, "message": NOBODY}),
        (LANGUAGE.read_confirmation, {"error_code": code, "data": False}),
    ]
    for read, body in contradictions:
        assert error_from(read, an_answer(body)).reason == Reason.UNKNOWN_ANSWER


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"<html>", Reason.NOT_JSON),
        (b'{"data": true', Reason.NOT_JSON),
        (b'{"data": true, "data": false}', Reason.NOT_JSON),
        (b"[" * 200_000, Reason.NOT_JSON),
        (b'{"data": ' + b"9" * 5000 + b"}", Reason.NOT_JSON),
        (b'{"message": "\xff"}', Reason.WRONG_ENCODING),
        ('{"data": true}'.encode("utf-16"), Reason.WRONG_ENCODING),
        (b"[true]", Reason.UNKNOWN_ANSWER),
        (b"null", Reason.UNKNOWN_ANSWER),
        (b"{}", Reason.UNKNOWN_ANSWER),
    ],
)
def test_what_is_no_answer_is_none(read: Callable[[Answer], object], body: bytes, reason: Reason) -> None:
    error = error_from(read, an_answer(body))

    assert type(error) is SourceConfusedError
    assert error.reason == reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", Reason.UNKNOWN_ANSWER),
        (7, Reason.UNKNOWN_ANSWER),
        ({"CongDan": []}, Reason.UNKNOWN_ANSWER),
        ("không có", Reason.NOT_XML),
        ("<a>&nbsp;</a>", Reason.NOT_XML),
        ("\ud800", Reason.WRONG_ENCODING),
        (f'<?xml version="1.0" encoding="UTF-16"?>{NOBODY}', Reason.WRONG_ENCODING),
        (f"<!DOCTYPE e [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{NOBODY}", Reason.DOCTYPE),
    ],
)
def test_the_text_in_a_wrapper_is_trusted_no_more_than_xml_on_the_wire(
    message: object, reason: Reason
) -> None:
    for read in (LANGUAGE.read_citizen, LANGUAGE.read_household):
        assert error_from(read, an_answer({"message": message})).reason == reason


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(("code", "reason"), [("004", Reason.FAULT_004), ("005", Reason.FAULT_005)])
def test_the_codes_of_refusal_refuse(
    read: Callable[[Answer], object], status: int, code: str, reason: Reason
) -> None:
    error = error_from(read, an_answer({"message": "Error", "errorCode": code}, status))

    assert type(error) is SourceRefusedError
    assert error.reason == reason


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("body", [{"data": False, "message": NOBODY}, b"oops", {}])
@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, Reason.HTTP_4XX), (500, Reason.HTTP_5XX), (503, Reason.HTTP_503), (302, Reason.REDIRECTED)],
)
def test_only_status_200_answers_whatever_the_body_says(
    read: Callable[[Answer], object], body: object, status: int, reason: Reason
) -> None:
    assert error_from(read, an_answer(body, status)).reason == reason


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    body=st.binary()
    | st.dictionaries(
        st.sampled_from(["data", "message", "error_code", "errorCode"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.just(NOBODY) | st.lists(st.text()),
    ).map(lambda wire: json.dumps(wire).encode()),
    status=st.integers(100, 999),
)
def test_any_bytes_give_an_answer_or_an_error_of_ours(body: bytes, status: int) -> None:
    for read in READERS:
        try:
            result = read(an_answer(body, status))
        except SourceError:
            continue
        assert result is None or isinstance(result, Citizen | Household | bool)


@pytest.mark.parametrize(
    ("wire", "seconds"),
    [
        ({"token": "t", "expiryDate": (NOW + timedelta(hours=1)).isoformat()}, 3600.0),
        ({"token": "t", "refreshToken": "r", "expiryDate": "2026-11-22T08:00:00+07:00"}, 3600.0),
        ({"token": "t", "expiryDate": "2026-11-22T01:00:00"}, None),  # whose local time?
        ({"token": "t", "expiryDate": "9999-12-31T23:59:59-14:00"}, 251607045599.0),
        ({"token": "t", "expiryDate": 1e300}, None),
        ({"token": "t", "expiryDate": "ngày mai"}, None),
        ({"token": "t", "expiryDate": None}, None),
        ({"token": "t"}, None),
    ],
)
def test_a_token_is_good_as_long_as_it_says_and_for_the_usual_time_otherwise(
    wire: dict[str, object], seconds: float | None
) -> None:
    assert token_call("/t", "x").read(json.dumps(wire).encode(), NOW) == ("t", seconds)


@pytest.mark.parametrize(
    "wire", [{}, {"token": ""}, {"token": None}, {"access_token": "t"}, {"token": "a b"}]
)
def test_without_a_token_there_is_none(wire: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        token_call("/t", "x").read(json.dumps(wire).encode(), NOW)


def test_the_token_call_is_the_one_of_the_real_client() -> None:
    call = token_call("/api/v1/Authentication/Token", "AUTH-TEST")

    assert (call.content, call.headers["Auth"]) == (b"", "AUTH-TEST")
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert call.renew_early_seconds == 300.0
    assert "AUTH-TEST" not in repr(call)
