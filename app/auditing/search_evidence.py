"""The evidence beside found lookups: exact bytes, batch signatures, and proofs up to one checkpoint."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.tree.merkle import inclusion_leaves
from app.audit.tree.store import hashes_of
from app.auditing.evidence_trouble import evidence_trouble
from app.auditing.export import export_time
from app.errors import NotFoundError, ProblemCode

_READ_SECONDS: Final = 30.0
_A_DAY: Final = 24 * 3600 * 1000 << 80
"""How much later than a record the newest of its batch may be, as ids count: both become durable at once."""
_CHECKPOINT: Final = """
select c.tree_size, c.note, c.signed_at, array(
    select w.line from audit_cosignature w where w.tree_size = c.tree_size order by w.witness_name
) as cosignatures
from audit_checkpoint c
order by exists (select from audit_cosignature w where w.tree_size = c.tree_size) desc, c.tree_size desc
limit 1
"""
_RECORDS: Final = """
select r.record_id, r.leaf, l.leaf_index, b.first_sequence, b.last_sequence, b.chain_head, b.writer_key_id,
    b.signature
from audit_record r left join audit_leaf l using (record_id)
left join lateral (
    select * from audit_batch each where each.writer_id = r.writer_id
    and each.first_sequence <= r.writer_sequence and each.newest_record_id >= $2
    and each.newest_record_id < $3 order by each.first_sequence desc limit 1
) b on b.last_sequence >= r.writer_sequence
where r.record_id = any($1::uuid[])
"""
_WRITER_KEYS: Final = (
    "select key_id, created_at, retired_at from audit_writer_key order by created_at, key_id"
)


@dataclass(frozen=True, slots=True)
class ExportCheckpoint:
    """The one checkpoint that all proofs of an export lead to, with its cosignatures."""

    size: int
    note: str
    signed_at: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The batch signature that covers a record's place in its chain."""

    first_sequence: int
    last_sequence: int
    chain_head: bytes
    writer_key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """A record's exact bytes; `index` is None while the checkpoint does not cover it."""

    leaf: bytes = field(repr=False)
    index: int | None
    proof: Sequence[bytes]
    batch: Batch | None


class SearchEvidence:
    """Reads with the auditing role, a page at a time: no snapshot is held while a client is waited for."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine

    async def checkpoint(self) -> ExportCheckpoint:
        """Return the newest that witnesses cosigned, else the newest.

        Raises NotFoundError(PROOF_NOT_READY) before the first one, AuditUnavailableError.
        """
        async with self._reading() as connection:
            row = await connection.fetchrow(_CHECKPOINT)
        if row is None:
            raise NotFoundError(ProblemCode.PROOF_NOT_READY)
        note = row["note"] + "".join(f"{line.rstrip()}\n" for line in row["cosignatures"])
        return ExportCheckpoint(row["tree_size"], note, export_time(row["signed_at"]))

    async def writer_keys(self) -> list[dict[str, str | None]]:
        """Return all writers' keys with their times; AuditUnavailableError."""
        async with self._reading() as connection:
            rows = await connection.fetch(_WRITER_KEYS)
        return [{name: _plain(value) for name, value in row.items()} for row in rows]

    async def of(self, record_ids: Iterable[UUID], size: int) -> Mapping[UUID, RecordEvidence]:
        """Return what there is of each record, by id, its proof in the tree of *size*.

        Records that are gone are left out. Raises AuditUnavailableError.
        """
        ids = sorted(set(record_ids))
        if not ids:
            return {}
        newest = UUID(int=min(ids[-1].int + _A_DAY, 2**128 - 1))
        async with self._reading() as connection:
            rows = await connection.fetch(_RECORDS, ids, ids[0], newest)
            proofs = await _proofs(connection, rows, size)
        return {
            row["record_id"]: RecordEvidence(
                row["leaf"],
                row["leaf_index"] if row["record_id"] in proofs else None,
                proofs.get(row["record_id"], ()),
                _batch(row),
            )
            for row in rows
        }

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[asyncpg.Connection]:
        with evidence_trouble():
            async with asyncio.timeout(_READ_SECONDS), self._engine.connect() as connection:
                yield (await connection.get_raw_connection()).driver_connection


async def _proofs(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], size: int
) -> dict[UUID, list[bytes]]:
    """Return the hashes of each proof; upper parts of the tree, which many share, are asked for once."""
    paths = {
        row["record_id"]: inclusion_leaves(row["leaf_index"], size)
        for row in rows
        if row["leaf_index"] is not None and row["leaf_index"] < size
    }
    wanted = sorted({leaves for path in paths.values() for leaves in path})
    hashes = dict(zip(wanted, await hashes_of(connection, wanted), strict=True)) if wanted else {}
    return {record_id: [hashes[leaves] for leaves in path] for record_id, path in paths.items()}


def _batch(row: asyncpg.Record) -> Batch | None:
    if row["signature"] is None:
        return None
    return Batch(
        row["first_sequence"],
        row["last_sequence"],
        row["chain_head"],
        row["writer_key_id"],
        row["signature"],
    )


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return export_time(value) if isinstance(value, datetime) else str(value)
