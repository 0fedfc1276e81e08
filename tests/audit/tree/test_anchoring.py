"""The guard of anchoring: warns, then stops lookups, and takes both back by itself."""

from collections.abc import AsyncIterator
from io import StringIO

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.tree.anchoring import AnchorGuard, Anchoring
from app.database.connect import open_engine
from app.errors import NotAnchoredError, ProblemCode
from app.logs import configure_logging
from tests.audit.workbench import execute, until
from tests.lookup_fakes import StandingClock
from tests.world import Database


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.serving_url, pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
async def nowhere() -> AsyncIterator[AsyncEngine]:
    engine = open_engine("postgresql://nobody:x@127.0.0.1:1/nothing", pool_size=1)
    yield engine
    await engine.dispose()


def a_guard(engine: AsyncEngine, clock: StandingClock, *, stop_minutes: float = 240) -> AnchorGuard:
    return AnchorGuard(engine, clock, warn_minutes=15, stop_minutes=stop_minutes, every_seconds=0.02)


def events(said: StringIO) -> list[str]:
    return [line.partition('"event":"audit.')[2].partition('"')[0] for line in said.getvalue().splitlines()]


async def anchored(database: Database, ago: str) -> None:
    await execute(database.owner_url, f"update audit_sequencing set anchored_at = now() - interval '{ago}'")  # noqa: S608


async def test_it_warns_then_stops_and_goes_on_when_evidence_is_anchored_again(
    database: Database, engine: AsyncEngine
) -> None:
    guard = a_guard(engine, StandingClock())
    configure_logging(said := StringIO())
    for ago, state in (
        ("1 minute", Anchoring.CURRENT),
        ("16 minutes", Anchoring.LATE),
        ("17 minutes", Anchoring.LATE),
        ("241 minutes", Anchoring.STOPPED),
        ("2 seconds", Anchoring.CURRENT),
    ):
        await anchored(database, ago)
        await guard.look()
        assert guard.state is state
        assert guard.is_serving is (state is not Anchoring.STOPPED)
    assert events(said) == ["anchoring_late", "anchoring_stopped", "anchoring_current"]
    assert '"minutes":241' in said.getvalue()


async def test_stopped_lookups_have_a_problem_of_their_own(nowhere: AsyncEngine) -> None:
    clock = StandingClock()
    guard = a_guard(nowhere, clock)
    guard.check()
    clock.turn(minutes=241)
    with pytest.raises(NotAnchoredError) as stopped:
        guard.check()
    assert stopped.value.code is ProblemCode.EVIDENCE_NOT_ANCHORED


async def test_before_the_first_checkpoint_the_process_own_start_counts(
    database: Database, engine: AsyncEngine
) -> None:
    clock = StandingClock()
    guard = a_guard(engine, clock)
    await guard.look()
    clock.turn(minutes=239)
    await guard.look()
    assert guard.is_serving
    clock.turn(minutes=2)
    assert not guard.is_serving


async def test_while_the_database_is_away_time_goes_on(nowhere: AsyncEngine) -> None:
    clock = StandingClock()
    guard = a_guard(nowhere, clock)
    clock.turn(minutes=16)
    await guard.look()
    assert guard.age_seconds == 16 * 60
    assert guard.state is Anchoring.LATE


@pytest.mark.parametrize("ahead", ["interval '2 minutes'", "interval '900 years'"])
async def test_anchored_at_a_time_to_come_puts_nothing_off(
    database: Database, engine: AsyncEngine, ahead: str
) -> None:
    clock = StandingClock()
    guard = a_guard(engine, clock)
    await execute(database.owner_url, f"update audit_sequencing set anchored_at = now() + {ahead}")  # noqa: S608
    clock.turn(minutes=241)
    await guard.look()
    assert not guard.is_serving


async def test_zero_never_stops(nowhere: AsyncEngine) -> None:
    clock = StandingClock()
    guard = a_guard(nowhere, clock, stop_minutes=0)
    clock.turn(days=400)
    assert guard.is_serving
    assert guard.state is Anchoring.LATE


async def test_in_the_background_it_notices_by_itself(database: Database, engine: AsyncEngine) -> None:
    await anchored(database, "5 hours")
    async with a_guard(engine, StandingClock()) as guard:
        await until(lambda: not guard.is_serving)
        await anchored(database, "1 second")
        await until(lambda: guard.state is Anchoring.CURRENT)
