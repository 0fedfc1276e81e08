"""Whether enough synchronous standbys stream; without them a commit is on one machine and says nothing.

What else a commit has to survive stands elsewhere: the writer and the sequencer hear the warning of one that
stopped waiting for its standby, and bound the wait themselves, since statement_timeout does not end it. But
where `synchronous_standby_names` is emptied, commits neither wait nor warn.
"""

from dataclasses import dataclass
from typing import Final

import asyncpg

from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

_EVERY_SECONDS: Final = 1.0
_ASK: Final = (
    "select current_setting('synchronous_standby_names') <> '' as is_named,"
    " current_setting('synchronous_commit') in ('on', 'remote_apply') as waits,"
    " audit_synchronous_standbys() as streaming"
)
_log = get_logger(__name__)


class StandbysMissingError(AuditUnavailableError):
    """A commit would not be on as many machines as it has to be, or nobody can say whether it is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection's commits stand; `streaming` is None where the server keeps it to itself."""

    is_named: bool
    waits: bool
    streaming: int | None

    def trouble(self, wanted: int) -> str | None:
        """Return in one word why a commit is not on *wanted* standbys; None where it is."""
        if not self.is_named:
            return "no_names"
        if not self.waits:
            return "no_wait"
        if self.streaming is None:
            return "hidden"
        return "too_few" if self.streaming < wanted else None


async def standing_of(connection: asyncpg.Connection) -> Standing:
    """Return how *connection*'s commits stand now; raises what asyncpg raises."""
    row = await connection.fetchrow(_ASK)
    return Standing(row["is_named"], row["waits"], row["streaming"])


class StandbyGuard:
    """Looks at each new connection, and again when the last look is older than a second."""

    def __init__(self, wanted: int, clock: Clock, *, every_seconds: float = _EVERY_SECONDS) -> None:
        """Want so many synchronous standbys; with none wanted nothing is looked at."""
        self._wanted = wanted
        self._clock = clock
        self._every_seconds = every_seconds
        self._seen_over: asyncpg.Connection | None = None
        self._seen_at = float("-inf")
        self._trouble: str | None = None
        self._streaming: int | None = None

    @property
    def streaming(self) -> int | None:
        """How many streamed at the last look; None where none are wanted or the look told nothing."""
        return self._streaming

    async def check(self, connection: asyncpg.Connection) -> None:
        """Return where *connection*'s commits reach the standbys wanted, as seen within the last second.

        Raises StandbysMissingError, and what asyncpg raises.
        """
        asked_at = self._clock.monotonic()
        is_known = connection is self._seen_over and asked_at - self._seen_at < self._every_seconds
        if self._wanted == 0 or is_known:
            return
        self._seen_over = self._streaming = None
        standing = await standing_of(connection)
        self._streaming = standing.streaming
        self._note(standing.trouble(self._wanted))
        if self._trouble is not None:
            raise StandbysMissingError
        self._seen_over, self._seen_at = connection, asked_at

    def _note(self, trouble: str | None) -> None:
        """Tell what changed; a trouble that lasts is told once, and by readiness."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble is None:
            _log.info(LogEvent.STANDBYS_BACK, count=self._streaming)
        else:
            _log.error(LogEvent.STANDBYS_MISSING, reason=trouble, count=self._streaming or 0)
