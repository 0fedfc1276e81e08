"""The calendar of planned stops: a file of the operator's, read again when it changes."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import ConfigDict, Strict, StringConstraints, TypeAdapter, ValidationError, with_config

from app.clock import VIETNAM, Clock
from app.errors import ConfigurationError
from app.logs import LogEvent, get_logger
from app.lookup.source import PlannedStop

_log = get_logger(__name__)
_LOOK_AGAIN_SECONDS: Final = 1.0
_LARGEST_FILE: Final = 256 * 1024
Instant = Annotated[datetime, Strict()]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class _Written:
    """A stop as it is written; times without an offset are Vietnam's."""

    begins: Instant
    ends: Instant
    vi: Words
    en: Words
    roads: list[str] = field(default_factory=list)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class _File:
    stop: list[_Written] = field(default_factory=list)


_FILE: Final = TypeAdapter(_File)


def read_planned_stops(path: Path, roads: Collection[str]) -> tuple[PlannedStop, ...]:
    """Return the stops in the file, the earliest first.

    Raises ConfigurationError for a file that cannot be read, a stop that ends before it begins, one that
    lacks its words in either language, and a road that is none of *roads*.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise ConfigurationError("DANCU_PLANNED_STOPS_FILE is too large")
        text = content.decode("utf-8-sig")
        written = _FILE.validate_python(tomllib.loads(text))
    except OSError as error:
        raise ConfigurationError(f"DANCU_PLANNED_STOPS_FILE: {error.strerror}: {path}") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        raise ConfigurationError(f"DANCU_PLANNED_STOPS_FILE: {where} is missing or wrong") from None
    except (ValueError, RecursionError):
        raise ConfigurationError("DANCU_PLANNED_STOPS_FILE is not TOML in UTF-8") from None
    return tuple(sorted((_stop(one, roads) for one in written.stop), key=lambda stop: stop.begins))


def _stop(written: _Written, roads: Collection[str]) -> PlannedStop:
    begins, ends = _with_zone(written.begins), _with_zone(written.ends)
    if begins >= ends:
        raise ConfigurationError("DANCU_PLANNED_STOPS_FILE: a stop ends before it begins")
    if unknown := set(written.roads).difference(roads):
        raise ConfigurationError(
            f"DANCU_PLANNED_STOPS_FILE: no road is named {min(unknown)}; there are {', '.join(roads)}"
        )
    return PlannedStop(begins, ends, frozenset(written.roads or roads), {"vi": written.vi, "en": written.en})


def _with_zone(instant: datetime) -> datetime:
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=VIETNAM)


class Calendar:
    """The stops of a file, or none without one; a file that became unreadable leaves what was read."""

    def __init__(self, path: Path | None, roads: Collection[str], clock: Clock) -> None:
        """Read the file; raises ConfigurationError as `read_planned_stops` does."""
        self._path = path
        self._roads = tuple(roads)
        self._clock = clock
        self._looked_at = clock.monotonic()
        self._seen = self._state()
        self._stops = () if path is None else read_planned_stops(path, self._roads)
        self.is_readable = True

    def stop_of(self, road: str) -> PlannedStop | None:
        """Return the stop of this road that is in force, the one that ends last where there are several."""
        announced = self._current()
        if not announced:
            return None
        now = self._clock.now()
        stops = [stop for stop in announced if stop.is_in_force(now) and road in stop.roads]
        return max(stops, key=lambda stop: stop.ends, default=None)

    def coming(self) -> tuple[PlannedStop, ...]:
        """Return the stops that are not over, the earliest first."""
        now = self._clock.now()
        return tuple(stop for stop in self._current() if stop.ends > now)

    def _current(self) -> tuple[PlannedStop, ...]:
        if self._path is not None and self._clock.monotonic() - self._looked_at >= _LOOK_AGAIN_SECONDS:
            self._looked_at = self._clock.monotonic()
            if (state := self._state()) != self._seen:
                self._seen = state
                self._read_again(self._path)
        return self._stops

    def _read_again(self, path: Path) -> None:
        try:
            self._stops = read_planned_stops(path, self._roads)
            self.is_readable = True
        except ConfigurationError:
            # What was announced still holds; dancu check and /v1/status say that the file is wrong.
            self.is_readable = False
            _log.error(LogEvent.PLANNED_STOPS_UNREADABLE)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status is not None else None
