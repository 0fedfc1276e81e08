"""A gateway and a sequencer over small volumes that run full, and what was acknowledged meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit.tree.sequencer import Sequencer
from app.clock import SystemClock
from app.database.connect import connector
from tests.audit.tree.ground import a_signer
from tests.crash.commits import intents_close
from tests.crash.evidence import Witnesses, read_evidence, violations
from tests.durability.ground import SETTINGS, WAIT_SECONDS, Ground
from tests.durability.national_side import NationalSide
from tests.durability.servers import ask
from tests.durability.volumes import Site, a_site
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import World, a_dossier_code, a_lookup

PATIENCE_SECONDS: Final = 60
_MARGIN_SECONDS: Final = 1.5
_RETRY_SECONDS: Final = 0.02
_ALL_UNDER_A_CHECKPOINT: Final = (
    "select (select max(tree_size) from audit_checkpoint) = (select count(*) from audit_record)"
)


class Rig:
    """What lookups are made with, and what came of them."""

    def __init__(self, site: Site, world: World, gateway: Gateway, side: NationalSide, token: str) -> None:
        """Ask in the name of who holds *token*."""
        self.site = site
        self.acknowledged = set[UUID]()
        self.refusals = Counter[str]()
        self._world, self._gateway, self._side, self._token = world, gateway, side, token
        self._numbers = count(1)

    async def look_up(self) -> int:
        """Look somebody up for a dossier of its own and return the status."""
        body = a_lookup(dossier_code=a_dossier_code(running_number=next(self._numbers)))
        answer = await self._gateway.look_up(self._token, body)
        if answer.status_code == 200:
            self.acknowledged.add(UUID(answer.json()["lookup_id"]))
        else:
            self.refusals[f"{answer.status_code} {answer.json()['code']}"] += 1
        return answer.status_code

    async def look_up_until(self, status: int, *, clients: int = 1) -> None:
        """Look up until each client got *status*."""

        async def go_on() -> None:
            while await self.look_up() != status:  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(_RETRY_SECONDS)

        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(go_on() for _ in range(clients)))

    async def is_refused_in_time(self) -> bool:
        """Whether a lookup is refused within the wait, and nobody is asked for it."""
        asked = self._side.asked
        async with asyncio.timeout(WAIT_SECONDS + _MARGIN_SECONDS):
            return await self.look_up() == 503 and self._side.asked == asked

    async def is_ready(self) -> bool:
        """Whether the gateway says that it may be sent requests."""
        return (await self._gateway.http.get("/readyz")).status_code == 200

    async def until_ready(self) -> None:
        """Wait until it says so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.is_ready():  # noqa: ASYNC110 - as above
                await asyncio.sleep(_RETRY_SECONDS)

    async def until_sequenced(self) -> None:
        """Wait until no lookup is open and every record stands under a checkpoint."""
        owner_url = self._world.database.owner_url
        await intents_close(owner_url, within_seconds=PATIENCE_SECONDS)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await ask(owner_url, _ALL_UNDER_A_CHECKPOINT):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_RETRY_SECONDS)

    async def broken(self) -> list[str]:
        """Return what does not hold: an acknowledged lookup gone, one left open, a chain broken."""
        evidence = await read_evidence(self._world.database.owner_url)
        lost = self.acknowledged - (evidence.intents & evidence.outcomes.keys())
        words = [f"the acknowledged lookup {lookup_id} is gone" for lookup_id in lost]
        unclear = [refusal for refusal in self.refusals if refusal != "503 audit_unavailable"]
        return words + unclear + list(violations(evidence, Witnesses()))


@asynccontextmanager
async def a_rig(ground: Ground, folder: Path) -> AsyncIterator[Rig]:
    """Run a site with a gateway and a sequencer over it, neither of which is touched again."""
    side = NationalSide()
    async with a_site(ground.origin, "full") as site:
        world = ground.world_on(site.server)
        connect = connector(world.database.sequencing_url, synchronous_commit="on")
        async with (
            running_gateway(world, an_upstream(), source=side.open, **SETTINGS) as gateway,
            Sequencer(connect, a_signer(folder), SystemClock(), every_seconds=0.2),
        ):
            yield Rig(site, world, gateway, side, await gateway.sign_in())


async def fill_data(rig: Rig, *, clients: int = 1) -> list[str]:
    """Fill the data's volume under load and return what went wrong meanwhile."""
    wrong = []
    await rig.look_up_until(200, clients=clients)
    rig.site.data.fill()
    await rig.look_up_until(503, clients=clients)
    for moment in ("at once", "after the writer looked around"):
        if not await rig.is_refused_in_time():
            wrong.append(f"not refused in time, or the national side was asked, {moment}")
        if await rig.is_ready():
            wrong.append(f"said to be ready {moment}")
        await asyncio.sleep(_MARGIN_SECONDS)
    rig.site.data.relieve()
    return wrong + await _recover(rig, clients)


async def fill_wal(rig: Rig, *, clients: int = 1) -> list[str]:
    """Fill the WAL's volume under load until the server stops, and return what went wrong meanwhile."""
    wrong = []
    await rig.look_up_until(200, clients=clients)
    await asyncio.gather(rig.site.use_up_wal(), rig.look_up_until(503, clients=clients))
    if not await rig.is_refused_in_time():
        wrong.append("not refused in time, or the national side was asked")
    if await rig.is_ready():
        wrong.append("said to be ready")
    rig.site.wal.relieve()
    wrong += await _recover(rig, clients)
    await rig.site.forget_wal()
    return wrong


async def _recover(rig: Rig, clients: int) -> list[str]:
    await rig.until_ready()
    await rig.look_up_until(200, clients=clients)
    await rig.until_sequenced()
    return await rig.broken()
