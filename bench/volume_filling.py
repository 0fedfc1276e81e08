"""Fills the tables of the evidence with an invented log, stretch by stretch, in several processes.

A stretch is one transaction and the same whenever it is made, so that what was interrupted goes on.
"""

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.audit.chain import Record
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from app.audit.tree.tiles import TILE_WIDTH, root_of
from bench.failure import BenchError
from bench.volume_chains import Keys, Written, write_stretch
from bench.volume_lookups import Stretch
from bench.volume_world import Size, World

_PROCESSES: Final = 2
_IN_A_STRETCH: Final = 64 * TILE_WIDTH
_RECORD: Final = (
    "record_id", "kind", "writer_sequence", "leaf", "leaf_hash", "recorded_at", "officer_id", "unit_id",
    "client_id", "procedure_code", "dossier_code", "lookup_id", "outcome", "problem_code",
)  # fmt: skip
_TAG: Final = ("record_id", "tag", "recorded_at")
_BATCH: Final = (
    "newest_record_id", "first_sequence", "last_sequence", "chain_head", "writer_key_id", "signature",
)  # fmt: skip
_PROGRESS: Final = "create table if not exists bench_stretch (number integer primary key)"
_LINK: Final = """
update lookup_without_dossier w set dossier_code = r.dossier_code, linked_at = r.recorded_at,
    linked_by = r.officer_id
from audit_record r
where r.kind = 'lookup.dossier_linked' and r.lookup_id = w.lookup_id and w.linked_at is null
"""
_FOLLOW: Final = """
insert into paper_follow_up (lookup_id, officer_id, unit_id, procedure_code, dossier_code, outcome, may_ask,
    paper_asked, which, why, asked_at, recorded_at)
select f.lookup_id, f.officer_id, f.unit_id, f.procedure_code, f.dossier_code, ended.outcome,
    said.facts ->> 'paper_may_ask' = '1', said.facts ->> 'paper_asked' = '1', said.facts ->> 'paper_which',
    said.facts ->> 'paper_why', asked.recorded_at, f.recorded_at
from audit_record f
join audit_outcome o on o.lookup_id = f.lookup_id
join audit_record ended on ended.record_id = o.record_id
join audit_record asked on asked.record_id = f.lookup_id
cross join lateral (select convert_from(f.leaf, 'UTF8')::jsonb as facts) said
where f.kind = 'lookup.follow_up' and f.record_id >= $1 and f.record_id < $2
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Filling:
    """Where to put how much; the owner's address, since months that are over take no one else's records."""

    url: str = field(repr=False)
    root: RootKey
    size: Size

    @property
    def stretches(self) -> list[Stretch]:
        """All parts, of whole tiles each so that their hashes can be made apart, but for the last."""
        if self.size.records == 0:
            return []
        records = min(_IN_A_STRETCH, -(-self.size.records // 4 // TILE_WIDTH) * TILE_WIDTH)
        starts = list(range(0, self.size.records - TILE_WIDTH, records))
        ends = [*starts[1:], self.size.records]
        return [
            Stretch(number, len(starts), end - start)
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        ]

    def fill(self) -> None:
        """Write what is missing, and show how far that is."""
        begun, written = time.perf_counter(), 0
        done = asyncio.run(self._done())
        missing = [stretch for stretch in self.stretches if stretch.number not in done]
        with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
            started = [pool.submit(_fill_one, self, stretch) for stretch in missing]
            try:
                for future in as_completed(started):
                    written += future.result()
                    _show(self.size.records, len(done) * missing[0].records + written, written, begun)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    async def _done(self) -> set[int]:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(_PROGRESS)
            return {row["number"] for row in await connection.fetch("select number from bench_stretch")}
        finally:
            await connection.close()


def _fill_one(filling: Filling, stretch: Stretch) -> int:
    """Make one stretch and commit it; return its records."""
    return asyncio.run(_write(filling, stretch))


async def _write(filling: Filling, stretch: Stretch) -> int:
    connection = await asyncpg.connect(filling.url, server_settings={"synchronous_commit": "off"})
    try:
        world = World(filling.size)
        keys = await load_keys(connection, Keyring(filling.root), world.months)
        written = write_stretch(world, stretch, keys)
        async with connection.transaction():
            await copy_records(connection, written)
            await _copy_tree(connection, written, stretch.number * filling.stretches[0].records)
            await connection.execute("insert into bench_stretch values ($1)", stretch.number)
    finally:
        await connection.close()
    return stretch.records


async def load_keys(connection: asyncpg.Connection, keyring: Keyring, months: Iterable[str]) -> Keys:
    """Return what a writer of these months would hold; BenchError where there is no key to sign with."""
    loaded = {month: await keyring.load(connection, month) for month in months}
    writer = await keyring.load_writer_key(connection)
    if writer is None:
        raise BenchError("there is no writer key")
    return Keys({month: key for month, key in loaded.items() if key is not None}, writer)


async def copy_records(connection: asyncpg.Connection, written: Sequence[Written]) -> None:
    """Put records, tags and signatures where the gateway's own statement would have."""
    records, tags, batches = list[tuple[Any, ...]](), list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for one in written:
        batch, writer_id = one.batch, one.batch.writer_id
        records += [_row(writer_id, record) for record in one.records]
        tags += [
            (one.key_id, record.draft.record_id, record.tag, record.draft.time)
            for record in one.records
            if record.tag is not None
        ]
        batches.append((writer_id, *(getattr(batch, name) for name in _BATCH)))
    await connection.copy_records_to_table("audit_record", records=records, columns=("writer_id", *_RECORD))
    await connection.copy_records_to_table("audit_search_tag", records=tags, columns=("key_id", *_TAG))
    await connection.copy_records_to_table("audit_batch", records=batches, columns=("writer_id", *_BATCH))


