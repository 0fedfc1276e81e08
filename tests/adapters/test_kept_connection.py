"""The pool of wires over real sockets: whose answer comes, what is left open, and where names lead."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import count
from pathlib import Path

import pytest
from aiohappyeyeballs import AddrInfoType

from adapters.connection import Answer, Connection, Trust
from adapters.kept_connection import KeptConnection
from adapters.reasons import Reason
from adapters.resolver import Addresses
from app.errors import SourceError, SourceSilentError
from tests.adapters.certificates import Authority, server_side
from tests.adapters.mischief import HALF_A_SECOND_ANSWER, MUTE, WAYS, a_mischievous_side, answer_to

ConnectionBuilder = Callable[..., Connection]
Server = Callable[..., AbstractAsyncContextManager[str]]

GREETING = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
WRONG = GREETING.replace(b"hello", b"wrong")


def a_pool(url: str, *, max_connections: int = 4, ca_bundle: Path | None = None) -> KeptConnection:
    return KeptConnection(
        url,
        connect_seconds=20.0,
        max_connections=max_connections,
        max_answer_bytes=1000,
        trust=Trust(ca_bundle),
    )


async def ask(connection: Connection, number: int = 0, *, seconds_left: float = 20.0) -> Answer:
    return await connection.post(
        "/find", content=b"question", headers={"X-Number": f"{number}"}, seconds_left=seconds_left
    )


def put(writer: asyncio.StreamWriter, words: bytes | None) -> None:
    """Let *words* (None: the end) lie in the kernel of whoever is connected, before any loop reads it."""
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as side:
        if words is None:
            side.shutdown(socket.SHUT_WR)
        else:
            side.send(words)


@pytest.mark.parametrize("words", [WRONG, WRONG[:9], b"\r\n", None])
async def test_what_lies_unread_in_the_kernel_answers_no_question(
    a_connection: ConnectionBuilder, a_server: Server, words: bytes | None
) -> None:
    sides: list[asyncio.StreamWriter] = []

    async def greet(_: bytes, writer: asyncio.StreamWriter) -> None:
        sides.append(writer)
        writer.write(GREETING)
        await writer.drain()

    async with a_server(greet) as url:
        connection = a_connection(url)
        await ask(connection)
        put(sides[0], words)
        answer = await ask(connection)  # the loop had no turn in between

    assert (answer.body, sides[0] is sides[1]) == (b"hello", False)


async def test_each_question_gets_its_own_answer_or_an_error_and_leaves_once() -> None:
    answered: dict[int, bytes] = {}
    failed: dict[int, SourceError] = {}

    async def one(connection: Connection, number: int) -> None:
        is_mute = number % len(WAYS) == MUTE
        asking = asyncio.create_task(ask(connection, number, seconds_left=0.02 if is_mute else 20.0))
        if number % 11 == 0:
            for _ in range(number % 17):
                await asyncio.sleep(0)
            asking.cancel()
        try:
            answered[number] = (await asking).body
        except asyncio.CancelledError:
            pass
        except SourceError as error:
            failed[number] = error

    async with a_mischievous_side() as side:
        connection = a_pool(side.url, max_connections=5)
        await asyncio.gather(*(one(connection, number) for number in range(600)))
        asked = dict(side.asked)
        afterwards = await asyncio.gather(*(ask(connection, 1) for _ in range(10)))
        await connection.aclose()
        await side.has_been_left()

    assert len(answered) > 300
    assert answered == {number: answer_to(number) for number in answered}
    assert set(asked.values()) == {1}
    assert not [number for number, error in failed.items() if number in asked and not error.was_sent]
    assert {answer.body for answer in afterwards} == {answer_to(1)}


async def test_half_an_answer_nobody_asked_for_leaves_no_connection_open() -> None:
    async with a_mischievous_side() as side:
        connection = a_pool(side.url)
        for turn in range(3):
            await ask(connection, len(WAYS) * turn + HALF_A_SECOND_ANSWER)
        await side.has_been_left()
        await connection.aclose()


async def test_whoever_gives_up_at_any_moment_leaves_nothing_open_and_harms_nobody(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    answers: list[bytes] = []
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    async with a_mischievous_side(server_side(authority.issue("localhost"))) as side:
        for turns in count():
            connection = a_pool(side.url, max_connections=1, ca_bundle=authority.file)
            asking = asyncio.create_task(ask(connection, 1))
            for _ in range(turns):
                await asyncio.sleep(0)
            if asking.done():
                break
            asking.cancel()
            await asyncio.wait([asking])
            await side.has_been_left()
            answers.append((await ask(connection, 1)).body)
            assert not connection._patience._deadlines  # nor is anything looked after that has ended
            await connection.aclose()
        await connection.aclose()
        await side.has_been_left()

    assert set(answers) == {answer_to(1)}
    assert not complaints


async def test_a_question_that_still_connects_when_all_is_closed_is_not_sent() -> None:
    async with a_mischievous_side() as side:
        connection = a_pool(side.url)
        asking = asyncio.create_task(ask(connection, 1))
        await asyncio.sleep(0)
        await connection.aclose()
        with pytest.raises(SourceSilentError) as caught:
            await asking
        await side.has_been_left()

    assert (caught.value.reason, caught.value.was_sent, side.asked) == (Reason.CONNECTION_LOST, False, {})


async def test_a_name_no_name_server_can_be_asked_about_is_connect_failed() -> None:
    with pytest.raises(SourceSilentError) as caught:
        await ask(a_pool(f"http://{'a' * 64}.invalid"))

    assert (caught.value.reason, caught.value.was_sent) == (Reason.CONNECT_FAILED, False)


class Resolver:
    """A name service that answers when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.fails = False

    async def __call__(self) -> Sequence[AddrInfoType]:
        self.asked += 1
        await self.may_answer.wait()
        if self.fails:
            raise OSError
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.asked))]


async def test_a_name_is_looked_up_once_for_all_who_connect_at_the_same_time_and_shortly_after() -> None:
    resolver = Resolver()
    addresses = Addresses(resolver)
    asking = [asyncio.create_task(addresses.get()) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    resolver.may_answer.set()

    assert await asking[1] == await asking[2] == await addresses.get()
    assert resolver.asked == 1


async def test_a_name_that_led_nowhere_is_looked_up_anew() -> None:
    resolver = Resolver()
    addresses = Addresses(resolver)
    resolver.may_answer.set()
    first = await addresses.get()
    addresses.forget()

    assert first != await addresses.get()


async def test_a_failed_look_up_fails_all_who_wait_and_is_not_remembered() -> None:
    resolver = Resolver()
    addresses = Addresses(resolver)
    resolver.fails = True
    resolver.may_answer.set()
    failures = await asyncio.gather(*(addresses.get() for _ in range(3)), return_exceptions=True)
    resolver.fails = False

    assert [type(failure) for failure in failures] == [OSError] * 3
    assert await addresses.get()
    assert resolver.asked == 2
