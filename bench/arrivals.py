"""Requests that arrive on a fixed schedule, whatever became of those before them, over plain connections.

Each has its connection to itself; one that has none free opens one. A request's time counts from when it was
due, not from when it could be sent: a side that stands still is not spared those who come meanwhile.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

import uvloop

from bench.failure import BenchError

_PATIENCE_SECONDS: Final = 60
_AHEAD_AT_ONCE: Final = 100
_KEPT: Final = 120
_KEPT_SECONDS: Final = 3.0
"""The gateway closes connections that were idle for five; none is used that may be closing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request; times in seconds from the start, status 0 where the connection broke.

    `sent` is when this process came to send it: where that took a connection, opening it is part of the wait.
    """

    due: float
    sent: float
    ended: float
    status: int
    head: bytes
    body: bytes
    """Its beginning, which names the problem where there is one."""

    @property
    def took_seconds(self) -> float:
        """How long the caller waited, from when the request was due."""
        return self.ended - self.due

    def header(self, name: str) -> str:
        """Return a header of the answer, or an empty text."""
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == wanted:
                return value.strip().decode("ascii", "replace")
        return ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """So many requests a second for so long; `ahead` connections are opened before.

    At most `most` are open at once: who comes when all are in use waits, and that is part of the wait. Where
    it `goes_round`, each connection is used in its turn, and not the one that was used last.
    """

    per_second: float
    seconds: float
    ahead: int = 32
    most: int = 4096
    goes_round: bool = False


def post(url: str, body: bytes, token: str) -> bytes:
    """Return a whole request, as it goes over the connection."""
    address = urlsplit(url)
    return (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def arrive(
    url: str, requests: Sequence[bytes], schedule: Schedule, *, most_late_seconds: float = 1.0
) -> list[Reply]:
    """Send *requests* by turns on schedule and return what came of each, in the order they were due.

    Raises BenchError where this process itself could not keep to the schedule.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        replies = runner.run(_send_all(url, requests, schedule))
    late = sorted(each.sent - each.due for each in replies)[len(replies) * 99 // 100]
    if late > most_late_seconds:
        raise BenchError(f"requests were sent up to {late:.1f} s late: this machine is too busy to send them")
    return replies


async def _send_all(url: str, requests: Sequence[bytes], schedule: Schedule) -> list[Reply]:
    lines = _Lines(url, schedule.most, goes_round=schedule.goes_round)
    await lines.open_ahead(schedule.ahead)
    began, count = time.perf_counter(), int(schedule.per_second * schedule.seconds)
    asked = list[asyncio.Task[Reply]]()
    for number in range(count):
        due = number / schedule.per_second
        if (wait := began + due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.create_task(lines.ask(requests[number % len(requests)], began, due)))
        if wait <= 0 and number % 16 == 0:
            await asyncio.sleep(0)  # behind the schedule, answers are still taken
    replies = await asyncio.gather(*asked)
    lines.close()
    return replies


class _Lines:
    """Connections to one address, each in use by one request at a time."""

    def __init__(self, url: str, most: int, *, goes_round: bool = False) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self._free = deque[_Line]()
        self._goes_round = goes_round
        self._places = asyncio.Semaphore(most)

    async def open_ahead(self, count: int) -> None:
        """Open connections before anything is due."""
        for start in range(0, count, _AHEAD_AT_ONCE):
            some = min(_AHEAD_AT_ONCE, count - start)
            self._free.extend(await asyncio.gather(*(self._open() for _ in range(some))))

    async def ask(self, request: bytes, began: float, due: float) -> Reply:
        """Return the answer to *request*."""
        sent = time.perf_counter() - began
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._places:
                line = self._take() or await self._open()
                status, head, body = await line.ask(request)
        except (OSError, TimeoutError):
            return Reply(due, sent, time.perf_counter() - began, 0, b"", b"")
        line.used_at = time.perf_counter()
        self._free.append(line)
        return Reply(due, sent, time.perf_counter() - began, status, head, body[:_KEPT])

    def close(self) -> None:
        """Close what is not in use."""
        for line in self._free:
            line.close()

    def _take(self) -> "_Line | None":
        while self._free:
            line = self._free.popleft() if self._goes_round else self._free.pop()
            if not line.is_closed and time.perf_counter() - line.used_at < _KEPT_SECONDS:
                return line
            line.close()
        return None

    async def _open(self) -> "_Line":
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port)
        return line


class _Line(asyncio.Protocol):
    """One connection: sends a request, and hands over status, head and body of the answer."""

    def __init__(self) -> None:
        self.is_closed = False
        self.used_at = time.perf_counter()
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._asked: asyncio.Future[tuple[int, bytes, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        if self._transport is None or self.is_closed:
            raise ConnectionResetError
        self._asked = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._asked

    def data_received(self, data: bytes) -> None:
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head, body = self._held[:end], self._held[end + 4 :]
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length or self._asked is None or self._asked.done():
            return
        self._held = b""
        if b"connection: close" in head.lower():
            self.close()
        self._asked.set_result((int(head[9:12]), head, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(error or ConnectionResetError())

    def close(self) -> None:
        self.is_closed = True
        if self._transport is not None:
            self._transport.close()
