"""Reading a request's body: bounded, strict, and never repeating what was sent."""

from collections.abc import Awaitable
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request
from starlette.types import Message, Receive

from app.errors import InvalidRequestError, ProblemCode
from app.time_limit import TimeLimit
from app.web.arrived import ArrivedBody
from app.web.headers import first_header
from app.web.refused_values import MediaTypeError

M = TypeVar("M", bound=BaseModel)
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_MAX_FORM_FIELDS: Final = 32
_MAX_POINTERS: Final = 32
_LONGEST_LENGTH: Final = 18  # digits of a Content-Length worth reading as a number
_ARRIVAL_SECONDS: Final = 30.0


class Body(BaseModel):
    """Base of every body: unknown members are refused, numbers are not taken for texts."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


async def read_json(request: Request, model: type[M], *, max_bytes: int) -> tuple[M, bytes]:
    """Return the body as *model*, and its bytes.

    Raises InvalidRequestError: UNSUPPORTED_MEDIA_TYPE, REQUEST_TOO_LARGE, MALFORMED_REQUEST (no JSON),
    UNKNOWN_FIELD, INVALID_VALUE.
    """
    _expect(request, _JSON)
    content = await read_bytes(request, max_bytes=max_bytes)
    try:
        # What "model_validate_json" asks as well, once it has looked at options that nobody gave.
        read: M = model.__pydantic_validator__.validate_json(content)
    except ValidationError as error:
        refusal = _refusal(error.errors(include_input=False, include_url=False, include_context=False))
    else:
        return read, content
    # Raised outside "except": pydantic's own message would otherwise ride along as context.
    raise refusal


async def read_form(request: Request, *, max_bytes: int) -> dict[str, str]:
    """Return a form's fields; InvalidRequestError where it is no form, or names a field twice (RFC 6749)."""
    _expect(request, _FORM)
    content = await read_bytes(request, max_bytes=max_bytes)
    try:
        pairs = parse_qsl(
            content.decode("utf-8"), keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=_MAX_FORM_FIELDS,
        )  # fmt: skip
    except ValueError:
        pairs = []
    fields = dict(pairs)
    if not fields or len(fields) != len(pairs):
        # Raised outside "except": a decoder's error holds the whole form, the password included.
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    return fields


async def read_bytes(request: Request, *, max_bytes: int, arrival_seconds: float = _ARRIVAL_SECONDS) -> bytes:
    """Return the body.

    Raises InvalidRequestError: REQUEST_TOO_LARGE as soon as it proves so, MALFORMED_REQUEST where it does
    not arrive whole in time.
    """
    declared = first_header(request.scope, b"content-length") or "0"
    if declared.isascii() and declared.isdigit() and _is_beyond(declared, max_bytes):
        raise InvalidRequestError(ProblemCode.REQUEST_TOO_LARGE)
    arriving = request.receive()
    if isinstance(arriving, ArrivedBody):
        if len(arriving.body) > max_bytes:
            raise InvalidRequestError(ProblemCode.REQUEST_TOO_LARGE)
        return arriving.body
    try:
        with TimeLimit(arrival_seconds):
            return await _whole_body(arriving, request.receive, max_bytes)
    except TimeoutError:
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST) from None


async def _whole_body(first: Awaitable[Message], receive: Receive, max_bytes: int) -> bytes:
    chunks = bytearray()
    message = await first
    while True:
        if message["type"] == "http.disconnect":
            raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
        chunk: bytes = message.get("body", b"")
        if len(chunks) + len(chunk) > max_bytes:
            raise InvalidRequestError(ProblemCode.REQUEST_TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(chunks + chunk) if chunks else chunk
        chunks += chunk
        message = await receive()


def _is_beyond(digits: str, limit: int) -> bool:
    # int() refuses thousands of digits with an error of its own.
    return len(digits) > _LONGEST_LENGTH or int(digits) > limit


def _expect(request: Request, media_type: str) -> None:
    given = first_header(request.scope, b"content-type") or ""
    if given != media_type and given.split(";", maxsplit=1)[0].strip().lower() != media_type:
        raise MediaTypeError((media_type,))


def _refusal(errors: list[ErrorDetails]) -> InvalidRequestError:
    kinds = {error["type"] for error in errors}
    if "json_invalid" in kinds:
        return InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    if "extra_forbidden" in kinds:
        # The member's name is the client's own text: point to its parent only.
        parents = {_pointer(error["loc"][:-1]) for error in errors if error["type"] == "extra_forbidden"}
        return InvalidRequestError(ProblemCode.UNKNOWN_FIELD, fields=tuple(sorted(parents)))
    pointers = sorted({_pointer(error["loc"]) for error in errors})
    return InvalidRequestError(ProblemCode.INVALID_VALUE, fields=tuple(pointers[:_MAX_POINTERS]))


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}" for part in location)
