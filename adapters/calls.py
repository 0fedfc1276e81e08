"""How a question is carried: with headers of the road's own, or under a bearer token as well."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, Protocol

from adapters.bearer import TokenCache
from adapters.connection import Answer, Connection
from adapters.reasons import Reason
from adapters.status import error_for_status
from app.errors import SourceConfusedError, SourceError, SourceSilentError
from app.lookup.source import Journey

_UNAUTHORIZED: Final = int(HTTPStatus.UNAUTHORIZED)  # looked up once: members cost as much as a call
HeadersFor = Callable[[str], Mapping[str, str]]
"""Return the headers of a call of this path."""


class Calls(Protocol):
    """A way to put one question and get what the other side answers."""

    async def post(
        self, path: str, content: bytes, deadline: float, journey: Journey | None = None
    ) -> Answer:
        """Return the answer, got before *deadline* (the event loop's time); note further tries in *journey*.

        Raises SourceSilentError and SourceConfusedError; a refused credential is one of the latter.
        """
        ...

    async def probe(self, path: str, deadline: float) -> None:
        """Return once the other side has answered something that is no question, before *deadline*.

        Raises as `post` does.
        """
        ...

    async def prepare(self) -> float | None:
        """Get what questions need beforehand; return for how many seconds it is good, None for nothing.

        Raises as `post` does; asks nobody about anybody.
        """
        ...

    async def aclose(self) -> None:
        """End what is under way; the connections stay the caller's."""
        ...


class PlainCalls:
    """Questions that prove by their own headers who asks (implements Calls)."""

    def __init__(self, connection: Connection, headers_for: HeadersFor) -> None:
        self._connection = connection
        self._headers_for = headers_for

    async def post(
        self,
        path: str,
        content: bytes,
        deadline: float,
        journey: Journey | None = None,  # noqa: ARG002 - there is one try
    ) -> Answer:
        """Return the answer; see the port."""
        headers = self._headers_for(path)
        answer = await post_until(self._connection, path, content, headers, deadline)
        if answer.status == _UNAUTHORIZED:
            raise SourceConfusedError(Reason.CREDENTIALS_REFUSED)
        return answer

    async def probe(self, path: str, deadline: float) -> None:
        """Ask the path without a question; see the port."""
        await probe_until(self._connection, path, deadline)

    async def prepare(self) -> None:
        """Nothing is needed beforehand."""

    async def aclose(self) -> None:
        """Nothing is under way between questions."""


class BearerCalls:
    """Questions under a token, asked once more with a new one after a 401 (implements Calls)."""

    def __init__(
        self,
        connection: Connection,
        tokens: TokenCache,
        headers_for: HeadersFor,
        *,
        token_seconds: float = 5.0,
    ) -> None:
        """Let a question wait at most *token_seconds* for a token; nothing of it was sent by then."""
        self._connection = connection
        self._tokens = tokens
        self._headers_for = headers_for
        self._headers = lru_cache(maxsize=1)(self._headers_under)  # the same while a token is
        self._token_seconds = token_seconds

    async def post(
        self, path: str, content: bytes, deadline: float, journey: Journey | None = None
    ) -> Answer:
        """Return the answer, to a second try after a 401: that call was not processed."""
        token = self._tokens.held or await self._token(deadline)
        answer = await self._post(path, content, token, deadline)
        if answer.status != _UNAUTHORIZED:
            return answer
        self._tokens.invalidate(token)
        try:
            token = await self._token(deadline)
            if journey is not None:
                journey.tries += 1
            answer = await self._post(path, content, token, deadline)
        except SourceError as error:
            # It left once: whatever ends the second try, nobody else is asked.
            error.was_sent = True
            raise
        if answer.status == _UNAUTHORIZED:
            raise SourceConfusedError(Reason.TOKEN_REJECTED)
        return answer

    async def probe(self, path: str, deadline: float) -> None:
        """Fetch a new token, and ask the path without a question; see the port."""
        await self._tokens.renew()
        await probe_until(self._connection, path, deadline)

    async def _token(self, deadline: float) -> str:
        until = min(deadline, asyncio.get_running_loop().time() + self._token_seconds)
        try:
            async with asyncio.timeout_at(until):
                return await self._tokens.get()
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT, was_sent=False) from None
        except SourceConfusedError as error:
            # An error of each question's own: the token call's is shared by all who wait for it.
            raise SourceConfusedError(error.reason, was_sent=False) from None
        except SourceSilentError as error:
            raise SourceSilentError(error.reason, was_sent=False) from None

    async def prepare(self) -> float:
        """Get a token; return for how many seconds it will be used."""
        await self._tokens.get()
        return self._tokens.seconds_left

    async def aclose(self) -> None:
        """End a token call under way."""
        await self._tokens.aclose()

    def _post(self, path: str, content: bytes, token: str, deadline: float) -> Coroutine[Any, Any, Answer]:
        return post_until(self._connection, path, content, self._headers(path, token), deadline)

    def _headers_under(self, path: str, token: str) -> Mapping[str, str]:
        return {**self._headers_for(path), "Authorization": f"Bearer {token}"}


def post_until(
    connection: Connection, path: str, content: bytes, headers: Mapping[str, str], deadline: float
) -> Coroutine[Any, Any, Answer]:
    """Return what *path* answers before *deadline*; raises as the connection does."""
    # The connection's own coroutine: one around it would be passed through at every answer.
    seconds_left = deadline - asyncio.get_running_loop().time()
    return connection.post(path, content=content, headers=headers, seconds_left=seconds_left)


async def probe_until(connection: Connection, path: str, deadline: float) -> None:
    """Return once *path* has answered a request without content before *deadline*.

    Raises as the connection does, and SourceSilentError for a gateway's word that nobody is behind it.
    """
    status = await connection.reach(path, seconds_left=deadline - asyncio.get_running_loop().time())
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error_for_status(status)
