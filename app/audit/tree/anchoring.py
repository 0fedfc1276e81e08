"""Whether the evidence stands under a checkpoint that counts, and what follows where it long did not."""

import asyncio
from enum import StrEnum
from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.background import Background
from app.clock import Clock
from app.errors import NotAnchoredError
from app.logs import LogEvent, get_logger

_EVERY_SECONDS: Final = 10.0
_READ_SECONDS: Final = 5.0
_CLOCKS_APART_SECONDS: Final = 60.0
_AGE: Final = "select extract(epoch from clock_timestamp() - anchored_at) from audit_sequencing"
_log = get_logger(__name__)


class Anchoring(StrEnum):
    """How the evidence stands; what each means is in docs/evidence.md."""

    CURRENT = "current"
    LATE = "late"
    STOPPED = "stopped"


class AnchorGuard(Background):
    """Knows for how long records may stand under no checkpoint that counts, by the database's clock.

    Before the first one, since this process began. Where the database does not answer, time goes on.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        *,
        warn_minutes: float,
        stop_minutes: float,
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        """Read through *engine*; *stop_minutes* of zero never stop anything."""
        self._engine = engine
        self._clock = clock
        self._warn_seconds = warn_minutes * 60
        self._stop_seconds = stop_minutes * 60 or float("inf")
        self._every_seconds = every_seconds
        self._anchored_at = clock.monotonic()
        self._told = Anchoring.CURRENT

    @property
    def age_seconds(self) -> float:
        """For how long records may stand under no checkpoint that counts."""
        return max(0.0, self._clock.monotonic() - self._anchored_at)

    @property
    def state(self) -> Anchoring:
        """How the evidence stands now."""
        age = self.age_seconds
        if age > self._stop_seconds:
            return Anchoring.STOPPED
        return Anchoring.LATE if age > self._warn_seconds else Anchoring.CURRENT

    @property
    def is_serving(self) -> bool:
        """Whether lookups may be made."""
        return self._clock.monotonic() - self._anchored_at <= self._stop_seconds

    def check(self) -> None:
        """Raise NotAnchoredError where lookups must wait until the evidence is anchored again."""
        if not self.is_serving:
            raise NotAnchoredError

    async def look(self) -> None:
        """Read the age anew, and log where another state has begun."""
        try:
            async with asyncio.timeout(_READ_SECONDS), self._engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                age = await driver.fetchval(_AGE)  # type: ignore[union-attr]
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError):
            age = None  # who-is-who and the writer say that the database is away
        if age is not None and age >= -_CLOCKS_APART_SECONDS:  # a time to come says nothing of the past
            self._anchored_at = self._clock.monotonic() - float(age)
        self._tell()

    async def _run(self) -> None:
        while True:
            await self.look()
            is_current = self.state is Anchoring.CURRENT
            await asyncio.sleep(self._every_seconds if is_current else min(1.0, self._every_seconds))

    def _tell(self) -> None:
        state = self.state
        if state is self._told:
            return
        self._told = state
        minutes = int(self.age_seconds // 60)
        if state is Anchoring.STOPPED:
            _log.error(LogEvent.ANCHORING_STOPPED, minutes=minutes)
        elif state is Anchoring.LATE:
            _log.warning(LogEvent.ANCHORING_LATE, minutes=minutes)
        else:
            _log.info(LogEvent.ANCHORING_CURRENT)
