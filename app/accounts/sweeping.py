"""Takes away what sign-ins leave behind and nobody needs any more: in small batches, once an hour."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Delete, Select, delete, exists, func, or_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.client_table import USED_ASSERTION
from app.accounts.guarding import ADDRESS_RULES
from app.accounts.lockout import LockRules
from app.accounts.password_policy import PROFILES
from app.accounts.table import PASSWORD_HISTORY, REFRESH_TOKEN, SESSION, SIGN_IN_GUARD
from app.background import Background
from app.clock import Clock
from app.logs import LogEvent, get_logger

_LOCK_KEY: Final = 7_233_190_106  # beside the reconciler's; one sweeper at a time
_MOST_AT_ONCE: Final = 1_000
_EVERY_SECONDS: Final = 3600.0
_FIRST_SECONDS: Final = 60.0  # start-up has better things to do
_AGAIN_SECONDS: Final = 300.0
_EXPIRED_TOKENS_KEPT: Final = timedelta(days=1)
_SESSIONS_KEPT: Final = timedelta(days=30)
_USED_ASSERTIONS_KEPT: Final = timedelta(hours=1)
_LONGEST_SESSION: Final = timedelta(days=1)  # DANCU_SESSION_HOURS is at most 24
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Purge:
    """What is not needed any more: a statement that deletes at most so many rows, as of an instant.

    Or one that calls a function of the database which does, and says how many.
    """

    name: str
    statement: Callable[[datetime, int], Delete | Select[tuple[int]]]


def usual_purges() -> tuple[Purge, ...]:
    """Return what a gateway takes away, in order: a session goes once its refresh tokens are gone."""
    forgotten_after = max(LockRules().forgotten_after, ADDRESS_RULES.forgotten_after)
    former = max(profile.history for profile in PROFILES.values()) - 1  # the present one is no former one
    return (
        guards_quiet_for(forgotten_after),
        Purge("refresh_token", _expired_refresh_tokens),
        Purge("session", _sessions_long_over),
        former_passwords_beyond(former),
        Purge("used_assertion", _used_assertions_long_over),
        Purge("secrets", _secrets_long_over),
    )


class Sweeper(Background):
    """Runs purges in their order while it is open; whichever process comes first does the work."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        purges: Sequence[Purge],
        *,
        first_seconds: float = _FIRST_SECONDS,
        every_seconds: float = _EVERY_SECONDS,
        again_seconds: float = _AGAIN_SECONDS,
    ) -> None:
        """Sweep after *first_seconds*, then every *every_seconds*, or *again_seconds* after a failure."""
        self._engine = engine
        self._clock = clock
        self._purges = purges
        self._first_seconds = first_seconds
        self._every_seconds = every_seconds
        self._again_seconds = again_seconds

    async def sweep(self, *, most_at_once: int = _MOST_AT_ONCE) -> int:
        """Delete all that may go, *most_at_once* rows a transaction, and return how many rows that was.

        Stops early where another process sweeps. Raises OSError or SQLAlchemyError where the database does
        not let it.
        """
        deleted = 0
        for purge in self._purges:
            batch: int | None = most_at_once
            while batch == most_at_once:
                batch = await self._delete_some(purge, most_at_once)
                if batch is None:
                    return deleted
                deleted += batch
        return deleted

    async def _delete_some(self, purge: Purge, most: int) -> int | None:
        """Return how many rows one transaction deleted; None where another process holds the lock."""
        async with self._engine.begin() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK_KEY))):
                return None
            done = await connection.execute(purge.statement(self._clock.now(), most))
            return int(done.scalar_one()) if done.returns_rows else done.rowcount

    async def _run(self) -> None:
        pause = self._first_seconds
        while True:
            await asyncio.sleep(pause)
            try:
                count = await self.sweep()
            except (OSError, SQLAlchemyError) as error:
                _log.warning(LogEvent.SWEEPER_FAILED, error=type(error).__name__)
                pause = self._again_seconds
            else:
                _log.info(LogEvent.SWEPT, count=count)
                pause = self._every_seconds


def guards_quiet_for(forgotten_after: timedelta) -> Purge:
    """Return the purge of guards that say nothing: no failure and no lock for *forgotten_after*."""

    def statement(now: datetime, most: int) -> Delete:
        quiet = now - forgotten_after
        guard = SIGN_IN_GUARD.c
        old = (
            select(guard.subject_digest)
            .where(
                guard.last_failure_at < quiet, or_(guard.locked_until.is_(None), guard.locked_until < quiet)
            )
            .limit(most)
            .with_for_update(skip_locked=True)  # a guard somebody holds is about to be used
        )
        return delete(SIGN_IN_GUARD).where(guard.subject_digest.in_(old))

    return Purge("sign_in_guard", statement)


def former_passwords_beyond(count: int) -> Purge:
    """Return the purge of former passwords that no profile looks at: all but an officer's latest *count*."""

    def statement(_: datetime, most: int) -> Delete:
        history = PASSWORD_HISTORY.c
        place = func.row_number().over(partition_by=history.officer_id, order_by=history.changed_at.desc())
        ranked = select(history.officer_id, history.changed_at, place.label("place")).subquery()
        old = select(ranked.c.officer_id, ranked.c.changed_at).where(ranked.c.place > count).limit(most)
        return delete(PASSWORD_HISTORY).where(tuple_(history.officer_id, history.changed_at).in_(old))

    return Purge("password_history", statement)


def _expired_refresh_tokens(now: datetime, most: int) -> Delete:
    token = REFRESH_TOKEN.c
    old = select(token.token_digest).where(token.expires_at < now - _EXPIRED_TOKENS_KEPT).limit(most)
    return delete(REFRESH_TOKEN).where(token.token_digest.in_(old))


def _sessions_long_over(now: datetime, most: int) -> Delete:
    """Delete what began so long ago that it ended, one way or another, more than 30 days ago."""
    begun_before = now - _SESSIONS_KEPT - _LONGEST_SESSION
    its_tokens = exists().where(REFRESH_TOKEN.c.session_id == SESSION.c.session_id)
    old = select(SESSION.c.session_id).where(SESSION.c.started_at < begun_before, ~its_tokens).limit(most)
    return delete(SESSION).where(SESSION.c.session_id.in_(old))


def _used_assertions_long_over(now: datetime, _: int) -> Delete:
    """Delete what no process takes any more, not even one whose clock is well behind; all of it at once.

    The serving role may not read the digests by which a batch would be chosen.
    """
    return delete(USED_ASSERTION).where(USED_ASSERTION.c.expires_at < now - _USED_ASSERTIONS_KEPT)


def _secrets_long_over(_: datetime, most: int) -> Select[tuple[int]]:
    """Let go of the secrets of keys and credentials that ended 90 days ago, by the database's clock.

    The rows stay: who had what when. Whether something may go the database decides (migration 0036), for the
    serving role must change no secret.
    """
    return select(func.purge_secrets_long_over(most))
