"""Kills one gateway after the other at one barrier, under load, and checks the evidence after every kill."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from signal import SIGKILL
from typing import Final
from uuid import UUID

from app.audit.record import RecordKind
from tests.crash.barriers import Barrier
from tests.crash.child import run_gateway
from tests.crash.clients import Desk, Receipt, ask, sign_in
from tests.crash.commits import VICTIM, held_commit, intents_close, sessions_end
from tests.crash.evidence import Evidence, Witnesses, doubtful, read_evidence, violations, was_too_slow
from tests.crash.fates import COMMITTING, kept_lookups, wrong_commits, wrong_fates
from tests.crash.ground import AGE_SECONDS, CYCLE_SECONDS, Ground, Place
from tests.crash.national_side import run_national_side
from tests.crash.processes import Child, running_child, start_child
from tests.gateway import an_upstream

_CLIENTS: Final = 6
_MOST_PASSAGES: Final = 12
_RUN_UP_SECONDS: Final = 0.2
_BARRIER_SECONDS: Final = 20
_SETTLE_SECONDS: Final = AGE_SECONDS + 10  # some cycles, on a machine that others keep busy
_BYSTANDER_EVERY: Final = 3
_BYSTANDERS: Final = 3


@dataclass
class Tally:
    """What came of one barrier's kills."""

    barrier: Barrier
    kills: int = 0
    questions: int = 0
    intents: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    citizens: int = 0
    partly: int = 0
    doubts_kept: int = 0
    doubts_lost: int = 0
    bystanders: int = 0
    bystanders_too_slow: int = 0
    violations: dict[str, None] = field(default_factory=dict)


async def besiege(
    ground: Ground, barrier: Barrier, kills: int, *, seed: int, on_kill: Callable[[], None] = lambda: None
) -> Tally:
    """Kill a gateway *kills* times at *barrier* and return what came of it."""
    async with ground.place(barrier.value) as place, AsyncExitStack() as stack:
        access_log = place.folder / "access.jsonl"
        mock_log = place.folder / "mock.log"
        national = await stack.enter_async_context(running_child(run_national_side, mock_log, access_log))
        siege = _Siege(place, barrier, national, random.Random(f"{seed} {barrier}"))  # noqa: S311 - not secrecy
        stack.push_async_callback(siege.end)
        await siege.begin()
        for number in range(kills):
            await siege.kill_once(number)
            on_kill()
        return siege.tally


