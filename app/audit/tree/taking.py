"""Taking records into the tree: one transaction gives those that are not in it their places, once each.

A writer's chain is committed in the order of its sequences (decision 2), so how far each chain was taken
says which of its records are new; whatever commits late, late chains included, just gets a later place.
Chains are found by the records of a month, because an index knows no other months than its partition's.
Sequences that are missing are noted and looked at again every time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.audit.partitions import month_ids, months_around, months_between
from app.audit.tree.store import stored_hashes, tree_size
from app.audit.tree.tiles import StoredHash, edge_of, grow

MOST_AT_ONCE: Final = 5000
_MONTHS_BACK: Final = 1  # what is written now was drafted now, or as the month turned
_MONTHS_AHEAD: Final = 1

_FIND: Final = """
with recursive started (writer_id) as (
    (
        select writer_id from audit_record where record_id >= $1 and record_id < $2 order by writer_id limit 1
    )
    union all
    select (
        select r.writer_id from audit_record r
        where r.writer_id > s.writer_id and r.record_id >= $1 and r.record_id < $2
        order by r.writer_id limit 1
    ) from started s where s.writer_id is not null
)
select r.record_id, r.writer_id, r.writer_sequence, r.leaf_hash, coalesce(c.last_sequence, 0), null::bigint
from started s left join audit_chain c on c.writer_id = s.writer_id cross join lateral (
    select record_id, writer_id, writer_sequence, leaf_hash from audit_record
    where writer_id = s.writer_id and writer_sequence > coalesce(c.last_sequence, 0)
    and record_id >= $1 and record_id < $2
    order by writer_sequence limit $3
) r
where s.writer_id is not null
limit $3
"""
_FIND_IN_GAPS: Final = """
select r.record_id, r.writer_id, r.writer_sequence, r.leaf_hash, g.first_sequence - 1, g.last_sequence
from audit_gap g join audit_record r
    on r.writer_id = g.writer_id and r.writer_sequence between g.first_sequence and g.last_sequence
limit $1
"""
_ENDS: Final = (
    "select (select record_id from audit_record order by record_id limit 1),"
    " (select record_id from audit_record order by record_id desc limit 1)"
)
_HAS_GAPS: Final = "select exists (select from audit_gap)"
_ADD_LEAVES: Final = (
    "insert into audit_leaf (leaf_index, record_id, leaf_hash)"
    " select * from unnest($1::bigint[], $2::uuid[], $3::bytea[])"
)
_ADD_SUBTREES: Final = (
    "insert into audit_subtree (level, position, hash)"
    " select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])"
)
_ADVANCE: Final = (
    "insert into audit_chain (writer_id, last_sequence, advanced_at)"
    " select writer_id, last_sequence, clock_timestamp()"
    " from unnest($1::uuid[], $2::bigint[]) as taken (writer_id, last_sequence)"
    " on conflict (writer_id) do update"
    " set last_sequence = excluded.last_sequence, advanced_at = excluded.advanced_at"
)
_END_GAPS: Final = (
    "delete from audit_gap using unnest($1::uuid[], $2::bigint[]) as entered (writer_id, first_sequence)"
    " where audit_gap.writer_id = entered.writer_id and audit_gap.first_sequence = entered.first_sequence"
)
_ADD_GAPS: Final = (
    "insert into audit_gap (writer_id, first_sequence, last_sequence)"
    " select * from unnest($1::uuid[], $2::bigint[], $3::bigint[])"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequences of a chain that are not in the tree; without a last one, all that follow what was taken."""

    writer_id: UUID
    first_sequence: int
    last_sequence: int | None


@dataclass(frozen=True, slots=True)
class Untaken:
    """A record that is not in the tree yet, and where in its chain it was found."""

    record_id: UUID
    writer_sequence: int
    leaf_hash: bytes
    found_in: Gap


@dataclass(frozen=True, slots=True)
class Progress:
    """Up to where chains are taken, the gaps that were looked into, and those that are there now."""

    ends: dict[UUID, int]
    entered: list[Gap]
    left: list[Gap]
    opened: int
    """How many of those left are new."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction took: how many records, how many gaps it met first, and whether that was all."""

    count: int
    gaps: int
    is_all: bool


