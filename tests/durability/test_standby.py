"""A record is on the standby too or the lookup is refused, whatever happens to the wait for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app.audit.durability import StandbysMissingError
from app.audit.tree.sequencer import Sequencer
from app.cli import invented
from app.clock import SystemClock
from app.database.connect import connector
from tests.audit.tree.ground import a_signer
from tests.durability.ground import SETTINGS, WAIT_SECONDS, Ground
from tests.durability.national_side import NationalSide
from tests.durability.pair import NAMES, Pair
from tests.durability.servers import ask
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World, a_dossier_code, a_lookup

PATIENCE_SECONDS: Final = 20
WAITING: Final = "select pid from pg_stat_activity where wait_event = 'SyncRep'"
MARGIN_SECONDS: Final = 1.5
_NUMBERS = count(5000)  # other tests count dossiers from 1 in the same database, and none twice


def a_lookup_of_its_own() -> dict[str, Any]:
    return a_lookup(dossier_code=a_dossier_code(running_number=next(_NUMBERS)))


@pytest.fixture
def world(ground: Ground, pair: Pair) -> World:
    """The owner knows the primary: looking there must not wait for a standby that is frozen."""
    known = ground.world_on(pair)
    owner_url = pair.primary.url(known.database.name)
    return replace(known, database=replace(known.database, owner_url=owner_url))


@pytest.fixture
def side() -> NationalSide:
    return NationalSide()


@pytest.fixture
async def gateway(world: World, side: NationalSide) -> AsyncIterator[Gateway]:
    settings = {**SETTINGS, "audit_standbys": 1}
    async with running_gateway(world, an_upstream(), source=side.open, **settings) as running:
        yield running


async def readiness(gateway: Gateway) -> bool:
    return (await gateway.http.get("/readyz")).status_code == 200


async def until_ready(gateway: Gateway, *, is_ready: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await readiness(gateway) is not is_ready:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.02)


def is_withheld(answer: httpx.Response) -> bool:
    """Whether this says that evidence cannot be written, and nothing about the citizen."""
    return (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable") and (
        "citizen" not in answer.json()
    )


async def let_wait(admin: str) -> None:
    """The wait goes on until somebody ends it."""


async def cancel(admin: str) -> None:
    await _end_wait(admin, "pg_cancel_backend")


async def terminate(admin: str) -> None:
    await _end_wait(admin, "pg_terminate_backend")


async def _end_wait(admin: str, function: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (waiting := await ask(admin, WAITING)) is None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    await ask(admin, f"select {function}($1)", waiting)


@pytest.mark.parametrize("end", [cancel, terminate, let_wait])
async def test_citizen_is_withheld_when_the_outcomes_wait_for_its_standby_is_cut_short(
    gateway: Gateway, side: NationalSide, pair: Pair, end: Callable[[str], Awaitable[None]]
) -> None:
    token, freezing = await gateway.sign_in(), AsyncExitStack()

    async def freeze() -> None:
        freezing.enter_context(pair.standby.frozen())

    async with freezing:
        side.before_answering = freeze
        answer, _ = await asyncio.gather(
            gateway.look_up(token, a_lookup_of_its_own()), end(pair.primary.url())
        )
        assert is_withheld(answer)
        assert side.asked == 1
    # The row is there all the same, once nothing waits any more: what may be lost with its primary, or not.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await gateway.records("lookup.outcome"):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def test_statement_timeout_does_not_end_a_commits_wait_so_the_client_must(
    world: World, pair: Pair
) -> None:
    connection = await connector(world.database.owner_url, statement_timeout="300", synchronous_commit="on")()
    try:
        with pair.standby.frozen():
            commit = asyncio.create_task(connection.execute("update audit_sequencing set looked_at = now()"))
            done, _ = await asyncio.wait([commit], timeout=1)
            assert not done
            assert await ask(world.database.owner_url, WAITING) is not None
        await commit
    finally:
        connection.terminate()


async def test_standby_that_answers_no_more_leads_to_refusals_in_time_and_its_return_to_lookups(
    gateway: Gateway, side: NationalSide, pair: Pair
) -> None:
    token = await gateway.sign_in()
    with pair.standby.frozen():
        async with asyncio.timeout(WAIT_SECONDS + MARGIN_SECONDS):
            assert is_withheld(await gateway.look_up(token, a_lookup_of_its_own()))
    assert side.asked == 0
    await until_ready(gateway)
    assert (await gateway.look_up(token, a_lookup_of_its_own())).status_code == 200


async def test_without_its_standby_nobody_is_asked_and_with_it_lookups_go_on(
    gateway: Gateway, side: NationalSide, pair: Pair
) -> None:
    token = await gateway.sign_in()
    reader = bearer(await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))
    pair.standby.kill()
    await until_ready(gateway, is_ready=False)
    assert is_withheld(await gateway.look_up(token, a_lookup_of_its_own()))
    assert side.asked == 0
    assert (await gateway.http.get("/v1/status", headers=reader)).json()["audit_standbys"] == 0
    await asyncio.to_thread(pair.standby.start)
    await until_ready(gateway)
    assert (await gateway.look_up(token, a_lookup_of_its_own())).status_code == 200
    assert (await gateway.http.get("/v1/status", headers=reader)).json()["audit_standbys"] == 1


async def test_commits_told_not_to_wait_for_anybody_are_not_made(
    gateway: Gateway, side: NationalSide, pair: Pair
) -> None:
    token = await gateway.sign_in()
    await pair.set_names("")
    try:
        await until_ready(gateway, is_ready=False)
        assert is_withheld(await gateway.look_up(token, a_lookup_of_its_own()))
        assert side.asked == 0
    finally:
        await pair.set_names(NAMES)
    await until_ready(gateway)
    assert (await gateway.look_up(token, a_lookup_of_its_own())).status_code == 200


async def test_connection_is_found_past_a_server_that_is_silent_and_the_next_one_without_delay(
    world: World, pair: Pair
) -> None:
    silent_first = world.database.serving_url.partition("@")[0] + (
        f"@127.0.0.1:{pair.standby.port},127.0.0.1:{pair.primary.port}/{world.database.name}"
    )
    connect = connector(silent_first)
    with pair.standby.frozen():
        for most_seconds in (3, 0.5):
            async with asyncio.timeout(most_seconds):
                connection = await connect()
            assert not await connection.fetchval("select pg_is_in_recovery()")
            await connection.close()


async def test_head_is_signed_only_while_the_standby_streams(
    world: World, pair: Pair, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    connect = connector(world.database.sequencing_url, synchronous_commit="on")
    sequencer = Sequencer(connect, signer, SystemClock(), every_seconds=60, standbys=1)
    await pair.set_names("")
    try:
        with pytest.raises(StandbysMissingError):
            await sequencer.sequence()
    finally:
        await pair.set_names(NAMES)
    assert await ask(world.database.owner_url, "select count(*) from audit_checkpoint") == 0
    assert await sequencer.sequence() is not None
    await sequencer.__aexit__()
