"""What old software gets: found and nobody in the live shape, all else as an error it cannot misread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.responses import Response

from app.audit.record import Outcome
from app.compat.old_call import OldCall, Operation, Shape
from app.compat.record_xml import as_tree, count_answer, exists_answer, fault_answer, record_answer
from app.errors import ConflictError, GatewayError, ProblemCode
from app.lookup.command import Disclosure
from app.lookup.texts import OUTCOME_MESSAGES, PAPER_REASONS
from app.web.papers import PAPER_NAMES
from app.web.problem_kinds import KINDS
from app.web.problems import text_of

_XML: Final = "application/xml; charset=utf-8"
_JSON: Final = "application/json"
_RETRY_SECONDS: Final = 5
# What the texts call "mục paper": old software has no such member.
_PAPERS: Final = "; ".join(name["vi"] for name in PAPER_NAMES.values())
_OWN_DETAILS: Final = {
    ProblemCode.INVALID_BIRTH_DATE: (
        "Ngày sinh phải là ngày có thật, viết liền năm tháng ngày (NgayThangNam: 19900509), hoặc chỉ năm sinh"
        " (Nam: 1990). Chưa tra cứu."
    ),
}
"""What is written otherwise here than at /v1."""
_OLD_NAMES: Final = {"retry_of": "X-Retry-Of"}
"""What the lookup itself points to; the rest is read here, and named as it was written."""
_ASKS_FOR_ID: Final = "mã yêu cầu"
_PROCEDURES: Final = "004"
_OFFICERS: Final = "005"
_OPENCPS_CODES: Final = {
    ProblemCode.PROCEDURE_NEEDED: _PROCEDURES,
    ProblemCode.PROCEDURE_AMBIGUOUS: _PROCEDURES,
    ProblemCode.PROCEDURE_UNKNOWN: _PROCEDURES,
    ProblemCode.PROCEDURE_NOT_GRANTED: _PROCEDURES,
    ProblemCode.PROCEDURE_NOT_IN_FORCE: _PROCEDURES,
    ProblemCode.PROCEDURE_NOT_MAPPED: _PROCEDURES,
    ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED: _PROCEDURES,
    ProblemCode.QUESTION_TYPE_NOT_PERMITTED: _PROCEDURES,
    ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED: _PROCEDURES,
    ProblemCode.LOOKUP_KEY_NEEDED: _OFFICERS,
    ProblemCode.LOOKUP_KEY_REFUSED: _OFFICERS,
    ProblemCode.LOOKUP_KEY_EXPIRED: _OFFICERS,
    ProblemCode.OFFICER_NOT_MAPPED: _OFFICERS,
    ProblemCode.OFFICER_SUSPENDED: _OFFICERS,
    ProblemCode.ROLE_NOT_PERMITTED: _OFFICERS,
    ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED: _OFFICERS,
}
"""The two codes that pages of OpenCPS have words of their own for (wire format, section 4.5)."""


def answer_of(call: OldCall, disclosure: Disclosure, *, request_id: str) -> Response:
    """Return found and nobody as the software knows them; a record that differs is an error."""
    if disclosure.outcome not in {Outcome.FOUND, Outcome.NOT_FOUND}:
        return _differs(call.shape, disclosure, request_id)
    is_known = disclosure.outcome is Outcome.FOUND
    headers = _headers(disclosure.lookup_id) | {"X-Outcome": disclosure.outcome.value}
    if call.shape is Shape.FLAG:
        return Response(orjson.dumps({"data": is_known}), 200, headers, _JSON)
    xml = _xml(call, disclosure.citizen if is_known else None, is_known=is_known)
    if call.shape is Shape.WRAPPED:
        return Response(orjson.dumps({"error_code": "0", "message": xml.decode()}), 200, headers, _JSON)
    if call.shape is Shape.TREE:
        return Response(orjson.dumps(as_tree(xml)), 200, headers, _JSON)
    return Response(xml, 200, headers, _XML)


def error_answer(error: GatewayError, *, is_json: bool, request_id: str) -> Response:
    """Return *error* in the software's own shape, HTTP 400 or more, with the officer's text in Vietnamese."""
    said, own = text_of(error.code, "vi", is_lookup=True), error.members("vi")
    detail = own.get("detail", _OWN_DETAILS.get(error.code, said.detail))
    names = [name for each in error.fields if (name := _old_name(each))]
    pointed_out = f" Xem: {', '.join(names)}." if names else ""
    text = f"{detail}{pointed_out} {own.get('next_step', said.next_step)}"
    if KINDS[error.code].opens_paper:
        text = f"{text} Mục paper: {_PAPERS}."
    headers = _headers(error.lookup_id)
    if isinstance(error, ConflictError) and error.outcome is not None:
        headers["X-Outcome"] = error.outcome
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    wrong = _Wrong(error.code, text, error.lookup_id, request_id, names)
    return _error(wrong, headers, is_json=is_json)


def token_answer(body: Mapping[str, Any]) -> Response:
    """Return a token."""
    return Response(orjson.dumps(body), 200, {"Cache-Control": "no-store", "Pragma": "no-cache"}, _JSON)


def _xml(call: OldCall, citizen: dict[str, object] | None, *, is_known: bool) -> bytes:
    if call.shape is Shape.COUNT:
        return count_answer(is_known=is_known)
    if call.shape is Shape.EXISTS:
        return exists_answer(is_known=is_known)
    if call.operation is Operation.CONFIRM:  # in the tree of OpenCPS
        return count_answer(is_known=is_known)
    return record_answer(citizen, call.prefix)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What an error says: *fields* by the names that the caller gave them."""

    code: ProblemCode
    text: str
    lookup_id: UUID | None
    request_id: str
    fields: Sequence[str] = ()


