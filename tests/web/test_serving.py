"""Our server answers to the byte as uvicorn's own does, in one message or two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.web.answers import WHOLE_ANSWER, JsonAnswer
from app.web.serving import ServingProtocol

DATE: Final = (b"date", b"Sun, 22 Nov 2026 05:00:00 GMT")
LAST: Final = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REQUESTS: Final = {
    "usual": b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody" + LAST,
    "twice": b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + LAST,
    "closing": LAST,
    "old": b"GET /old HTTP/1.0\r\nHost: x\r\n\r\n",
    "old_kept": b"GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "head": b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + LAST,
    "escaped": b"GET /a%2Fb%C3%A9?c=%20d&e HTTP/1.1\r\nHost: x\r\n\r\n" + LAST,
    "absolute": b"GET http://other:81/a?b HTTP/1.1\r\nHost: x\r\n\r\n" + LAST,
    "star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" + LAST,
    "expecting": b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody" + LAST,
    "chunked": b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" + LAST,
    "upgrade": b"GET /a HTTP/1.1\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n",
    "broken": b"GET /a HTTP/9.9\r\nno header\r\n\r\n",
    "injected": b"GET /injected HTTP/1.1\r\nHost: x\r\n\r\n" + LAST,
}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what is known of the request; at one path with a header that would be two."""
    seen: dict[str, Any] = {"body": (await Request(scope, receive).body()).decode()}
    for name in ("type", "http_version", "method", "scheme", "root_path", "path", "raw_path", "query_string"):
        seen[name] = str(scope[name])
    seen["headers"] = str(scope["headers"])
    value = b"1\r\nx-second: 2" if scope["path"] == "/injected" else b"1"
    await JsonAnswer(seen, (b"x-first", value))(scope, receive, send)


async def whole(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in one message, to whatever is asked."""
    del receive
    assert WHOLE_ANSWER in scope["extensions"]
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers, "body": b"whole"})


@asynccontextmanager
async def serving(kind: type[HttpToolsProtocol], app: ASGIApp) -> AsyncIterator[int]:
    """Serve *app* by *kind* on the port that comes."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, proxy_headers=False, ws="none"
    )
    config.load()
    state = ServerState()
    state.default_headers = [DATE]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answered(kind: type[HttpToolsProtocol], app: ASGIApp, sent: bytes) -> bytes:
    """Return all that comes for *sent* until the connection ends."""
    async with serving(kind, app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("name", REQUESTS)
async def test_answers_are_those_of_uvicorn_to_the_byte(name: str) -> None:
    ours = await answered(ServingProtocol, echo, REQUESTS[name])
    assert ours == await answered(HttpToolsProtocol, echo, REQUESTS[name])


async def test_a_header_that_would_be_two_is_no_answer() -> None:
    assert await answered(ServingProtocol, echo, REQUESTS["injected"]) == b""


@pytest.mark.parametrize("name", ["usual", "twice", "closing", "old", "old_kept"])
async def test_a_whole_answer_needs_one_message(name: str) -> None:
    said = await answered(ServingProtocol, whole, REQUESTS[name])
    assert (
        said.count(b"HTTP/1.1 200 OK\r\ndate: ")
        == said.count(b"\r\n\r\nwhole")
        == REQUESTS[name].count(b"HTTP/1.")
    )


async def test_a_whole_answer_to_head_is_its_head() -> None:
    said = await answered(ServingProtocol, whole, REQUESTS["head"])
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.count(b"content-length: 5\r\n") == 2
    assert said.count(b"whole") == 1
