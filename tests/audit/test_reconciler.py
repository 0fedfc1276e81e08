"""Forgotten intents."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.log import AlreadyClosedError, AuditLog
from app.audit.reconciler import Reconciler
from app.audit.record import Draft
from app.clock import SystemClock
from app.database.connect import open_engine
from app.errors import AuditUnavailableError
from tests.audit.workbench import a_writer, an_intent, an_outcome, execute, fetch, leaves, until, until_found
from tests.fakes import FakeAuditLog
from tests.world import Database

OPEN_LONG_AGO = (
    "insert into audit_open_intent (lookup_id, opened_at) select gen_random_uuid(), now() - interval '1 hour'"
)


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.serving_url)
    yield engine
    await engine.dispose()


def a_reconciler(engine: AsyncEngine, log: AuditLog, *, every_seconds: float = 60) -> Reconciler:
    return Reconciler(engine, log, SystemClock(), age_seconds=30, every_seconds=every_seconds)


async def open_intents(database: Database) -> set[UUID]:
    return {row["lookup_id"] for row in await fetch(database.owner_url, "select * from audit_open_intent")}


async def outcomes(database: Database) -> list[tuple[object, object]]:
    return [(facts["lookup_id"], facts["outcome"]) for facts in await leaves(database) if "outcome" in facts]


@asynccontextmanager
async def ended_without_trace(reconciler: Reconciler) -> AsyncIterator[None]:
    async with asyncio.timeout(10), reconciler:
        yield


async def test_forgotten_intent_is_closed_as_unknown(database: Database, engine: AsyncEngine) -> None:
    await execute(database.owner_url, OPEN_LONG_AGO)
    (forgotten,) = await open_intents(database)
    async with a_writer(database) as writer:
        assert await a_reconciler(engine, writer).close_forgotten() == 1

    assert await outcomes(database) == [(str(forgotten), "unknown")]
    assert not await open_intents(database)


async def test_live_lookup_of_a_sibling_is_left_alone(database: Database, engine: AsyncEngine) -> None:
    async with a_writer(database) as sibling, a_writer(database) as writer:
        intent = an_intent()
        await sibling.append(intent)
        assert await a_reconciler(engine, writer).close_forgotten() == 0
        await sibling.append(an_outcome(intent.record_id))

    assert await outcomes(database) == [(str(intent.record_id), "not_found")]


async def test_age_is_that_of_the_databases_clock(database: Database, engine: AsyncEngine) -> None:
    for seconds in (29, 31):
        await execute(
            database.owner_url,
            "insert into audit_open_intent (lookup_id, opened_at)"
            f" select gen_random_uuid(), clock_timestamp() - interval '{seconds} seconds'",
        )
    async with a_writer(database) as writer:
        assert await a_reconciler(engine, writer).close_forgotten() == 1


async def test_two_reconcilers_at_once_close_each_intent_once(
    database: Database, engine: AsyncEngine
) -> None:
    await execute(database.owner_url, f"{OPEN_LONG_AGO} from generate_series(1, 100)")
    async with a_writer(database) as one, a_writer(database) as other:
        closed = await asyncio.gather(
            *(a_reconciler(engine, log).close_forgotten() for log in (one, other, one))
        )

    assert sum(closed) == len(await outcomes(database)) == 100


async def test_more_than_one_page_is_closed_in_one_go(database: Database, engine: AsyncEngine) -> None:
    await execute(database.owner_url, f"{OPEN_LONG_AGO} from generate_series(1, 501)")
    async with a_writer(database) as writer:
        assert await a_reconciler(engine, writer).close_forgotten() == 501

    assert not await open_intents(database)


async def test_intent_left_on_the_list_after_its_outcome_is_taken_off(
    database: Database, engine: AsyncEngine
) -> None:
    async with a_writer(database) as writer:
        lookup_id = uuid4()
        await writer.append(an_outcome(lookup_id))
        await execute(
            database.owner_url,
            "insert into audit_open_intent (lookup_id, opened_at) values ($1, now() - interval '1 hour')",
            lookup_id,
        )
        assert await a_reconciler(engine, writer).close_forgotten() == 0

    assert not await open_intents(database)


async def test_what_cannot_be_taken_off_is_not_tried_for_ever(
    database: Database, engine: AsyncEngine
) -> None:
    await execute(database.owner_url, OPEN_LONG_AGO)
    await execute(
        database.owner_url,
        "create rule keep as on delete to audit_open_intent do instead nothing",
    )
    log = FakeAuditLog()

    async with asyncio.timeout(5):
        assert await a_reconciler(engine, log).close_forgotten() == 1


async def test_reconciler_looks_at_the_start_and_then_at_intervals(
    database: Database, engine: AsyncEngine
) -> None:
    log = FakeAuditLog()
    await execute(database.owner_url, OPEN_LONG_AGO)
    async with ended_without_trace(a_reconciler(engine, log, every_seconds=0.05)):
        await until(lambda: len(log.drafts) == 1)
        await execute(database.owner_url, OPEN_LONG_AGO)
        await until(lambda: len(log.drafts) == 2)


async def test_reconciler_survives_audit_and_database_outages(
    database: Database, engine: AsyncEngine
) -> None:
    log = FakeAuditLog()
    log.fail = True
    await execute(database.owner_url, OPEN_LONG_AGO)
    async with ended_without_trace(a_reconciler(engine, log, every_seconds=0.05)):
        await asyncio.sleep(0.1)
        await execute(database.owner_url, "revoke select on audit_open_intent from dancu_serving")
        await asyncio.sleep(0.1)
        await execute(
            database.owner_url,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and usename = 'gateway'",
        )
        await execute(database.owner_url, "grant select on audit_open_intent to dancu_serving")
        log.fail = False
        await until(lambda: len(log.drafts) == 1)


async def test_reconciler_survives_a_database_that_takes_no_connections(
    database: Database, engine: AsyncEngine
) -> None:
    log = FakeAuditLog()
    await execute(database.owner_url, OPEN_LONG_AGO)
    name = database.name
    elsewhere = database.owner_url.replace(name, "postgres")
    await execute(elsewhere, f'alter database "{name}" allow_connections false')
    async with ended_without_trace(a_reconciler(engine, log, every_seconds=0.05)):
        await asyncio.sleep(0.15)
        await execute(elsewhere, f'alter database "{name}" allow_connections true')
        await until(lambda: len(log.drafts) == 1)


async def test_failure_gives_the_lock_back(database: Database, engine: AsyncEngine) -> None:
    await execute(database.owner_url, OPEN_LONG_AGO)
    log = FakeAuditLog()
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await a_reconciler(engine, log).close_forgotten()
    await execute(database.owner_url, "revoke select on audit_open_intent from dancu_serving")
    with pytest.raises(DBAPIError):
        await a_reconciler(engine, log).close_forgotten()

    await until_found(
        database.owner_url,
        "select 1 where not exists (select from pg_locks where locktype = 'advisory' and database ="
        " (select oid from pg_database where datname = current_database()))",
    )


@asynccontextmanager
async def _list_locked(database: Database) -> AsyncIterator[None]:
    owner = await asyncpg.connect(database.owner_url)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("lock table audit_open_intent in access exclusive mode")
    try:
        yield
    finally:
        await transaction.rollback()
        await owner.close()


async def test_stopping_in_the_middle_of_a_query_stops(database: Database, engine: AsyncEngine) -> None:
    async with _list_locked(database):
        async with ended_without_trace(a_reconciler(engine, FakeAuditLog(), every_seconds=0.05)):
            await until_found(
                database.owner_url,
                "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database()",
            )
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "reconciler"]


async def test_reconciler_that_never_started_stops(engine: AsyncEngine) -> None:
    await a_reconciler(engine, FakeAuditLog()).__aexit__()


async def test_log_that_says_closed_already_counts_for_nothing(
    database: Database, engine: AsyncEngine
) -> None:
    class Closed(FakeAuditLog):
        async def append(self, draft: Draft) -> None:
            raise AlreadyClosedError(str(draft.lookup_id))

    await execute(database.owner_url, OPEN_LONG_AGO)

    assert await a_reconciler(engine, Closed()).close_forgotten() == 0
