"""The one task of a process that writes evidence: whoever waits while a commit runs shares the next one."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final, Self
from uuid import UUID

import asyncpg

from app.audit.batches import sign_batch
from app.audit.chain import Chain, Record
from app.audit.connection import CONNECTION_LOST, Connect, DoubtfulCommitError, WriterConnection
from app.audit.insert import INSERT_BATCH, batch_arguments
from app.audit.keyring import Keyring, month_of
from app.audit.record import Draft, RecordKind
from app.audit.silence import Silence
from app.audit.waiting import Patience, Waiter, WaitingLine, fail, let_others_go_first
from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger
from app.time_limit import TimeLimit

_HEARTBEAT_SECONDS: Final = 30.0
_CLOSING_WAITS: Final = 2  # what callers still wait for is over after one
_SESSION_ENDED: Final = frozenset({"FATAL", "PANIC"})  # a commit cut short there may have been kept
_log = get_logger(__name__)


class AuditWriter:
    """Group-committing audit log on one connection of its own, with one chain per doubt-free stretch.

    Batches form by themselves: while one statement is on its way, new drafts gather for the next. Each is
    signed. A commit whose fate is unknown ends the chain; the next chain names what is doubtful. A chain
    that has nothing to say says so, and ends in good order with a record of its end.
    """

    def __init__(
        self,
        connect: Connect,
        keyring: Keyring,
        clock: Clock,
        *,
        authority_code: str,
        wait_seconds: float,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
        standbys: int = 0,
    ) -> None:
        """Write through a connection that *connect* opens, waiting at most *wait_seconds* for durability.

        Nothing is written while fewer than *standbys* synchronous standbys stream.
        """
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._connection = WriterConnection(
            connect, keyring, clock, wait_seconds=wait_seconds, standbys=standbys
        )
        self._chain = Chain(authority_code)
        self._silence = Silence(heartbeat_seconds)
        self._line = WaitingLine()
        self._patience = Patience(wait_seconds)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._could_write = False

    async def __aenter__(self) -> Self:
        """Start the writing task; a database out of reach is met again at each record."""
        self._task = asyncio.create_task(self._run(), name="audit writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what still waits, end the chain in good order where that is possible, and stop."""
        self._is_closing = True
        self._wake.set()
        try:
            if self._task is not None:
                await asyncio.wait_for(self._task, _CLOSING_WAITS * self._wait_seconds)
        except TimeoutError:
            _log.error(LogEvent.AUDIT_REFUSED, error="TimeoutError")
        finally:
            self._lose()

    @property
    def is_ready(self) -> bool:
        """Whether a record was written, or could have been, when last looked at."""
        return self._could_write and self._takes_drafts

    @property
    def _takes_drafts(self) -> bool:
        is_at_work = self._task is not None and not self._task.done()
        return is_at_work and not self._is_closing and not self._line.is_full

    @property
    def standbys(self) -> int | None:
        """How many synchronous standbys streamed when last looked at; None where none are wanted."""
        return self._connection.standbys

    def crowding(self) -> float:
        """Return how many batches of drafts wait for those on their way."""
        return self._line.crowding

    async def append(self, draft: Draft) -> None:
        """Return once *draft* is durable; see AuditLog for what may be raised."""
        draft.check()
        if not self._takes_drafts:
            raise AuditUnavailableError
        waiter = Waiter.of(draft)
        self._line.join(waiter)
        self._patience.begin(waiter)
        self._wake.set()
        await waiter.done

    async def _run(self) -> None:
        await self._look()
        while self._line or not self._is_closing:
            if self._line:
                batch = self._line.next_batch()
                await self._write_whatever_comes(batch)
                await let_others_go_first(batch)
            else:
                await self._rest()
        await self._close_chain()

    async def _write_whatever_comes(self, batch: list[Waiter]) -> None:
        try:
            await self._write(batch)
        except Exception as error:  # noqa: BLE001 - the task must outlive whatever it met, and doubt it
            _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__)
            self._end_chain([waiter.draft.record_id for waiter in batch])
            fail(batch)

    async def _rest(self) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            with TimeLimit(self._silence.rest_seconds(self._chain)):
                await self._wake.wait()
            return
        if await self._look() and self._silence.is_due(self._chain):
            beat = Draft(RecordKind.WRITER_HEARTBEAT, self._clock.now(), {})
            await self._write_whatever_comes([Waiter.for_nobody(beat)])

    async def _look(self) -> bool:
        """Find out, while nobody is waiting, whether a record could be written, and return that.

        After a failed commit it is not believed until one succeeds; the heartbeat then due is one to try.
        """
        may_write = False
        try:
            await self._connection.ready()
            may_write = await self._connection.may_write()
        except AuditUnavailableError:
            self._could_write = False
        except Exception as error:  # noqa: BLE001 - as above
            self._lose()
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
        else:
            self._could_write = may_write and not self._silence.is_to_be_proven
            if not may_write:  # a standby, perhaps: the next connection may lead elsewhere
                self._lose()
                _log.warning(LogEvent.AUDIT_UNREACHABLE, error="ReadOnly")
        return may_write

    async def _write(self, batch: list[Waiter]) -> None:
        while batch:
            try:
                keys = await self._connection.ready()
            except AuditUnavailableError:
                self._could_write = False
                return fail(batch)
            batch = [waiter for waiter in batch if not waiter.has_given_up]
            if not batch:
                break
            chain = self._chain.under(keys.writer)
            chain, records = chain.extend([one.draft for one in batch], keys.month, self._clock.now())
            try:
                await self._commit(chain, records)
            except asyncpg.UniqueViolationError:
                batch = await self._without_conflicts(batch)
            except (*CONNECTION_LOST, DoubtfulCommitError):
                self._end_chain(_ids(records))
                return fail(batch)
            except asyncpg.PostgresError as error:
                self._meet_server_error(error, records)
                return fail(batch)
            else:
                return self._advance(chain, batch)
        return None

    async def _commit(self, chain: Chain, records: Sequence[Record]) -> None:
        if chain.writer_key is None or chain.month is None:
            raise ValueError("a chain needs its keys before its first batch")
        signed = sign_batch(chain.writer_key, chain.authority_code, chain.writer_id, records)
        await self._connection.commit(INSERT_BATCH, batch_arguments(signed, chain.month.key_id, records))

    def _advance(self, chain: Chain, batch: Sequence[Waiter]) -> None:
        self._chain = chain
        self._could_write = True
        self._silence.end()
        for waiter in batch:
            waiter.succeed()

    async def _without_conflicts(self, batch: list[Waiter]) -> list[Waiter]:
        """Answer the waiters whose key, lookup or record is already there and return the others.

        The refused statement left nothing behind, so the chain stands where it stood.
        """
        try:
            conflicts = await self._connection.find_conflicts(batch)
        except (*CONNECTION_LOST, asyncpg.PostgresError):
            self._lose()
            fail(batch)
            return []
        rest = []
        for waiter in batch:
            if (reason := conflicts.reason(waiter)) is None:
                rest.append(waiter)
            else:
                waiter.refuse(reason)
        if len(rest) == len(batch):
            # A conflict that is nobody's in particular is the chain's own, and would meet it for ever.
            _log.error(LogEvent.AUDIT_REFUSED, error="UniqueViolationError")
            self._end_chain([waiter.draft.record_id for waiter in batch])
            fail(batch)
            return []
        return rest

    def _meet_server_error(self, error: asyncpg.PostgresError, records: Sequence[Record]) -> None:
        if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name is None:
            _log.error(LogEvent.PARTITION_MISSING, month=month_of(records[-1].draft.time))
        _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__, sqlstate=error.sqlstate)
        if error.severity_en in _SESSION_ENDED:
            self._end_chain(_ids(records))
        self._lose()  # this server may have become a standby; the next connection looks anew
        self._silence.must_be_proven()

    def _end_chain(self, doubtful: Sequence[UUID]) -> None:
        self._lose()
        self._silence.must_be_proven()
        self._chain = self._chain.ended(tuple(doubtful))
        _log.error(LogEvent.AUDIT_DOUBTFUL, count=len(doubtful))

    async def _close_chain(self) -> None:
        """Say, as the last record of a chain that has one, that it ends here; nothing waits for it."""
        if self._chain.sequence == 0:
            return
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._connection.ready()
                closing = Draft(RecordKind.WRITER_CLOSED, self._clock.now(), {})
                chain, record = self._chain.appended(closing)
                await self._commit(chain, [record])
        except Exception as error:  # noqa: BLE001 - a chain without its end is no reason not to stop
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)

    def _lose(self) -> None:
        self._connection.drop()
        self._could_write = False


def _ids(records: Sequence[Record]) -> list[UUID]:
    return [record.draft.record_id for record in records]
