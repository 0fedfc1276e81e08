"""What clients see when something goes wrong: our codes as RFC 9457 problems."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from app.errors import ConflictError, GatewayError, ProblemCode
from app.web.papers import Advice, paper_body
from app.web.problem_kinds import KINDS
from app.web.problem_texts import NO_PAPER_FOR_IT, TEXTS, Language, ProblemText, no_paper

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:dancu:problem:"
_RETRY_SECONDS: Final = 5
_WEIGHT: Final = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_SEE: Final[Mapping[Language, str]] = {"vi": "Xem:", "en": "See:"}
_MOST_NAMED: Final = 6
_CHALLENGE: Final = 'Bearer realm="dancu"'


def language_of(accept_language: str | None) -> Language:
    """Return English where it is preferred to Vietnamese (RFC 9110 section 12.5.4), otherwise Vietnamese."""
    if not accept_language:
        return "vi"
    preferred, highest = "vi", 0.0
    for part in accept_language.lower().split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().partition("-")[0]
        if language in {"vi", "en"} and _weight(weight) > highest:
            preferred, highest = language, _weight(weight)
    return "en" if preferred == "en" else "vi"


def _weight(parameter: str) -> float:
    if not parameter.strip():
        return 1.0
    weight = _WEIGHT.fullmatch(parameter.strip())
    return float(weight[1]) if weight else 0.0


def problem_body(
    code: ProblemCode,
    language: Language,
    *,
    fields: tuple[str, ...] = (),
    is_lookup: bool = False,
    **members: object,
) -> dict[str, Any]:
    """Return the problem as JSON members; *fields* are pointers, the rejected values never appear."""
    kind, text = KINDS[code], text_of(code, language, is_lookup=is_lookup)
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code.value,
        "title": text.title,
        "status": kind.status.value,
        "code": code.value,
        "detail": text.detail,
        "origin": kind.origin.value,
        "next_step": text.next_step,
    }
    if kind.opens_paper is not None:
        body["paper"] = paper_body(
            may_ask=kind.opens_paper,
            because=text.detail,
            language=language,
            advice=(Advice.SHOW_IN_VNEID,) if kind.opens_paper else (),
        )
    named = [pointer for pointer in fields if pointer][:_MOST_NAMED]
    if named and code is ProblemCode.INVALID_VALUE:
        body["detail"] += f" {_SEE[language]} {', '.join(named)}."
    if fields:
        body["errors"] = [{"pointer": pointer} for pointer in fields]
    body.update({name: value for name, value in members.items() if value is not None})
    if kind.opens_paper and "detail" in members:
        body["paper"]["because"] = members["detail"]  # paper is opened by what happened to this lookup
    return body


def text_of(code: ProblemCode, language: Language, *, is_lookup: bool = False) -> ProblemText:
    """Return title, detail and next step of a problem; in lookups also that paper is no way out."""
    text = TEXTS[code][language]
    return no_paper(text, language) if is_lookup and code in NO_PAPER_FOR_IT else text


def problem_response(
    error: GatewayError, language: Language, *, request_id: str, is_lookup: bool = False
) -> Response:
    """Return *error* as an HTTP answer."""
    lookup_id = str(error.lookup_id) if error.lookup_id else None
    outcome = error.outcome if isinstance(error, ConflictError) else None
    body = problem_body(
        error.code,
        language,
        fields=error.fields,
        is_lookup=is_lookup,
        lookup_id=lookup_id,
        outcome=outcome,
        request_id=request_id,
        **error.members(language),
    )
    status = KINDS[error.code].status
    headers = {"Cache-Control": "no-store", "Content-Language": language}
    if lookup_id:
        headers["X-Lookup-Id"] = lookup_id
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    elif status is HTTPStatus.UNAUTHORIZED:
        # A request without a token is told nothing more (RFC 6750 section 3.1).
        is_missing = error.code is ProblemCode.TOKEN_MISSING
        headers["WWW-Authenticate"] = _CHALLENGE if is_missing else f'{_CHALLENGE}, error="invalid_token"'
    return Response(orjson.dumps(body), status.value, headers, MEDIA_TYPE)
