"""What both ways make of an answer, whole or broken, byte for byte; and that no question is sent twice."""

import asyncio
import gc
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from adapters.connection import Answer, Connection
from adapters.kept_connection import KeptConnection
from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceError, SourceSilentError

ConnectionBuilder = Callable[..., Connection]
Server = Callable[..., AbstractAsyncContextManager[str]]

PLANTED = b"099190000017"


def an_answer(body: bytes, *, status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\nContent-Type: text/xml\r\n" + headers + length + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


async def ask(connection: Connection) -> Answer:
    return await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)


class Talker:
    """A server's side: sends these answers in turn, and counts the questions."""

    def __init__(self, *answers: bytes, then_close: bool = True) -> None:
        self.questions = 0
        self._answers: Iterator[bytes] = iter(answers)
        self._then_close = then_close

    async def __call__(self, _: bytes, writer: asyncio.StreamWriter) -> None:
        self.questions += 1
        writer.write(next(self._answers, b""))
        await writer.drain()
        if self._then_close:
            writer.close()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (an_answer(b"hello"), Answer(200, "text/xml", b"hello")),
        (an_answer(b""), Answer(200, "text/xml", b"")),
        (an_answer(b"x" * 1000), Answer(200, "text/xml", b"x" * 1000)),
        (an_answer(b"fault", status=b"500 Oops"), Answer(500, "text/xml", b"fault")),
        (an_answer(b"odd", status=b"999 Odd"), Answer(999, "text/xml", b"odd")),
        (b"HTTP/1.1 204 None\r\n\r\n", Answer(204, "", b"")),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", Answer(200, "", b"until the end")),
        (chunked(b"5\r\nhello\r\n0\r\n\r\n"), Answer(200, "", b"hello")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + an_answer(b"hello"), Answer(200, "text/xml", b"hello")),
        (an_answer(b"a", headers=b"Set-Cookie: \xff;;=\r\n"), Answer(200, "text/xml", b"a")),
        (an_answer(b"a", headers=b"Content-Encoding: identity\r\n"), Answer(200, "text/xml", b"a")),
        (
            an_answer(b"", status=b"307 Moved", headers=b"Location: /elsewhere\r\n"),
            Answer(307, "text/xml", b""),
        ),
    ],
)
async def test_a_whole_answer_is_handed_on_whatever_it_says(
    a_connection: ConnectionBuilder, a_server: Server, sent: bytes, expected: Answer
) -> None:
    talker = Talker(sent)

    async with a_server(talker) as url:
        answer = await ask(a_connection(url))

    assert (answer.status, answer.content_type, answer.body) == (
        expected.status,
        expected.content_type,
        expected.body,
    )
    assert talker.questions == 1


BROKEN = [
    b"",
    PLANTED,
    b"SSH-2.0-" + PLANTED + b"\r\n",
    b"\x16\x03\x01" + PLANTED,
    b"HTTP/1.1 " + PLANTED + b" OK\r\n\r\n",
    b"HTTP/1.1 99 " + PLANTED + b"\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    an_answer(PLANTED)[:-2],
    an_answer(PLANTED)[:30],
    an_answer(PLANTED, headers=PLANTED + b"\r\n"),
    an_answer(PLANTED, headers=b"X: \x00" + PLANTED + b"\r\n"),
    an_answer(PLANTED, headers=b"Content-Length: 7\r\n"),
    an_answer(PLANTED, headers=b"X: " + PLANTED * 20_000 + b"\r\n"),
    an_answer(PLANTED, headers=b"X: " * 5_000 + b"\r\n" + b"Y: %s\r\n" % PLANTED * 20_000),
    an_answer(PLANTED, status=b"200 " + PLANTED * 20_000),
    an_answer(b"").replace(b": 0", b": " + PLANTED + b"x"),
    an_answer(b"").replace(b": 0", b": -1"),
    chunked(b"c\r\n" + PLANTED),
    chunked(b"c\r\n" + PLANTED + b"\r\n"),
    chunked(b"zz\r\n" + PLANTED),
    chunked(b"c\r\n" + PLANTED + b"XX\r\n0\r\n\r\n"),
]