class _Siege:
    def __init__(self, place: Place, barrier: Barrier, national: Child, chance: random.Random) -> None:
        self.tally = Tally(barrier)
        self._place = place
        self._barrier = barrier
        self._national = national
        self._chance = chance
        self._witnesses = Witnesses()
        self._stopped: list[UUID | None] = []
        self._gateway = self._start()
        self._desk = Desk("", chance)

    async def begin(self) -> None:
        """Sign in once; the token outlives the gateway that issued it."""
        self._desk = Desk(await sign_in(self._gateway.port, self._place.world.province), self._chance)

    async def end(self) -> None:
        """End the last gateway."""
        await self._gateway.kill()

    async def kill_once(self, number: int) -> None:
        """Kill the gateway under load, start the next, and check everything once it has settled."""
        is_kept = number % 2 == 0
        has_bystander = number % _BYSTANDER_EVERY == 0
        victim = self._gateway
        async with self._bystander(is_wanted=has_bystander):
            receipts = await self._kill_under_load(is_kept=is_kept)
            self._gateway = self._start()
            if has_bystander:  # long enough for a reconciler to reach for what it must leave alone
                await asyncio.sleep(AGE_SECONDS + 2 * CYCLE_SECONDS)
        with suppress(TimeoutError):  # the check will say what is still open
            await intents_close(self._place.owner_url, within_seconds=_SETTLE_SECONDS)
        self._witnesses.receipts += receipts
        self._witnesses.receipts += await self._repeat(receipts)
        evidence = await self._check(victim, receipts, is_kept=is_kept)
        self._count(evidence, victim)

    def _start(self, *, is_bystander: bool = False) -> Child:
        place = self._place
        settings = place.bystander_settings() if is_bystander else place.victim_settings()
        upstream = an_upstream(base_url=f"http://127.0.0.1:{self._national.port}")
        barrier = Barrier.ANY_MOMENT if is_bystander else self._barrier
        return start_child(run_gateway, place.folder / "gateway.log", barrier, settings, upstream)

    async def _kill_under_load(self, *, is_kept: bool) -> list[Receipt]:
        """Return what the clients had received when the line went dead."""
        requests = iter(self._desk.any_request, None)
        clients = [asyncio.create_task(ask(self._gateway.port, requests)) for _ in range(_CLIENTS)]
        try:
            async with asyncio.timeout(_BARRIER_SECONDS):
                await self._strike(is_kept=is_kept)
        except TimeoutError:
            self._violated(f"I0 the barrier {self._barrier} was not reached")
            await self._kill()
        receipts = list(chain.from_iterable(await asyncio.gather(*clients)))
        await sessions_end(self._place.owner_url, VICTIM)
        return receipts

    async def _strike(self, *, is_kept: bool) -> None:
        """Wait for the barrier, then kill."""
        if self._barrier in COMMITTING:
            await asyncio.sleep(self._chance.uniform(0, _RUN_UP_SECONDS))
            async with held_commit(self._place.owner_url, COMMITTING[self._barrier], is_kept=is_kept):
                await self._kill()
        elif self._barrier is Barrier.ANY_MOMENT:
            await asyncio.sleep(self._chance.uniform(0, 2 * _RUN_UP_SECONDS))
            await self._kill()
        else:
            where = self._national if self._barrier is Barrier.QUESTION_ASKED else self._gateway
            where.reached.clear()
            where.stop_at(self._chance.randint(1, _MOST_PASSAGES))
            await where.reached.wait()
            self._stopped += [report.lookup_id for report in where.reports if report.event == "reached"][-1:]
            await self._kill()

    async def _kill(self) -> None:
        exit_code = await self._gateway.kill()
        if exit_code != -SIGKILL:
            self._violated(f"I0 a gateway ended by itself, exit code {exit_code}")
        self._witnesses.reports += self._gateway.reports
        self.tally.kills += 1

    async def _repeat(self, receipts: list[Receipt]) -> list[Receipt]:
        """Ask once more, with the same keys, what the dead gateway left without an answer."""
        unanswered = iter([receipt.request for receipt in receipts if not receipt.is_whole])
        return await ask(self._gateway.port, unanswered)

    @asynccontextmanager
    async def _bystander(self, *, is_wanted: bool) -> AsyncIterator[None]:
        """Keep slow lookups in flight through another gateway on the same database, meanwhile."""
        if not is_wanted:
            yield
            return
        bystander = self._start(is_bystander=True)
        try:
            is_over = asyncio.Event()
            asking = [self._ask_slowly(bystander.port, is_over) for _ in range(_BYSTANDERS)]
            tasks = asyncio.gather(*asking)
            await self._next_question()
            yield
            is_over.set()
            self._witnesses.bystanders += chain.from_iterable(await tasks)
        finally:
            await bystander.kill()
            self._witnesses.reports += bystander.reports

    async def _next_question(self) -> None:
        self._national.heard.clear()
        async with asyncio.timeout(_BARRIER_SECONDS):
            await self._national.heard.wait()

    async def _ask_slowly(self, port: int, is_over: asyncio.Event) -> list[Receipt]:
        receipts = list[Receipt]()
        while not is_over.is_set():
            await asyncio.sleep(self._chance.uniform(0, _RUN_UP_SECONDS))
            receipts += await ask(port, iter([self._desk.slow_request()]))
        return receipts

    async def _check(self, victim: Child, receipts: list[Receipt], *, is_kept: bool) -> Evidence:
        evidence = await read_evidence(self._place.owner_url)
        self._witnesses.seen = await self._seen()
        for broken in chain(
            violations(evidence, self._witnesses),
            wrong_fates(self._barrier, self._stopped[-1:], evidence, receipts),
            wrong_commits(self._barrier, victim.reports, evidence, is_kept=is_kept),
        ):
            self._violated(broken)
        return evidence

    async def _seen(self) -> list[UUID]:
        """Return every question the national side has seen, by the witness or by its own log."""
        witnessed = [r.lookup_id for r in self._national.reports if r.event == "seen" and r.lookup_id]
        access_log = self._place.folder / "access.jsonl"
        logged = await asyncio.to_thread(_logged_questions, access_log)
        return witnessed + sorted(logged - set(witnessed))

    def _violated(self, words: str) -> None:
        self.tally.violations[words] = None

    def _count(self, evidence: Evidence, victim: Child) -> None:
        tally = self.tally
        tally.questions = len(self._witnesses.seen)
        tally.intents = len(evidence.intents)
        tally.outcomes = Counter(evidence.outcomes.values())
        shown = [receipt for receipt in self._witnesses.receipts if receipt.has_citizen]
        tally.citizens = len(shown)
        tally.partly = sum(not receipt.is_whole for receipt in shown)
        for lookup_id, kind in doubtful(victim.reports):
            is_kept = lookup_id in kept_lookups(evidence, RecordKind(kind))
            tally.doubts_kept += is_kept
            tally.doubts_lost += not is_kept
        tally.bystanders_too_slow = sum(map(was_too_slow, self._witnesses.bystanders))
        tally.bystanders = len(self._witnesses.bystanders) - tally.bystanders_too_slow


def _logged_questions(access_log: Path) -> set[UUID]:
    if not access_log.exists():
        return set()
    asked = [json.loads(line)["MaYeuCau"] for line in access_log.read_text(encoding="utf-8").splitlines()]
    return {UUID(text) for text in asked if text}
