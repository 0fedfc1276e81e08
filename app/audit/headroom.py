"""How full the volumes are that the evidence is written to: an alarm long before the database stops."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.background import Background
from app.logs import LogEvent, get_logger

WARN_PERCENT: Final = 70
CRITICAL_PERCENT: Final = 90
_LOOK_SECONDS: Final = 30.0
_AGAIN_SECONDS: Final = 600.0
_READ_SECONDS: Final = 5.0  # a volume that does not answer, such as a network's, is one that cannot be read
_log = get_logger(__name__)


class Room(StrEnum):
    """Whether a volume has room; every value but the first is an alarm."""

    ENOUGH = "enough"
    LOW = "low"
    CRITICAL = "critical"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Volume:
    """The volume a path is on, and how much of it is used; None where it cannot be read."""

    path: str
    used_percent: int | None

    @property
    def room(self) -> Room:
        """What that means."""
        if self.used_percent is None:
            return Room.UNREADABLE
        if self.used_percent >= CRITICAL_PERCENT:
            return Room.CRITICAL
        return Room.LOW if self.used_percent >= WARN_PERCENT else Room.ENOUGH


def read_volumes(paths: Sequence[str]) -> list[Volume]:
    """Return how full the volumes of *paths* are, as `df` counts it for those who are not root."""
    return [Volume(path, _used_percent(path)) for path in paths]


def _used_percent(path: str) -> int | None:
    try:
        volume = os.statvfs(path)
    except OSError:
        return None
    used = volume.f_blocks - volume.f_bfree
    whole = used + volume.f_bavail
    return -(-100 * used // whole) if whole > 0 else None


class Headroom(Background):
    """Looks at the volumes and says so in the log when one gets low, and every ten minutes while it is."""

    def __init__(
        self,
        paths: Sequence[str],
        *,
        every_seconds: float = _LOOK_SECONDS,
        read_seconds: float = _READ_SECONDS,
    ) -> None:
        """Look at the volumes of *paths*; none where this process does not run beside the database."""
        self._paths = tuple(paths)
        self._every_seconds = every_seconds
        self._read_seconds = read_seconds
        self._reading: asyncio.Future[list[Volume]] | None = None
        self._said: dict[str, tuple[Room, float]] = {}
        self.volumes: tuple[Volume, ...] = ()
        """The volumes as last seen."""

    async def _run(self) -> None:
        while self._paths:
            self.volumes = await self._read()
            for volume in self.volumes:
                self._say(volume)
            await asyncio.sleep(self._every_seconds)

    async def _read(self) -> tuple[Volume, ...]:
        """Read in a thread, in one at a time: one that hangs is not waited for, and not joined by more."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(asyncio.to_thread(read_volumes, self._paths))
        done, _ = await asyncio.wait({self._reading}, timeout=self._read_seconds)
        if not done:
            return tuple(Volume(path, None) for path in self._paths)
        volumes, self._reading = self._reading.result(), None
        return tuple(volumes)

    def _say(self, volume: Volume) -> None:
        now = asyncio.get_running_loop().time()
        room, said_at = self._said.get(volume.path, (Room.ENOUGH, now))
        is_alarm, is_change = volume.room is not Room.ENOUGH, volume.room is not room
        if not is_change and not (is_alarm and now >= said_at + _AGAIN_SECONDS):
            return
        self._said[volume.path] = (volume.room, now)
        say = _log.error if volume.room in {Room.CRITICAL, Room.UNREADABLE} else _log.warning
        event = LogEvent.HEADROOM_LOW if is_alarm else LogEvent.HEADROOM_BACK
        percent = {} if volume.used_percent is None else {"used_percent": volume.used_percent}
        say(event, volume=volume.path, reason=volume.room.value, **percent)
