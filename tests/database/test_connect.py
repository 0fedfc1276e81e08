"""Pooled connections: one that the server closed is not handed out."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text

from app.database.connect import open_engine, open_searching_engine
from tests.world import Database


async def test_a_connection_that_the_server_closed_is_replaced_unseen(database: Database) -> None:
    engine = open_engine(database.serving_url, pool_size=1)
    owner = await asyncpg.connect(database.owner_url)
    try:
        async with engine.connect() as connection:
            first = await connection.scalar(text("select pg_backend_pid()"))
            raw = (await connection.get_raw_connection()).driver_connection
        gone = asyncio.Event()
        assert raw is not None
        raw.add_termination_listener(lambda _: gone.set())
        await owner.execute("select pg_terminate_backend($1)", first)
        async with asyncio.timeout(5):
            await gone.wait()
        async with engine.connect() as connection:
            assert await connection.scalar(text("select pg_backend_pid()")) != first
    finally:
        await owner.close()
        await engine.dispose()


async def test_a_connection_in_order_is_used_again(database: Database) -> None:
    engine = open_engine(database.serving_url, pool_size=1)
    try:
        pids = set()
        for _ in range(3):
            async with engine.connect() as connection:
                pids.add(await connection.scalar(text("select pg_backend_pid()")))
        assert len(pids) == 1
    finally:
        await engine.dispose()


async def test_what_the_server_never_ends_is_given_up_and_the_next_statement_works(
    database: Database,
) -> None:
    engine = open_engine(database.serving_url, pool_size=1, patience_seconds=0.2)
    try:
        with pytest.raises(TimeoutError):
            async with engine.connect() as connection:
                await connection.execute(text("select pg_sleep(14)"))  # as a commit waits for its standby
        async with engine.connect() as connection:
            assert await connection.scalar(text("select 1")) == 1
    finally:
        await engine.dispose()


async def test_a_search_is_planned_for_its_values_however_often_it_is_asked(database: Database) -> None:
    kept = {}
    for name, engine in (
        ("serving", open_engine(database.serving_url, pool_size=1)),
        ("searching", open_searching_engine(database.auditing_url, pool_size=1)),
    ):
        async with engine.connect() as connection:
            for number in range(8):  # the sixth is the first that a kept plan may answer
                await connection.execute(text("select 1 where 1 = :number"), {"number": number})
            query = text(
                "select sum(generic_plans)::int from pg_prepared_statements"
                " where statement like 'select 1 where%'"
            )
            kept[name] = await connection.scalar(query)
        await engine.dispose()
    assert kept["serving"] > 0 == kept["searching"]