def _old_name(pointer: str) -> str:
    name = pointer.removeprefix("/")
    return _OLD_NAMES.get(name, name)


def _differs(shape: Shape, disclosure: Disclosure, request_id: str) -> Response:
    words = (OUTCOME_MESSAGES[disclosure.outcome], PAPER_REASONS[disclosure.paper.because])
    text = " ".join(word["vi"] for word in words)
    headers = _headers(disclosure.lookup_id) | {"X-Outcome": disclosure.outcome.value}
    wrong = _Wrong(ProblemCode.RECORD_DIFFERS, text, disclosure.lookup_id, request_id)
    return _error(wrong, headers, is_json=shape.is_json)


def _error(wrong: _Wrong, headers: dict[str, str], *, is_json: bool) -> Response:
    code, text = wrong.code, wrong.text
    status = KINDS[code].status
    named = str(wrong.lookup_id) if wrong.lookup_id is not None else None
    if _ASKS_FOR_ID in text:  # most old software shows the text alone
        text = f"{text} Mã yêu cầu: {wrong.request_id}."
    if named is not None:
        text = f"{text} Mã lượt tra cứu: {named}."
    headers["X-Problem-Code"] = code.value
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="dancu"'
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(_RETRY_SECONDS))
    if is_json:
        body = {
            "error_code": code.value,
            "errorCode": _OPENCPS_CODES.get(code, code.value),
            "message": text,
            "data": None,
            "lookup_id": named,
            "request_id": wrong.request_id,
            "fields": list(wrong.fields),
        }
        return Response(orjson.dumps(body), status.value, headers, _JSON)
    is_callers = status.value < HTTPStatus.INTERNAL_SERVER_ERROR
    content = fault_answer(
        is_callers=is_callers,
        text=text,
        code=code.value,
        lookup_id=named,
        request_id=wrong.request_id,
        fields=wrong.fields,
    )
    return Response(content, status.value, headers, _XML)


def _headers(lookup_id: UUID | None) -> dict[str, str]:
    headers = {"Cache-Control": "no-store", "Content-Language": "vi"}
    if lookup_id is not None:
        headers["X-Lookup-Id"] = str(lookup_id)
    return headers
