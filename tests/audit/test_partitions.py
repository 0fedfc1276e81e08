"""Months of the evidence: what ids they have, that they are made ahead, and what happens without one."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from app.audit.keyring import month_of
from app.audit.partitions import (
    MONTHS_AHEAD,
    PartitionMaker,
    first_id,
    make_partitions,
    month_ids,
    months_around,
    months_between,
    months_ready,
)
from app.audit.record import RecordKind
from app.clock import SystemClock
from app.database.connect import connector
from app.errors import AuditUnavailableError
from app.logs import configure_logging
from tests.audit.old_months import an_old_id
from tests.audit.workbench import a_draft, a_writer, execute, fetch, until
from tests.world import Database

_PARTITIONS = (
    "select inhrelid::regclass::text as name from pg_inherits join pg_class on pg_class.oid = inhrelid"
    " where relkind = 'r' order by 1"
)


async def _partitions(database: Database) -> list[str]:
    return [row["name"] for row in await fetch(database.owner_url, _PARTITIONS)]


async def _lose_this_month(database: Database) -> str:
    month = month_of(SystemClock().now())
    await execute(database.owner_url, f"drop table audit_record_{month.replace('-', '_')}")
    return month


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 30, 23, 59, 59, 999_000, UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    ],
)
def test_ids_stand_in_the_month_of_their_time(instant: datetime) -> None:
    low, high = month_ids(month_of(instant))
    assert low <= an_old_id(instant) < high
    assert low <= first_id(instant) <= an_old_id(instant)
    assert first_id(instant, timedelta(days=40)) > high
    assert first_id(datetime(1960, 1, 1, tzinfo=UTC)) == UUID(int=0)


def test_months_follow_one_another_without_a_hole() -> None:
    months = months_around(datetime(2026, 12, 31, tzinfo=UTC), 2, 2)
    assert months == ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02"]
    assert [month_ids(month)[1] for month in months[:-1]] == [month_ids(month)[0] for month in months[1:]]
    first, last = an_old_id(datetime(2025, 12, 31, tzinfo=UTC)), an_old_id(datetime(2026, 2, 1, tzinfo=UTC))
    assert months_between(first, last) == ["2025-12", "2026-01", "2026-02"]


async def test_python_and_the_database_agree_on_months(database: Database) -> None:
    record_id = an_old_id(datetime(2024, 2, 29, 23, 59, 59, 999_000, UTC))
    (row,) = await fetch(
        database.owner_url,
        "select audit_month_of($1) as month, audit_first_id('2024-02-01') as low,"
        " audit_first_id('2024-03-01') as high",
        record_id,
    )
    assert (row["month"], row["low"], row["high"]) == ("2024-02", *month_ids("2024-02"))


async def test_months_are_made_ahead_once_whoever_makes_them(database: Database) -> None:
    before = await _partitions(database)
    connections = [await connector(database.sequencing_url)() for _ in range(2)]
    try:
        assert await months_ready(connections[0]) == MONTHS_AHEAD
        assert await make_partitions(connections[0]) == 0
        made = await asyncio.gather(*(make_partitions(each, MONTHS_AHEAD + 1) for each in connections))
    finally:
        for connection in connections:
            await connection.close()
    month = months_around(SystemClock().now(), 0, MONTHS_AHEAD)[-1].replace("-", "_")
    assert sorted(made) == [0, len({name.removesuffix(name[-8:]) for name in before})]
    assert f"audit_record_{month}" in set(await _partitions(database)) - set(before)


@pytest.mark.parametrize("months", [None, 0, 121])
async def test_no_more_months_are_made_than_anybody_needs(database: Database, months: int | None) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await execute(database.sequencing_url, "select audit_make_partitions($1)", months)


async def test_without_its_month_nothing_is_recorded_until_it_is_made(database: Database) -> None:
    configure_logging(said := io.StringIO())
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        month = await _lose_this_month(database)
        with pytest.raises(AuditUnavailableError):
            await writer.append(a_draft(RecordKind.SIGN_IN_FAILED))
        assert not writer.is_ready
        await execute(database.sequencing_url, "select audit_make_partitions(1)")
        await writer.append(a_draft())
    assert (
        f'"event":"audit.partition_missing","level":"error","module":"app.audit.writer","month":"{month}"'
        in (said.getvalue())
    )
    assert "audit.doubtful" not in said.getvalue()


async def test_a_check_that_fails_is_no_missing_month(database: Database) -> None:
    configure_logging(said := io.StringIO())
    await execute(database.owner_url, "alter table audit_record add constraint no check (kind <> 'no')")
    await execute(
        database.owner_url, "alter table audit_record add constraint closed check (kind <> 'sign_in.failed')"
    )
    async with a_writer(database) as writer:
        with pytest.raises(AuditUnavailableError):
            await writer.append(a_draft())
    assert "audit.refused" in said.getvalue()
    assert "audit.partition_missing" not in said.getvalue()


async def test_the_worker_makes_months_and_goes_on_after_a_failure(database: Database) -> None:
    configure_logging(said := io.StringIO())
    await _lose_this_month(database)
    async with PartitionMaker(connector(database.sequencing_url)):
        await until(lambda: "audit.partitions_made" in said.getvalue())
    async with PartitionMaker(connector(database.auditing_url)):
        await until(
            lambda: (
                '"error":"InsufficientPrivilegeError","event":"audit.partitions_failed"' in said.getvalue()
            )
        )
    async with PartitionMaker(connector(database.sequencing_url)) as idle:
        assert await idle.make() == 0


async def test_a_writers_sequence_is_unique_within_a_month(database: Database) -> None:
    row = (
        "insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)"
        " values ($1, 'test.record', $2, 1, '{}', sha256(''), now())"
    )
    now = SystemClock().now()
    await execute(database.serving_url, row, an_old_id(now), UUID(int=1))
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(database.serving_url, row, an_old_id(now), UUID(int=1))
