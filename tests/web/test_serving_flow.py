"""What our server takes in, gives on and writes while the other end is slow, in a hurry or gone."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from app.web.serving import ServingProtocol
from app.web.shedding import Shedding, Valve

ASKED: Final = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
LARGE: Final = b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
WHOLE: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"5")],
    "body": b"whole",
}


class Transport(asyncio.Transport):
    """Remembers what was written, and whether it is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_read = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


def connected(app: ASGIApp) -> tuple[ServingProtocol, Transport]:
    """Return a connection to *app*, and its other end."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, ws="none", proxy_headers=False
    )
    config.load()
    protocol, transport = ServingProtocol(config, ServerState(), {}), Transport()
    protocol.connection_made(transport)
    return protocol, transport


async def until(so: Callable[[], object]) -> None:
    """Let others go on until it is so."""
    async with asyncio.timeout(10):
        while not so():  # noqa: ASYNC110 - of uvicorn's own state, which sets no event
            await asyncio.sleep(0)


async def test_a_body_is_given_once_and_then_only_that_the_other_end_is_gone() -> None:
    given: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, send
        given.append(await receive())
        given.append(await receive())

    protocol, _ = connected(app)
    protocol.data_received(ASKED)
    await until(lambda: given)
    await asyncio.sleep(0)
    assert given == [{"type": "http.request", "body": b"body", "more_body": False}]
    assert not protocol.cycle.body
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.tasks)
    assert given[1] == {"type": "http.disconnect"}


async def test_nobody_is_given_the_body_of_an_end_that_is_gone() -> None:
    given: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, send
        given.append(await receive())

    protocol, _ = connected(app)
    protocol.data_received(ASKED)
    protocol.connection_lost(None)
    await asyncio.gather(*protocol.tasks)
    assert given == [{"type": "http.disconnect"}]


async def test_whoever_waits_for_more_is_told_that_the_answer_is_out() -> None:
    given: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await receive()
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(receive())  # type: ignore[arg-type, var-annotated] # it is a coroutine
            await asyncio.sleep(0)
            await send(WHOLE)
            given.append(await waiting)
        given.append(await receive())

    protocol, transport = connected(app)
    protocol.data_received(ASKED)
    await until(lambda: len(given) == 2)
    assert given == [{"type": "http.disconnect"}] * 2
    assert transport.written.endswith(b"whole")


async def test_whoever_asks_for_more_after_the_answer_is_told_that_there_is_nothing() -> None:
    given: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await receive()
        await send(WHOLE)
        given.append(await receive())

    protocol, _ = connected(app)
    protocol.data_received(ASKED)
    await until(lambda: given)
    assert given == [{"type": "http.disconnect"}]


async def test_a_large_body_stops_the_reading_until_somebody_takes_it() -> None:
    begun, taken = asyncio.Event(), list[tuple[int, bool]]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await begun.wait()
        taken.append((len((await receive())["body"]), transport.is_read))
        await send(WHOLE)

    protocol, transport = connected(app)
    protocol.data_received(LARGE)
    assert not transport.is_read
    begun.set()
    await until(lambda: transport.written)
    assert taken == [(100_000, True)]


async def test_what_comes_before_its_turn_stops_the_reading_until_it_is_answered() -> None:
    begun = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await begun.wait()
        await send(WHOLE)

    protocol, transport = connected(app)
    protocol.data_received(ASKED * 2)
    assert not transport.is_read
    begun.set()
    await until(lambda: transport.written.count(b"whole") == 2)
    assert transport.is_read


async def test_a_whole_answer_waits_for_an_end_that_does_not_read() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(WHOLE)

    protocol, transport = connected(app)
    protocol.pause_writing()
    protocol.data_received(ASKED)
    await asyncio.sleep(0)
    assert transport.written == b""
    protocol.resume_writing()
    await until(lambda: transport.written.endswith(b"whole"))


class Front:
    """An application that turns every lookup away, and answers all else once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        valve = Valve(0.05)
        valve.is_shut = True
        while valve.lets_in():
            pass
        self.outermost = Shedding(self._answer, valve=valve, paths=("/",))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.outermost(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await self.may_answer.wait()
        await send(WHOLE)


async def test_nobody_is_turned_away_before_those_in_front_have_their_answers() -> None:
    protocol, transport = connected(front := Front())
    protocol.data_received(b"GET / HTTP/1.1\r\n\r\n" + ASKED)
    await asyncio.sleep(0)
    assert transport.written == b""
    front.may_answer.set()
    await until(lambda: b" 503 " in transport.written)
    assert transport.written.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_whoever_is_turned_away_but_does_not_read_fills_no_memory() -> None:
    protocol, transport = connected(Front())
    protocol.pause_writing()
    protocol.data_received(ASKED * 3)
    await asyncio.sleep(0)
    assert (transport.written, transport.is_read) == (b"", False)
    protocol.resume_writing()
    await until(lambda: transport.written.count(b" 503 Service Unavailable\r\n") == 3)


async def test_whoever_wants_the_connection_closed_is_turned_away_so() -> None:
    protocol, transport = connected(Front())
    protocol.data_received(ASKED.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    await until(lambda: transport.written)
    assert b"\r\nconnection: close\r\n" in transport.written


async def test_an_old_client_is_turned_away_so_that_it_finds_the_end() -> None:
    protocol, transport = connected(Front())
    protocol.data_received(ASKED.replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\nConnection: keep-alive\r\n"))
    await until(lambda: transport.written)
    assert b"\r\nconnection: close\r\n" in transport.written
