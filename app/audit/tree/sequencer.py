"""The one leader that takes records into the tree and has its head signed, round after round.

A crash between any two steps leaves what the next leader goes on from: a transaction takes records or it
does not, and everything after it is made from the tree again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final

import asyncpg

from app.audit.durability import StandbyGuard
from app.audit.tree.merkle import TreeHead, consistency_leaves
from app.audit.tree.publishing import cosignatures, publish
from app.audit.tree.remote_signer import SignerUnreachableError
from app.audit.tree.signer import CheckpointSigner, SignerRefusedError
from app.audit.tree.store import hashes_of, head_at, tree_size
from app.audit.tree.taking import take
from app.audit.tree.witness import Cosigned, Witnesses
from app.background import Background
from app.clock import Clock
from app.logs import LogEvent, get_logger

_LOCK_KEY: Final = 7_233_190_106  # one leader saves work; the leaves' primary key is what counts
_STEP_SECONDS: Final = 30.0  # a commit that waits for its standby has no other limit
_THOROUGH_SECONDS: Final = 600.0
_TAKING_SECONDS: Final = 10.0  # then what is in the tree gets its checkpoint, however much still comes
_log = get_logger(__name__)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class DoubtfulCommitError(Exception):
    """The server accepted a commit and warned about it: it may not have reached a standby."""


class Sequencer(Background):
    """Takes part in the leadership with one connection, which it keeps; leads while that holds the lock."""

    def __init__(
        self,
        connect: Connect,
        signer: CheckpointSigner,
        clock: Clock,
        *,
        every_seconds: float,
        witnesses: Witnesses | None = None,
        standbys: int = 0,
    ) -> None:
        """Work as the role that *connect* signs in, with *signer*'s signatures and *witnesses*' cosignatures.

        Rounds begin every *every_seconds*. Without witnesses a signed checkpoint is all there is to have.
        Nothing is taken in or signed while fewer than *standbys* synchronous standbys stream.
        """
        self._connect = connect
        self._signer = signer
        self._clock = clock
        self._every_seconds = every_seconds
        self._witnesses = witnesses
        self._signed: TreeHead | None = None
        self._guard = StandbyGuard(standbys, clock, every_seconds=0)
        self._connection: asyncpg.Connection | None = None
        self._leads = False
        self._was_warned = False
        self._thorough_at = float("-inf")

    async def __aexit__(self, *_: object) -> None:
        """Stop, and let another lead."""
        await super().__aexit__()
        self._drop_connection()

    async def sequence(self) -> TreeHead | None:
        """Take new records into the tree, for ten seconds at most, and publish its head.

        None where another process leads.

        Raises SignerRefusedError where the tree no longer continues what was signed, and takes nothing in
        where it is shorter; StandbysMissingError, SignerStateError, TreeBrokenError, DoubtfulCommitError,
        TimeoutError, OSError, asyncpg's errors. After any of them the next round has a new connection.
        SignerUnreachableError while the signer is silent: records are taken in nevertheless, once it is
        known what it signed last.
        """
        try:
            connection = await self._leading()
            return await self._round(connection) if connection is not None else None
        except SignerUnreachableError:
            raise
        except BaseException:
            self._drop_connection()
            raise

    async def _run(self) -> None:
        while True:
            began_at = self._clock.monotonic()
            try:
                await self.sequence()
            except SignerRefusedError:
                _log.error(LogEvent.CHECKPOINT_REFUSED)
            except Exception as error:  # noqa: BLE001 - the sequencer outlives what it meets
                _log.error(LogEvent.SEQUENCER_FAILED, error=type(error).__name__)
            spent_seconds = self._clock.monotonic() - began_at
            await asyncio.sleep(max(self._every_seconds - spent_seconds, self._every_seconds / 10))

    async def _leading(self) -> asyncpg.Connection | None:
        """Return the connection that holds the leader's lock; None where another one does."""
        async with asyncio.timeout(_STEP_SECONDS):
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
                self._connection.add_log_listener(self._hear)
                self._leads, self._was_warned, self._thorough_at = False, False, float("-inf")
                self._signed = None  # by now another leader may have had more signed
            if not self._leads:
                query = "select pg_try_advisory_lock($1)"
                self._leads = bool(await self._connection.fetchval(query, _LOCK_KEY))
                if self._leads:
                    _log.info(LogEvent.SEQUENCER_LEADS)
        return self._connection if self._leads else None

    async def _round(self, connection: asyncpg.Connection) -> TreeHead:
        last, silence = await self._signed_last()
        async with self._step(connection):
            await self._guard.check(connection)
            looked_at = await connection.fetchval("select clock_timestamp()")
            size = await tree_size(connection)
        if size < last.size:
            # An older copy of the database. New records would take the places of those that are missing.
            raise SignerRefusedError("the tree is shorter than the one signed last")
        is_all = await self._take_all(connection)
        size = await self._settle(connection, looked_at)
        if silence is not None:
            raise silence
        async with self._step(connection):
            await self._guard.check(connection)  # after what was settled: it must have waited for them
            head = await head_at(connection, size)
            proof = await hashes_of(connection, consistency_leaves(last.size, size))
        note = await self._signer.sign(head, proof)
        cosigned = await self._cosigned(connection, head, note)
        async with self._step(connection):
            await publish(connection, head, note, cosigned, looked_at if is_all else None)
        return head

    async def _signed_last(self) -> tuple[TreeHead, SignerUnreachableError | None]:
        """Return the head signed last, and why it is only what was known before, where it is."""
        try:
            self._signed = await self._signer.last()
        except SignerUnreachableError as silence:
            if self._signed is None:
                raise  # this could be an older copy of the database, and nobody to say so
            return self._signed, silence
        return self._signed, None

    async def _cosigned(self, connection: asyncpg.Connection, head: TreeHead, note: str) -> Cosigned:
        """Return the cosignatures of *note*; those that are stored are not asked for again."""
        if self._witnesses is None:
            return Cosigned({}, is_quorum=True)

        async def prove(earlier: int, later: int) -> list[bytes]:
            async with self._step(connection):
                return await hashes_of(connection, consistency_leaves(earlier, later))

        async with self._step(connection):
            known = await cosignatures(connection, head.size)
        return await self._witnesses.cosign(head, note, prove, known)

    async def _take_all(self, connection: asyncpg.Connection) -> bool:
        """Take what is there; return whether that was all, once it was looked for or time was up.

        What comes meanwhile is the next round's: it would never end while lookups are made.
        """
        now = self._clock.monotonic()
        thoroughly = now - self._thorough_at >= _THOROUGH_SECONDS
        is_all = False
        while not is_all and self._clock.monotonic() - now < _TAKING_SECONDS:
            async with self._step(connection):
                taken = await take(connection, thoroughly=thoroughly)
            if taken.gaps:
                _log.error(LogEvent.CHAIN_GAP, count=taken.gaps)
            is_all = taken.is_all
        if thoroughly and is_all:
            self._thorough_at = now
        return is_all

    async def _settle(self, connection: asyncpg.Connection, looked_at: datetime) -> int:
        """Return the tree's size once everything up to it is as durable as a record has to be.

        Changes reach a standby in their order: where this commit did, so did every one before it, also
        those whose own fate an earlier leader never learnt.
        """
        async with self._step(connection):
            await connection.execute("update audit_sequencing set looked_at = $1", looked_at)
            return await tree_size(connection)

    @contextlib.asynccontextmanager
    async def _step(self, connection: asyncpg.Connection) -> AsyncIterator[None]:
        # No rollback: whatever goes wrong costs the connection, and the transaction with it.
        async with asyncio.timeout(_STEP_SECONDS):
            await connection.execute("begin")
            yield
            await connection.execute("commit")
        if self._was_warned:
            raise DoubtfulCommitError

    def _hear(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        # A commit that stops waiting for its standby succeeds with no more than a warning.
        self._was_warned = self._was_warned or message.severity_en == "WARNING"

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
