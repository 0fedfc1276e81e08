"""Looks every hour when the certificates of the roads end; asks nobody about anybody."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from adapters.certificates import ending_shown_by, endings_in_files
from adapters.choose import trust_of
from app.background import Background
from app.clock import Clock
from app.logs import LogEvent, get_logger
from app.settings import UpstreamSettings

WARN_AHEAD: Final = timedelta(days=30)
_EVERY_SECONDS: Final = 3600.0
_REACH_SECONDS: Final = 5.0
_HTTPS_PORT: Final = 443
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RoadCertificate:
    """What of a road ends when: `server`, `client` or `authority`."""

    road: str
    what: str
    ends_at: datetime


class CertificateWatch(Background):
    """Knows what was seen last; a road that cannot be reached keeps what it showed before."""

    def __init__(
        self,
        roads: Sequence[UpstreamSettings],
        clock: Clock,
        *,
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        """Look at *roads*; those without TLS have no certificates."""
        self._roads = [road for road in roads if road.base_url.startswith("https://")]
        self._clock = clock
        self._every_seconds = every_seconds
        self._seen: dict[tuple[str, str], RoadCertificate] = {}

    @property
    def certificates(self) -> list[RoadCertificate]:
        """What was seen last, what ends first before all others."""
        return sorted(self._seen.values(), key=lambda one: one.ends_at)

    async def look(self) -> None:
        """Look at each road once, and say in the log what ends within 30 days."""
        for road in self._roads:
            await self._look_at(road)
        for one in self.certificates:
            if one.ends_at - self._clock.now() < WARN_AHEAD:
                days = (one.ends_at - self._clock.now()).days
                _log.warning(LogEvent.CERTIFICATE_ENDING, road=one.road, reason=one.what, days=days)

    async def _look_at(self, road: UpstreamSettings) -> None:
        trust, parts = trust_of(road), urlsplit(road.base_url)
        seen = [(one.kind, one.at) for one in endings_in_files(trust)]
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                shown = await ending_shown_by(str(parts.hostname), parts.port or _HTTPS_PORT, trust)
            seen.append((shown.kind, shown.at))
        except (OSError, TimeoutError) as error:
            # Whether the road can be used at all, its own state says; an ended certificate is one reason.
            _log.warning(LogEvent.CERTIFICATE_UNSEEN, road=road.road, error=type(error).__name__)
        for kind, at in seen:
            self._seen[road.road, kind] = RoadCertificate(road.road, kind, at)

    async def _run(self) -> None:
        while self._roads:
            await self.look()
            await asyncio.sleep(self._every_seconds)
