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
from app.audit.tree.store import TreeBrokenError, hashes_of, stored_hashes
from app.audit.tree.tiles import Tile
from app.errors import AuditUnavailableError, InvalidRequestError, NotFoundError, ProblemCode
from app.logs import LogEvent, get_logger

_READ_SECONDS: Final = 5.0
_LATEST: Final = "select tree_size, note from audit_checkpoint order by tree_size desc limit 1"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published tree head: how many leaves it covers, and the signed note."""

    size: int
    note: str


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a record is leaf `leaf_index` of the checkpoint's tree; the hash nearest to the leaf first."""

    leaf_hash: bytes
    leaf_index: int
    hashes: list[bytes]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `later` leaves has all leaves of the tree of `earlier`, and more behind them."""

    earlier: int
    later: int
    hashes: list[bytes]


class TreeReader:
    """Answers from the latest checkpoint, over connections that lookups do not use."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*, whose size bounds how many are answered at once."""
        self._engine = engine

    async def checkpoint(self) -> Checkpoint:
        """Return the latest; NotFoundError(PROOF_NOT_READY) before the first, AuditUnavailableError."""
        async with self._reading() as connection:
            return await _latest(connection)

    async def tile(self, tile: Tile) -> bytes:
        """Return the tile's hashes, one behind the other.

        Raises NotFoundError(TILE_UNKNOWN) where the latest checkpoint does not cover it all, and as above.
        """
        async with self._reading() as connection:
            if not tile.is_part_of((await _latest(connection)).size):
                raise NotFoundError(ProblemCode.TILE_UNKNOWN)
            (hashes,) = await stored_hashes(connection, [tile.run])
        return b"".join(hashes)

    async def inclusion(self, record_id: UUID) -> InclusionProof:
        """Return the proof; NotFoundError(PROOF_NOT_READY) where no checkpoint covers such a record."""
        query = "select leaf_index, leaf_hash from audit_leaf where record_id = $1"
        async with self._reading() as connection:
            latest = await _latest(connection)
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
            latest = (await _latest(connection)).size
            end = latest if later is None else later
            if not earlier <= end <= latest:
                raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/from", "/to"))
            return ConsistencyProof(
                earlier, end, await hashes_of(connection, consistency_leaves(earlier, end))
            )

    async def age_seconds(self) -> float | None:
        """Return for how long records may stand under no checkpoint; None before the first, or unknown."""
        try:
            async with self._reading() as connection:
                return await checkpoint_age_seconds(connection)
        except AuditUnavailableError:
            return None

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


async def _latest(connection: asyncpg.Connection) -> Checkpoint:
    row = await connection.fetchrow(_LATEST)
    if row is None:
        raise NotFoundError(ProblemCode.PROOF_NOT_READY)
    return Checkpoint(row["tree_size"], row["note"])
