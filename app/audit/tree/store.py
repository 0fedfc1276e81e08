"""The tree's hashes in the database, and roots and proofs made of them."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from app.audit.tree.merkle import EMPTY_TREE, Leaves, TreeHead, fold, perfect_parts
from app.audit.tree.tiles import StoredRun, root_of, run_of

_HASHES: Final = """
select stored.hash from unnest($1::int[], $2::bigint[], $3::bigint[])
    with ordinality as run (level, first, last, number)
cross join lateral (
    select leaf_index as position, leaf_hash as hash from audit_leaf
    where run.level = 0 and leaf_index >= run.first and leaf_index < run.last
    union all
    select position, hash from audit_subtree
    where level = run.level and position >= run.first and position < run.last
) as stored
order by run.number, stored.position
"""


class TreeBrokenError(Exception):
    """Hashes of the tree are missing from the database."""


async def stored_hashes(connection: asyncpg.Connection, runs: Sequence[StoredRun]) -> list[list[bytes]]:
    """Return the hashes of each of *runs*, in order; TreeBrokenError where some are not there."""
    rows = await connection.fetch(
        _HASHES, [run.level for run in runs], [run.first for run in runs], [run.last for run in runs]
    )
    if len(rows) != sum(run.count for run in runs):
        raise TreeBrokenError("hashes of the tree are missing")
    hashes = iter(bytes(row["hash"]) for row in rows)
    return [[next(hashes) for _ in range(run.count)] for run in runs]


async def hashes_of(connection: asyncpg.Connection, wanted: Sequence[Leaves]) -> list[bytes]:
    """Return the Merkle tree hash of each of *wanted*, in one question; TreeBrokenError as above."""
    parts = [perfect_parts(leaves) for leaves in wanted]
    runs = await stored_hashes(connection, [run_of(part) for each in parts for part in each])
    roots = iter([root_of(hashes) for hashes in runs])
    return [fold([next(roots) for _ in each]) for each in parts]


async def head_at(connection: asyncpg.Connection, size: int) -> TreeHead:
    """Return the head that the tree has, or had, at *size*; TreeBrokenError as above."""
    if size == 0:
        return EMPTY_TREE
    (root,) = await hashes_of(connection, [(0, size)])
    return TreeHead(size, root)


async def tree_size(connection: asyncpg.Connection) -> int:
    """Return how many leaves there are."""
    size: int = await connection.fetchval("select coalesce(max(leaf_index) + 1, 0) from audit_leaf")
    return size
