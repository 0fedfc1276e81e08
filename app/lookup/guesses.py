"""How often an officer may verify claims about one citizen in a day, so that nobody learns by guessing."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, time, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy import Delete, delete, select, tuple_

from app.accounts.sweeping import Purge
from app.clock import VIETNAM, Clock, local_day
from app.errors import AuditUnavailableError, ProblemCode, TooManyError
from app.lookup.store import LookupStore
from app.lookup.table import VERIFICATION_GUESS
from app.lookup.values import IdNumber


class GuessLimit:
    """Counts for all processes through the database, under digests that no two days have in common."""

    def __init__(self, secret: bytes, store: LookupStore, clock: Clock, *, per_day: int) -> None:
        """Allow *per_day* verifications of one citizen to one officer; digests are keyed by *secret*."""
        self._secret = secret
        self._store = store
        self._clock = clock
        self._per_day = per_day
        self._begin(local_day(clock.now()))

    def _begin(self, day: date) -> None:
        self._day = day
        self._day_key = hmac.digest(self._secret, day.isoformat().encode(), hashlib.sha256)
        self._spent: set[bytes] = set()

    @asynccontextmanager
    async def counted(self, officer_id: UUID, number: IdNumber) -> AsyncIterator[None]:
        """Count one verification before it is made; one that ends in an error answered nothing and is not.

        Raises TooManyError, saying when the next day begins, and AuditUnavailableError without database.
        """
        now = self._clock.now()
        day = local_day(now)
        if day != self._day:
            self._begin(day)
        digest = hmac.digest(self._day_key, f"{officer_id}|{number.digits}".encode(), hashlib.sha256)
        if digest in self._spent or not await self._store.count_verification(day, digest, self._per_day):
            self._spent.add(digest)
            raise TooManyError(ProblemCode.TOO_MANY_VERIFICATIONS, retry_after_seconds=_until_next_day(now))
        try:
            yield
        except Exception:
            with suppress(AuditUnavailableError):
                await self._store.uncount_verification(day, digest)
                self._spent.discard(digest)  # whoever was refused meanwhile may try again
            raise


def _until_next_day(now: datetime) -> int:
    local = now.astimezone(VIETNAM)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), VIETNAM)
    return ceil((midnight - local).total_seconds())


def guesses_of_past_days() -> Purge:
    """Return the purge of counts that no process asks for any more, whatever its clock."""

    def statement(now: datetime, most: int) -> Delete:
        guess = VERIFICATION_GUESS.c
        before = local_day(now) - timedelta(days=1)
        old = select(guess.day, guess.subject_digest).where(guess.day < before).limit(most)
        return delete(VERIFICATION_GUESS).where(tuple_(guess.day, guess.subject_digest).in_(old))

    return Purge("verification_guess", statement)
