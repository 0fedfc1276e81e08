"""Proofs of single records, under the newest checkpoint that witnesses have seen, if any has."""

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
    note = checkpoint["note"] + "".join(f"{line.rstrip()}\n" for line in checkpoint["cosignatures"])
    return ProofFile(record_id, leaf["leaf_hash"], leaf["leaf_index"], hashes, note)
