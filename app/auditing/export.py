"""Exports of the evidence for checking it elsewhere: one consistent picture, written as it is read."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.audit.record import Value
from app.audit.tree.growing import aligned_parts
from app.audit.tree.merkle import perfect_parts
from app.audit.tree.store import hashes_of
from app.audit.verifying.columns import PROJECTED
from app.audit.verifying.export_files import (
    BATCHES_FILE,
    CHECKPOINTS_FILE,
    LEAVES_FILE,
    MONTH_KEYS_FILE,
    OUTSIDE_FILE,
    STRAY_TAGS_FILE,
    WRITER_KEYS_FILE,
    leaf_fields,
)
from app.auditing.export_folder import ExportWriter
from app.auditing.export_queries import (
    ALL_BATCHES,
    BATCHES_OF,
    CHECKPOINTS,
    LATEST,
    LEAVES,
    MONTH_KEYS,
    OUTSIDE,
    READ_EVIDENCE,
    STRAY_TAGS,
    WRITER_KEYS,
)
from app.errors import ConfigurationError

_ROWS_AT_ONCE: Final = 500
_LEAVES_AT_ONCE: Final = 1000
# A plan for any slice would be one for large ones: sorts of records on disk.
_PLANNED_FOR_ITSELF: Final = "set local plan_cache_mode = force_custom_plan"

Progress = Callable[[int, int], None]
"""Is told how many leaves are written, and of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: leaves from *first* up to, and without, *end*, by default all under a checkpoint."""

    first: int = 0
    end: int | None = None
    with_keys: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the range, how many leaves, and the manifest's digest."""

    first: int
    end: int
    rows: int
    manifest_digest: str
    with_keys: bool

    @property
    def facts(self) -> dict[str, Value]:
        """What the record says."""
        facts: dict[str, Value] = {
            "exported_range": f"{self.first}-{self.end}",
            "exported_rows": self.rows,
            "manifest_digest": self.manifest_digest,
        }
        return facts | ({"exported_by": "with_keys"} if self.with_keys else {})


