"""What the database holds, read again at each stock-taking; what was once there must stay as it was."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from app.audit.record import read_leaf
from app.audit.tree.merkle import TreeHead
from tests.crash.evidence import Evidence, Row
from tests.siege.batches import Batch, read_batches

_HEADS: Final = "select tree_size, root_hash from audit_checkpoint order by tree_size"


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree's tables: leaves in their order, roots of subtrees, checkpoints, missing sequences."""

    leaves: list[tuple[int, UUID, bytes]]
    subtrees: dict[tuple[int, int], bytes]
    heads: list[TreeHead]
    gaps: int
    batches: list[Batch] = field(default_factory=list)


@dataclass
class Books:
    """All records ever seen, and the tree as it was last read."""

    records: dict[UUID, Row] = field(default_factory=dict)
    leaves: list[tuple[int, UUID, bytes]] = field(default_factory=list)

    async def read(self, owner_url: str) -> tuple[Evidence, Tree, list[str]]:
        """Return everything, in one snapshot, and in words what is no longer as it was."""
        connection = await asyncpg.connect(owner_url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                broken = await self._read_records(connection)
                intents = await connection.fetch("select lookup_id from audit_open_intent")
                tree = await _read_tree(connection)
        finally:
            await connection.close()
        if tree.leaves[: len(self.leaves)] != self.leaves:
            broken.append("I4 leaves of the tree are no longer what they were")
        self.leaves = tree.leaves
        rows = sorted(self.records.values(), key=_by_place)
        return Evidence(rows, frozenset(row["lookup_id"] for row in intents)), tree, broken

    async def _read_records(self, connection: asyncpg.Connection) -> list[str]:
        stored = dict(await connection.fetch("select record_id, leaf_hash from audit_record"))
        broken = [f"I4 record {each} is gone" for each in self.records.keys() - stored.keys()]
        for known, row in self.records.items():
            if stored.get(known, row.leaf_hash) != row.leaf_hash:
                broken.append(f"I4 record {known} is another")
        new = list(stored.keys() - self.records.keys())
        query = "select record_id, leaf, leaf_hash from audit_record where record_id = any ($1::uuid[])"
        for row in await connection.fetch(query, new):
            facts = read_leaf(row["leaf"])
            self.records[row["record_id"]] = Row(facts, row["leaf"], row["leaf_hash"])
        return broken


async def _read_tree(connection: asyncpg.Connection) -> Tree:
    leaves = await connection.fetch(
        "select leaf_index, record_id, leaf_hash from audit_leaf order by leaf_index"
    )
    subtrees = await connection.fetch("select level, position, hash from audit_subtree")
    return Tree(
        [tuple(row) for row in leaves],
        {(row["level"], row["position"]): row["hash"] for row in subtrees},
        [TreeHead(row["tree_size"], row["root_hash"]) for row in await connection.fetch(_HEADS)],
        await connection.fetchval("select count(*) from audit_gap"),
        await read_batches(connection),
    )


def _by_place(row: Row) -> tuple[str, int]:
    return str(row.facts["writer_id"]), int(row.facts["writer_sequence"])
