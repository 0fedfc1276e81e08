"""The clock everything is given, so that tests can turn it."""

import time
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Wall time for records and limits, monotonic time for durations."""

    def now(self) -> datetime:
        """Return the present instant, UTC with zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, UTC with zone."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()


def local_day(instant: datetime) -> date:
    """Return the calendar day it is in Vietnam at *instant*."""
    return instant.astimezone(VIETNAM).date()


def rfc3339(instant: datetime) -> str:
    """Return *instant* as RFC 3339 UTC with milliseconds, such as `2026-11-22T01:02:03.004Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
