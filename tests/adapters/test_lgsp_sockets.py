"""Both ways to carry a question, over real sockets."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from adapters.connection import Answer, Connection
from adapters.reasons import Reason
from app.errors import SourceError, SourceSilentError

ConnectionBuilder = Callable[..., Connection]
Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
Server = Callable[..., AbstractAsyncContextManager[str]]

GREETING = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello"


async def ask(connection: Connection, path: str = "/find", *, seconds_left: float = 5.0) -> Answer:
    return await connection.post(
        path, content=b"question", headers={"Accept": "*", "Content-Type": "a/b"}, seconds_left=seconds_left
    )


async def failure_of(connection: Connection, *, seconds_left: float = 5.0) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask(connection, seconds_left=seconds_left)
    return caught.value


async def greet(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await writer.drain()


async def never(_: bytes, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.3)


async def test_a_port_nobody_listens_on_is_connect_failed(a_connection: ConnectionBuilder) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        error = await failure_of(a_connection(f"http://127.0.0.1:{bound.getsockname()[1]}"))

    assert type(error) is SourceSilentError
    assert error.reason == Reason.CONNECT_FAILED


async def test_a_name_nobody_bears_is_connect_failed(a_connection: ConnectionBuilder) -> None:
    # The C library refuses the "!" without asking a name server.
    error = await failure_of(a_connection("http://no!body.invalid"))

    assert error.reason == Reason.CONNECT_FAILED


async def test_without_time_left_nothing_is_sent(a_connection: ConnectionBuilder) -> None:
    error = await failure_of(a_connection("http://127.0.0.1:9"), seconds_left=0.0)

    assert error.reason == Reason.TIMEOUT


async def test_an_answer_that_trickles_ends_with_the_budget(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    async def trickle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING[:-5].replace(b"5", b"500"))
        while True:
            await asyncio.sleep(0.02)
            writer.write(b"\0")
            await writer.drain()

    async with a_server(trickle) as url:
        error = await failure_of(a_connection(url), seconds_left=0.1)

    assert error.reason == Reason.TIMEOUT


async def test_a_question_that_finds_no_free_connection_gives_up_early(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    async with a_server(never) as url:
        connection = a_connection(url, max_connections=1, connect_seconds=0.05)
        asked = [ask(connection, seconds_left=0.2) for _ in range(2)]
        errors = await asyncio.gather(*asked, return_exceptions=True)

    assert [getattr(error, "reason", error) for error in errors] == [Reason.TIMEOUT, Reason.POOL_EXHAUSTED]


async def test_a_question_that_ends_early_leaves_its_place_to_the_next(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    waiting = asyncio.Event()

    async def answer_the_second(_: bytes, writer: asyncio.StreamWriter) -> None:
        if waiting.is_set():
            await greet(b"", writer)
        waiting.set()

    async with a_server(answer_the_second) as url:
        connection = a_connection(url, max_connections=1)
        first = asyncio.create_task(ask(connection))
        await waiting.wait()
        first.cancel()
        answer = await ask(connection)

    assert first.cancelled()
    assert answer.body == b"hello"


async def test_connections_are_kept_but_cookies_are_not(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    requests: list[bytes] = []
    callers: set[object] = set()

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(request)
        callers.add(writer.get_extra_info("peername"))
        await greet(request, writer)

    async with a_server(note) as url:
        connection = a_connection(url)
        for _ in range(2):
            await ask(connection)

    assert len(callers) == 1
    assert b"cookie" not in requests[1].lower()
    assert requests[0] == requests[1]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/find", b"/find"),
        ("/a%2fb/%7euser", b"/a%2fb/%7euser"),
        ("/a b?wsdl=c d", b"/a%20b?wsdl=c%20d"),
        ("/đ;a=b,c+d:e@f", b"/%C4%91;a=b,c+d:e@f"),
    ],
)
async def test_both_ways_send_the_same_question(
    a_connection: ConnectionBuilder, a_server: Server, path: str, target: bytes
) -> None:
    requests: list[bytes] = []

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(request)
        await greet(request, writer)

    async with a_server(note) as url:
        await ask(a_connection(f"{url}/"), path)

    start, *lines = requests[0].split(b"\r\n")
    assert start == b"POST " + target + b" HTTP/1.1"
    assert sorted(line.lower() for line in lines) == [
        b"",
        b"accept-encoding: identity",
        b"accept: *",
        b"content-length: 8",
        b"content-type: a/b",
        b"host: " + url.removeprefix("http://").encode(),
        b"question",
        b"user-agent: dancu",
    ]


async def test_proxies_in_the_environment_are_not_used(
    a_connection: ConnectionBuilder, a_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with a_server(greet) as url:
        answer = await ask(a_connection(url))

    assert answer.body == b"hello"
