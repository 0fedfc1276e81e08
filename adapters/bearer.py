"""The platform's bearer token: fetched once for all lookups, and again only when it has to be."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from pydantic import Field, ValidationError

from adapters.connection import Answer, Connection
from adapters.reasons import Reason
from adapters.status import error_for_status
from app.clock import Clock
from app.errors import SourceConfusedError, SourceError

# Lifetimes are the other side's claim: none, nonsense and "for ever" all happen.
_DEFAULT_LIFETIME_SECONDS = 600.0
_LONGEST_LIFETIME_SECONDS = 24 * 3600.0
_CREDENTIALS_REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


TokenText = Annotated[str, Field(max_length=8192, pattern="^[!-~]+$")]
"""A token that fits into a header."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenCall:
    """How a platform is asked for a token, and how its answer is read; never printed.

    `read` returns the token and for how many seconds it claims to be good (None: it does not say),
    given the time; it raises ValidationError for anything else.
    """

    path: str
    content: bytes
    headers: Mapping[str, str]
    read: Callable[[bytes, datetime], tuple[str, float | None]]
    renew_early_seconds: float = 60.0


@dataclass(frozen=True, slots=True, repr=False)
class _HeldToken:
    text: str
    good_until: float


class TokenCache:
    """Holds the token until shortly before it expires; concurrent lookups share one token call."""

    def __init__(
        self, connection: Connection, call: TokenCall, clock: Clock, *, fetch_seconds: float = 10.0
    ) -> None:
        """Let a token call take *fetch_seconds*: all who wait share it, so it has a limit of its own."""
        self._connection = connection
        self._call = call
        self._clock = clock
        self._fetch_seconds = fetch_seconds
        self._held: _HeldToken | None = None
        self._fetching: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """Return a token believed good.

        A failed token call fails everyone who waited for it, and the next to ask tries again.
        Raises SourceSilentError (platform not reached) and SourceConfusedError (`token_refused`:
        it does not accept our credentials; `token_unreadable`: it sent no usable token).
        """
        if (held := self.held) is not None:
            return held
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(_look_at_outcome)
        # Shielded: a lookup that runs out of time must not end the call the others wait for.
        return await asyncio.shield(self._fetching)

    @property
    def held(self) -> str | None:
        """The token held, while it is believed good."""
        if self._held is not None and self._clock.monotonic() < self._held.good_until:
            return self._held.text
        return None

    async def renew(self) -> None:
        """Fetch a new token, whatever is held and whoever else is fetching one; raises as `get` does."""
        await self._fetch_and_hold()

    @property
    def seconds_left(self) -> float:
        """For how long the token held will still be used; nothing without one."""
        return 0.0 if self._held is None else max(0.0, self._held.good_until - self._clock.monotonic())

    def invalidate(self, token: str) -> None:
        """Forget *token*, if it is still the one held: a call with it was answered 401."""
        if self._held is not None and self._held.text == token:
            self._held = None

    async def aclose(self) -> None:
        """End a token call under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    async def _fetch(self) -> str:
        try:
            return await self._fetch_and_hold()
        finally:
            self._fetching = None

    async def _fetch_and_hold(self) -> str:
        answer = await self._ask()
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer.status)
        self._held = self._read(answer.body)
        return self._held.text

    async def _ask(self) -> Answer:
        return await self._connection.post(
            self._call.path,
            content=self._call.content,
            headers=self._call.headers,
            seconds_left=self._fetch_seconds,
        )

    def _read(self, body: bytes) -> _HeldToken:
        try:
            text, expires_in = self._call.read(body, self._clock.now())
        except ValidationError:
            # "from None": pydantic's message would carry the token.
            raise SourceConfusedError(Reason.TOKEN_UNREADABLE) from None
        seconds = usable_seconds(expires_in, self._call.renew_early_seconds)
        return _HeldToken(text, self._clock.monotonic() + seconds)


def usable_seconds(expires_in: float | None, renew_early_seconds: float = 60.0) -> float:
    """Return how long to use a token that claims to expire in *expires_in* seconds."""
    lifetime = _DEFAULT_LIFETIME_SECONDS
    if expires_in is not None and expires_in > 0:
        lifetime = min(expires_in, _LONGEST_LIFETIME_SECONDS)
    return lifetime - min(renew_early_seconds, lifetime / 2)


def _refusal(status: int) -> SourceError:
    # Our platform account is wrong or blocked: somebody answered, and waiting will not help.
    if status in _CREDENTIALS_REFUSED:
        return SourceConfusedError(Reason.TOKEN_REFUSED)
    return error_for_status(status)


def _look_at_outcome(task: asyncio.Task[str]) -> None:
    # When every waiter has left, asyncio would otherwise log the failure as never retrieved.
    if not task.cancelled():
        task.exception()
