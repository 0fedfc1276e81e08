"""The clock everything is given, so that tests can turn it."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import orjson

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_AHEAD: Final = timedelta(hours=7)
_AHEAD_SINCE: Final = datetime(1975, 6, 13, tzinfo=UTC)
"""From then on Vietnam's clocks are that much ahead, all year."""
_MILLISECONDS: Final = tuple(f".{number:03d}Z" for number in range(1000))


class Clock(Protocol):
    """Wall time for records and limits, monotonic time for durations."""

    def now(self) -> datetime:
        """Return the present instant, UTC with zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class SystemClock:
    """The machine's own clock; each step of a lookup looks at it, so nothing is around the looking."""

    now = staticmethod(partial(datetime.now, UTC))  # noqa: TID251 - this is the clock
    monotonic = staticmethod(time.monotonic)


def local_day(instant: datetime) -> date:
    """Return the calendar day it is in Vietnam at *instant*."""
    if instant.tzinfo is UTC and instant >= _AHEAD_SINCE:
        return (instant + _AHEAD).date()  # in a third of the time that looking at the zone's table takes
    return instant.astimezone(VIETNAM).date()


def rfc3339(instant: datetime) -> str:
    """Return *instant* as RFC 3339 UTC with milliseconds, such as `2026-11-22T01:02:03.004Z`."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    written = orjson.dumps(instant)  # in a fifth of the time that isoformat takes
    if instant.microsecond:
        return written[1:24].decode() + "Z"
    return written[1:20].decode() + ".000Z"


class Stamps:
    """The present instant by the machine's own clock, as rfc3339 writes it; a second's text is made once."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def now(self) -> str:
        """Return it."""
        second, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
        if second != self._second:
            self._text = rfc3339(datetime.fromtimestamp(second, UTC)).partition(".")[0]
            self._second = second
        return self._text + _MILLISECONDS[milliseconds]
