"""Loses the primary under load, round after round, and looks for every acknowledged record on the standby."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from tests.crash.barriers import Barrier
from tests.crash.child import run_gateway
from tests.crash.clients import Desk, Receipt, Request, ask, sign_in
from tests.crash.commits import intents_close
from tests.crash.evidence import Witnesses, read_evidence, violations
from tests.crash.national_side import run_national_side
from tests.crash.processes import Child, running_child, start_child
from tests.durability.ground import SETTINGS, Ground
from tests.durability.pair import Pair
from tests.gateway import an_upstream
from tests.world import World

_RUN_UP_SECONDS: Final = (0.3, 1.0)
_WHILE_GONE_SECONDS: Final = 0.2
_RECOVERY_SECONDS: Final = 60
_OK: Final = 200


@dataclass
class Tally:
    """What came of all rounds."""

    rounds: int = 0
    acknowledged: int = 0
    present: int = 0
    records: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    recovery_seconds: list[float] = field(default_factory=list)
    violations: dict[str, None] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Acknowledged lookups of which intent or outcome is gone."""
        return self.acknowledged - self.present


class Failover:
    """Gateways that are never restarted, over a pair of servers that change places."""

    def __init__(
        self, ground: Ground, pair: Pair, tally: Tally, *, gateways: int, clients: int, seed: int
    ) -> None:
        """Load each of *gateways* with *clients*."""
        self._world: World = ground.world_on(pair)
        self._pair = pair
        self._folder = ground.origin.folder
        self._tally = tally
        self._count, self._clients = gateways, clients
        self._chance = random.Random(seed)  # noqa: S311 - not secrecy
        self._witnesses = Witnesses()
        self._gateways = list[Child]()
        self._desk = Desk("", self._chance)

    async def run(self, rounds: int) -> None:
        """Go *rounds* rounds."""
        access_log = self._folder / "access.jsonl"
        async with running_child(run_national_side, self._folder / "mock.log", access_log) as national:
            settings = self._world.settings(**(SETTINGS | {"audit_standbys": 1}))
            upstream = an_upstream(base_url=f"http://127.0.0.1:{national.port}")
            log = self._folder / "gateway.log"
            try:
                for _ in range(self._count):
                    self._gateways.append(
                        start_child(run_gateway, log, Barrier.ANY_MOMENT, settings, upstream)
                    )
                token = await sign_in(self._gateways[0].port, self._world.province)
                self._desk = Desk(token, self._chance)
                for number in range(rounds):
                    await self._round(number)
                    self._tally.rounds += 1
            finally:
                for gateway in self._gateways:
                    await gateway.kill()

    async def _round(self, number: int) -> None:
        is_over = asyncio.Event()
        clients = [
            asyncio.create_task(ask(gateway.port, self._requests(is_over)))
            for gateway in self._gateways
            for _ in range(self._clients)
        ]
        await asyncio.sleep(self._chance.uniform(*_RUN_UP_SECONDS))
        await self._pair.fail_over()
        await asyncio.sleep(_WHILE_GONE_SECONDS)
        is_over.set()
        receipts = list(chain.from_iterable(await asyncio.gather(*clients)))
        await self._look_for(receipts)
        begun = asyncio.get_running_loop().time()
        await asyncio.to_thread(self._pair.follow)
        await self._recover(number)
        self._tally.recovery_seconds.append(asyncio.get_running_loop().time() - begun)
        with suppress(TimeoutError):  # the check will say what is still open
            await intents_close(self._world.database.owner_url, within_seconds=_RECOVERY_SECONDS)
        await self._check(receipts)

    def _requests(self, is_over: asyncio.Event) -> Iterator[Request]:
        while not is_over.is_set():
            yield self._desk.any_request()

    async def _look_for(self, receipts: list[Receipt]) -> None:
        """Count acknowledged lookups, and those whose two records are on what was the standby."""
        evidence = await read_evidence(self._pair.primary.url(self._world.database.name))
        for receipt in receipts:
            if receipt.status == _OK:
                self._tally.acknowledged += 1
                lookup_id = receipt.lookup_id
                self._tally.present += lookup_id in evidence.intents and lookup_id in evidence.outcomes
            elif receipt.is_whole:
                self._tally.refusals[_code_of(receipt)] += 1

    async def _recover(self, number: int) -> None:
        """Ask through every gateway until each one answers again."""
        for gateway in self._gateways:
            async with asyncio.timeout(_RECOVERY_SECONDS):
                while True:
                    receipts = await ask(gateway.port, iter([self._desk.any_request()]))
                    self._witnesses.receipts += receipts
                    if receipts and receipts[0].status == _OK:
                        break
                    await asyncio.sleep(_WHILE_GONE_SECONDS)
            if gateway.has_ended.is_set():
                self._tally.violations[f"a gateway ended by itself in round {number}"] = None

    async def _check(self, receipts: list[Receipt]) -> None:
        """Check chains, and what every gateway took for durable since it began."""
        evidence = await read_evidence(self._world.database.owner_url)
        self._witnesses.receipts += receipts
        self._witnesses.reports = list(chain.from_iterable(gateway.reports for gateway in self._gateways))
        for broken in violations(evidence, self._witnesses):
            self._tally.violations[broken] = None
        self._tally.records = len(evidence.rows)


def _code_of(receipt: Receipt) -> str:
    return f"{receipt.status} {json.loads(receipt.body).get('code', '')}"
