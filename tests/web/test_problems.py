"""Problems: every code has its kind, its words in two languages and its place in OpenAPI."""

import unicodedata
from collections.abc import Iterator

import pytest

from app.errors import ConflictError, GatewayError, ProblemCode, TooManyError
from app.web.problem_kinds import KINDS, Origin
from app.web.problem_texts import TEXTS, ProblemText
from app.web.problems import problem_body, problem_response

CODES = list(ProblemCode)
OPEN_PAPER = {ProblemCode.UPSTREAM_UNAVAILABLE, ProblemCode.UPSTREAM_CONFUSED}


def _words(text: ProblemText) -> Iterator[str]:
    yield from (text.title, text.detail, text.next_step)


def test_every_code_has_a_kind_and_words_and_no_word_is_left_over() -> None:
    assert set(KINDS) == set(ProblemCode)
    assert set(TEXTS) == set(ProblemCode)


@pytest.mark.parametrize("code", CODES)
def test_every_problem_speaks_vietnamese_with_its_marks_and_plain_english(code: ProblemCode) -> None:
    assert set(TEXTS[code]) == {"vi", "en"}
    for vietnamese in _words(TEXTS[code]["vi"]):
        decomposed = unicodedata.normalize("NFD", vietnamese)
        assert unicodedata.is_normalized("NFC", vietnamese)
        assert "đ" in vietnamese.lower() or any(unicodedata.combining(letter) for letter in decomposed)
    for english in _words(TEXTS[code]["en"]):
        assert english.isascii()


@pytest.mark.parametrize("code", CODES)
def test_details_and_next_steps_are_sentences(code: ProblemCode) -> None:
    for text in TEXTS[code].values():
        assert text.detail.endswith(".")
        assert text.next_step.endswith(".")
        assert not text.title.endswith(".")


@pytest.mark.parametrize("code", CODES)
def test_only_the_national_sides_failures_open_the_paper_path(code: ProblemCode) -> None:
    paper = problem_body(code, "vi").get("paper")
    assert (paper is not None and paper["may_ask"]) == (code in OPEN_PAPER)
    if paper is not None:
        assert bool(paper["which"]) == paper["may_ask"]
        assert paper["because"]


def test_only_lookups_speak_of_paper_where_something_was_mistyped() -> None:
    at_the_desk = problem_body(ProblemCode.INVALID_VALUE, "vi", is_lookup=True)
    elsewhere = problem_body(ProblemCode.INVALID_VALUE, "vi")
    assert (
        at_the_desk["next_step"] == f"{elsewhere['next_step']} Không yêu cầu công dân nộp giấy tờ vì lỗi này."
    )
    assert "giấy" not in elsewhere["next_step"]


def test_an_invalid_value_names_its_places_in_words() -> None:
    whole = problem_body(ProblemCode.INVALID_VALUE, "vi", fields=("",))
    assert whole["detail"] == problem_body(ProblemCode.INVALID_VALUE, "vi")["detail"]
    many = tuple(f"/{letter}" for letter in "abcdefgh")
    assert problem_body(ProblemCode.INVALID_VALUE, "vi", fields=("/from_day",))["detail"].endswith(
        " Xem: /from_day."
    )
    assert problem_body(ProblemCode.INVALID_VALUE, "en", fields=many)["detail"].endswith(
        " See: /a, /b, /c, /d, /e, /f."
    )


@pytest.mark.parametrize("code", CODES)
def test_a_problem_is_one_of_rfc_9457_with_our_members(code: ProblemCode) -> None:
    body = problem_body(code, "en", fields=("/citizen",), request_id="x")
    assert body["type"] == f"urn:dancu:problem:{code.value}"
    assert body["status"] == KINDS[code].status
    assert body["origin"] in set(Origin)
    assert body["errors"] == [{"pointer": "/citizen"}]
    assert {"title", "detail", "next_step", "code", "request_id"} <= body.keys()


def test_trouble_of_the_national_side_says_so() -> None:
    national = {code for code in ProblemCode if KINDS[code].origin is Origin.NATIONAL}
    assert national == {code for code in ProblemCode if code.value.startswith("upstream_")}


@pytest.mark.parametrize("code", CODES)
def test_no_problem_is_ever_stored(code: ProblemCode) -> None:
    response = problem_response(GatewayError(code), "vi", request_id="x")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Language"] == "vi"
    assert ("Retry-After" in response.headers) == (response.status_code == 503)


def test_who_comes_too_often_is_told_when_to_come_back() -> None:
    error = TooManyError(ProblemCode.TOO_MANY_LOOKUPS, retry_after_seconds=17)
    assert problem_response(error, "vi", request_id="x").headers["Retry-After"] == "17"


def test_an_earlier_answer_is_named_by_id_and_outcome() -> None:
    body = problem_body(ProblemCode.ALREADY_ANSWERED, "vi", lookup_id="l", outcome="found")
    assert (body["lookup_id"], body["outcome"]) == ("l", "found")
    conflict = ConflictError(ProblemCode.ALREADY_ANSWERED, outcome="found")
    assert b'"outcome":"found"' in problem_response(conflict, "vi", request_id="x").body


@pytest.mark.parametrize(
    ("code", "challenge"),
    [
        (ProblemCode.TOKEN_MISSING, 'Bearer realm="dancu"'),
        (ProblemCode.TOKEN_INVALID, 'Bearer realm="dancu", error="invalid_token"'),
        (ProblemCode.TOKEN_EXPIRED, 'Bearer realm="dancu", error="invalid_token"'),
    ],
)
def test_who_must_sign_in_is_challenged_as_rfc_6750_says(code: ProblemCode, challenge: str) -> None:
    response = problem_response(GatewayError(code), "vi", request_id="x")
    assert response.headers["WWW-Authenticate"] == challenge
