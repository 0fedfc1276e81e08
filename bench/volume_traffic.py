"""Lookups that go on while something else happens: the gateway's own writer, in a process of its own.

Each lookup is its two records at least, intent and outcome, which begin when they are due whatever became of
those before. What a record took is the time until it was durable.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from app.audit.keyring import Keyring
from app.audit.record import Draft, Outcome, RecordKind
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.cli.invented import AUTHORITY
from app.clock import SystemClock
from app.database.connect import connector
from app.errors import AuditUnavailableError
from app.lookup.decision import Permit
from app.lookup.evidence import intent_draft
from app.procedures.fields import DEFAULT_FIELDS
from bench.decision import asking_caller, lookup_command
from bench.failure import BenchError

_PROCEDURE: Final = "1.000000"
_BASIS: Final = "Nghị định 104/2022/NĐ-CP, Điều 14"
_WAIT_SECONDS: Final = 10.0
_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 60.0
_LONGEST_RUN_SECONDS: Final = 4 * 3600.0
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where lookups are recorded, and how many a second."""

    gateway_url: str = field(repr=False)
    root: RootKey
    per_second: float


@dataclass(frozen=True, slots=True)
class Written:
    """One record: when it was given to the writer (monotonic seconds), how long until it was durable."""

    at: float
    seconds: float
    is_durable: bool


@dataclass(slots=True)
class Traffic:
    """What was written; empty until it has stopped."""

    records: list[Written] = field(default_factory=list)

    def between(self, begin: float, end: float) -> list[Written]:
        """Return the records that were waited for at some time from *begin* to *end*."""
        return [one for one in self.records if one.at <= end and one.at + one.seconds >= begin]


@contextmanager
def lookups_beside(place: Place) -> Iterator[Traffic]:
    """Let lookups come in until the block ends; what became of them is there afterwards.

    BenchError where the process that records them fails.
    """
    context, traffic = get_context("spawn"), Traffic()
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(place, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        _receive(ours, _START_SECONDS)
        yield traffic
        ours.send(None)
        traffic.records += [Written(*one) for one in _receive(ours, _END_SECONDS)]
    finally:
        ours.close()
        process.join(timeout=1)
        process.terminate()
        process.join()


def _receive(pipe: Connection, seconds: float) -> list[tuple[float, float, bool]]:
    try:
        if pipe.poll(seconds):
            said: list[tuple[float, float, bool]] = pipe.recv()
            return said
    except EOFError:
        pass
    raise BenchError("the process that records lookups has failed")


def _run(place: Place, pipe: Connection) -> None:
    """Record lookups until the other side says so, and then say what they took."""
    records = asyncio.run(_record_all(place, pipe))
    with contextlib.suppress(BrokenPipeError):  # nobody wants to know any more
        pipe.send(records)


async def _record_all(place: Place, pipe: Connection) -> list[tuple[float, float, bool]]:
    async with AuditWriter(
        connector(place.gateway_url, synchronous_commit="on"),
        Keyring(place.root),
        _CLOCK,
        authority_code=AUTHORITY,
        wait_seconds=_WAIT_SECONDS,
    ) as writer:
        await _look_up(writer, [], is_to_succeed=True)  # its keys are at hand from here on
        pipe.send([])
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), stopping.set)
        return await _arrivals(writer, place.per_second, stopping)


async def _arrivals(
    writer: AuditWriter, per_second: float, stopping: asyncio.Event
) -> list[tuple[float, float, bool]]:
    """Begin lookups at their times until *stopping*, and wait for all of them."""
    written = list[tuple[float, float, bool]]()
    begun = time.monotonic()
    async with asyncio.TaskGroup() as lookups:
        for number in range(int(_LONGEST_RUN_SECONDS * per_second)):
            if stopping.is_set():
                break
            await asyncio.sleep(begun + number / per_second - time.monotonic())
            lookups.create_task(_look_up(writer, written))
    return written


async def _look_up(
    writer: AuditWriter, written: list[tuple[float, float, bool]], *, is_to_succeed: bool = False
) -> None:
    permit = Permit(frozenset(DEFAULT_FIELDS), f"{_PROCEDURE}.01", "C1", _BASIS)
    intent = intent_draft(asking_caller(), lookup_command(_PROCEDURE), permit, "bench", _CLOCK.now())
    facts = {"lookup_id": str(intent.record_id), "outcome": Outcome.FOUND.value}
    for draft in (intent, Draft(RecordKind.LOOKUP_OUTCOME, _CLOCK.now(), facts)):
        at, is_durable = time.monotonic(), True
        try:
            await writer.append(draft)
        except AuditUnavailableError:
            is_durable = False
        written.append((at, time.monotonic() - at, is_durable))
        if not is_durable:
            if is_to_succeed:
                raise BenchError("nothing can be recorded")
            return


@dataclass(frozen=True, slots=True)
class Waits:
    """How long records of a stretch took until they were durable, in milliseconds, and how many failed."""

    count: int
    median: float
    p99: float
    longest: float
    failed: int


def waits_of(records: Sequence[Written]) -> Waits:
    """Return the figures of some records; BenchError where there are none."""
    if not records:
        raise BenchError("no lookup came in meanwhile")
    taken = sorted(one.seconds * 1000 for one in records)
    return Waits(
        count=len(taken),
        median=taken[len(taken) // 2],
        p99=taken[int(len(taken) * 0.99)],
        longest=taken[-1],
        failed=sum(not one.is_durable for one in records),
    )
