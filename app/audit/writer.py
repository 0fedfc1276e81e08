"""The one task of a process that writes evidence: whoever waits while a commit runs shares the next one."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

import asyncpg

from app.audit.chain import Chain, Record
from app.audit.insert import INSERT_BATCH, batch_arguments
from app.audit.keyring import Keyring, month_of
from app.audit.log import AlreadyClosedError, ClaimTakenError
from app.audit.record import Draft, RecordKind
from app.audit.sealing import MonthKey, SealBrokenError
from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

MAX_BATCH: Final = 256
MAX_WAITING: Final = 10_000
_IDLE_SECONDS: Final = 1.0
_CONNECTION_LOST: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_SERVER_LEAVING: Final = "57P"  # operator intervention: a commit cut short there may have been kept
_log = get_logger(__name__)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@dataclass(frozen=True, slots=True)
class _Waiter:
    draft: Draft
    done: "asyncio.Future[None]"


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
        self._waiting: deque[_Waiter] = deque()
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
        """Whether the connection stood and this month had its key when last looked at."""
        return self._is_ready and not self._is_closing

    async def append(self, draft: Draft) -> None:
        """Return once *draft* is durable; see AuditLog for what may be raised."""
        draft.check()
        if self._is_closing or len(self._waiting) >= MAX_WAITING:
            raise AuditUnavailableError
        waiter = _Waiter(draft, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._wake.set()
        try:
            async with asyncio.timeout(self._wait_seconds):
                await waiter.done
        except TimeoutError:
            raise AuditUnavailableError from None

    async def _run(self) -> None:
        while self._waiting or not self._is_closing:
            if not self._waiting:
                await self._rest()
                continue
            batch = self._next_batch()
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 - the task must outlive whatever it met, and doubt it
                _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__)
                self._end_chain([waiter.draft.record_id for waiter in batch])
                _fail(batch)

    async def _rest(self) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _IDLE_SECONDS)
            return
        # Nobody is waiting: a good moment to find out whether the next record could be written.
        with contextlib.suppress(AuditUnavailableError):
            await self._ready_connection()

    def _next_batch(self) -> list[_Waiter]:
        """Take waiters in order; a second one for the same key or lookup waits for the next batch."""
        batch, deferred = list[_Waiter](), list[_Waiter]()
        taken: set[object] = set()
        while self._waiting and len(batch) < MAX_BATCH:
            waiter = self._waiting.popleft()
            marks = _exclusive_marks(waiter.draft)
            if waiter.done.done():  # its caller gave up before it was written
                continue
            if marks & taken:
                deferred.append(waiter)
            else:
                taken |= marks
                batch.append(waiter)
        self._waiting.extendleft(reversed(deferred))
        return batch

    async def _write(self, batch: list[_Waiter]) -> None:
        while batch:
            try:
                connection, month = await self._ready_connection()
            except AuditUnavailableError:
                return _fail(batch)
            chain, records = self._chain.extend([waiter.draft for waiter in batch], month, self._clock.now())
            try:
                await self._commit(connection, chain.writer_id, month, records)
            except asyncpg.UniqueViolationError:
                batch = await self._without_conflicts(connection, batch)
            except _CONNECTION_LOST:
                self._end_chain(_ids(records))
                return _fail(batch)
            except asyncpg.PostgresError as error:
                self._meet_server_error(error, records)
                return _fail(batch)
            else:
                self._chain = chain
                return _succeed(batch)
        return None

    async def _commit(
        self, connection: asyncpg.Connection, writer_id: UUID, month: MonthKey, records: Sequence[Record]
    ) -> None:
        async with asyncio.timeout(self._wait_seconds):
            await connection.execute(INSERT_BATCH, *batch_arguments(writer_id, month.key_id, records))

    async def _ready_connection(self) -> tuple[asyncpg.Connection, MonthKey]:
        """Return a usable connection and this month's key, or raise AuditUnavailableError."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                month = await self._current_month(self._connection)
        except (*_CONNECTION_LOST, asyncpg.PostgresError, SealBrokenError) as error:
            self._drop_connection()
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
            raise AuditUnavailableError from None
        if month is None:
            self._is_ready = False
            _log.error(LogEvent.MONTH_KEY_MISSING, month=month_of(self._clock.now()))
            raise AuditUnavailableError
        self._is_ready = True
        return self._connection, month

    async def _current_month(self, connection: asyncpg.Connection) -> MonthKey | None:
        month = month_of(self._clock.now())
        if self._month is None or self._month.month != month:
            self._month = await self._keyring.load(connection, month)
        return self._month

    async def _without_conflicts(self, connection: asyncpg.Connection, batch: list[_Waiter]) -> list[_Waiter]:
        """Answer the waiters whose key or lookup is already taken and return the others.

        The refused statement left nothing behind, so the chain stands where it stood.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                claims = await connection.fetch(_TAKEN_CLAIMS, _claimed_keys(batch))
                closed = await connection.fetch(_CLOSED_LOOKUPS, _closing_lookups(batch))
        except (*_CONNECTION_LOST, asyncpg.PostgresError):
            self._drop_connection()
            _fail(batch)
            return []
        taken = {row["key_digest"]: row for row in claims}
        already_closed = {row["lookup_id"] for row in closed}
        rest = [waiter for waiter in batch if not _answer_conflict(waiter, taken, already_closed)]
        if len(rest) == len(batch):
            # A conflict that is nobody's in particular must not be tried for ever.
            _log.error(LogEvent.AUDIT_REFUSED, error="UniqueViolationError")
            _fail(batch)
            return []
        return rest

    def _meet_server_error(self, error: asyncpg.PostgresError, records: Sequence[Record]) -> None:
        _log.error(LogEvent.AUDIT_REFUSED, error=type(error).__name__, sqlstate=error.sqlstate)
        self._is_ready = False
        if str(error.sqlstate).startswith(_SERVER_LEAVING):
            self._end_chain(_ids(records))

    def _end_chain(self, doubtful: Sequence[UUID]) -> None:
        self._drop_connection()
        self._chain = self._chain.ended(tuple(doubtful))
        _log.error(LogEvent.AUDIT_DOUBTFUL, count=len(doubtful))

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._is_ready = False


_TAKEN_CLAIMS: Final = (
    "select key_digest, request_digest, lookup_id from audit_claim where key_digest = any ($1::bytea[])"
)
_CLOSED_LOOKUPS: Final = (
    "select lookup_id from audit_record where kind = 'lookup.outcome' and lookup_id = any ($1::uuid[])"
)


def _ids(records: Sequence[Record]) -> list[UUID]:
    return [record.draft.record_id for record in records]


def _exclusive_marks(draft: Draft) -> set[object]:
    marks: set[object] = set()
    if draft.claim is not None:
        marks.add(draft.claim.key_digest)
    if draft.kind is RecordKind.LOOKUP_OUTCOME:
        marks.add(draft.lookup_id)
    return marks


def _claimed_keys(batch: Sequence[_Waiter]) -> list[bytes]:
    return [waiter.draft.claim.key_digest for waiter in batch if waiter.draft.claim is not None]


def _closing_lookups(batch: Sequence[_Waiter]) -> list[UUID | None]:
    return [waiter.draft.lookup_id for waiter in batch if waiter.draft.kind is RecordKind.LOOKUP_OUTCOME]


def _answer_conflict(waiter: _Waiter, taken: dict[bytes, asyncpg.Record], already_closed: set[UUID]) -> bool:
    claim = waiter.draft.claim
    if claim is not None and (row := taken.get(claim.key_digest)) is not None:
        is_same = row["request_digest"] == claim.request_digest
        _refuse(waiter, ClaimTakenError(row["lookup_id"], is_same_request=is_same))
        return True
    if waiter.draft.kind is RecordKind.LOOKUP_OUTCOME and waiter.draft.lookup_id in already_closed:
        _refuse(waiter, AlreadyClosedError())
        return True
    return False


def _succeed(batch: Sequence[_Waiter]) -> None:
    for waiter in batch:
        if not waiter.done.done():
            waiter.done.set_result(None)


def _fail(batch: Sequence[_Waiter]) -> None:
    for waiter in batch:
        _refuse(waiter, AuditUnavailableError())


def _refuse(waiter: _Waiter, error: Exception) -> None:
    if not waiter.done.done():
        waiter.done.set_exception(error)
