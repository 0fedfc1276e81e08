"""A flood of wrong sign-ins at a steady rate, and a listener that does nothing with them."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from bench.children import HOST
from bench.failure import BenchError
from bench.sign_in_ground import KNOWN, TOKEN_PATH, WRONG, Ground, addresses
from bench.wire import Wire, a_post

_MANY: Final = 100
_WIRES_OF_ONE: Final = 64
_DRAIN_SECONDS: Final = 5.0
_NOTHING: Final = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/problem+json\r\ncontent-length: 400\r\n\r\n"
    + b" " * 400
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What a flood consists of: names that somebody bears or not, from many addresses or one."""

    title: str
    has_known_names: bool
    is_from_many: bool


MIXES: Final = (
    Mix("unknown names, 100 addresses", has_known_names=False, is_from_many=True),
    Mix("known officers, 100 addresses", has_known_names=True, is_from_many=True),
    Mix("unknown names, one address", has_known_names=False, is_from_many=False),
    Mix("known officers, one address", has_known_names=True, is_from_many=False),
)


@dataclass(slots=True)
class Flood:
    """What became of a flood: answers by status (0: none), and what sending it cost."""

    statuses: Counter[int] = field(default_factory=Counter)
    cpu_seconds: float = 0.0


def send_flood(ground: Ground, mix: Mix, port: int, rate: int, seconds: float, number: int) -> Flood:
    """Send *rate* wrong sign-ins a second to *port*, whatever becomes of them."""
    return asyncio.run(_Sender(ground, mix, port, number).send(rate, seconds))


def do_nothing(port: int, seconds: float) -> float:
    """Answer whatever comes to *port* for so long; return the processor time that this took."""
    return asyncio.run(_listen(port, seconds))


class _Sender:
    """Keeps idle connections by address, and takes the next address for each try."""

    def __init__(self, ground: Ground, mix: Mix, port: int, number: int) -> None:
        names = addresses(10 + number)
        self._addresses = [next(names) for _ in range(_MANY if mix.is_from_many else 1)]
        self._idle: dict[str, list[Wire]] = {address: [] for address in self._addresses}
        self._headers = ground.headers
        self._mix = mix
        self._port = port
        self._number = number
        self._flood = Flood()

    async def send(self, rate: int, seconds: float) -> Flood:
        """Send at a steady rate; connections are opened beforehand."""
        for address in self._addresses:
            count = 1 if self._mix.is_from_many else _WIRES_OF_ONE
            self._idle[address] = [await Wire.open(self._port, address) for _ in range(count)]
        started, tasks = time.perf_counter(), set[asyncio.Task[None]]()
        before = time.process_time()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            task = asyncio.create_task(self._try(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        self._flood.cpu_seconds = time.process_time() - before
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
            self._flood.statuses[0] += len(late)
        for wires in self._idle.values():
            for wire in wires:
                wire.close()
        return self._flood

    async def _try(self, number: int) -> None:
        address = self._addresses[number % len(self._addresses)]
        idle = self._idle[address]
        name = f"known.{number % KNOWN + 1}" if self._mix.has_known_names else f"x{self._number}.{number}"
        form = {"grant_type": "password", "username": name, "password": WRONG}
        question = a_post(TOKEN_PATH, self._headers, urlencode(form).encode())
        try:
            while idle and not idle[-1].is_open:
                idle.pop()
            wire = idle.pop() if idle else await Wire.open(self._port, address)
            status, _ = await wire.ask(question)
        except (BenchError, OSError):
            self._flood.statuses[0] += 1
            return
        self._flood.statuses[status] += 1
        idle.append(wire)


class _Nothing(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        if isinstance(self._transport, asyncio.Transport):
            self._transport.write(_NOTHING)


async def _listen(port: int, seconds: float) -> float:
    server = await asyncio.get_running_loop().create_server(_Nothing, HOST, port)
    before = time.process_time()
    await asyncio.sleep(seconds)
    server.close()
    return time.process_time() - before
