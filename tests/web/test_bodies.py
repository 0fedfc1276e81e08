"""Reading bodies: bounded whatever the headers claim, and silent about what was sent."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from pydantic import Field
from starlette.requests import Request
from starlette.types import Message

from app.errors import InvalidRequestError, ProblemCode
from app.web.arrived import ArrivedBody
from app.web.bodies import Body, read_bytes, read_form, read_json

PLANTED = "099190000017"


class Wanted(Body):
    name: str = Field(max_length=5)
    marks: list[int] = Field(default=[])


def a_request(chunks: Iterable[bytes | None], **headers: str) -> Request:
    """Return a request whose body comes in *chunks*; None stands for a caller who hangs up."""

    async def messages() -> AsyncIterator[Message]:
        for chunk in chunks:
            if chunk is None:
                yield {"type": "http.disconnect"}
            else:
                yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    pending = messages()

    async def receive() -> Message:
        return await anext(pending)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": named}
    return Request(scope, receive)


async def _code(reading: Any) -> ProblemCode:
    with pytest.raises(InvalidRequestError) as caught:
        await reading
    error = caught.value
    assert PLANTED not in f"{error!r} {error.fields} {error.__cause__!r} {error.__context__!r}"
    return error.code


async def test_a_body_is_read_whole() -> None:
    assert await read_bytes(a_request([b"ab", b"cd"]), max_bytes=4) == b"abcd"


async def test_a_body_that_is_here_already_is_read_at_once() -> None:
    request = Request({"type": "http", "headers": []}, lambda: ArrivedBody(b"abcd"))
    assert await read_bytes(request, max_bytes=4) == b"abcd"
    assert await request.body() == b"abcd"  # for whoever awaits it, it is a message like any other
    assert await _code(read_bytes(request, max_bytes=3)) is ProblemCode.REQUEST_TOO_LARGE


async def test_a_body_without_end_is_cut_at_its_limit() -> None:
    assert await _code(read_bytes(a_request([b"abc", b"de"]), max_bytes=4)) is ProblemCode.REQUEST_TOO_LARGE


@pytest.mark.parametrize("length", ["5", "9" * 26, "9" * 5000])
async def test_a_declared_length_beyond_the_limit_is_refused_unread(length: str) -> None:
    request = a_request([], content_length=length)
    assert await _code(read_bytes(request, max_bytes=4)) is ProblemCode.REQUEST_TOO_LARGE


@pytest.mark.parametrize("length", ["0", "-1", "1.5", "٣", "", "nonsense", "000000000000000001"])
async def test_a_length_that_lies_or_is_none_changes_nothing(length: str) -> None:
    assert await read_bytes(a_request([b"abcd"], content_length=length), max_bytes=4) == b"abcd"


async def test_a_caller_who_hangs_up_sent_no_request() -> None:
    reading = read_bytes(a_request([PLANTED.encode(), None]), max_bytes=99)
    assert await _code(reading) is ProblemCode.MALFORMED_REQUEST


async def test_a_body_that_never_arrives_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.sleep(3600)
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    reading = read_bytes(request, max_bytes=4, arrival_seconds=0.01)
    assert await _code(reading) is ProblemCode.MALFORMED_REQUEST


JSONS = {
    "empty": (b"", ProblemCode.MALFORMED_REQUEST, ()),
    "cut off": (f'{{"name": "{PLANTED}'.encode(), ProblemCode.MALFORMED_REQUEST, ()),
    "not UTF-8": (f'{{"name": "{PLANTED}\xff"}}'.encode("latin-1"), ProblemCode.MALFORMED_REQUEST, ()),
    "UTF-16": (f'{{"name": "{PLANTED}"}}'.encode("utf-16"), ProblemCode.MALFORMED_REQUEST, ()),
    "lone surrogate": (f'{{"name": "\\ud800{PLANTED}"}}'.encode(), ProblemCode.MALFORMED_REQUEST, ()),
    "deep": (b"[" * 60_000, ProblemCode.MALFORMED_REQUEST, ()),
    "a huge number": (b'{"name": ' + b"9" * 60_000 + b"}", ProblemCode.MALFORMED_REQUEST, ()),
    "two documents": (b'{"name": "a"}{"name": "b"}', ProblemCode.MALFORMED_REQUEST, ()),
    "a list": (f'["{PLANTED}"]'.encode(), ProblemCode.INVALID_VALUE, ("",)),
    "null": (b"null", ProblemCode.INVALID_VALUE, ("",)),
    "missing": (b"{}", ProblemCode.INVALID_VALUE, ("/name",)),
    "a number for a text": (f'{{"name": {int(PLANTED)}}}'.encode(), ProblemCode.INVALID_VALUE, ("/name",)),
    "not a number": (b'{"name": NaN}', ProblemCode.INVALID_VALUE, ("/name",)),
    "too long": (f'{{"name": "{PLANTED}"}}'.encode(), ProblemCode.INVALID_VALUE, ("/name",)),
    "in a list": (f'{{"name":"","marks":["{PLANTED}"]}}'.encode(), ProblemCode.INVALID_VALUE, ("/marks/0",)),
    "unknown member": (f'{{"name": "a", "{PLANTED}": 1}}'.encode(), ProblemCode.UNKNOWN_FIELD, ("",)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code", "pointers"), JSONS.values(), ids=JSONS)
async def test_json_that_cannot_be_right_is_refused_without_being_repeated(
    content: bytes, code: ProblemCode, pointers: tuple[str, ...]
) -> None:
    request = a_request([content], content_type="application/json")
    with pytest.raises(InvalidRequestError) as caught:
        await read_json(request, Wanted, max_bytes=100_000)
    assert (caught.value.code, caught.value.fields) == (code, pointers)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_a_thousand_mistakes_are_answered_with_a_few_pointers() -> None:
    content = b'{"name": "a", "marks": [' + b",".join([b'"x"'] * 1000) + b"]}"
    request = a_request([content], content_type="application/json")
    with pytest.raises(InvalidRequestError) as caught:
        await read_json(request, Wanted, max_bytes=100_000)
    assert len(caught.value.fields) == 32


async def test_json_with_a_charset_or_in_capitals_is_json() -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON", " application/json "):
        body, _ = await read_json(a_request([b'{"name": "a"}'], content_type=kind), Wanted, max_bytes=99)
        assert body.name == "a"


@pytest.mark.parametrize("kind", ["", "text/json", "application/jsonx", "application/x-www-form-urlencoded"])
async def test_another_media_type_is_refused_unread(kind: str) -> None:
    reading = read_json(a_request([b"{}"], content_type=kind), Wanted, max_bytes=99)
    assert await _code(reading) is ProblemCode.UNSUPPORTED_MEDIA_TYPE


FORM = "application/x-www-form-urlencoded"


async def test_a_form_is_read_with_its_blanks_and_accents() -> None:
    request = a_request([b"a=1+2&b=&c=%C4%90%E1%BB%A9c"], content_type=FORM)
    assert await read_form(request, max_bytes=99) == {"a": "1 2", "b": "", "c": "Đức"}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff099190000017", b"a=%FF099190000017", b"099190000017", b"a=1&a=099190000017", b"a=1&&"],
)  # fmt: skip
async def test_what_is_no_form_is_refused_without_being_repeated(content: bytes) -> None:
    reading = read_form(a_request([content], content_type=FORM), max_bytes=99)
    assert await _code(reading) is ProblemCode.MALFORMED_REQUEST
