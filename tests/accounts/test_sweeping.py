"""What sign-ins leave behind goes in time, and nothing that still counts goes with it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.guarding import ADDRESS_RULES, SignInGuards
from app.accounts.lockout import LockRules
from app.accounts.sweeping import Purge, Sweeper, usual_purges
from app.database.connect import open_engine
from app.logs import configure_logging
from tests.accounts.calls import refresh, tokens_of, turnable_gateway
from tests.world import Database, TurnableClock, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TABLES = ("sign_in_guard", "refresh_token", "session", "password_history", "used_assertion")


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.serving_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


async def _counts(owner: asyncpg.Connection) -> dict[str, int]:
    return {table: await owner.fetchval(f"select count(*) from {table}") for table in TABLES}  # noqa: S608


async def _guard(
    owner: asyncpg.Connection, number: int, quiet: timedelta, locked: timedelta | None = None
) -> bytes:
    """Store a guard whose last failure was *quiet* ago, and whose lock ended so long ago."""
    digest = bytes([number]) * 32
    await owner.execute(
        "insert into sign_in_guard (subject_digest, failures, lock_count, last_failure_at, locked_until)"
        " values ($1, 1, 1, clock_timestamp() - $2::interval, clock_timestamp() - $3::interval)",
        digest,
        quiet,
        locked,
    )
    return digest


async def test_guards_go_when_the_rules_remember_nothing_of_them(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    await _guard(owner, 1, 25 * HOUR)
    await _guard(owner, 2, 37 * HOUR, 25 * HOUR)
    kept = {
        await _guard(owner, 3, 23 * HOUR),
        await _guard(owner, 4, 25 * HOUR, 23 * HOUR),  # the lock, too, is remembered
        await _guard(owner, 5, 25 * HOUR, -HOUR),  # and this one stands
    }
    assert await Sweeper(engine, TurnableClock(), usual_purges()).sweep() == 2
    assert {row[0] for row in await owner.fetch("select subject_digest from sign_in_guard")} == kept


async def test_a_guard_that_somebody_holds_waits_for_nobody_and_stays(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    await _guard(owner, 1, 25 * HOUR)
    await _guard(owner, 2, 25 * HOUR)
    async with owner.transaction():
        await owner.execute(
            "select 1 from sign_in_guard where subject_digest = $1 for update", bytes([1]) * 32
        )
        assert await Sweeper(engine, TurnableClock(), usual_purges()).sweep() == 1
    assert await Sweeper(engine, TurnableClock(), usual_purges()).sweep() == 1


async def test_a_name_whose_guard_went_is_guarded_anew(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    clock = TurnableClock()
    guards = SignInGuards(engine, b"key", clock, LockRules(), ADDRESS_RULES)
    await guards.charge("canbo", "mot-cua", "10.1.1.1")
    clock.ahead += 25 * HOUR
    assert await Sweeper(engine, clock, usual_purges()).sweep() == 2
    charge = await guards.charge("canbo", "mot-cua", "10.1.1.1")
    assert (charge.account.before.failures, charge.account.after.failures) == (0, 1)
    assert (await _counts(owner))["sign_in_guard"] == 2


async def test_used_assertions_go_an_hour_after_their_end(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    for number, ended in ((1, 59), (2, 61)):
        await owner.execute(
            "insert into used_assertion (digest, expires_at) values ($1, clock_timestamp() - $2::interval)",
            bytes([number]) * 32,
            timedelta(minutes=ended),
        )
    assert await Sweeper(engine, TurnableClock(), usual_purges()).sweep() == 1
    assert await owner.fetchval("select digest from used_assertion") == bytes([1]) * 32


async def test_refresh_tokens_go_a_day_after_they_expired_and_sessions_a_month_after(
    world: World, engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    clock = TurnableClock()
    sweeper = Sweeper(engine, clock, usual_purges())
    async with turnable_gateway(world, clock) as gateway:
        tokens = await tokens_of(gateway)
        assert (await refresh(gateway, tokens["refresh_token"])).status_code == 200

    async def left(after: timedelta) -> tuple[int, int]:
        clock.ahead = after
        await sweeper.sweep()
        counts = await _counts(owner)
        return counts["refresh_token"], counts["session"]

    assert await left(35 * HOUR) == (2, 1)  # they expire after twelve hours
    assert await left(37 * HOUR) == (0, 1)
    assert await left(30 * DAY + 23 * HOUR) == (0, 1)
    assert await left(31 * DAY + HOUR) == (0, 0)


async def test_a_session_with_a_refresh_token_left_stays(
    world: World, engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        await tokens_of(gateway)
    await owner.execute("update refresh_token set expires_at = clock_timestamp() + interval '60 days'")
    clock.ahead = 40 * DAY
    await Sweeper(engine, clock, usual_purges()).sweep()
    assert (await _counts(owner))["session"] == 1


async def test_as_many_former_passwords_stay_as_any_profile_looks_at(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "insert into password_history (officer_id, changed_at, password_hash)"
        " select officer_id, timestamptz '2026-01-01' + n * interval '1 day', n::text"
        " from officer, generate_series(1, $1) n",
        12,
    )
    await owner.execute("delete from password_history where officer_id = (select max(officer_id::text)::uuid"
                        " from officer) and password_hash::int > 5")  # fmt: skip
    officers = await owner.fetchval("select count(*) from officer")
    assert await Sweeper(engine, TurnableClock(), usual_purges()).sweep() == 3 * (officers - 1)
    left = await owner.fetch(
        "select count(*), min(password_hash::int), max(password_hash::int) from password_history"
        " group by officer_id order by 1"
    )
    assert [tuple(row) for row in left] == [(5, 1, 5)] + [(9, 4, 12)] * (officers - 1)


async def test_everything_goes_in_small_transactions(engine: AsyncEngine, owner: asyncpg.Connection) -> None:
    for number in range(7):
        await _guard(owner, number, 25 * HOUR)
    asked: list[int] = []
    usual = usual_purges()[0]

    def counted(now: datetime, most: int):  # type: ignore[no-untyped-def] # noqa: ANN202 - the statement of *usual*
        asked.append(most)
        return usual.statement(now, most)

    sweeper = Sweeper(engine, TurnableClock(), (Purge("counted", counted),))
    assert await sweeper.sweep(most_at_once=3) == 7
    assert asked == [3, 3, 3]
    assert (await _counts(owner))["sign_in_guard"] == 0


async def test_one_process_sweeps_at_a_time(engine: AsyncEngine, owner: asyncpg.Connection) -> None:
    await _guard(owner, 1, 25 * HOUR)
    sweeper = Sweeper(engine, TurnableClock(), usual_purges())
    async with owner.transaction():
        await owner.execute("select pg_advisory_xact_lock(7233190106)")
        assert await sweeper.sweep() == 0
    assert await sweeper.sweep() == 1


async def test_it_sweeps_by_itself_and_again_sooner_after_a_failure(
    engine: AsyncEngine, owner: asyncpg.Connection
) -> None:
    configure_logging(lines := io.StringIO())
    await _guard(owner, 1, 25 * HOUR)
    tried = asyncio.Event()
    tries = 0
    usual = usual_purges()[0]

    def failing_once(now: datetime, most: int):  # type: ignore[no-untyped-def] # noqa: ANN202 - as above
        nonlocal tries
        tries += 1
        if tries == 1:
            return text("select 1 / 0")
        if tries == 3:
            tried.set()
        return usual.statement(now, most)

    purges = (Purge("failing once", failing_once),)
    sweeper = Sweeper(
        engine, TurnableClock(), purges, first_seconds=0.0, every_seconds=0.01, again_seconds=0.01
    )
    async with asyncio.timeout(10), sweeper:
        await tried.wait()
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["event"], line.get("error"), line.get("count")) for line in said[:2]] == [
        ("sweeper.failed", "DBAPIError", None),
        ("sweeper.swept", None, 1),
    ]
    assert (await _counts(owner))["sign_in_guard"] == 0


async def test_a_sweep_that_fails_says_so_to_who_asked_for_it(engine: AsyncEngine) -> None:
    broken = Purge("broken", lambda _, __: text("select 1 / 0"))  # type: ignore[arg-type, return-value]
    with pytest.raises(DBAPIError):
        await Sweeper(engine, TurnableClock(), (broken,)).sweep()


async def test_a_sweeper_that_was_never_opened_closes_all_the_same(engine: AsyncEngine) -> None:
    await Sweeper(engine, TurnableClock(), usual_purges()).__aexit__(None, None, None)


async def test_the_gateway_sweeps_while_it_runs(world: World) -> None:
    async with turnable_gateway(world, TurnableClock()):
        assert "Sweeper" in {task.get_name() for task in asyncio.all_tasks()}
    assert "sweeper" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_the_serving_role_deletes_what_is_swept_and_no_account(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        may = await connection.execute(
            text("select relname from pg_class where relkind = 'r' and has_table_privilege(oid, 'delete')")
        )
        deletable = set(may.scalars())
    assert deletable == {
        *TABLES,
        "lookup_usage",
        "lookup_citizen",
        "first_entry",
        "recovery_code",
        "second_factor",
        "audit_open_intent",
        "officer_posting",
        "permission_grant",
        "verification_guess",
        "procedure_version",
    }
