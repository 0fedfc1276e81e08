"""How many lookups an officer may make a minute through this process."""

from uuid import UUID

from app.clock import Clock
from app.errors import ProblemCode, TooManyError

_MINUTE_SECONDS = 60


class OfficerPace:
    """Counts each officer's lookups by the minute; a limit of this process, not of the province."""

    def __init__(self, clock: Clock, *, per_minute: int) -> None:
        """Allow *per_minute* lookups to each officer."""
        self._clock = clock
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[UUID, int] = {}

    def step(self, officer_id: UUID) -> None:
        """Count one lookup; TooManyError, saying when to come back, where the minute is used up."""
        seconds = int(self._clock.now().timestamp())
        minute, second = divmod(seconds, _MINUTE_SECONDS)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        count = self._counts.get(officer_id, 0)
        if count >= self._per_minute:
            raise TooManyError(ProblemCode.TOO_MANY_LOOKUPS, retry_after_seconds=_MINUTE_SECONDS - second)
        self._counts[officer_id] = count + 1
