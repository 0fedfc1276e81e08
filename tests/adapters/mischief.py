"""A national side that misbehaves in every way it can, by the number of the question."""

import asyncio
import re
import select
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

_NUMBER: Final = re.compile(rb"X-Number: ([0-9]+)")
MUTE: Final = 0
HALF_A_SECOND_ANSWER: Final = 6
"""Places in WAYS."""


def answer_to(number: int) -> bytes:
    """Return the body that is the answer to this question and to no other."""
    return b"answer to %d" % number


def _whole(number: int, headers: bytes = b"") -> bytes:
    body = answer_to(number)
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (headers, len(body), body)


@dataclass
class Side:
    """What has come of a server: how often each question arrived, and how many connections are open."""

    url: str = ""
    asked: Counter[int] = field(default_factory=Counter)
    connections: int = 0
    is_left: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_been_left(self) -> None:
        """Return once nobody is connected any more."""
        async with asyncio.timeout(5.0):
            await self.is_left.wait()

    def count(self, change: int) -> None:
        """Note a connection that came (1) or went (-1)."""
        self.connections += change
        if self.connections:
            self.is_left.clear()
        else:
            self.is_left.set()


@asynccontextmanager
async def a_mischievous_side(tls: ssl.SSLContext | None = None) -> AsyncIterator[Side]:
    """Yield a server on this machine."""
    side = Side()
    side.count(0)
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Mischief(side), "127.0.0.1", 0, ssl=tls) as server:
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        side.url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
        yield side


class Mischief(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(self, side: Side) -> None:
        """Tell *side* what happens."""
        self._side = side
        self._heard = b""
        self._newest = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._kernel = select.poll()
        self._kernel.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._side.count(1)

    def connection_lost(self, _: Exception | None) -> None:
        self._side.count(-1)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"question" in self._heard:
            request, _, self._heard = self._heard.partition(b"question")
            found = _NUMBER.search(request)
            self._newest = int(found[1]) if found else -1
            self._side.asked[self._newest] += 1
            WAYS[self._newest % len(WAYS)](self, self._newest)

    def say(self, *parts: bytes) -> None:
        """Send *parts*, each at another turn of the event loop."""
        self._transport.write(parts[0])
        if parts[1:]:
            asyncio.get_running_loop().call_soon(self.say, *parts[1:])

    def say_unasked(self, number: int, words: bytes, turns: int) -> None:
        """Send *words* so many turns later, unless the next question is there: who could tell then?"""
        if turns:
            asyncio.get_running_loop().call_soon(self.say_unasked, number, words, turns - 1)
        elif self._newest == number and not self._transport.is_closing() and not self._kernel.poll(0):
            self._transport.write(words)

    def leave(self, number: int, *, at_once: bool) -> None:
        """Say *number*'s answer, or half of it, and go."""
        self._transport.write(_whole(number)[: -2 if at_once else None])
        self._transport.close()

    def reset(self) -> None:
        """Go without a word."""
        self._transport.abort()


def _then(words: Callable[[int], bytes], turns: int) -> Callable[[Mischief, int], None]:
    def answer(side: Mischief, number: int) -> None:
        side.say(_whole(number))
        side.say_unasked(number, words(number), turns)

    return answer


WAYS: Final[tuple[Callable[[Mischief, int], None], ...]] = (
    lambda side, number: None,  # noqa: ARG005 - mute
    lambda side, number: side.say(_whole(number)),
    lambda side, number: side.say(*(bytes([byte]) for byte in _whole(number))),
    lambda side, number: side.say(b"HTTP/1.1 100 Continue\r\n\r\n", _whole(number)),
    lambda side, number: side.say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"%x;a=b\r\n%s\r\n" % (len(answer_to(number)), answer_to(number)),
        b"0\r\nTrailer: x\r\n\r\n",
    ),
    lambda side, number: side.say(_whole(number) * 2),
    lambda side, number: side.say(_whole(number) + _whole(number)[:7]),
    lambda side, number: side.say(_whole(number) + b"rubbish"),
    _then(_whole, 0),
    _then(_whole, 1),
    _then(_whole, 2),
    _then(_whole, 3),
    _then(lambda number: _whole(number)[:30], 1),
    _then(lambda number: b"\r\n", 2),  # noqa: ARG005 - the same for all
    lambda side, number: side.leave(number, at_once=False),
    lambda side, number: side.leave(number, at_once=True),
    lambda side, number: side.say(_whole(number, b"Connection: close\r\n")),
    lambda side, number: side.reset(),  # noqa: ARG005 - the same for all
    lambda side, number: side.say(b"HTTP/1.1 2oo OK\r\n\r\n"),  # noqa: ARG005 - the same for all
)