async def write_export(
    connection: asyncpg.Connection,
    writer: ExportWriter,
    authority_code: str,
    wanted: Wanted,
    progress: Progress,
) -> Exported:
    """Write what is *wanted* in one read-only transaction, in memory that does not grow with it.

    Raises ConfigurationError for a range that is none, and before the first checkpoint; TreeBrokenError
    where hashes of the tree are missing.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(_PLANNED_FOR_ITSELF)
        # Before the first query, which decides what is seen: a partition dropped after it would be missed.
        await connection.execute(READ_EVIDENCE)
        size = await connection.fetchval(LATEST)
        if size is None:
            raise ConfigurationError("there is no checkpoint yet; does dancu worker run?")
        end = size if wanted.end is None else wanted.end
        if not 0 <= wanted.first < end <= size:
            raise ConfigurationError(f"the range must lie within leaves 0 and {size}")
        export = _Export(connection, writer, wanted.first, end, size)
        await export.write(progress, with_keys=wanted.with_keys)
        said = await export.said()
    manifest = {"authority_code": authority_code, **said, "with_keys": wanted.with_keys}
    digest = writer.seal(manifest)
    return Exported(wanted.first, end, writer.counts[LEAVES_FILE], digest, wanted.with_keys)


@dataclass(frozen=True, slots=True)
class _Export:
    connection: asyncpg.Connection
    writer: ExportWriter
    first: int
    end: int
    size: int
    stretches: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    """The first and the last sequence of each writer among the leaves."""

    @property
    def is_whole(self) -> bool:
        return self.first == 0 and self.end == self.size

    async def write(self, progress: Progress, *, with_keys: bool) -> None:
        await self._write_leaves(progress)
        if self.is_whole:
            async for row in self._rows(OUTSIDE, self.size):
                self.writer.add(OUTSIDE_FILE, _outside(row))
            async for row in self._rows(STRAY_TAGS, self.size):
                tag = _tag(row)
                self.writer.add(STRAY_TAGS_FILE, {"record_id": str(row["record_id"])} | tag)
        async for row in self._batches():
            self.writer.add(BATCHES_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(CHECKPOINTS):
            self.writer.add(CHECKPOINTS_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(WRITER_KEYS):
            self.writer.add(WRITER_KEYS_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(MONTH_KEYS):
            self.writer.add(MONTH_KEYS_FILE, _month_key(row, with_keys=with_keys))

    async def _write_leaves(self, progress: Progress) -> None:
        """Write slice by slice: to put a whole month into order, PostgreSQL would write it to its disk."""
        for first in range(self.first, self.end, _LEAVES_AT_ONCE):
            until = min(first + _LEAVES_AT_ONCE, self.end)
            for row in await self.connection.fetch(LEAVES, first, until):
                self.writer.add(LEAVES_FILE, _leaf(row))
                if row["leaf"] is not None:
                    sequence = row["writer_sequence"]
                    low, high = self.stretches.get(row["writer_id"], (sequence, sequence))
                    self.stretches[row["writer_id"]] = min(low, sequence), max(high, sequence)
            progress(until - self.first, self.end - self.first)

    async def _batches(self) -> AsyncIterator[asyncpg.Record]:
        """Read every batch of the log, or those that the leaves' records stand in."""
        if self.is_whole:
            async for row in self._rows(ALL_BATCHES):
                yield row
            return
        for writer_id, (first, last) in self.stretches.items():
            async for row in self._rows(BATCHES_OF, writer_id, first, last):
                yield row

    async def said(self) -> dict[str, Any]:
        """Return what the manifest says of the range, and the hashes that join it to the whole tree."""
        before, after = perfect_parts((0, self.first)), aligned_parts((self.end, self.size))
        hashes = [each.hex() for each in await hashes_of(self.connection, before + after)]
        made_at = await self.connection.fetchval("select transaction_timestamp()")
        return {
            "made_at": export_time(made_at),
            "tree_size": self.size,
            "first_index": self.first,
            "end_index": self.end,
            "before": hashes[: len(before)],
            "after": hashes[len(before) :],
        }

    async def _rows(self, query: str, *values: object) -> AsyncIterator[asyncpg.Record]:
        async for row in self.connection.cursor(query, *values, prefetch=_ROWS_AT_ONCE):
            yield row


def export_time(instant: datetime) -> str:
    """Return an instant as exports write it: UTC with microseconds."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _leaf(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "index": row["leaf_index"],
        "record_id": str(row["leaf_record_id"]),
        "leaf_hash": row["tree_hash"].hex(),
        **_stored(row),
    }


def _outside(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "index": row["leaf_index"],
        "record_id": str(row["record_id"]),
        "leaf_hash": row["row_hash"].hex(),
        **_stored(row),
    }


def _stored(row: asyncpg.Record) -> dict[str, Any]:
    stored = dict[str, Any]()
    if row["leaf"] is not None:
        columns = {name: _plain(row[name]) for name in PROJECTED}
        stored["row"] = {
            **leaf_fields(row["leaf"]),
            "leaf_hash": row["row_hash"].hex(),
            "columns": columns,
        }
    if row["tag"] is not None:
        stored["tag"] = _tag(row)
    return stored


def _tag(row: asyncpg.Record) -> dict[str, Any]:
    return {"key_id": row["tag_key_id"], "tag": row["tag"].hex(), "recorded_at": row["tagged_at"]}


def _month_key(row: asyncpg.Record, *, with_keys: bool) -> Mapping[str, Any]:
    named = {"key_id": row["key_id"], "month": row["month"]}
    if not with_keys:
        return named
    return named | {"private_key": row["private_key"].hex(), "index_key": row["auditing_index_key"].hex()}


def _plain(value: Any) -> Any:
    """Return a column's value as JSON writes it."""
    match value:
        case datetime():
            return export_time(value)
        case bytes():
            return value.hex()
        case None | int() | str() | list():
            return value
        case _:
            return str(value)
