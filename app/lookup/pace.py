"""How many lookups an officer may make a minute through this process."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.clock import Clock
from app.errors import ProblemCode, TooManyError

_MINUTE: Final = timedelta(minutes=1)
_MINUTE_SECONDS: Final = 60


class OfficerPace:
    """Counts each officer's lookups by the minute; a limit of this process, not of the province."""

    def __init__(self, clock: Clock, *, per_minute: int) -> None:
        """Allow *per_minute* lookups to each officer."""
        self._clock = clock
        self._per_minute = per_minute
        self._begins = self._ends = datetime.min.replace(tzinfo=UTC)
        self._counts: dict[UUID, int] = {}

    def step(self, officer_id: UUID, now: datetime | None = None) -> None:
        """Count one lookup; *now* spares a look at the clock.

        Raises TooManyError, saying when to come back, where the minute is used up.
        """
        now = now or self._clock.now()
        if not self._begins <= now < self._ends:
            self._begins = now.replace(second=0, microsecond=0)
            self._ends = self._begins + _MINUTE
            self._counts.clear()
        count = self._counts.get(officer_id, 0)
        if count >= self._per_minute:
            raise TooManyError(ProblemCode.TOO_MANY_LOOKUPS, retry_after_seconds=_MINUTE_SECONDS - now.second)
        self._counts[officer_id] = count + 1
