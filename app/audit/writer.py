"""The one task of a process that writes evidence: whoever waits while a commit runs shares the next one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Self
from uuid import UUID

import asyncpg

from app.audit.chain import Chain, Record
from app.audit.conflicts import find_conflicts
from app.audit.insert import INSERT_BATCH, batch_arguments
from app.audit.keyring import Keyring, month_of
from app.audit.record import Draft
from app.audit.sealing import MonthKey, SealBrokenError
from app.audit.waiting import Waiter, WaitingLine, fail
from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

_IDLE_SECONDS: Final = 1.0
_CONNECTION_LOST: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_SESSION_ENDED: Final = frozenset({"FATAL", "PANIC"})  # a commit cut short there may have been kept
_MAY_WRITE: Final = (
    "select current_setting('transaction_read_only') = 'off'"
    " and has_table_privilege('audit_record', 'insert')"
)
_log = get_logger(__name__)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class _DoubtfulCommitError(Exception):
    """The server accepted a commit and warned about it."""


class AuditWriter:
    """Group-committing audit log on one connection of its own, with one chain per doubt-free stretch.

    Batches form by themselves: while one statement is on its way, new drafts gather for the next.
    A commit whose fate is unknown ends the chain; the next chain names what is doubtful.
    """

    def __init__(
        self, connect: Connect, keyring: Keyring, clock: Clock, *, authority_code: str, wait_seconds: float
    ) -> None:
        """Write through a connection that *connect* opens, waiting at most *wait_seconds* for durability."""
        self._connect = connect
        self._keyring = keyring
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._chain = Chain(authority_code)
        self._month: MonthKey | None = None
        self._connection: asyncpg.Connection | None = None
        self._was_warned = False
        self._line = WaitingLine()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._is_ready = False

    async def __aenter__(self) -> Self:
        """Start the writing task; a database out of reach is met again at each record."""
        self._task = asyncio.create_task(self._run(), name="audit writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what still waits, then stop."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._drop_connection()

    @property
    def is_ready(self) -> bool:
        """Whether a record was written, or could have been, when last looked at."""
        return self._is_ready and not self._is_closing

    async def append(self, draft: Draft) -> None:
        """Return once *draft* is durable; see AuditLog for what may be raised."""
        draft.check()
        if self._is_closing or self._line.is_full:
            raise AuditUnavailableError
        waiter = Waiter.of(draft)
        self._line.join(waiter)
        self._wake.set()
        try:
            async with asyncio.timeout(self._wait_seconds):
                await waiter.done
        except TimeoutError:
            raise AuditUnavailableError from None

    async def _run(self) -> None:
        await self._look()
        while self._line or not self._is_closing:
            if not self._line:
                await self._rest()
                continue
            batch = self._line.next_batch()
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - the task must outlive whatever it met, and doubt it
                _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__)
                self._end_chain([waiter.draft.record_id for waiter in batch])
                fail(batch)

    async def _rest(self) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _IDLE_SECONDS)
            return
        await self._look()

    async def _look(self) -> None:
        """Find out, while nobody is waiting, whether a record could be written."""
        try:
            connection, _ = await self._ready_connection()
            async with asyncio.timeout(self._wait_seconds):
                self._is_ready = bool(await connection.fetchval(_MAY_WRITE))
            if not self._is_ready:  # a standby, perhaps: the next connection may lead elsewhere
                self._drop_connection()
                _log.warning(LogEvent.AUDIT_UNREACHABLE, error="ReadOnly")
        except AuditUnavailableError:
            self._is_ready = False
        except Exception as error:  # noqa: BLE001 - as above
            self._drop_connection()
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)

    async def _write(self, batch: list[Waiter]) -> None:
        while batch:
            try:
                connection, month = await self._ready_connection()
            except AuditUnavailableError:
                return fail(batch)
            batch = [waiter for waiter in batch if not waiter.has_given_up]
            if not batch:
                break
            chain, records = self._chain.extend([waiter.draft for waiter in batch], month, self._clock.now())
            try:
                await self._commit(connection, chain.writer_id, month, records)
            except asyncpg.UniqueViolationError:
                batch = await self._without_conflicts(connection, batch)
            except (*_CONNECTION_LOST, _DoubtfulCommitError):
                self._end_chain(_ids(records))
                return fail(batch)
            except asyncpg.PostgresError as error:
                self._meet_server_error(error, records)
                return fail(batch)
            else:
                return self._advance(chain, batch)
        return None

    async def _commit(
        self, connection: asyncpg.Connection, writer_id: UUID, month: MonthKey, records: Sequence[Record]
    ) -> None:
        self._was_warned = False
        async with asyncio.timeout(self._wait_seconds):
            await connection.execute(INSERT_BATCH, *batch_arguments(writer_id, month.key_id, records))
        if self._was_warned:
            raise _DoubtfulCommitError

    def _advance(self, chain: Chain, batch: Sequence[Waiter]) -> None:
        self._chain = chain
        self._is_ready = True
        for waiter in batch:
            waiter.succeed()

    async def _ready_connection(self) -> tuple[asyncpg.Connection, MonthKey]:
        """Return a usable connection and this month's key, or raise AuditUnavailableError."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                    self._connection.add_log_listener(self._hear)
                month = await self._current_month(self._connection)
        except (*_CONNECTION_LOST, asyncpg.PostgresError, SealBrokenError) as error:
            self._drop_connection()
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
            raise AuditUnavailableError from None
        if month is None:
            self._is_ready = False
            _log.error(LogEvent.MONTH_KEY_MISSING, month=month_of(self._clock.now()))
            raise AuditUnavailableError
        return self._connection, month

    def _hear(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        # A commit that stops waiting for its standby succeeds with no more than a warning. asyncpg calls
        # plain functions, and only those, before it wakes who awaits the statement.
        self._was_warned = self._was_warned or message.severity_en == "WARNING"

    async def _current_month(self, connection: asyncpg.Connection) -> MonthKey | None:
        month = month_of(self._clock.now())
        if self._month is None or self._month.month != month:
            self._month = await self._keyring.load(connection, month)
        return self._month

    async def _without_conflicts(self, connection: asyncpg.Connection, batch: list[Waiter]) -> list[Waiter]:
        """Answer the waiters whose key, lookup or record is already there and return the others.

        The refused statement left nothing behind, so the chain stands where it stood.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                conflicts = await find_conflicts(connection, batch)
        except (*_CONNECTION_LOST, asyncpg.PostgresError):
            self._drop_connection()
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
        _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__, sqlstate=error.sqlstate)
        if error.severity_en in _SESSION_ENDED:
            self._end_chain(_ids(records))
        self._drop_connection()  # this server may have become a standby; the next connection looks anew

    def _end_chain(self, doubtful: Sequence[UUID]) -> None:
        self._drop_connection()
        self._chain = self._chain.ended(tuple(doubtful))
        _log.error(LogEvent.AUDIT_DOUBTFUL, count=len(doubtful))

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._is_ready = False


def _ids(records: Sequence[Record]) -> list[UUID]:
    return [record.draft.record_id for record in records]
