"""Verifications that are counted at the same time share a statement, and nothing else."""

import asyncio
from collections.abc import Sequence
from datetime import date

import asyncpg
import pytest

from app.database.connect import open_engine
from app.errors import AuditUnavailableError
from app.lookup import guess_batches
from app.lookup.guess_batches import GuessBatches
from app.lookup.store import LookupStore
from tests.world import World

DAY = date(2026, 11, 22)
NEXT_DAY = date(2026, 11, 23)
A, B, C = (bytes([number]) * 32 for number in range(3))


class Counts:
    """Counts as the database would, each statement once `gate` is open; `failures` are raised in turn."""

    def __init__(self, patience_seconds: float = 3600) -> None:
        self.batches: list[tuple[date, int, list[bytes]]] = []
        self.counts: dict[tuple[date, bytes], int] = {}
        self.failures: list[Exception | None] = []
        self.gate = asyncio.Event()
        self.is_asked = asyncio.Event()
        self.guesses = GuessBatches(self.count_all, patience_seconds=patience_seconds)

    async def count_all(self, day: date, most: int, digests: Sequence[bytes]) -> frozenset[bytes]:
        self.batches.append((day, most, list(digests)))
        self.is_asked.set()
        await self.gate.wait()
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        counted = {digest for digest in digests if self.counts.get((day, digest), 0) < most}
        for digest in counted:
            self.counts[day, digest] = self.counts.get((day, digest), 0) + 1
        return frozenset(counted)

    def ask(self, digest: bytes, day: date = DAY, most: int = 5) -> asyncio.Task[bool]:
        return asyncio.ensure_future(self.guesses.count(day, digest, most))

    async def ask_while_one_is_counted(self, *digests: bytes) -> list[asyncio.Task[bool]]:
        """Return tasks of which the first is being counted and the others wait."""
        first = self.ask(digests[0])
        await self.is_asked.wait()
        others = [self.ask(digest) for digest in digests[1:]]
        await asyncio.sleep(0)
        return [first, *others]


async def test_who_comes_while_one_is_counted_shares_the_next_statement() -> None:
    counts = Counts()
    asked = await counts.ask_while_one_is_counted(A, B, C)
    counts.gate.set()
    assert await asyncio.gather(*asked) == [True] * 3
    assert [digests for _, _, digests in counts.batches] == [[A], [B, C]]


async def test_one_guess_made_often_at_once_passes_as_often_as_it_may() -> None:
    counts = Counts()
    counts.gate.set()
    asked = [counts.ask(A, most=2) for _ in range(9)]
    passed = await asyncio.gather(*asked)
    assert sorted(passed) == [False] * 7 + [True] * 2
    assert [digests for _, _, digests in counts.batches] == [[A]] * 3  # who is refused refuses the rest


async def test_days_and_limits_are_counted_apart() -> None:
    counts = Counts()
    counts.gate.set()
    asked = [counts.ask(A), counts.ask(A, NEXT_DAY), counts.ask(A, most=1), counts.ask(B, NEXT_DAY)]
    assert await asyncio.gather(*asked) == [True, True, False, True]
    assert counts.batches == [(DAY, 5, [A]), (NEXT_DAY, 5, [A, B]), (DAY, 1, [A])]


async def test_a_failed_statement_fails_for_its_own_callers_only() -> None:
    counts = Counts()
    counts.failures = [None, AuditUnavailableError(), None]
    asked = await counts.ask_while_one_is_counted(A, B, C, B)
    counts.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [answers[0], answers[3]] == [True, True]
    assert [type(each) for each in answers[1:3]] == [AuditUnavailableError] * 2
    assert answers[1] is not answers[2]


async def test_what_nobody_expected_is_raised_as_it_is_and_counting_goes_on() -> None:
    counts = Counts()
    counts.gate.set()
    counts.failures = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        await counts.ask(A)
    assert await counts.ask(A)


async def test_who_gave_up_while_waiting_is_not_counted_and_who_gave_up_later_stays_counted() -> None:
    counts = Counts()
    first, second, third = await counts.ask_while_one_is_counted(A, B, C)
    first.cancel()
    second.cancel()
    counts.gate.set()
    assert await third
    assert counts.counts == {(DAY, A): 1, (DAY, C): 1}


async def test_who_gave_up_is_not_told_of_a_failure() -> None:
    counts = Counts()
    counts.failures = [AuditUnavailableError()]
    first, second = await counts.ask_while_one_is_counted(A, B)
    first.cancel()
    counts.gate.set()
    assert await second
    assert first.cancelled()


async def test_a_statement_counts_a_bounded_number_of_guesses() -> None:
    counts = Counts()
    counts.gate.set()
    asked = [counts.ask(number.to_bytes(32, "big")) for number in range(guess_batches.MOST_AT_ONCE + 1)]
    assert all(await asyncio.gather(*asked))
    assert [len(digests) for _, _, digests in counts.batches] == [guess_batches.MOST_AT_ONCE, 1]


async def test_a_bounded_number_waits_and_who_comes_then_is_refused_at_once() -> None:
    counts = Counts()
    waiting = await counts.ask_while_one_is_counted(*[A] * guess_batches.MOST_WAITING)
    with pytest.raises(AuditUnavailableError):
        await counts.ask(B)
    counts.gate.set()
    assert sum(await asyncio.gather(*waiting)) == 5


async def test_who_waits_too_long_behind_a_statement_is_refused_and_it_goes_on() -> None:
    counts = Counts(patience_seconds=0.001)
    first, second = await counts.ask_while_one_is_counted(A, B)
    for late in (second, counts.ask(C)):
        with pytest.raises(AuditUnavailableError):
            await late
    counts.gate.set()
    assert await first
    assert counts.counts == {(DAY, A): 1}


async def test_ended_together_with_its_loop_nobody_is_left_waiting() -> None:
    counts = Counts()
    asked = await counts.ask_while_one_is_counted(A, B)
    for task in asyncio.all_tasks():
        if task.get_name() == "guess batches":
            task.cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in answers] == [AuditUnavailableError] * 2


async def test_processes_that_count_the_same_guesses_at_once_neither_lose_nor_lock(world: World) -> None:
    engines = [open_engine(world.database.serving_url, pool_size=2) for _ in range(3)]
    stores = [LookupStore(engine) for engine in engines]
    digests = [number.to_bytes(32, "big") for number in range(40)]
    orders = (digests, digests[::-1], digests[20:] + digests[:20])
    asked = [
        store.count_verification(DAY, digest, 2)
        for store, order in zip(stores, orders, strict=True)
        for digest in order
    ]
    passed = await asyncio.gather(*asked)
    for engine in engines:
        await engine.dispose()
    owner = await asyncpg.connect(world.database.owner_url)
    kept = await owner.fetch("select asked, count(*) from verification_guess group by asked")
    await owner.close()
    assert (sum(passed), [tuple(row) for row in kept]) == (80, [(2, 40)])


async def test_a_database_out_of_reach_is_said_to_all_who_wait() -> None:
    engine = open_engine("postgresql://gateway@127.0.0.1:1/dancu")
    store = LookupStore(engine)
    asked = [store.count_verification(DAY, digest, 5) for digest in (A, B, A)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    await engine.dispose()
    assert [type(each) for each in answers] == [AuditUnavailableError] * 3
