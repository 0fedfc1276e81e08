"""Our server turns lookups away without beginning them, and says and does what the middleware would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.parser import BytesParser
from typing import Final

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.errors import GatewayError, ProblemCode
from app.web.ready_answers import ReadyAnswers
from app.web.serving import ServingProtocol
from app.web.shedding import GatewayOverloadedError, Shedding, Valve

DATE: Final = (b"date", b"Sun, 22 Nov 2026 05:00:00 GMT")
LAST: Final = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
AN_ID: Final = b"X-Request-Id: 0192f0c1-0000-7000-8000-00000000beef\r\n"
LOOKUP: Final = b"POST /lookups HTTP/1.1\r\nHost: x\r\n"
WITH_BODY: Final = b"Content-Length: 4\r\n\r\nbody"


class Front:
    """An application whose outermost part turns lookups away, and which answers whatever it lets in."""

    def __init__(self, *, lets_in: int) -> None:
        self.valve = Valve(0.05)
        self.valve.is_shut = True
        self.valve.look(0.0, 0.0)
        for _ in range(32 - lets_in):
            self.valve.lets_in()
        self.outermost = Shedding(self.answer, valve=self.valve, paths=("/lookups",))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.outermost(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        del scope
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"found"})


@asynccontextmanager
async def connected(
    kind: type[HttpToolsProtocol], app: ASGIApp
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve *app* by *kind* and yield a connection to it."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, proxy_headers=False, ws="none"
    )
    config.load()
    state = ServerState()
    state.default_headers = [DATE]
    server = await asyncio.get_running_loop().create_server(lambda: kind(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            async with asyncio.timeout(10):
                yield reader, writer
        finally:
            writer.close()
            await writer.wait_closed()


async def answered(app: ASGIApp, *sent: bytes, kind: type[HttpToolsProtocol] = ServingProtocol) -> bytes:
    """Return all that comes for *sent*, a piece at a time, until the connection ends."""
    async with connected(kind, app) as (reader, writer):
        for piece in sent:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return await reader.read()


def parts(answer: bytes) -> tuple[bytes, list[tuple[str, str]], bytes]:
    """Return status line, headers in order of their names, and body of the first of several answers."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    status, _, lines = head.partition(b"\r\n")
    headers = BytesParser().parsebytes(lines)
    return status, sorted(headers.items()), rest[: int(str(headers["content-length"]))]


@pytest.mark.parametrize(
    "headers",
    [b"", b"Accept-Language: en\r\n", b"Accept-Language: vi\r\nAccept-Language: en\r\n"],
    ids=["none", "english", "two languages"],
)
async def test_whoever_is_turned_away_is_told_what_the_middleware_says(headers: bytes) -> None:
    asked = LOOKUP + AN_ID + headers + WITH_BODY + LAST
    ours = await answered(Front(lets_in=0), asked)
    middlewares = await answered(Front(lets_in=0), asked, kind=HttpToolsProtocol)

    assert ours.startswith(b"HTTP/1.1 503 Service Unavailable\r\ndate: ")
    assert parts(ours) == parts(middlewares)


@pytest.mark.parametrize(
    "headers",
    [b"", b"X-Request-Id: 079123456789\r\n", b"X-Request-Id: \xff\xfe\r\n"],
    ids=["none", "a personal number", "no text"],
)
async def test_whoever_names_no_usable_id_is_given_one(headers: bytes) -> None:
    said = await answered(Front(lets_in=0), LOOKUP + headers + WITH_BODY + LAST)
    _, named, body = parts(said)
    given = dict(named)["x-request-id"]

    assert len(given) == 36
    assert given.encode() in body


@pytest.mark.parametrize(
    "pieces",
    [
        [LOOKUP + WITH_BODY],
        [LOOKUP + b"Content-Length: 4\r\n\r\n", b"bo", b"dy"],
        [LOOKUP + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", b"0\r\n\r\n"],
        [LOOKUP + b"Content-Length: 200000\r\n\r\n", b"x" * 100_000, b"x" * 100_000],
        [LOOKUP + b"Content-Length: 0\r\n\r\n"],
        [LOOKUP + WITH_BODY + LOOKUP + WITH_BODY],
    ],
    ids=["whole", "pieces", "chunked", "large", "empty", "twice"],
)
async def test_the_next_request_begins_where_the_body_of_the_one_turned_away_ends(
    pieces: list[bytes],
) -> None:
    said = await answered(Front(lets_in=0), *pieces, LAST)

    assert said.count(b"HTTP/1.1 503 ") == b"".join(pieces).count(b"POST ")
    assert said.count(b"HTTP/1.1 200 ") == 1
    assert said.endswith(b"\r\n\r\nfound")


@pytest.mark.parametrize(
    "asked",
    [
        LOOKUP + b"Connection: close\r\n" + WITH_BODY,
        b"POST /lookups HTTP/1.0\r\n" + WITH_BODY,
        LOOKUP + b"Expect: 100-continue\r\n" + WITH_BODY + LAST,
        b"POST /look%75ps?a=b HTTP/1.1\r\nHost: x\r\n" + WITH_BODY + LAST,
        LAST.replace(b"Connection: close", b"Accept: */*") + LOOKUP + WITH_BODY + LAST,
    ],
    ids=["closing", "old", "expecting", "escaped", "behind another"],
)
async def test_unusual_lookups_are_turned_away_too(asked: bytes) -> None:
    said = await answered(Front(lets_in=0), asked)

    assert said.count(b" 503 Service Unavailable\r\n") == 1
    assert said.count(b" 200 OK\r\n") == asked.count(b"GET ")


async def test_whoever_the_server_let_in_is_not_asked_again() -> None:
    front = Front(lets_in=1)
    said = await answered(front, LOOKUP + WITH_BODY, LAST)

    assert said.count(b" 200 OK\r\n") == 2
    assert not front.valve.lets_in()


async def test_nobody_is_turned_away_while_the_valve_is_open() -> None:
    front = Front(lets_in=0)
    front.valve.is_shut = False
    said = await answered(front, LOOKUP + WITH_BODY + LAST)

    assert said.count(b" 200 OK\r\n") == 2


async def test_what_was_turned_away_was_never_begun() -> None:
    front = Front(lets_in=0)
    before = front.valve.begun
    await answered(front, LOOKUP + WITH_BODY + LAST)

    assert front.valve.begun - before == 1


async def test_a_caller_may_leave_before_its_body_is_there() -> None:
    async with connected(ServingProtocol, Front(lets_in=0)) as (reader, writer):
        writer.write(LOOKUP + b"Content-Length: 10\r\n\r\nbody")
        await reader.readuntil(b"\r\n\r\n")


def test_a_ready_answer_names_its_request() -> None:
    ready = ReadyAnswers([GatewayOverloadedError(3), GatewayError(ProblemCode.INTERNAL_ERROR)])
    answer = ready.pick(3, [(b"x-request-id", b"0192f0c1-0000-7000-8000-00000000beef")])

    assert b"retry-after: 3\r\n" in answer
    assert answer.count(b"0192f0c1-0000-7000-8000-00000000beef") == 2
