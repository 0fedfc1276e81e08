"""Exports of the evidence for checking it elsewhere: one consistent picture, written as it is read."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

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
from app.errors import ConfigurationError

_ROWS_AT_ONCE: Final = 500
_UTC: Final = """coalesce(to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')"""
"""A time as text: somebody may have put one there that no program reads."""
_RECORD: Final = ", ".join(f"r.{name}" for name in PROJECTED if name != "recorded_at")
_ROW: Final = (
    f"r.record_id, r.leaf, r.leaf_hash as row_hash, {_RECORD}, {_UTC.format('r.recorded_at')} as recorded_at"
)
_TAG: Final = f"t.key_id as tag_key_id, t.tag, {_UTC.format('t.recorded_at')} as tagged_at"
_LEAVES: Final = f"""
select l.leaf_index, l.record_id as leaf_record_id, l.leaf_hash as tree_hash, {_ROW}, {_TAG}
from audit_leaf l left join audit_record r using (record_id) left join audit_search_tag t using (record_id)
where l.leaf_index >= $1 and l.leaf_index < $2 order by l.leaf_index
"""  # noqa: S608 - names of columns that stand in this program
_OUTSIDE: Final = f"""
select l.leaf_index, {_ROW}, {_TAG}
from audit_record r left join audit_leaf l using (record_id) left join audit_search_tag t using (record_id)
where l.leaf_index is null or l.leaf_index >= $1 order by r.writer_id, r.writer_sequence, r.record_id
"""  # noqa: S608 - as above
_STRAY_TAGS: Final = f"""
select t.record_id, {_TAG} from audit_search_tag t
where not exists (select from audit_record r where r.record_id = t.record_id)
and not exists (select from audit_leaf l where l.record_id = t.record_id and l.leaf_index < $1)
order by t.record_id
"""  # noqa: S608 - as above
_BATCH: Final = (
    "b.newest_record_id, b.writer_id, b.first_sequence, b.last_sequence, b.chain_head, b.writer_key_id,"
    " b.signature"
)
_ALL_BATCHES: Final = f"select {_BATCH} from audit_batch b order by newest_record_id"  # noqa: S608 - as above
_BATCHES_OF: Final = f"""
with stretch as (
    select r.writer_id, min(r.writer_sequence) as first, max(r.writer_sequence) as last
    from audit_leaf l join audit_record r using (record_id)
    where l.leaf_index >= $1 and l.leaf_index < $2 group by r.writer_id
)
select {_BATCH} from stretch s join audit_batch b
    on b.writer_id = s.writer_id and b.last_sequence >= s.first and b.first_sequence <= s.last
order by b.newest_record_id
"""  # noqa: S608 - as above
_CHECKPOINTS: Final = """
select tree_size, note, signed_at,
    array(select line from audit_cosignature w where w.tree_size = c.tree_size order by witness_name)
        as cosignatures
from audit_checkpoint c
where tree_size in (select tree_size from audit_checkpoint order by tree_size desc limit 20)
or tree_size in (select distinct tree_size from audit_cosignature order by tree_size desc limit 20)
order by tree_size desc
"""
_WRITER_KEYS: Final = (
    "select key_id, created_at, retired_at from audit_writer_key order by created_at, key_id"
)
_MONTH_KEYS: Final = """
select k.key_id, k.month, s.private_key, s.auditing_index_key
from audit_month_key k join audit_month_secret s using (key_id) order by k.month
"""
_LATEST: Final = "select tree_size from audit_checkpoint order by tree_size desc limit 1"

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
        size = await connection.fetchval(_LATEST)
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

    @property
    def is_whole(self) -> bool:
        return self.first == 0 and self.end == self.size

    async def write(self, progress: Progress, *, with_keys: bool) -> None:
        async for row in self._rows(_LEAVES, self.first, self.end):
            self.writer.add(LEAVES_FILE, _leaf(row))
            if self.writer.counts[LEAVES_FILE] % _ROWS_AT_ONCE == 0:
                progress(self.writer.counts[LEAVES_FILE], self.end - self.first)
        progress(self.end - self.first, self.end - self.first)
        if self.is_whole:
            async for row in self._rows(_OUTSIDE, self.size):
                self.writer.add(OUTSIDE_FILE, _outside(row))
            async for row in self._rows(_STRAY_TAGS, self.size):
                tag = _tag(row)
                self.writer.add(STRAY_TAGS_FILE, {"record_id": str(row["record_id"])} | tag)
        batches = (_ALL_BATCHES,) if self.is_whole else (_BATCHES_OF, self.first, self.end)
        async for row in self._rows(*batches):
            self.writer.add(BATCHES_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(_CHECKPOINTS):
            self.writer.add(CHECKPOINTS_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(_WRITER_KEYS):
            self.writer.add(WRITER_KEYS_FILE, {name: _plain(value) for name, value in row.items()})
        async for row in self._rows(_MONTH_KEYS):
            self.writer.add(MONTH_KEYS_FILE, _month_key(row, with_keys=with_keys))

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
