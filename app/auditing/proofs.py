"""Proofs of single records, under the newest checkpoint that witnesses have seen, if any has."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from app.audit.tree.merkle import inclusion_leaves
from app.audit.tree.proof_file import ProofFile
from app.audit.tree.store import hashes_of

_LEAF: Final = "select leaf_index, leaf_hash from audit_leaf where record_id = $1"
_CHECKPOINT: Final = """
select c.tree_size, c.note, array(
    select w.line from audit_cosignature w where w.tree_size = c.tree_size order by w.witness_name
) as cosignatures
from audit_checkpoint c where c.tree_size > $1
order by exists (select from audit_cosignature w where w.tree_size = c.tree_size) desc, c.tree_size desc
limit 1
"""
_LEAVES: Final = "select record_id, leaf_index, leaf_hash from audit_leaf where record_id = any($1::uuid[])"
_HEADS: Final = """
select c.tree_size, c.note, array(
    select w.line from audit_cosignature w where w.tree_size = c.tree_size order by w.witness_name
) as cosignatures
from audit_checkpoint c where c.tree_size in (
    (select tree_size from audit_cosignature order by tree_size desc limit 1)
    union all (select tree_size from audit_checkpoint order by tree_size desc limit 1)
)
order by c.tree_size
"""


async def proof_of(connection: asyncpg.Connection, record_id: UUID) -> ProofFile | None:
    """Return the proof; None where no checkpoint covers such a record. Raises TreeBrokenError."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        leaf = await connection.fetchrow(_LEAF, record_id)
        if leaf is None:
            return None
        checkpoint = await connection.fetchrow(_CHECKPOINT, leaf["leaf_index"])
        if checkpoint is None:
            return None
        wanted = inclusion_leaves(leaf["leaf_index"], checkpoint["tree_size"])
        hashes = await hashes_of(connection, wanted)
    return ProofFile(record_id, leaf["leaf_hash"], leaf["leaf_index"], hashes, _note(checkpoint))


async def proofs_of(connection: asyncpg.Connection, record_ids: Sequence[UUID]) -> dict[UUID, ProofFile]:
    """Return the proofs of those that a checkpoint covers, likewise, with few questions for many records."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        leaves = await connection.fetch(_LEAVES, list(record_ids))
        heads = await connection.fetch(_HEADS)  # the newest that was cosigned stands before the newest
        covered = [
            (leaf, head)
            for leaf in leaves
            if (head := next((one for one in heads if one["tree_size"] > leaf["leaf_index"]), None))
        ]
        wanted = [inclusion_leaves(leaf["leaf_index"], head["tree_size"]) for leaf, head in covered]
        hashes = iter(await hashes_of(connection, [part for parts in wanted for part in parts]))
    return {
        (record_id := UUID(int=leaf["record_id"].int)): ProofFile(
            record_id, leaf["leaf_hash"], leaf["leaf_index"], [next(hashes) for _ in parts], _note(head)
        )
        for (leaf, head), parts in zip(covered, wanted, strict=True)
    }


def _note(checkpoint: asyncpg.Record) -> str:
    return str(checkpoint["note"]) + "".join(f"{line.rstrip()}\n" for line in checkpoint["cosignatures"])
