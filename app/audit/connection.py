"""The writer's own connection: opened when needed, with the keys of now, and every wait on it bounded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from app.audit.conflicts import Conflicts, find_conflicts
from app.audit.durability import StandbyGuard, StandbysMissingError
from app.audit.keyring import Keyring, month_of
from app.audit.sealing import MonthKey, SealBrokenError
from app.audit.waiting import Waiter
from app.audit.writer_keys import WriterKey
from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger
from app.time_limit import TimeLimit

CONNECTION_LOST: Final = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
_WRITER_KEY_SECONDS: Final = 3.0  # for which a writer may go on signing with a key that was retired
_MAY_WRITE: Final = (
    "select current_setting('transaction_read_only') = 'off' and"
    " bool_and(has_table_privilege(name, 'insert')) from unnest(array['audit_record', 'audit_batch',"
    " 'audit_search_tag', 'audit_open_intent', 'audit_claim']) as name"
)
_log = get_logger(__name__)

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class DoubtfulCommitError(Exception):
    """The server accepted a commit and warned about it."""


@dataclass(frozen=True, slots=True)
class WritingKeys:
    """What records are written and signed with now."""

    month: MonthKey
    writer: WriterKey


class WriterConnection:
    """One connection at a time; whatever goes wrong on it, the next use opens another."""

    def __init__(
        self, connect: Connect, keyring: Keyring, clock: Clock, *, wait_seconds: float, standbys: int = 0
    ) -> None:
        """Open with *connect*; nothing here takes longer than *wait_seconds*.

        Nothing is written while fewer than *standbys* synchronous standbys stream.
        """
        self._connect = connect
        self._keyring = keyring
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._open: asyncpg.Connection | None = None
        self._month: MonthKey | None = None
        self._writer_key: WriterKey | None = None
        self._key_is_known_until = 0.0
        self._was_warned = False
        self._guard = StandbyGuard(standbys, clock)

    @property
    def standbys(self) -> int | None:
        """How many synchronous standbys streamed when last looked at; None where none are wanted."""
        return self._guard.streaming

    async def ready(self) -> WritingKeys:
        """Make sure of a usable connection and return the keys of now, or raise AuditUnavailableError."""
        try:
            with TimeLimit(self._wait_seconds):
                connection = await self._opened()
                await self._guard.check(connection)
                month, writer_key = await self._current_month(connection), await self._current_key(connection)
        except (*CONNECTION_LOST, asyncpg.PostgresError, SealBrokenError, StandbysMissingError) as error:
            self.drop()
            _log.warning(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
            raise AuditUnavailableError from None
        if month is None:
            _log.error(LogEvent.MONTH_KEY_MISSING, month=month_of(self._clock.now()))
            raise AuditUnavailableError
        if writer_key is None:
            _log.error(LogEvent.WRITER_KEY_MISSING)
            raise AuditUnavailableError
        return WritingKeys(month, writer_key)

    async def may_write(self) -> bool:
        """Whether the server takes records over this connection; a standby does not.

        Raises what asyncpg raises, and TimeoutError.
        """
        with TimeLimit(self._wait_seconds):
            return bool(await self._held.fetchval(_MAY_WRITE))

    async def commit(self, statement: str, arguments: Sequence[object]) -> None:
        """Return once *statement* is durable beyond doubt.

        Raises what asyncpg raises, TimeoutError, and DoubtfulCommitError where the server warned.
        """
        self._was_warned = False
        with TimeLimit(self._wait_seconds):
            await self._held.execute(statement, *arguments)
        if self._was_warned:
            raise DoubtfulCommitError

    async def find_conflicts(self, batch: Sequence[Waiter]) -> Conflicts:
        """Return what of *batch* is already there; raises what asyncpg raises, and TimeoutError."""
        with TimeLimit(self._wait_seconds):
            return await find_conflicts(self._held, batch)

    def drop(self) -> None:
        """End the connection at once, whatever is under way on it."""
        if self._open is not None:
            self._open.terminate()
        self._open = None

    @property
    def _held(self) -> asyncpg.Connection:
        """The connection that `ready` made sure of: nothing else opens one."""
        if self._open is None:
            raise ConnectionResetError("there is no connection")
        return self._open

    async def _opened(self) -> asyncpg.Connection:
        if self._open is None or self._open.is_closed():
            self._open = await self._connect()
            self._open.add_log_listener(self._hear)
            self._key_is_known_until = 0.0
        return self._open

    def _hear(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        # A commit that stops waiting for its standby succeeds with no more than a warning. asyncpg calls
        # plain functions, and only those, before it wakes who awaits the statement.
        self._was_warned = self._was_warned or message.severity_en == "WARNING"

    async def _current_month(self, connection: asyncpg.Connection) -> MonthKey | None:
        month = month_of(self._clock.now())
        if self._month is None or self._month.month != month:
            self._month = await self._keyring.load(connection, month)
        return self._month

    async def _current_key(self, connection: asyncpg.Connection) -> WriterKey | None:
        """Return the key that signs, asked for every few seconds: another may have taken its place."""
        now = asyncio.get_running_loop().time()
        if self._writer_key is None or now >= self._key_is_known_until:
            self._writer_key = await self._keyring.load_writer_key(connection, self._writer_key)
            self._key_is_known_until = now + _WRITER_KEY_SECONDS
        return self._writer_key
