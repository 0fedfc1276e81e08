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


class Transport(asyncio.Transport):
    """Takes what is written."""

    is_closed = False

    def write(self, data: object) -> None:
        del data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def a_connection() -> tuple[ServingProtocol, Transport]:
    """Return our protocol with a new connection, without a socket."""
    config = uvicorn.Config(whole, lifespan="off", log_config=None, access_log=False, ws="none")
    config.load()
    protocol, transport = ServingProtocol(config, ServerState(), {}), Transport()
    protocol.connection_made(transport)
    return protocol, transport


@asynccontextmanager
async def serving(kind: type[HttpToolsProtocol], app: ASGIApp, keep_seconds: float) -> AsyncIterator[int]:
    """Serve *app* by *kind* on the port that comes."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, proxy_headers=False, ws="none"
    )
    config.load()
    config.timeout_keep_alive = keep_seconds  # type: ignore[assignment] # a timer takes parts of seconds, too
    state = ServerState()
    state.default_headers = [DATE]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answered(
    kind: type[HttpToolsProtocol], app: ASGIApp, sent: bytes, *, keep_seconds: float = 5
) -> bytes:
    """Return all that comes for *sent* until the connection ends, *keep_seconds* after the last answer."""
    async with serving(kind, app, keep_seconds) as port:
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


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["n", "r", "rn"])
async def test_no_header_ends_in_a_line_of_its_own_the_last_one_neither(end: bytes) -> None:
    async def ill(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", b"5"), (b"x-last", b"1" + end)]
        await send({"type": "http.response.start", "status": 200, "headers": headers, "body": b"whole"})

    assert await answered(ServingProtocol, ill, REQUESTS["usual"]) == b""


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


async def test_a_connection_that_is_idle_is_closed() -> None:
    said = await answered(ServingProtocol, whole, REQUESTS["usual"].removesuffix(LAST), keep_seconds=0.01)
    assert said.endswith(b"whole")


async def test_a_connection_is_not_idle_while_a_request_is_answered() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/last":
            await asyncio.sleep(0.05)  # the timer that began with the first answer ends meanwhile
        await whole(scope, receive, send)

    said = await answered(ServingProtocol, slow, REQUESTS["usual"], keep_seconds=0.01)
    assert said.count(b"whole") == 2


async def test_a_timer_of_a_busy_connection_waits_for_the_rest_of_its_time() -> None:
    protocol, transport = a_connection()
    for _ in range(2):
        protocol.data_received(REQUESTS["usual"].removesuffix(LAST))
        await asyncio.gather(*protocol.tasks)
    first = protocol.timeout_keep_alive_task
    protocol.timeout_keep_alive_handler()
    assert protocol.timeout_keep_alive_task not in {None, first}
    assert not transport.is_closed
    protocol.connection_lost(ConnectionResetError())
    assert protocol.timeout_keep_alive_task is not None
    assert protocol.timeout_keep_alive_task.cancelled()


async def test_a_connection_whose_body_came_after_its_answer_is_idle_then() -> None:
    protocol, transport = a_connection()
    protocol.data_received(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo")
    await asyncio.gather(*protocol.tasks)
    protocol.timeout_keep_alive = 0
    protocol.data_received(b"d")
    protocol.timeout_keep_alive_handler()
    assert not transport.is_closed
    protocol.data_received(b"y")
    protocol.timeout_keep_alive_handler()
    assert transport.is_closed


async def test_a_connection_is_not_idle_where_a_request_came_with_the_end_of_a_body_answered_before() -> None:
    protocol, transport = a_connection()
    protocol.data_received(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo")
    await asyncio.gather(*protocol.tasks)
    protocol.timeout_keep_alive = 0
    protocol.data_received(b"dy" + REQUESTS["usual"].removesuffix(LAST))
    protocol.timeout_keep_alive_handler()
    assert not transport.is_closed
    await asyncio.gather(*protocol.tasks)
    protocol.timeout_keep_alive_handler()
    assert transport.is_closed
