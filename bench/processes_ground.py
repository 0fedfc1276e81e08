"""Gateways of one, two and four processes over one database, and what a load costs them."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

import asyncpg

from bench import desk
from bench.arrivals import Reply, Schedule, arrive, post
from bench.children import HOST, free_port
from bench.contestants import Contestant, Questions
from bench.desk import LOOKUP_PATH, Desk, open_desk, running_gateway
from bench.directory_ground import descendants
from bench.failure import BenchError
from bench.instructions import Instructions
from bench.load import Wrk
from bench.national_side import mock_configuration, real_exchange, running_nginx
from bench.processor import Pinning, used_seconds
from bench.programs import Programs

COUNTS: Final = (1, 2, 4)
_OFFICERS: Final = 50
_OK: Final = 200
_US: Final = 1_000_000
_NOT_PINNED: Final = Pinning(None, None)
_BATCHES: Final = """
select count(*) as batches, coalesce(sum(last_sequence - first_sequence + 1), 0) as records from audit_batch
"""
_SETTINGS: Final[Mapping[str, str]] = {
    # A process that waits for a core of this machine is late without having too much to do.
    "DANCU_OVERLOAD_MILLISECONDS": "0",
    # Connections are not spread evenly: a process may have all callers of four.
    "DANCU_NATIONAL_CALLS_AT_ONCE": "512",
    "DANCU_UPSTREAM_MAX_CONNECTIONS": "512",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stretch came to, a lookup; `busiest` is one process's part of it, `batch` records a signature.

    `instructions` are thousands, and None where nobody counts them.
    """

    lookups: int
    per_second: float
    cpu_us: float
    postgres_us: float
    busiest: float
    batch: float
    instructions: float | None


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway of several processes; the ids are the first one's and those of all that look up."""

    processes: int
    url: str
    pid: int
    serving: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """The gateways, and whose database and officers they share."""

    gateways: tuple[Gateway, ...]
    desk: Desk
    mock_url: str
    folder: Path = field(repr=False)
    wrk: str

    def full(self, gateway: Gateway, callers: int, seconds: int) -> Cost:
        """Return the cost of lookups of so many callers in all who ask again at once."""
        headers = {"Content-Type": "application/json"}
        asking = [{"Authorization": f"Bearer {token}"} | headers for token in self.desk.tokens]
        contestant = Contestant(
            f"{gateway.processes} processes",
            gateway.url,
            gateway.pid,
            lambda: Questions(desk.question(), asking),
            '"outcome":"found"',
            desk.check_lookup,
        )
        contestant.check_once()
        wrk = Wrk(self.wrk, callers, self.folder, self.mock_url)
        with _Account(self.desk, gateway) as account:
            measured = wrk.load(contestant, seconds)
        return account.cost(measured.requests, measured.requests_per_second)

    def paced(self, gateway: Gateway, per_second: float, connections: int, seconds: int) -> Cost:
        """Return the cost of lookups that arrive at that rate in all, over each connection in its turn."""
        requests = [post(gateway.url, desk.question(), token) for token in self.desk.tokens]
        schedule = Schedule(per_second, seconds, ahead=connections, most=connections, goes_round=True)
        with _Account(self.desk, gateway) as account:
            replies = arrive(gateway.url, requests, schedule)
        count = _all_found(replies)
        return account.cost(count, count / seconds)

    def idle_ms_per_second(self, gateway: Gateway, seconds: float) -> float:
        """Return the processor time that the gateway uses while nobody asks it anything."""
        before, began = used_seconds(gateway.pid), time.perf_counter()
        time.sleep(seconds)
        return (used_seconds(gateway.pid) - before) / (time.perf_counter() - began) * 1000


class _Account:
    """What a gateway, its processes and PostgreSQL used from entering to leaving, and the batches made."""

    def __init__(self, desk: Desk, gateway: Gateway) -> None:
        self._database_url = desk.database_url
        self._pids = (gateway.pid, desk.postgres_pid, *gateway.serving)
        self._batches = self._records = 0
        self._seconds: Sequence[float] = ()
        self._instructions = Instructions(gateway.serving)

    def __enter__(self) -> Self:
        self._instructions.__enter__()
        self._batches, self._records = asyncio.run(_batches(self._database_url))
        self._seconds = [used_seconds(pid) for pid in self._pids]
        return self

    def __exit__(self, *_: object) -> None:
        self._instructions.__exit__()
        self._seconds = [used_seconds(pid) - was for pid, was in zip(self._pids, self._seconds, strict=True)]
        batches, records = asyncio.run(_batches(self._database_url))
        self._batches, self._records = batches - self._batches, records - self._records

    def cost(self, lookups: int, per_second: float) -> Cost:
        """Return the cost of each of so many lookups."""
        whole, postgres, *serving = self._seconds
        busiest = max(serving) / sum(serving) if sum(serving) else 1.0
        batch = self._records / self._batches if self._batches else 0.0
        run = self._instructions.count
        return Cost(
            lookups,
            per_second,
            whole / lookups * _US,
            postgres / lookups * _US,
            busiest,
            batch,
            run / lookups / 1000 if run is not None else None,
        )


@contextmanager
def open_ground(folder: Path, programs: Programs) -> Iterator[Ground]:
    """Start the national side, PostgreSQL and the gateways, which differ in their processes' number alone."""
    port = free_port()
    mock_url = f"http://{HOST}:{port}"
    configure = partial(mock_configuration, port, real_exchange())
    with ExitStack() as stack:
        stack.enter_context(running_nginx(programs.nginx, folder / "mock", configure, mock_url))
        opened = stack.enter_context(open_desk(folder, mock_url, _OFFICERS, _NOT_PINNED, _SETTINGS))
        gateways = [Gateway(1, opened.url, opened.gateway_pid, (opened.gateway_pid,))]
        for count in COUNTS[1:]:
            own = free_port()
            pid = stack.enter_context(
                running_gateway(folder, own, opened.environment, _NOT_PINNED, workers=count)
            )
            url = f"http://{HOST}:{own}{LOOKUP_PATH}"
            gateways.append(Gateway(count, url, pid, _serving(pid, count)))
        yield Ground(tuple(gateways), opened, mock_url, folder, programs.wrk)


def _serving(root: int, count: int) -> tuple[int, ...]:
    """Return the processes below *root* that serve: those that used most, for Python brings another."""
    used = sorted(descendants(root), key=used_seconds, reverse=True)[:count]
    if len(used) != count:
        raise BenchError(f"{len(used)} processes serve instead of {count}")
    return tuple(used)


async def _batches(database_url: str) -> tuple[int, int]:
    """Return how many batches were signed, and of how many records they consist."""
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(_BATCHES)
    finally:
        await connection.close()
    return int(row["batches"]), int(row["records"])


def _all_found(replies: Sequence[Reply]) -> int:
    wrong = [reply.status for reply in replies if reply.status != _OK or b'"found"' not in reply.body]
    if wrong or not replies:
        raise BenchError(f"{len(wrong)} of {len(replies)} lookups were answered otherwise: {set(wrong)}")
    return len(replies)
