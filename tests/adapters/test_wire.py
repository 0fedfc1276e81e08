"""One connection's protocol by itself, and how long connections are kept."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from adapters.kept_connection import KeptConnection
from adapters.reasons import Reason
from adapters.wire import Wire
from app.errors import SourceSilentError
from tests.adapters.wire_line import Line

Server = Callable[..., AbstractAsyncContextManager[str]]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def a_wire() -> tuple[Wire, Line]:
    wire, line = Wire(1000), Line()
    wire.connection_made(line)
    return wire, line


async def test_an_answer_in_any_pieces_is_one_answer() -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    for at in range(len(ANSWER)):
        wire.data_received(ANSWER[at : at + 1])

    assert (await question).body == b"hello"
    assert (line.sent, wire.is_usable) == (b"question", True)


@pytest.mark.parametrize("headers", [b"", b"Connection: upgrade\r\nUpgrade: x\r\n"])
async def test_a_switch_of_protocols_is_an_answer_and_the_connections_end(headers: bytes) -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(b"HTTP/1.1 101 Switching\r\n" + headers + b"\r\nxxxx")

    assert (await question).status == 101
    assert (line.is_over, wire.is_usable) == (True, False)


async def test_a_word_to_go_on_is_no_answer() -> None:
    wire, _ = a_wire()
    question = wire.ask(b"question")
    wire.data_received(b"HTTP/1.1 103 Early Hints\r\nContent-Type: early\r\n\r\n")
    assert not question.done()
    wire.data_received(ANSWER)

    answer = await question
    assert (answer.status, answer.content_type, answer.body) == (200, "", b"hello")


@pytest.mark.parametrize("last_words", [b"Connection: close\r\n", b"Connection: Close, x\r\n"])
async def test_who_says_it_leaves_is_asked_no_more(last_words: bytes) -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(ANSWER.replace(b"\r\n", b"\r\n" + last_words, 1))

    assert (await question).body == b"hello"
    assert line.is_over


async def test_a_second_answer_ends_the_connection_and_is_never_one() -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(ANSWER + ANSWER.replace(b"hello", b"wrong"))

    assert (await question).body == b"hello"
    assert (line.is_over, wire.is_usable) == (True, False)


async def test_on_a_lost_wire_nothing_is_sent() -> None:
    wire, line = a_wire()
    wire.connection_lost(None)
    await wire.closed

    with pytest.raises(SourceSilentError) as caught:
        wire.ask(b"question")

    assert (caught.value.was_sent, line.sent) == (False, b"")


async def test_nothing_that_has_come_of_an_answer_is_printed() -> None:
    wire, _ = a_wire()
    question = wire.ask(b"question")
    wire.data_received(ANSWER[:-2])
    printed = repr((wire, wire._incoming, question))
    wire.data_received(ANSWER[-2:])

    assert (await question).body == b"hello"
    assert "hel" not in printed + repr((wire, wire._incoming, question, question.result()))


async def test_an_endless_head_that_trickles_is_cut_off() -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(70):
        wire.data_received(b"x" * 1024)

    with pytest.raises(SourceSilentError):
        await question
    assert line.is_over


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: ", b"x"),
    ],
    ids=["words to go on", "chunk extension", "trailer"],
)
async def test_what_nobody_reads_does_not_go_on_for_ever(begin: bytes, again: bytes) -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(begin + again)
    for _ in range(70):
        wire.data_received(again * (1000 // len(again)))

    with pytest.raises(SourceSilentError):
        await question
    assert line.is_over


@pytest.mark.parametrize("status", [b"000", b"099"])
async def test_a_status_that_is_none_ends_the_connection(status: bytes) -> None:
    wire, line = a_wire()
    question = wire.ask(b"question")
    wire.data_received(ANSWER.replace(b"200", status) + ANSWER)

    with pytest.raises(SourceSilentError):
        await question
    assert line.is_over


async def test_whoever_gave_up_gets_nothing_and_the_wire_ends() -> None:
    wire, line = a_wire()
    wire.ask(b"question").cancel()
    wire.give_up(Reason.CONNECTION_LOST)
    wire.data_received(ANSWER)

    assert line.is_over


async def test_a_connection_nobody_uses_is_closed_in_time(a_server: Server) -> None:
    leaving: list[asyncio.Task[None]] = []

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWER)
        await writer.drain()
        leaving.append(asyncio.create_task(writer.wait_closed()))

    async with a_server(answer) as url:
        connection = KeptConnection(
            url, connect_seconds=2.0, max_connections=2, max_answer_bytes=100, keep_idle_seconds=0.05
        )
        await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)
        async with asyncio.timeout(5.0):
            await leaving[0]  # the server's side ends when ours has left
        await connection.aclose()


async def test_a_header_is_one_header() -> None:
    connection = KeptConnection(
        "http://127.0.0.1:9", connect_seconds=1.0, max_connections=1, max_answer_bytes=1
    )
    with pytest.raises(ValueError, match="X-Token"):
        await connection.post(
            "/find", content=b"", headers={"X-Token": "a\r\nHost: elsewhere"}, seconds_left=1.0
        )
    await connection.aclose()
