"""Puts a signed checkpoint and its cosignatures where everybody can read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import asyncpg

from app.audit.tree.merkle import TreeHead
from app.audit.tree.witness import Cosigned

_PUBLISH: Final = (
    "insert into audit_checkpoint (tree_size, root_hash, note, signed_at)"
    " values ($1, $2, $3, clock_timestamp()) on conflict (tree_size) do nothing"
)
_COSIGN: Final = (
    "insert into audit_cosignature (tree_size, witness_name, line, received_at)"
    " select $1, witness_name, line, clock_timestamp()"
    " from unnest($2::text[], $3::text[]) as collected (witness_name, line)"
    " on conflict (tree_size, witness_name) do nothing"
)
_COVERED: Final = (
    "update audit_sequencing set covered_at = $1, anchored_at = case when $2 then $1 else anchored_at end"
)


async def publish(
    connection: asyncpg.Connection, head: TreeHead, note: str, cosigned: Cosigned, looked_at: datetime | None
) -> None:
    """Publish *note*, under which all recorded before *looked_at* stands, or not all of it (None).

    Call it inside a transaction.
    """
    await connection.execute(_PUBLISH, head.size, head.root, note)
    await connection.execute(_COSIGN, head.size, list(cosigned.lines), list(cosigned.lines.values()))
    if looked_at is not None:
        await connection.execute(_COVERED, looked_at, cosigned.is_quorum)


async def cosignatures(connection: asyncpg.Connection, size: int) -> Mapping[str, str]:
    """Return the stored cosignature lines of the checkpoint of *size*, by who made them."""
    query = "select witness_name, line from audit_cosignature where tree_size = $1"
    return {row["witness_name"]: row["line"] for row in await connection.fetch(query, size)}