@pytest.mark.parametrize("sent", BROKEN, ids=range(len(BROKEN)))
async def test_a_broken_answer_is_a_lost_connection_and_nothing_of_it_is_told(
    a_connection: ConnectionBuilder, a_server: Server, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    talker = Talker(sent)

    with caplog.at_level("INFO"):
        async with a_server(talker) as url:
            with pytest.raises(SourceError) as caught:
                await ask(a_connection(url))
        gc.collect()

    error = caught.value
    assert type(error) is SourceSilentError
    assert error.reason == Reason.CONNECTION_LOST
    assert PLANTED.decode() not in "".join(traceback.format_exception(error)) + caplog.text
    assert talker.questions == 1


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (an_answer(b"x" * 1001), Reason.TOO_LARGE),
        (chunked(b"3e9\r\n" + b"x" * 1001 + b"\r\n"), Reason.TOO_LARGE),
        (chunked(b"fffffff\r\n" + b"x" * 100_000), Reason.TOO_LARGE),
        (an_answer(b"x", headers=b"Content-Encoding: gzip\r\n"), Reason.COMPRESSED),
        (an_answer(b"x", headers=b"Content-Encoding: identity, br\r\n"), Reason.COMPRESSED),
        (
            an_answer(b"x", headers=b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"),
            Reason.COMPRESSED,
        ),
    ],
)
async def test_an_answer_too_large_or_compressed_is_refused_before_it_ends(
    a_connection: ConnectionBuilder, a_server: Server, sent: bytes, reason: Reason
) -> None:
    async with a_server(Talker(sent, then_close=False)) as url:
        with pytest.raises(SourceConfusedError) as caught:
            await ask(a_connection(url))

    assert caught.value.reason == reason


async def test_nothing_the_other_side_sent_is_logged(
    a_connection: ConnectionBuilder, a_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    sent = an_answer(PLANTED, status=b"200 " + PLANTED, headers=b"Set-Cookie: a b" + PLANTED + b"\r\n")

    with caplog.at_level("INFO"):
        async with a_server(Talker(sent)) as url:
            await ask(a_connection(url))

    assert caplog.text == ""


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(
    a_connection: ConnectionBuilder, a_server: Server
) -> None:
    talker = Talker(an_answer(b"first"), an_answer(b"second"))

    async with a_server(talker) as url:
        connection = a_connection(url)
        await ask(connection)
        await asyncio.sleep(0.05)
        answer = await ask(connection)

    assert answer.body == b"second"
    assert talker.questions == 2


@pytest.mark.parametrize("hang_up", [asyncio.StreamWriter.close, lambda writer: writer.transport.abort()])
async def test_a_question_lost_on_a_kept_connection_is_not_sent_again(
    a_connection: ConnectionBuilder, a_server: Server, hang_up: Callable[[asyncio.StreamWriter], None]
) -> None:
    questions = 0

    async def answer_once(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal questions
        questions += 1
        if questions == 1:
            writer.write(an_answer(b"first"))
        else:
            hang_up(writer)

    async with a_server(answer_once) as url:
        connection = a_connection(url)
        await ask(connection)
        with pytest.raises(SourceSilentError) as caught:
            await ask(connection)
        await asyncio.sleep(0.05)

    assert caught.value.reason == Reason.CONNECTION_LOST
    assert questions == 2


@pytest.mark.parametrize(
    "unasked",
    [
        an_answer(b"wrong"),
        an_answer(b"wrong")[:-2],
        an_answer(b"wrong", status=b"408 Request Timeout"),
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\r\n",
    ],
)
async def test_what_arrives_unasked_answers_no_later_question(
    a_connection: ConnectionBuilder, a_server: Server, unasked: bytes
) -> None:
    asked = 0

    async def say_too_much(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(an_answer(b"first" if asked == 1 else b"right"))
        if asked == 1:
            await asyncio.sleep(0.02)
            writer.write(unasked)

    async with a_server(say_too_much) as url:
        connection = a_connection(url)
        await ask(connection)
        await asyncio.sleep(0.06)
        answer = await ask(connection)

    assert answer.body == b"right"


async def test_what_arrives_unasked_with_an_answer_answers_no_later_question(a_server: Server) -> None:
    # Only the question's own way: over httpx, which carries the token alone, the second would be "wrong".
    talker = Talker(an_answer(b"first") + an_answer(b"wrong"), an_answer(b"right"), then_close=False)

    async with a_server(talker) as url:
        connection = KeptConnection(url, connect_seconds=2.0, max_connections=4, max_answer_bytes=1000)
        bodies = [(await ask(connection)).body for _ in range(2)]
        await connection.aclose()

    assert bodies == [b"first", b"right"]
