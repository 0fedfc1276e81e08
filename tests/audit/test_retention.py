"""A month ends only when everything allows it: age, two persons, the order on record, the tree, no hold."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from app.audit.keyring import Keyring, month_of
from app.audit.retention import (
    Hindrance,
    Hold,
    add_hold,
    count_records,
    destroy_keys,
    drop_month,
    ended_months,
    find_drop,
    hindrance,
    lift_hold,
    old_enough,
    open_holds,
    stored_months,
)
from app.audit.sealing import RootKey
from app.audit.tree.merkle import TreeHead, includes
from app.audit.tree.reader import TreeReader
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from migrations.retention_0026 import PARTITIONED
from tests.audit.old_months import (
    ALSO_OLD,
    OLD,
    Order,
    a_request,
    an_order,
    checkpointed,
    hindrance_of,
    write_month,
)
from tests.audit.workbench import a_draft, a_writer, execute, fetch, until_found
from tests.world import ROOT_KEY, Database

_OF_THE_MONTH = """
select (
    select count(*) from audit_record
    where record_id >= audit_first_id($1) and record_id < audit_first_id(($1 + interval '1 month')::date)
) as records,
    (select count(*) from audit_search_tag where audit_month_of(record_id) = month) as tags,
    (select count(*) from audit_claim where audit_month_of(lookup_id) = month) as claims,
    (select count(*) from audit_outcome where audit_month_of(lookup_id) = month) as outcomes,
    (select count(*) from audit_month_secret where key_id like '%/' || month) as secrets,
    (select serving_index_key is not null from audit_month_key k where k.month = asked.month) as index_key
