"""Months of the evidence: the ids a month can have, and partitions made before they are needed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import asyncpg

from app.background import Background
from app.logs import LogEvent, get_logger

MONTHS_AHEAD: Final = 13
_DAILY_SECONDS: Final = 86_400.0
_AGAIN_SECONDS: Final = 600.0
_RANDOM_BITS: Final = 80
_LAST_MONTH: Final = 12
_MAKE: Final = "select audit_make_partitions($1)"
_READY: Final = """
select coalesce(min(ahead), $1) from generate_series(0, $1 - 1) as ahead where not exists (
    select from pg_inherits where inhparent = to_regclass('audit_record') and inhrelid = to_regclass(
        'audit_record_' || to_char(
            date_trunc('month', clock_timestamp() at time zone 'UTC') + make_interval(months => ahead),
            'YYYY_MM'))
)
"""
_log = get_logger(__name__)


class AnsweringConnection(Protocol):
    """The little of asyncpg's connection that this needs."""

    async def fetchval(self, query: str, *args: object) -> object:
        """Return the first value of the answer."""
        ...


def first_id(instant: datetime, slack: timedelta = timedelta()) -> UUID:
    """Return the least UUIDv7 there can be from *instant* and *slack* after it on; ids begin with 1970."""
    return UUID(int=max(0, int((instant.timestamp() + slack.total_seconds()) * 1000)) << _RANDOM_BITS)


def month_ids(month: str) -> tuple[UUID, UUID]:
    """Return the least id of a UTC month `yyyy-mm`, and that of the month after it."""
    first = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    return first_id(first), first_id(datetime.fromisoformat(f"{_month(_number(first) + 1)}-01T00:00:00Z"))


def months_around(now: datetime, back: int, ahead: int) -> list[str]:
    """Return the UTC months from *back* before that of *now* until *ahead* after it."""
    return [_month(_number(now) + step) for step in range(-back, ahead + 1)]


def months_between(first: UUID, last: UUID) -> list[str]:
    """Return every month from that of one UUIDv7 to that of another."""
    return [_month(at) for at in range(_number(_instant(first)), _number(_instant(last)) + 1)]


def _instant(record_id: UUID) -> datetime:
    return datetime.fromtimestamp((record_id.int >> _RANDOM_BITS) / 1000, UTC)


def _number(instant: datetime) -> int:
    there = instant.astimezone(UTC)
    return there.year * _LAST_MONTH + there.month - 1


def _month(number: int) -> str:
    return f"{number // _LAST_MONTH:04d}-{number % _LAST_MONTH + 1:02d}"


async def make_partitions(connection: AnsweringConnection, months: int = MONTHS_AHEAD) -> int:
    """Make what is missing of *months* from this one on and return how many partitions that were.

    Needs a role that may: the owner, dancu_sequencing, dancu_maintenance. asyncpg's errors.
    """
    return int(str(await connection.fetchval(_MAKE, months)))


async def months_ready(connection: AnsweringConnection) -> int:
    """Return for how many months from this one on records have a place, MONTHS_AHEAD at most."""
    return int(str(await connection.fetchval(_READY, MONTHS_AHEAD)))


class PartitionMaker(Background):
    """Makes partitions at start-up and then daily; tries again sooner after a failure."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        """Make them as the role that *connect* signs in, each time on a connection of its own."""
        self._connect = connect

    async def make(self) -> int:
        """Make what is missing and return how many; asyncpg's errors, OSError, TimeoutError."""
        connection = await self._connect()
        try:
            return await make_partitions(connection)
        finally:
            connection.terminate()

    async def _run(self) -> None:
        while True:
            pause = _DAILY_SECONDS
            try:
                _log.info(LogEvent.PARTITIONS_MADE, count=await self.make())
            except Exception as error:  # noqa: BLE001 - the worker outlives what it meets
                _log.error(LogEvent.PARTITIONS_FAILED, error=type(error).__name__)
                pause = _AGAIN_SECONDS
            await asyncio.sleep(pause)
