"""Months made, looked after, archived and ended while lookups and searches go on.

What is ended is a month that the run adds for this; what is made is taken away again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.keyring import MonthKeyMaker, month_of
from app.audit.partitions import make_partitions
from app.audit.retention import stored_months
from app.cli.invented import AUTHORITY
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from bench.volume_ending import Ending
from bench.volume_ground import Ground, open_sequencer, take_into_tree
from bench.volume_old_month import TABLES, add_old_month, month_after, table_of
from bench.volume_traffic import Place, Traffic, lookups_beside, waits_of
from bench.volume_watch import Watch, longest_of, watched

_QUIET_SECONDS: Final = 10.0
_AFTERWARDS_SECONDS: Final = 1.0
_MOST_WAIT_MS: Final = 1_000.0
# What autovacuum allows itself, with the settings a server comes with.
_AS_AUTOVACUUM: Final = {"vacuum_cost_delay": "2ms", "maintenance_work_mem": "64MB"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, from when to when (monotonic seconds)."""

    name: str
    begin: float
    end: float


def is_upkeep_unnoticed(ground: Ground, records: int, per_second: float) -> bool:
    """Look after the months of *ground* while lookups come in, and print what each step did to them.

    *per_second* is how many lookups, *records* how many the month gets that is ended. Returns whether no
    record failed or waited for a second, and every search was answered. BenchError where a step fails.
    """
    begun = time.monotonic()
    old = add_old_month(ground, records)
    print(
        f"\n{ground.world.size.records:,} records; the month {old.month} with {records:,} more was added in"
        f" {time.monotonic() - begun:.0f} s"
    )
    ending = Ending(ground, old)
    ending.forget_archive()
    place = Place(ground.gateway_url, ground.root, per_second)
    with lookups_beside(place) as traffic:
        steps, watch = asyncio.run(_look_after(ground, ending))
    asyncio.run(take_into_tree(ground.owner_url, ground.folder))
    return _show(steps, traffic, watch, per_second)


async def _look_after(ground: Ground, ending: Ending) -> tuple[list[Step], Watch]:
    steps = list[Step]()

    async def step(name: str, work: Callable[[], Awaitable[object]]) -> None:
        begin = time.monotonic()
        await work()
        steps.append(Step(name, begin, time.monotonic()))
        await asyncio.sleep(_AFTERWARDS_SECONDS)  # what was known of the tables is read anew by everybody

    async with (
        watched(ground) as watch,
        open_sequencer(ground.owner_url, ground.folder, every_seconds=1),
    ):
        made = await _next_month(ground)
        await step("nothing", lambda: asyncio.sleep(_QUIET_SECONDS))
        await step(f"{made} made, with its key", lambda: _make(ground, made))
        old = ending.old.month
        await step(f"{old} vacuumed and analysed for the first time", lambda: _vacuum(ground, old))
        await step(f"{old} archived (dancu audit export)", ending.archive)
        await step("the archive taken away (dancu audit remove-export)", ending.take_archive_away)
        approval = await ending.approved()
        await step(
            f"{old} ended (dancu retention drop), past a reader of 3 s",
            lambda: ending.carry_out(approval),
        )
        await step("nothing, again", lambda: asyncio.sleep(_QUIET_SECONDS))
    await _take_away(ground, made)
    return steps, watch


async def _next_month(ground: Ground) -> str:
    """Return the month after the last one that has a place."""
    engine = create_async_engine(sqlalchemy_address(ground.owner_url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return month_after([one.month for one in await stored_months(connection)])
    finally:
        await engine.dispose()


async def _make(ground: Ground, month: str) -> None:
    """Make the partitions as the worker does, in its role, and the key as `dancu keys months` does."""
    worker = await asyncpg.connect(ground.database.worker["DANCU_SEQUENCING_DATABASE_URL"])
    try:
        await make_partitions(worker, months_until(month))
    finally:
        await worker.close()
    engine = create_async_engine(sqlalchemy_address(ground.owner_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await MonthKeyMaker(AUTHORITY, ground.root, ground.audit_root).make(connection, [month])
    finally:
        await engine.dispose()


def months_until(month: str, this_month: str | None = None) -> int:
    """Return how many months there are from this one through *month*."""
    here = date.fromisoformat(f"{this_month or month_of(SystemClock().now())}-01")
    there = date.fromisoformat(f"{month}-01")
    return (there.year - here.year) * 12 + there.month - here.month + 1


async def _vacuum(ground: Ground, month: str) -> None:
    owner = await asyncpg.connect(ground.owner_url, server_settings=_AS_AUTOVACUUM)
    try:
        for name in TABLES:
            await owner.execute(f"vacuum analyze {table_of(name, month)}")
    finally:
        await owner.close()


async def _take_away(ground: Ground, month: str) -> None:
    """Remove the month that was made for this: nothing was ever written to it."""
    owner = await asyncpg.connect(ground.owner_url)
    try:
        async with owner.transaction():
            for name in TABLES:
                await owner.execute(f"alter table {name} detach partition {table_of(name, month)}")
                await owner.execute(f"drop table {table_of(name, month)}")
            key = "select key_id from audit_month_key where month = $1"
            await owner.execute(f"delete from audit_month_secret where key_id in ({key})", month)  # noqa: S608 - ours
            await owner.execute("delete from audit_month_key where month = $1", month)
    finally:
        await owner.close()


def _show(steps: Sequence[Step], traffic: Traffic, watch: Watch, per_second: float) -> bool:
    print(
        f"\n| beside {per_second:g} lookups/s | seconds | records, a second longer | p50 ms | p99 | longest"
        " | failed | searches | slowest ms | failed | locks on the evidence, seen every 20 ms |"
    )
    print("| --- |" + " ---: |" * 9 + " --- |")
    is_met = True
    for step in steps:
        until = step.end + _AFTERWARDS_SECONDS
        waits = waits_of(traffic.between(step.begin, until))
        searches = watch.searches_between(step.begin, until)
        unanswered = sum(not one.is_answered for one in searches)
        locks = "; ".join(watch.locks_between(step.begin, step.end)) or "none"
        print(
            f"| {step.name} | {step.end - step.begin:.1f} | {waits.count:,} | {waits.median:.1f}"
            f" | {waits.p99:.1f} | {waits.longest:.0f} | {waits.failed} | {len(searches)}"
            f" | {longest_of(searches) * 1000:.0f} | {unanswered} | {locks} |"
        )
        is_met &= waits.longest < _MOST_WAIT_MS and not waits.failed and not unanswered
    print(
        f"the bar: no record fails or waits for {_MOST_WAIT_MS / 1000:g} s, every search is answered:"
        f" {'met' if is_met else 'MISSED'}"
    )
    return is_met
