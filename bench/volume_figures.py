"""Figures of use over a large log: counted as the worker does it, again by the program, and otherwise."""

import time
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.database.address import sqlalchemy_address
from app.database.connect import connector
from app.reports.counting import UsageCounter
from app.reports.rebuilding import check_figures
from bench.volume_ground import Ground

_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
# By the columns beside the records and by joining whole tables, where the program reads leaves of the tree.
_DIFFERENT: Final = f"""
with counted as (
    select (asked.recorded_at + interval '7 hours')::date as day,
        coalesce(asked.unit_id, '{_NOBODY}') as unit_id,
        coalesce(asked.procedure_code, '') as procedure_code,
        case asked.kind when 'lookup.refused' then 'not_permitted' else ended.outcome end as outcome,
        count(*) as lookups
    from audit_record asked
    left join audit_record ended on ended.lookup_id = asked.record_id and ended.kind = 'lookup.outcome'
    where asked.kind in ('lookup.intent', 'lookup.refused')
        and (asked.kind = 'lookup.refused' or ended.record_id is not null)
    group by 1, 2, 3, 4
), kept as (
    select day, unit_id, procedure_code, outcome, sum(lookups) as lookups from usage_figure
    group by 1, 2, 3, 4
)
select count(*) filter (where kept.lookups is distinct from counted.lookups) as differences,
    sum(counted.lookups) as counted, sum(kept.lookups) as kept
from counted full join kept using (day, unit_id, procedure_code, outcome)
"""  # noqa: S608 - of texts that stand in this program


async def are_figures_right(ground: Ground) -> bool:
    """Count what is new, print how the figures compare with two full counts; return whether they agree."""
    begun = time.perf_counter()
    counted = await UsageCounter(connector(ground.owner_url)).count()
    took = time.perf_counter() - begun
    print(f"\nfigures of use, {ground.world.size.records:,} records:")
    if counted:
        print(f"counted {counted:,} leaves as the worker does, in {took:.0f} s, {counted / took:,.0f}/s")
    differences = await _recounted(ground)
    return await _counted_otherwise(ground) and not differences


async def _recounted(ground: Ground) -> int:
    """Do what `dancu reports rebuild --check` does."""
    begun = time.perf_counter()
    engine = create_async_engine(sqlalchemy_address(ground.owner_url))
    try:
        async with engine.connect() as connection:
            recount = await check_figures(connection)
    finally:
        await engine.dispose()
    took, differences = time.perf_counter() - begun, len(recount.differences)
    print(f"counted again from {recount.leaves:,} leaves in {took:.0f} s: {differences} differences")
    return differences


async def _counted_otherwise(ground: Ground) -> bool:
    begun = time.perf_counter()
    connection = await asyncpg.connect(ground.owner_url, server_settings={"work_mem": "256MB"})
    try:
        row = await connection.fetchrow(_DIFFERENT)
    finally:
        await connection.close()
    took = time.perf_counter() - begun
    print(
        f"counted by columns in {took:.0f} s: {row['counted']:,} lookups and refusals, {row['kept']:,} in the"
        f" figures, {row['differences']} differences"
    )
    return bool(row["differences"] == 0)
