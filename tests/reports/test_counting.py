"""Figures of use: each record counted once, whatever is late or killed, and what is counted is the log."""

import random
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.clock import SystemClock, local_day
from app.database.address import sqlalchemy_address
from app.database.connect import connector
from app.reports.counting import UsageCounter
from app.reports.rebuilding import Recount, check_figures, rebuild_figures
from tests.audit.workbench import execute, fetch, until_found
from tests.reports.books import UNITS, Chain, add_figure, count_by_hand, kept_figures, take_all
from tests.world import Database


def a_counter(database: Database, most_at_once: int = 2000) -> UsageCounter:
    return UsageCounter(connector(database.reporting_url), every_seconds=0.01, most_at_once=most_at_once)


async def a_recount(database: Database, *, check: bool = True) -> Recount:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    try:
        async with engine.begin() as connection:
            return await _work(connection, check=check)
    finally:
        await engine.dispose()


async def _work(connection: AsyncConnection, *, check: bool) -> Recount:
    return await (check_figures if check else rebuild_figures)(connection)


async def is_killed_before_commit(database: Database) -> None:
    connection = await asyncpg.connect(database.reporting_url)
    await connection.execute("begin")
    await connection.fetchval("select usage_count_more(7)")
    connection.terminate()


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_are_a_full_count_whatever_commits_late_and_whoever_is_killed(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
    held = list[tuple[Chain, Any]]()
    for _ in range(12):
        step = chance.choice(["write", "write", "commit", "take", "count", "killed"])
        if step == "write":
            chain = Chain(await asyncpg.connect(database.owner_url))
            transaction = chain.connection.transaction()
            await transaction.start()
            await chain.add_lookups(chance, chance.randrange(1, 25))
            held.append((chain, transaction))
        elif step == "commit" and held:
            chain, transaction = held.pop(chance.randrange(len(held)))
            await transaction.commit()
            await chain.connection.close()
        elif step == "take":
            await take_all(database)
        elif step == "killed":
            await is_killed_before_commit(database)
        else:
            await a_counter(database, chance.randrange(1, 40)).count()
    for chain, transaction in held:
        await transaction.commit()
        await chain.connection.close()
    await take_all(database)
    await is_killed_before_commit(database)
    await a_counter(database, 9).count()
    figures = await kept_figures(database)
    assert figures == await count_by_hand(database)
    assert figures.total() > 20
    assert (await a_recount(database)).differences == []
    assert await a_counter(database).count() == 0


async def a_lookup_on_record(database: Database) -> None:
    chain = Chain(await asyncpg.connect(database.owner_url))
    await chain.add_lookups(random.Random(3), 8)  # noqa: S311 - as above
    await chain.connection.close()
    await take_all(database)


async def test_a_counter_goes_on_by_itself_and_outlives_its_database(database: Database) -> None:
    troubles: list[Exception] = [ConnectionRefusedError()]

    async def connect() -> asyncpg.Connection:
        if troubles:
            raise troubles.pop()
        return await connector(database.reporting_url)()

    await a_lookup_on_record(database)
    async with UsageCounter(connect, every_seconds=0.01):
        await until_found(database.owner_url, "select 1 from usage_figure")
    assert troubles == []
    assert await kept_figures(database) == await count_by_hand(database)


async def test_what_is_no_record_of_ours_stops_no_count(database: Database) -> None:
    chain = Chain(await asyncpg.connect(database.owner_url))
    now = SystemClock().now()
    for words in (
        b"\xff\xfe",
        b"[1]",
        b'{"unit_level":"<b>x</b>","reception_channel":"' + b"x" * 5000 + b'"}',
    ):
        await chain.add("lookup.refused", {"procedure_code": "9" * 3000}, now, leaf=words)
    await chain.connection.close()
    await take_all(database)
    assert await a_counter(database).count() == 3
    nobody = "00000000-0000-0000-0000-000000000000"
    (row,) = await fetch(database.owner_url, "select *, unit_id::text as unit from usage_figure")
    assert (row["unit"], row["unit_level"], row["reception_channel"], row["lookups"]) == (nobody, "", "", 3)
    assert row["procedure_code"] == "9" * 30


async def test_a_false_figure_is_found_and_put_right(database: Database) -> None:
    await a_lookup_on_record(database)
    await a_counter(database).count()
    right = await kept_figures(database)
    today = local_day(SystemClock().now())
    await add_figure(database, today, UNITS[0], procedure_code="9.999999", lookups=5)
    await execute(
        database.owner_url, "update usage_figure set lookups = lookups + 1 where unit_id = $1", UNITS[1]
    )
    false = await kept_figures(database)
    differences = (await a_recount(database)).differences
    assert await kept_figures(database) == false
    assert {(one.kept, one.counted) for one in differences if one.unit_id == UNITS[0]} == {(5, 0)}
    assert all(one.kept == one.counted + 1 for one in differences if one.unit_id == UNITS[1])
    assert len(differences) == 1 + sum(key[1] == UNITS[1] for key in right) > 1
    assert (await a_recount(database, check=False)).differences == differences
    assert await kept_figures(database) == right
    assert (await a_recount(database)).differences == []


async def test_figures_outlive_their_months_and_are_not_held_against_the_log_then(database: Database) -> None:
    await execute(
        database.owner_url,
        "insert into audit_dropped_month (month, drop_record_id) values ('2024-12', gen_random_uuid())",
    )
    days = (date(2024, 12, 1), date(2024, 12, 31), date(2025, 1, 1))
    for day in days:
        await add_figure(database, day)
    assert (await a_recount(database, check=False)).differences == []
    kept = await kept_figures(database)
    assert {key[0] for key in kept} == set(days)
    for day in (days[0] - timedelta(days=1), days[2] + timedelta(days=1)):
        await add_figure(database, day)
    found = await a_recount(database, check=False)
    assert [(one.kept, one.counted) for one in found.differences] == [(1, 0)] * 2
    assert await kept_figures(database) == kept


async def test_a_rebuild_counts_what_was_not_counted_yet_and_the_counter_goes_on_from_there(
    database: Database,
) -> None:
    await a_lookup_on_record(database)
    found = await a_recount(database, check=False)
    assert found.leaves > 0
    assert await a_counter(database).count() == 0
    assert await kept_figures(database) == await count_by_hand(database)


async def test_nobody_but_the_owner_writes_figures_and_who_counts_reads_no_record(database: Database) -> None:
    forbidden = {
        database.reporting_url: (
            "select record_id from audit_record",
            "select leaf_index from audit_leaf",
            "select * from usage_between(0, 9)",
            "select audit_leaf_facts('{}')",
            "select lookup_address(gen_random_uuid())",
            "update usage_cursor set next_leaf = 0",
            "delete from usage_figure",
        ),
        database.serving_url: (
            "select usage_count_more(1)",
            "select * from usage_between(0, 9)",
            "select audit_leaf_facts('{}')",
            "update usage_figure set lookups = 1",
            "delete from usage_figure",
            "update usage_cursor set next_leaf = 0",
        ),
        database.sequencing_url: ("select usage_count_more(1)", "select * from usage_figure"),
    }
    for url, statements in forbidden.items():
        for statement in statements:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await execute(url, statement)
    await execute(database.reporting_url, "select usage_count_more(1)")
    await fetch(database.serving_url, "select * from usage_figure")
