"""Over real sockets: what was surely not sent is told from what may have been, limits, and probes."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from adapters.choose import open_source
from adapters.connection import Connection, Limits
from adapters.httpx_connection import HttpxConnection
from adapters.kept_connection import KeptConnection
from adapters.reasons import Reason
from adapters.resilience.opening import open_roads
from app.clock import SystemClock
from app.errors import SourceError, SourceSilentError
from tests.adapters.bad_server import a_bad_server
from tests.adapters.stand_in import request_about, settings_of

ConnectionBuilder = Callable[..., Connection]
Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
Server = Callable[..., AbstractAsyncContextManager[str]]

GREETING = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
NUMBER = "099190000017"


async def failure_of(connection: Connection, *, seconds_left: float = 5.0) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await connection.post("/find", content=b"question", headers={}, seconds_left=seconds_left)
    return caught.value


def nobody() -> str:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize("url", [nobody(), "http://no!body.invalid"], ids=["refused", "no such name"])
async def test_where_no_connection_is_made_nothing_was_sent(
    a_connection: ConnectionBuilder, url: str
) -> None:
    assert not (await failure_of(a_connection(url))).was_sent


async def test_where_connecting_takes_too_long_nothing_was_sent(a_connection: ConnectionBuilder) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # The kernel takes one connection nobody accepted, and lets the next ones wait for ever.
        with socket.create_connection(address), socket.socket() as waiting:
            waiting.setblocking(False)  # noqa: FBT003 - the standard library's
            waiting.connect_ex(address)
            error = await failure_of(
                a_connection(f"http://127.0.0.1:{address[1]}", connect_seconds=0.2), seconds_left=5.0
            )

    assert (error.reason, error.was_sent) == (Reason.CONNECT_TIMEOUT, False)


async def test_without_time_left_nothing_was_sent(a_connection: ConnectionBuilder) -> None:
    assert not (await failure_of(a_connection(nobody()), seconds_left=0.0)).was_sent


async def test_a_question_that_found_no_free_connection_was_not_sent(
    a_connection: ConnectionBuilder,
) -> None:
    async with a_bad_server() as mute:
        connection = a_connection(mute.url, max_connections=1, connect_seconds=0.05)
        first = asyncio.create_task(failure_of(connection, seconds_left=0.3))
        await mute.was_asked.wait()
        error = await failure_of(connection)
        assert (await first).was_sent

    assert (error.reason, error.was_sent) == (Reason.POOL_EXHAUSTED, False)


async def test_a_question_that_was_hung_up_on_may_have_been_sent(a_connection: ConnectionBuilder) -> None:
    async with a_bad_server(hangs_up=True) as rude:
        error = await failure_of(a_connection(rude.url))

    assert (error.reason, error.was_sent) == (Reason.CONNECTION_LOST, True)


async def test_a_question_on_a_kept_connection_that_ends_under_it_is_not_sent_again(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    asked: list[bytes] = []

    async def answer_once(question: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(question)
        if len(asked) > 1:
            writer.transport.abort()
            return
        writer.write(GREETING)
        await writer.drain()

    async with a_server(answer_once) as url:
        connection = a_connection(url)
        await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)
        error = await failure_of(connection)

    assert (error.reason, error.was_sent, len(asked)) == (Reason.CONNECTION_LOST, True, 2)


@pytest.mark.parametrize("kind", [HttpxConnection, KeptConnection])
async def test_the_wait_for_the_next_byte_has_a_limit_of_its_own(
    kind: Callable[..., Connection],
) -> None:
    async with a_bad_server() as mute:
        connection = kind(
            mute.url,
            connect_seconds=2.0,
            max_connections=1,
            max_answer_bytes=1000,
            limits=Limits(read_seconds=0.05),
        )
        try:
            async with asyncio.timeout(4.0):  # long before the budget
                error = await failure_of(connection, seconds_left=30.0)
        finally:
            await connection.aclose()

    assert (error.reason, error.was_sent) == (Reason.TIMEOUT, True)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such limit")
async def test_bytes_that_nobody_acknowledges_have_a_limit_of_their_own(a_server: Server) -> None:
    async def greet(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        await writer.drain()

    limits: list[int] = []
    async with a_server(greet) as url:
        connection = KeptConnection(
            url,
            connect_seconds=2.0,
            max_connections=1,
            max_answer_bytes=1000,
            limits=Limits(write_seconds=1.5),
        )
        try:
            await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)
            (wire,) = connection._wires
            transport = wire._transport
            assert transport is not None
            sock = transport.get_extra_info("socket")
            limits.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        finally:
            await connection.aclose()

    assert limits == [1500]


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_whoever_answers_a_request_without_content_is_reached(
    a_connection: ConnectionBuilder, status: int
) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(f"HTTP/1.1 {status} Word\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await a_connection(url).reach("/find", seconds_left=5.0) == status

    (head,) = heads
    assert head.startswith(b"GET /find HTTP/1.1\r\n")
    assert b"content-length" not in head.lower()


async def test_whoever_is_not_there_is_not_reached(a_connection: ConnectionBuilder) -> None:
    with pytest.raises(SourceSilentError) as caught:
        await a_connection(nobody()).reach("/find", seconds_left=5.0)

    assert caught.value.reason == Reason.CONNECT_FAILED


@pytest.mark.parametrize("road", ["lgsp-soap", "lgsp-json", "vdxp-soap"])
async def test_a_probe_asks_about_nobody(road: str) -> None:
    async with (
        a_bad_server(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n") as side,
        open_source(settings_of(road, side.url), SystemClock()) as source,
    ):
        await source.probe(5.0)

    assert side.questions == [b""]


@pytest.mark.parametrize("road", ["lgsp-soap", "vdxp-soap"])
async def test_a_probe_fails_where_a_gateway_says_that_nobody_is_behind_it(road: str) -> None:
    async with (
        a_bad_server(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as side,
        open_source(settings_of(road, side.url), SystemClock()) as source,
    ):
        with pytest.raises(SourceSilentError) as caught:
            await source.probe(5.0)

    assert caught.value.reason == Reason.HTTP_503


async def test_a_probe_of_a_side_that_is_mute_ends_in_time() -> None:
    async with (
        a_bad_server() as mute,
        open_source(settings_of("vdxp-soap", mute.url), SystemClock()) as source,
    ):
        with pytest.raises(SourceSilentError) as caught:
            await source.probe(0.05)

    assert caught.value.reason == Reason.TIMEOUT


async def test_a_question_whose_token_was_refused_goes_to_the_other_road() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    async with a_bad_server(answer) as refusing, a_bad_server(answer) as other:
        roads = (
            settings_of("lgsp-soap", f"{refusing.url}", token_path="/no-such-road"),
            settings_of("vdxp-soap", other.url),
        )
        request = request_about(NUMBER)
        async with open_roads(roads, SystemClock()) as source:
            with pytest.raises(SourceError):  # what it answers is no record
                await source.find(request)

    assert (len(refusing.questions), len(other.questions)) == (1, 1)
    assert request.journey.passed_over == ["lgsp-soap:token_unreadable"]
    assert (request.journey.road, request.journey.tries) == ("vdxp-soap", 2)


async def test_a_token_that_does_not_come_leaves_time_for_the_other_road(a_server: Server) -> None:
    tokens: list[bytes] = []

    async def never(question: bytes, _: asyncio.StreamWriter) -> None:
        tokens.append(question)

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    async with a_server(never) as mute, a_bad_server(answer) as other:
        roads = (
            settings_of("lgsp-soap", mute, token_seconds=0.05),
            settings_of("vdxp-soap", other.url),
        )
        request = replace(request_about(NUMBER), budget_seconds=20.0)
        async with open_roads(roads, SystemClock()) as source:
            with pytest.raises(SourceError):
                await source.find(request)

    assert request.journey.passed_over == ["lgsp-soap:timeout"]
    assert len(other.questions) == 1
