"""Reads checkpoints, tiles and proofs for whoever asks; nothing here says what a record says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.audit.tree.merkle import consistency_leaves, inclusion_leaves
from app.audit.tree.notes import NoteError
from app.audit.tree.policy import TrustPolicy
from app.audit.tree.store import TreeBrokenError, hashes_of, stored_hashes
from app.audit.tree.tiles import Tile
from app.errors import AuditUnavailableError, InvalidRequestError, NotFoundError, ProblemCode
from app.logs import LogEvent, get_logger

_READ_SECONDS: Final = 5.0
_CHECKPOINT: Final = (
    "select tree_size, note || coalesce((select string_agg(line, '' order by received_at, witness_name)"
    " from audit_cosignature s where s.tree_size = c.tree_size), '') as note from audit_checkpoint c"
)
LATEST_CHECKPOINT: Final = f"{_CHECKPOINT} order by tree_size desc limit 1"
_AT_SIZE: Final = f"{_CHECKPOINT} where tree_size = $1"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published tree head: how many leaves it covers, and the note with its cosignatures.

    `is_witnessed`: as many witnesses as the gateway's policy asks for cosigned it.
    """

    size: int
    note: str
    is_witnessed: bool


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a record is leaf `leaf_index` of the checkpoint's tree; the hash nearest to the leaf first."""

    leaf_hash: bytes
    leaf_index: int
    hashes: list[bytes]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `later` leaves has all leaves of the tree of `earlier`, and more behind them.

    With the later one's checkpoint, where one was published.
    """

    earlier: int
    later: int
    hashes: list[bytes]
    checkpoint: Checkpoint | None


class TreeReader:
    """Answers from the latest checkpoint, over connections that lookups do not use."""

    def __init__(self, engine: AsyncEngine, policy: TrustPolicy | None = None) -> None:
        """Read through *engine*, whose size bounds how many are answered at once; judge by *policy*."""
        self._engine = engine
        self._policy = policy

    async def checkpoint(self) -> Checkpoint:
        """Return the latest; NotFoundError(PROOF_NOT_READY) before the first, AuditUnavailableError."""
        async with self._reading() as connection:
            return self._said(await _latest(connection))

    async def tile(self, tile: Tile) -> bytes:
        """Return the tile's hashes, one behind the other.

        Raises NotFoundError(TILE_UNKNOWN) where the latest checkpoint does not cover it all, and as above.
        """
        async with self._reading() as connection:
            if not tile.is_part_of((await _latest(connection))["tree_size"]):
                raise NotFoundError(ProblemCode.TILE_UNKNOWN)
            (hashes,) = await stored_hashes(connection, [tile.run])
        return b"".join(hashes)

    async def inclusion(self, record_id: UUID) -> InclusionProof:
        """Return the proof; NotFoundError(PROOF_NOT_READY) where no checkpoint covers such a record."""
        query = "select leaf_index, leaf_hash from audit_leaf where record_id = $1"
        async with self._reading() as connection:
            latest = self._said(await _latest(connection))
            row = await connection.fetchrow(query, record_id)
            if row is None or row["leaf_index"] >= latest.size:
                raise NotFoundError(ProblemCode.PROOF_NOT_READY)
            hashes = await hashes_of(connection, inclusion_leaves(row["leaf_index"], latest.size))
        return InclusionProof(row["leaf_hash"], row["leaf_index"], hashes, latest)

    async def consistency(self, earlier: int, later: int | None) -> ConsistencyProof:
        """Return the proof, up to the latest checkpoint unless *later* says another size.

        Raises InvalidRequestError where a size is beyond it or *later* is the smaller, and as above.
        """
        async with self._reading() as connection:
            latest: int = (await _latest(connection))["tree_size"]
            end = latest if later is None else later
            if not earlier <= end <= latest:
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/from", "/to"))
            hashes = await hashes_of(connection, consistency_leaves(earlier, end))
            row = await connection.fetchrow(_AT_SIZE, end)
        return ConsistencyProof(earlier, end, hashes, self._said(row) if row is not None else None)

    async def age_seconds(self) -> float | None:
        """Return for how long records may stand under no checkpoint; None before the first, or unknown."""
        try:
            async with self._reading() as connection:
                return await checkpoint_age_seconds(connection)
        except AuditUnavailableError:
            return None

    def _said(self, row: asyncpg.Record) -> Checkpoint:
        try:
            is_witnessed = self._policy is not None and self._policy.is_witnessed(row["note"])
        except NoteError:
            is_witnessed = False  # whoever checks it will see for themselves
        return Checkpoint(row["tree_size"], row["note"], is_witnessed)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            async with asyncio.timeout(_READ_SECONDS), self._engine.connect() as connection:
                yield (await connection.get_raw_connection()).driver_connection
        except (
            OSError,
            SQLAlchemyError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            TreeBrokenError,
        ) as error:
            _log.warning(LogEvent.TREE_UNREADABLE, error=type(error).__name__)
            raise AuditUnavailableError from None


async def checkpoint_age_seconds(connection: asyncpg.Connection) -> float | None:
    """Return for how long records may stand under no checkpoint, by the database's clock; None before one."""
    age = await connection.fetchval(
        "select extract(epoch from clock_timestamp() - covered_at) from audit_sequencing"
    )
    return float(age) if age is not None else None


async def _latest(connection: asyncpg.Connection) -> asyncpg.Record:
    row = await connection.fetchrow(LATEST_CHECKPOINT)
    if row is None:
        raise NotFoundError(ProblemCode.PROOF_NOT_READY)
    return row
