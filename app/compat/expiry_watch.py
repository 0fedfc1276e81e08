"""Looks every hour which keys and credentials of old software end soon, and says so in the log once a day."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from app.accounts.clients import WARNING
from app.accounts.compatible_credentials import CompatibleCredential
from app.accounts.expiring import LAST_WARNING, Expiring, KeyStanding, standing_of
from app.accounts.lookup_keys import LookupKey
from app.accounts.store import Accounts
from app.background import Background
from app.clock import Clock, local_day
from app.compat.directory import FaceDirectory
from app.database.live import LiveView
from app.errors import DirectoryStaleError
from app.logs import LogEvent, get_logger

_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 10.0
_AT_A_STRETCH: Final = 1_000
_SOON: Final = frozenset({KeyStanding.ENDS_SOON, KeyStanding.ENDS_VERY_SOON})
_log = get_logger(__name__)


class ExpiryWatch(Background):
    """Knows what was seen last; each process looks for itself, in what it has in memory."""

    def __init__(
        self,
        face: LiveView[FaceDirectory],
        accounts: LiveView[Accounts],
        clock: Clock,
        *,
        every_seconds: float = _EVERY_SECONDS,
        again_seconds: float = _AGAIN_SECONDS,
    ) -> None:
        """Look at *face*; *accounts* say whose software and officers are in use."""
        self._face = face
        self._accounts = accounts
        self._clock = clock
        self._every_seconds = every_seconds
        self._again_seconds = again_seconds
        self._said_on: date | None = None
        self.expiring = Expiring()

    async def look(self) -> None:
        """Look once, and say in the log what ends soon unless it was said today; DirectoryStaleError."""
        face, accounts, now = self._face.current, self._accounts.current, self._clock.now()
        found = Expiring(credentials=_credentials(face.credentials.values(), accounts, now))
        keys = iter(face.keys.values())
        while part := list(islice(keys, _AT_A_STRETCH)):
            standings = list(_standings(part, accounts, now))
            found = replace(
                found,
                keys=found.keys + len(standings),
                keys_very_soon=found.keys_very_soon + standings.count(KeyStanding.ENDS_VERY_SOON),
            )
            await asyncio.sleep(0)  # lookups go on meanwhile
        self.expiring = found
        if self._said_on != (today := local_day(now)):
            self._said_on = today
            self._say(now)

    def _say(self, now: datetime) -> None:
        found = self.expiring
        urgent = sum(
            standing_of(one.expires_at, now) is KeyStanding.ENDS_VERY_SOON for one in found.credentials
        )
        for what, count, very_soon in (
            ("compatible_credential", len(found.credentials), urgent),
            ("lookup_key", found.keys, found.keys_very_soon),
        ):
            if count:
                _log.warning(LogEvent.CREDENTIALS_ENDING, reason=what, count=count, days=WARNING.days)
            if very_soon:
                _log.warning(
                    LogEvent.CREDENTIALS_ENDING, reason=what, count=very_soon, days=LAST_WARNING.days
                )

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except DirectoryStaleError:  # not loaded yet, or the database is away: others say so
                await asyncio.sleep(self._again_seconds)
            else:
                await asyncio.sleep(self._every_seconds)


def _credentials(
    credentials: Iterable[CompatibleCredential], accounts: Accounts, now: datetime
) -> tuple[CompatibleCredential, ...]:
    """Return those that end soon, soonest first, of software that is in use."""
    soon = [
        one
        for one in credentials
        if standing_of(one.expires_at, now) in _SOON and _is_in_use(one.client_id, accounts, now)
    ]
    return tuple(sorted(soon, key=lambda one: (one.expires_at or now, one.credential_id)))


def _standings(keys: Iterable[LookupKey], accounts: Accounts, now: datetime) -> Iterator[KeyStanding]:
    """Return how those stand that end soon, where officer and software are in use."""
    for key in keys:
        officer, standing = accounts.officers.get(key.officer_id), standing_of(key.expires_at, now)
        if (
            standing in _SOON
            and officer is not None
            and officer.is_active
            and key.goes_with(officer)
            and _is_in_use(key.client_id, accounts, now)
        ):
            yield standing


def _is_in_use(client_id: str, accounts: Accounts, now: datetime) -> bool:
    client = accounts.clients.get(client_id)
    return client is not None and client.refusal(now) is None
