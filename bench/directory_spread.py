"""How soon a suspension bites on each of several gateway processes, while lookups go on."""

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import asyncpg

from bench.arrivals import Reply, Schedule, arrive, post
from bench.children import HOST
from bench.desk import question
from bench.directory_ground import descendants, own_mb, resident_mb, serving_pid
from bench.failure import BenchError
from bench.slow_ground import Ground

SUSPENSIONS: Final = 10
AT_ONCE: Final = 1000
QUIET_SECONDS: Final = 3
_OK: Final = 200
_GATEWAY_MB: Final = 60
_TRIES: Final = 200
_PATIENCE_SECONDS: Final = 30
_PER_SECOND: Final = 40
_LOAD_SECONDS: Final = 30
_SUSPEND: Final = "update officer set status = 'suspended' where login_name = $1"
_SUSPEND_MANY: Final = (
    "update officer set status = 'suspended' where login_name = $1"
    " or login_name in (select 'tinh.' || n from generate_series(1, $2) n)"
)
_DISTURB: Final = "update directory_version set version = version + 1"
"""A version of which nothing says what changed: everything is loaded anew."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What each process weighs, seconds until every process refused, and the lookups meanwhile."""

    resident_mb: Sequence[float]
    resident_later_mb: Sequence[float]
    own_mb: Sequence[float]
    one_by_one: Sequence[float]
    many_at_once: float
    while_loading_anew: float
    replies: Sequence[Reply]
    loading_began: float


def measure_spread(ground: Ground, workers: int) -> Spread:
    """Suspend officers one by one, a thousand at once, and one while every process loads all anew."""
    family = descendants(ground.desk.gateway_pid)
    weighed = [mb for pid in sorted(family) if (mb := resident_mb(pid)) > _GATEWAY_MB]
    if len(weighed) != workers:
        raise BenchError(f"{len(weighed)} processes serve instead of {workers}")
    tokens = ground.desk.tokens
    lookers = tokens[SUSPENSIONS + 2 :]
    requests = [post(ground.desk.url, question(), token) for token in lookers]
    processes = _Processes(ground.desk.url, family, workers)
    with ThreadPoolExecutor(1) as beside:
        began = time.perf_counter()
        load = beside.submit(
            arrive,
            ground.desk.url,
            requests,
            Schedule(_PER_SECOND, _LOAD_SECONDS),
        )
        time.sleep(QUIET_SECONDS)
        change = _Owner(ground.desk.database_url)
        one_by_one = []
        for number in range(SUSPENSIONS):
            asked = change.execute(_SUSPEND, f"canbo.{number:03d}")
            one_by_one.append(processes.refused_by_all(tokens[number], asked))
            time.sleep(0.3)
        asked = change.execute(_SUSPEND_MANY, f"canbo.{SUSPENSIONS:03d}", AT_ONCE)
        many = processes.refused_by_all(tokens[SUSPENSIONS], asked)
        time.sleep(1)
        loading_began = time.perf_counter() - began
        change.execute(_DISTURB)
        asked = change.execute(_SUSPEND, f"canbo.{SUSPENSIONS + 1:03d}")
        anew = processes.refused_by_all(tokens[SUSPENSIONS + 1], asked)
        replies = load.result()
        change.close()
    later = [resident_mb(pid) for pid in processes.pids]
    own = [own_mb(pid) for pid in processes.pids]
    return Spread(weighed, later, own, one_by_one, many, anew, replies, loading_began)


class _Owner:
    """A connection of the database's owner."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._connection = self._runner.run(asyncpg.connect(url))

    def execute(self, statement: str, *values: object) -> float:
        """Execute a statement; return when it was committed, by the performance counter."""
        self._runner.run(self._connection.execute(statement, *values))
        return time.perf_counter()

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()


class _Processes:
    """A connection to each gateway process."""

    def __init__(self, url: str, family: frozenset[int], count: int) -> None:
        port = urlsplit(url).port or 80
        self._connections: dict[int, http.client.HTTPConnection] = {}
        for _ in range(_TRIES):
            if len(self._connections) == count:
                return
            connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE_SECONDS)
            connection.request("GET", "/livez")
            connection.getresponse().read()
            pid = serving_pid(family, port, connection.sock.getsockname()[1])
            if pid is None or pid in self._connections:
                connection.close()
            else:
                self._connections[pid] = connection
        raise BenchError(f"only {len(self._connections)} of {count} processes took a connection")

    @property
    def pids(self) -> Sequence[int]:
        """The processes."""
        return sorted(self._connections)

    def refused_by_all(self, token: str, since: float) -> float:
        """Return how many seconds after *since* the last process began to refuse this token."""
        waiting = set(self._connections)
        while waiting:
            if time.perf_counter() - since > _PATIENCE_SECONDS:
                raise BenchError(f"{len(waiting)} processes still serve an officer who is suspended")
            waiting = {pid for pid in waiting if not self._refuses(self._connections[pid], token)}
        return time.perf_counter() - since

    def _refuses(self, connection: http.client.HTTPConnection, token: str) -> bool:
        connection.request("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        said = json.loads(response.read())
        # A machine so busy that loading everything takes over ten seconds serves nobody until it is done.
        if response.status != _OK and said.get("code") not in {"officer_suspended", "audit_unavailable"}:
            raise BenchError(f"an officer was refused for another reason: {said.get('code')}")
        return response.status != _OK