async def take(connection: asyncpg.Connection, *, thoroughly: bool) -> Taken:
    """Give at most MOST_AT_ONCE new records their places in the tree; call it inside a transaction.

    *thoroughly* looks at every month there is, otherwise at this one and its neighbours. Raises
    TreeBrokenError, asyncpg.UniqueViolationError where another process took leaves at the same time.
    """
    records, is_all = await _untaken(connection, thoroughly=thoroughly)
    if not records:
        return Taken(0, 0, is_all)
    size = await tree_size(connection)
    edge = await stored_hashes(connection, edge_of(size))
    stored = grow(size, edge, [record.leaf_hash for record in records])
    await _store(connection, [record.record_id for record in records], stored)
    made = progress(records)
    await connection.execute(_ADVANCE, list(made.ends), list(made.ends.values()))
    await connection.execute(
        _END_GAPS, [gap.writer_id for gap in made.entered], [gap.first_sequence for gap in made.entered]
    )
    await connection.execute(
        _ADD_GAPS,
        [gap.writer_id for gap in made.left],
        [gap.first_sequence for gap in made.left],
        [gap.last_sequence for gap in made.left],
    )
    return Taken(len(records), made.opened, is_all)


def progress(records: Sequence[Untaken]) -> Progress:
    """Return what taking *records*, in the order of their sequences, makes of their chains."""
    made = Progress({}, [], [], 0)
    by_place = dict[Gap, list[int]]()
    for record in records:
        by_place.setdefault(record.found_in, []).append(record.writer_sequence)
    opened = 0
    for place, sequences in by_place.items():
        missing = _missing(place, sequences)
        made.left.extend(missing)
        if place.last_sequence is None:
            made.ends[place.writer_id] = sequences[-1]
            opened += len(missing)
        else:
            made.entered.append(place)
    return replace(made, opened=opened)


def _missing(place: Gap, sequences: Sequence[int]) -> list[Gap]:
    """Return what is still missing of *place* when *sequences* are there."""
    after = [] if place.last_sequence is None else [place.last_sequence + 1]
    gaps, expected = list[Gap](), place.first_sequence
    for sequence in (*sequences, *after):
        if sequence > expected:
            gaps.append(Gap(place.writer_id, expected, sequence - 1))
        expected = sequence + 1
    return gaps


async def _untaken(connection: asyncpg.Connection, *, thoroughly: bool) -> tuple[list[Untaken], bool]:
    """Return records that are not in the tree, and whether there are no others where was looked."""
    rows, is_all = [], True
    if await connection.fetchval(_HAS_GAPS):
        rows = await connection.fetch(_FIND_IN_GAPS, MOST_AT_ONCE)
        is_all = len(rows) < MOST_AT_ONCE
    stretches = await _stretches(connection, thoroughly=thoroughly)
    for low, high in stretches:
        if new := await connection.fetch(_FIND, low, high, MOST_AT_ONCE):
            rows += new
            is_all = is_all and len(new) < MOST_AT_ONCE and high == stretches[-1][1]
            break
    found = [
        Untaken(record_id, sequence, leaf_hash, Gap(writer_id, before + 1, last))
        for record_id, writer_id, sequence, leaf_hash, before, last in rows
    ]
    return sorted(found, key=lambda one: (one.found_in.writer_id, one.writer_sequence)), is_all


async def _stretches(connection: asyncpg.Connection, *, thoroughly: bool) -> list[tuple[UUID, UUID]]:
    """Return where to look, oldest first, as ranges of record ids.

    Each is of whole months, so that the database opens no other partitions, and of two at least: as a month
    turns, a chain may write what was drafted before that behind what was drafted after.
    """
    now: datetime = await connection.fetchval("select clock_timestamp()")
    lively = months_around(now, _MONTHS_BACK, _MONTHS_AHEAD)
    if not thoroughly:
        return [(month_ids(lively[0])[0], month_ids(lively[-1])[1])]
    ((first_id, last_id),) = await connection.fetch(_ENDS)
    months = months_between(first_id, last_id) if first_id is not None else lively
    return [
        (month_ids(first)[0], month_ids(second)[1])
        for first, second in zip(months, [*months[1:], months[-1]], strict=True)
    ]


async def _store(
    connection: asyncpg.Connection, record_ids: Sequence[UUID], stored: Sequence[StoredHash]
) -> None:
    leaves, subtrees = stored[: len(record_ids)], stored[len(record_ids) :]
    await connection.execute(
        _ADD_LEAVES, [each.position for each in leaves], record_ids, [each.hash for each in leaves]
    )
    await connection.execute(
        _ADD_SUBTREES,
        [each.level for each in subtrees],
        [each.position for each in subtrees],
        [each.hash for each in subtrees],
    )