from to_char($1::date, 'YYYY-MM') as asked (month)
"""
_BETWEEN_TRIES = (
    "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
)
WHOLE = (2, 1, 1, 1, 1, True)
GONE = (0, 0, 0, 0, 0, False)


async def left_of(database: Database, month: str) -> tuple[object, ...]:
    (row,) = await fetch(database.owner_url, _OF_THE_MONTH, datetime.fromisoformat(f"{month}-01").date())
    return tuple(row)


async def in_transaction(url: str, work: Callable[..., Awaitable[object]], *arguments: object) -> object:
    engine = create_async_engine(sqlalchemy_address(url))
    try:
        async with engine.begin() as connection:
            return await work(connection, *arguments)
    finally:
        await engine.dispose()


async def ended(database: Database, month: str, order: Order) -> None:
    await in_transaction(database.maintenance_url, destroy_keys, month, order.record_id)
    await in_transaction(database.maintenance_url, drop_month, month)


@pytest.mark.parametrize(
    ("keep_months", "old"),
    [
        (60, ["2021-10"]),
        (61, []),
        (13, ["2021-10", "2021-11", "2025-09"]),
        (12, ["2021-10", "2021-11", "2025-09", "2025-10"]),
        (1, ["2021-10", "2021-11", "2025-09", "2025-10"]),
    ],
)
def test_a_month_is_old_when_it_ended_that_long_ago(keep_months: int, old: list[str]) -> None:
    months = ["2025-11", "2021-11", "2021-10", "2025-10", "2025-09", "2026-11"]
    assert old_enough(months, datetime(2026, 11, 1, tzinfo=UTC), keep_months) == old


async def test_a_month_that_ends_takes_its_persons_and_leaves_every_proof(
    database: Database, tmp_path: Path
) -> None:
    records = await write_month(database, OLD)
    await write_month(database, ALSO_OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    assert await hindrance_of(database, OLD, order) is None
    assert await in_transaction(database.maintenance_url, destroy_keys, OLD, order.record_id)
    assert (await left_of(database, OLD))[-2:] == (0, False)
    assert await in_transaction(database.maintenance_url, drop_month, OLD) == len(PARTITIONED)
    assert (await left_of(database, OLD), await left_of(database, ALSO_OLD)) == (GONE, WHOLE)
    engine = create_async_engine(sqlalchemy_address(database.serving_url))
    proof = await TreeReader(engine).inclusion(records[0].draft.record_id)
    await engine.dispose()
    (head,) = await fetch(
        database.owner_url, "select root_hash from audit_checkpoint order by tree_size desc limit 1"
    )
    root = TreeHead(proof.checkpoint.size, head["root_hash"])
    assert includes(root, proof.leaf_index, records[0].leaf_hash, proof.hashes)


async def test_an_ended_month_stays_ended_and_ending_it_again_does_nothing(
    database: Database, tmp_path: Path
) -> None:
    await write_month(database, OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    await ended(database, OLD, order)
    assert not await in_transaction(database.maintenance_url, destroy_keys, OLD, order.record_id)
    assert await in_transaction(database.maintenance_url, drop_month, OLD) == 0
    assert await in_transaction(database.owner_url, ended_months) == [OLD]
    (row,) = await fetch(database.owner_url, f"select audit_make_month('{OLD}-01') as made")
    assert row["made"] == 0
    serving = await asyncpg.connect(database.serving_url)
    assert await Keyring(RootKey.from_text(ROOT_KEY)).load(serving, OLD) is None
    await serving.close()


async def test_records_are_added_while_a_drop_waits_for_who_reads_the_evidence(
    database: Database, tmp_path: Path
) -> None:
    await write_month(database, OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    await in_transaction(database.maintenance_url, destroy_keys, OLD, order.record_id)
    reader = await asyncpg.connect(database.owner_url)
    try:
        await reader.execute("begin isolation level repeatable read; select from audit_record limit 1")
        with pytest.raises(DBAPIError, match="between 1 and 600 tries"):
            await in_transaction(database.maintenance_url, drop_month, OLD, 0)
        with pytest.raises(DBAPIError, match="lock timeout"):
            await in_transaction(database.maintenance_url, drop_month, OLD, 1)
        assert (await left_of(database, OLD))[0] == 2
        dropping = asyncio.create_task(in_transaction(database.maintenance_url, drop_month, OLD))
        await until_found(database.owner_url, _BETWEEN_TRIES)
        async with a_writer(database) as writer:
            await writer.append(a_draft())
        assert not dropping.done()
        await reader.execute("rollback")
        assert await dropping == len(PARTITIONED)
    finally:
        await reader.close()
    assert await left_of(database, OLD) == GONE


async def test_what_stands_against_a_month_is_named_one_after_the_other(
    database: Database, tmp_path: Path
) -> None:
    await write_month(database, OLD, outcome=False)
    young = month_of(SystemClock().now())
    order = await an_order(database, f"{OLD} {young}")
    unapproved = await an_order(database, OLD, approved=False)
    assert await hindrance_of(database, OLD, order) == Hindrance.NO_DROP
    await checkpointed(database, tmp_path)
    assert await hindrance_of(database, OLD, Order(order.approval, uuid4())) == Hindrance.NO_DROP
    assert await hindrance_of(database, "2020-13", order) == Hindrance.NOT_A_MONTH
    assert await hindrance_of(database, ALSO_OLD, order) == Hindrance.NOT_NAMED
    assert await hindrance_of(database, OLD, unapproved) == Hindrance.NOT_APPROVED
    assert await hindrance_of(database, young, order) == Hindrance.YOUNG
    hold = Hold.new("TTr-1", ("2019-12", OLD), "thanh tra", "operator", SystemClock().now())
    await in_transaction(database.owner_url, add_hold, hold)
    assert await hindrance_of(database, OLD, order) == Hindrance.HELD
    await in_transaction(database.owner_url, lift_hold, hold, "operator", "xong", SystemClock().now())
    assert await hindrance_of(database, OLD, order) == Hindrance.STILL_OPEN
    await execute(database.owner_url, "delete from audit_open_intent")
    assert await in_transaction(database.owner_url, hindrance, OLD, order.record_id) is None


async def test_a_record_outside_the_tree_keeps_its_month(database: Database, tmp_path: Path) -> None:
    await write_month(database, OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    row = (
        "insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)"
        " values (audit_first_id($1), 'test.record', gen_random_uuid(), 1, '{}', sha256(''), now())"
    )
    await execute(database.owner_url, row, datetime.fromisoformat(f"{OLD}-01").date())
    assert await hindrance_of(database, OLD, order) == Hindrance.NOT_IN_TREE


@pytest.mark.parametrize("step", [destroy_keys, drop_month])
async def test_the_database_refuses_to_end_a_month_out_of_turn(
    database: Database, step: Callable[..., Awaitable[object]]
) -> None:
    await write_month(database, OLD)
    arguments = (OLD, uuid4()) if step is destroy_keys else (OLD,)
    for url in (database.maintenance_url, database.owner_url):
        with pytest.raises(DBAPIError, match=r"drop_not_under_a_checkpoint|are not destroyed"):
            await in_transaction(url, step, *arguments)
    assert await left_of(database, OLD) == WHOLE


async def test_a_hold_set_after_the_keys_went_keeps_the_records(database: Database, tmp_path: Path) -> None:
    await write_month(database, OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    await in_transaction(database.maintenance_url, destroy_keys, OLD, order.record_id)
    hold = Hold.new("TTr-1", (OLD, OLD), "thanh tra", "operator", SystemClock().now())
    await in_transaction(database.owner_url, add_hold, hold)
    with pytest.raises(DBAPIError, match="legal_hold"):
        await in_transaction(database.maintenance_url, drop_month, OLD)
    assert (await left_of(database, OLD))[0] == 2


async def test_holds_are_lifted_once_and_otherwise_stay(database: Database) -> None:
    hold = Hold.new("TTr-1", (OLD, ALSO_OLD), "thanh tra", "operator", SystemClock().now())
    await in_transaction(database.owner_url, add_hold, hold)
    assert await in_transaction(database.owner_url, open_holds) == [hold]
    for statement in (
        "update audit_legal_hold set last_month = '2020-01'",
        "update audit_legal_hold set lifted_at = now(), lifted_by = 'x', lifted_because = 'y', reason = 'z'",
        "delete from audit_legal_hold",
        "truncate audit_legal_hold",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database.owner_url, statement)
    await in_transaction(database.owner_url, lift_hold, hold, "operator", "xong", SystemClock().now())
    assert await in_transaction(database.owner_url, open_holds, hold.hold_id) == []
    with pytest.raises(DBAPIError, match="lifted once"):
        await in_transaction(database.owner_url, lift_hold, hold, "operator", "lại", SystemClock().now())


async def test_even_the_owner_takes_nothing_from_a_month_that_lasts(database: Database) -> None:
    await write_month(database, OLD)
    owner = await asyncpg.connect(database.owner_url)
    try:
        for role in ("origin", "replica"):
            await owner.execute(f"set session_replication_role = {role}")
            for statement in (
                "delete from audit_month_secret",
                "update audit_month_secret set key_id = 'H19/1999-01'",
                "truncate audit_month_secret",
                "delete from audit_month_key",
                "update audit_month_key set serving_index_key = null",
                "update audit_month_key set public_key = sha256('')",
                "delete from audit_claim",
                "delete from audit_outcome",
                "update audit_outcome set record_id = lookup_id",
                "truncate audit_outcome",
                "delete from audit_dropped_month",
                "delete from audit_record_2020_01",
                "update audit_record_2020_01 set kind = kind",
                "truncate audit_search_tag_2020_01",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await owner.execute(statement)
    finally:
        await owner.close()


async def test_keys_of_an_ended_month_change_in_no_other_way(database: Database, tmp_path: Path) -> None:
    await write_month(database, OLD)
    order = await an_order(database, OLD)
    await checkpointed(database, tmp_path)
    await in_transaction(database.maintenance_url, destroy_keys, OLD, order.record_id)
    for change in ("serving_index_key = public_key", "public_key = sha256('')", "created_at = now()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="lasts as long as its month"):
            await execute(database.owner_url, f"update audit_month_key set {change} where month = '{OLD}'")  # noqa: S608 - ours


async def test_what_is_stored_is_counted_by_month(database: Database) -> None:
    await write_month(database, OLD)
    async with a_writer(database) as writer:
        await writer.append(a_draft())
    stored = await in_transaction(database.owner_url, stored_months)
    assert isinstance(stored, list)
    assert (stored[0].month, len(stored), stored[0].records >= 0) == (OLD, 14, True)
    assert stored[0].bytes > stored[-1].bytes
    assert await in_transaction(database.owner_url, count_records, OLD) == 2
    assert await in_transaction(database.owner_url, count_records, ALSO_OLD) == 0


async def test_an_order_is_found_by_what_was_approved(database: Database) -> None:
    other = await a_request(database, OLD)
    false = (
        "insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)"
        " values ($1, 'retention.drop', $1, 1, '{{', sha256('{{'), now())"
    )
    await execute(database.serving_url, false, uuid7())
    order = await an_order(database, OLD)
    assert await in_transaction(database.owner_url, find_drop, order.approval.approval_id) == order.record_id
    assert await in_transaction(database.owner_url, find_drop, other.approval_id) is None