async def _copy_tree(connection: asyncpg.Connection, written: Sequence[Written], first: int) -> None:
    """Give the records their places in the tree, in the order of their times, and hash whole tiles."""
    records = sorted(
        (record for one in written for record in one.records), key=lambda record: record.draft.time
    )
    hashes = [record.leaf_hash for record in records]
    leaves = [(first + at, record.draft.record_id, record.leaf_hash) for at, record in enumerate(records)]
    tiles = [
        (1, (first + at) // TILE_WIDTH, root_of(hashes[at : at + TILE_WIDTH]))
        for at in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH)
    ]
    ends = dict[UUID, tuple[int, Any]]()
    for one in written:
        ends[one.batch.writer_id] = one.batch.last_sequence, one.records[-1].draft.time
    chains = [(writer_id, *end) for writer_id, end in ends.items()]
    await connection.copy_records_to_table("audit_leaf", records=leaves)
    await connection.copy_records_to_table("audit_subtree", records=tiles)
    await connection.copy_records_to_table("audit_chain", records=chains)


async def finish(connection: asyncpg.Connection, months: Sequence[tuple[UUID, UUID]]) -> None:
    """Add the upper hashes of the tree, and what the desks keep of links and statements about paper."""
    level, lower = 1, await _hashes(connection, 1)
    while len(lower) >= TILE_WIDTH:
        level += 1
        lower = [
            root_of(lower[at : at + TILE_WIDTH]) for at in range(0, len(lower) - TILE_WIDTH + 1, TILE_WIDTH)
        ]
        if not await _hashes(connection, level):
            rows = [(level, at, one) for at, one in enumerate(lower)]
            await connection.copy_records_to_table("audit_subtree", records=rows)
    await connection.execute(_LINK)
    for first, end in months:
        await connection.execute(_FOLLOW, first, end)


async def _hashes(connection: asyncpg.Connection, level: int) -> list[bytes]:
    query = "select hash from audit_subtree where level = $1 order by position"
    return [row["hash"] for row in await connection.fetch(query, level)]


def _row(writer_id: UUID, record: Record) -> tuple[object, ...]:
    """Return *record* as the columns of _RECORD, after its writer."""
    draft, facts = record.draft, record.facts
    return (
        writer_id,
        draft.record_id,
        facts["kind"],
        record.sequence,
        record.leaf,
        record.leaf_hash,
        draft.time,
        _id(facts.get("officer_id")),
        _id(facts.get("unit_id")),
        facts.get("client_id"),
        facts.get("procedure_code"),
        facts.get("dossier_code"),
        draft.lookup_id,
        facts.get("outcome"),
        facts.get("problem_code"),
    )


def _id(said: object) -> UUID | None:
    return UUID(str(said)) if said is not None else None


def _show(wanted: int, there: int, written: int, begun: float) -> None:
    rate = written / (time.perf_counter() - begun)
    left = (wanted - there) / rate
    bar = "#" * (30 * there // wanted)
    print(
        f"\r[{bar:<30}] {there:>11,} of {wanted:,} records, {rate:,.0f}/s, {left / 60:.0f} min left ",
        end="" if sys.stdout.isatty() else "\n",
        flush=True,
    )
