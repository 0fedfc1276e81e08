"""Kills one of the crew after the other at random moments under load, and takes stock every few kills."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from app.database.embedded import EmbeddedServer
from tests.crash.clients import Desk, sign_in
from tests.crash.commits import intents_close
from tests.crash.evidence import Evidence, Witnesses, violations
from tests.crash.national_side import run_national_side
from tests.crash.processes import Child, running_child
from tests.siege.batches import wrong_batches
from tests.siege.books import Books, Tree
from tests.siege.checks import alarms, wrong_answers, wrong_succession, wrong_tree
from tests.siege.crew import Member, PostgresMember, ProgramMember
from tests.siege.desk import Journal, Load
from tests.siege.ground import AGE_SECONDS, Place, a_place
from tests.siege.witness import Witness

_DESKS: Final = 12
_REACH_SECONDS: Final = 60.0  # for all to work again once nobody kills, on a machine that others keep busy
_TOGETHER: Final = 0.15  # how often the next kill comes at once
_HALF_STARTED: Final = 0.2  # how often one is killed that may not work yet
_POSTGRES_WEIGHT: Final = 3
_LOOKS: Final = 10
_LOOK_SECONDS: Final = 0.5


@dataclass
class Tally:
    """What came of a siege."""

    kills: Counter[str] = field(default_factory=Counter)
    own_ends: Counter[str] = field(default_factory=Counter)
    stocks: int = 0
    longest_rest_seconds: float = 0.0
    """From the last answer to when all worked, every intent was closed and a checkpoint covered it all."""
    questions: int = 0
    records: int = 0
    chains: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    heads: int = 0
    journal: Journal = field(default_factory=Journal)
    violations: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """How often is killed, and at most how many seconds apart; after how many kills stock is taken."""

    kills: int
    seed: int = 1
    most_pause_seconds: float = 2.0
    stock_every: int = 10

    def chance(self, purpose: str) -> random.Random:
        """Return the chance that decides about one thing, whatever the others do."""
        return random.Random(f"{self.seed} {purpose}")  # noqa: S311 - not secrecy


async def besiege(
    server: EmbeddedServer, folder: Path, plan: Plan, on_kill: Callable[[], None] = lambda: None
) -> Tally:
    """Kill as *plan* says and return what came of it; what the programs write goes to *folder*."""
    access_log = folder / "access.jsonl"
    async with (
        running_child(run_national_side, folder / "mock.log", access_log) as national,
        a_place(server, folder, national.port) as place,
        _crew(server, place, folder) as crew,
    ):
        await _all_ready(crew)
        desk = Desk(await sign_in(place.ports[0], place.province), plan.chance("questions"))
        siege = _Siege(plan, place, folder, crew, national, desk)
        async with siege.under_load():
            for number in range(1, plan.kills + 1):
                await siege.kill_once()
                on_kill()
                if number % plan.stock_every == 0 or number == plan.kills:
                    await siege.take_stock()
        return siege.tally


@asynccontextmanager
async def _crew(server: EmbeddedServer, place: Place, folder: Path) -> AsyncIterator[list[Member]]:
    async with AsyncExitStack() as stack:
        members: list[Member] = [PostgresMember(server, _POSTGRES_WEIGHT)]
        members += [ProgramMember(program, folder) for program in place.programs]
        for member in members:
            await stack.enter_async_context(member)
        yield members


async def _all_ready(crew: Sequence[Member]) -> None:
    """Return once all work at the same time; TimeoutError where they do not within their limit."""
    async with asyncio.timeout(_REACH_SECONDS):
        while not all(member.ready.is_set() for member in crew):
            for member in crew:
                await member.ready.wait()


class _Siege:
    def __init__(
        self, plan: Plan, place: Place, folder: Path, crew: Sequence[Member], national: Child, desk: Desk
    ) -> None:
        self.tally = Tally()
        self._plan = plan
        self._chance = plan.chance("kills")
        self._place = place
        self._folder = folder
        self._crew = crew
        self._national = national
        self._load = Load(desk, place.ports, self.tally.journal, plan.chance("desks"))
        self._witness = Witness(place.verifier, place.ports, plan.chance("witness"))
        self._books = Books()

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Keep desks and the witness busy until the end of the block."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._load.run()) for _ in range(_DESKS)]
            running.append(tasks.create_task(self._witness.run()))
            self._load.go_on()
            yield
            for task in running:
                task.cancel()

    async def kill_once(self) -> None:
        """Kill one of the crew, wherever it is by then."""
        chance = self._chance
        while True:
            if chance.random() > _TOGETHER:
                await asyncio.sleep(chance.uniform(0, self._plan.most_pause_seconds))
            (member,) = chance.choices(self._crew, [each.weight for each in self._crew])
            if chance.random() > _HALF_STARTED and not await self._is_ready_soon(member):
                return
            if await member.kill():
                return

    async def _is_ready_soon(self, member: Member) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(_REACH_SECONDS):
                await member.ready.wait()
            return True
        self._violated(f"I0 {member.name} did not come back within {_REACH_SECONDS:.0f} s")
        return False

    async def take_stock(self) -> None:
        """Let all come to rest, then look at every promise."""
        await self._load.pause()
        paused_at = time.monotonic()
        try:
            await _all_ready(self._crew)
            await self._come_to_rest()
        except TimeoutError:
            lacking = [member.name for member in self._crew if not member.ready.is_set()]
            self._violated(f"I0 not at rest after {_REACH_SECONDS:.0f} s; not working: {lacking}")
        rest_seconds = time.monotonic() - paused_at
        self.tally.longest_rest_seconds = max(self.tally.longest_rest_seconds, rest_seconds)
        await self._check()
        self._load.go_on()

    async def _come_to_rest(self) -> None:
        with suppress(TimeoutError):  # the check says which intents are open
            await intents_close(self._place.owner_url, within_seconds=AGE_SECONDS + _REACH_SECONDS / 2)
        async with asyncio.timeout(_REACH_SECONDS):
            connection = await asyncpg.connect(self._place.owner_url)
            try:
                while not await connection.fetchval(_IS_COVERED):  # noqa: ASYNC110 - a worker acts
                    await asyncio.sleep(0.05)
            finally:
                await connection.close()

    async def _read(self) -> tuple[Evidence, Tree, list[str]]:
        """Return the books at a moment at which the tree has every record, if there is one."""
        for _ in range(_LOOKS):  # a gateway may write of its own accord
            evidence, tree, broken = await self._books.read(self._place.owner_url)
            if broken or (tree.heads and tree.heads[-1].size >= len(evidence.rows)):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        return evidence, tree, broken

    async def _check(self) -> None:
        last = self._witness.last  # before the books: what the witness takes meanwhile may not stand in them
        evidence, tree, broken = await self._read()
        journal = self.tally.journal
        fresh, journal.fresh = journal.fresh, []
        witnesses = Witnesses(seen=self._seen(), receipts=fresh)
        for words in chain(
            broken,
            violations(evidence, witnesses, age_seconds=AGE_SECONDS),
            wrong_succession(evidence),
            wrong_batches(evidence, tree.batches),
            wrong_answers(evidence, fresh),
            wrong_tree(evidence, tree, last),
            *(alarms(log.stem, log.read_text(errors="replace")) for log in self._folder.glob("*.log")),
            journal.wrong,
            self._witness.wrong,
        ):
            self._violated(words)
        tally = self.tally
        tally.stocks += 1
        tally.kills = Counter({member.name: member.kills for member in self._crew})
        tally.own_ends = Counter({member.name: member.own_ends for member in self._crew})
        tally.questions = len(witnesses.seen)
        tally.records = len(evidence.rows)
        tally.chains = len({row.facts["writer_id"] for row in evidence.rows})
        tally.outcomes = Counter(evidence.outcomes.values())
        tally.heads = self._witness.heads

    def _seen(self) -> list[UUID]:
        return [each.lookup_id for each in self._national.reports if each.event == "seen" and each.lookup_id]

    def _violated(self, words: str) -> None:
        self.tally.violations[words] = None


_IS_COVERED: Final = (
    "select (select count(*) from audit_record) <= (select coalesce(max(tree_size), 0) from audit_checkpoint)"
)
