"""A connection carried by aiohttp: for the question itself, which every lookup sends."""

import asyncio
import socket
from collections.abc import Mapping
from functools import lru_cache, partial

import aiohttp
import httpx
from aiohappyeyeballs import AddrInfoType
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from adapters.connection import (
    KEEP_IDLE_SECONDS,
    OUR_HEADERS,
    Answer,
    Limits,
    Trust,
    is_tls_failure,
    read_plain,
)
from adapters.reasons import Reason
from app.errors import SourceSilentError


class AiohttpConnection:
    """A bounded pool of connections to *base_url* (implements adapters.connection.Connection)."""

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float,
        max_connections: int,
        max_answer_bytes: int,
        trust: Trust = Trust(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """Needs a running event loop; raise ConfigurationError when a file of *trust* cannot be read."""
        self._address = lru_cache(maxsize=16)(partial(_address, base_url.rstrip("/")))
        self._pool_seconds = connect_seconds if limits.pool_seconds is None else limits.pool_seconds
        self._max_answer_bytes = max_answer_bytes
        # aiohttp has one limit for waiting and connecting; the queue is ours to tell the two apart.
        self._free = asyncio.Semaphore(max_connections)
        self._session = _session(connect_seconds, max_connections, trust, limits)

    async def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        """Return what *path* answers; see the port."""
        if seconds_left <= 0:
            raise SourceSilentError(Reason.TIMEOUT, was_sent=False)
        try:
            async with asyncio.timeout(seconds_left):
                await self._wait_for_a_free_connection()
                try:
                    return await self._exchange(self._address(path), content, headers)
                finally:
                    self._free.release()
        except (aiohttp.ClientError, OSError) as error:
            # "from None": the text may quote what was sent or received.
            raise SourceSilentError(_reason(error), was_sent=_was_sent(error)) from None

    async def reach(self, path: str, *, seconds_left: float) -> int:
        """Return the status of a GET; see the port."""
        try:
            async with (
                asyncio.timeout(seconds_left),
                self._session.get(self._address(path), allow_redirects=False) as response,
            ):
                response.close()
                return response.status
        except (aiohttp.ClientError, OSError) as error:
            raise SourceSilentError(_reason(error), was_sent=False) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _wait_for_a_free_connection(self) -> None:
        # A lookup that finds none gives up early rather than queue until too late.
        try:
            async with asyncio.timeout(self._pool_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise SourceSilentError(Reason.POOL_EXHAUSTED, was_sent=False) from None

    async def _exchange(self, url: URL, content: bytes, headers: Mapping[str, str]) -> Answer:
        # A POST that got lost is not sent again: aiohttp repeats idempotent methods only.
        async with self._session.post(url, data=content, headers=headers, allow_redirects=False) as response:
            encodings = response.headers.getall("Content-Encoding", [])
            body = await read_plain(encodings, response.content.iter_any(), self._max_answer_bytes)
            return Answer(response.status, response.headers.get("Content-Type", ""), body)


def _address(base_url: str, path: str) -> URL:
    # Read by httpx, as in the check of the settings: what was checked is what is asked, to the letter.
    return URL(str(httpx.URL(base_url + path)), encoded=True)


class _Connector(aiohttp.TCPConnector):
    """Throws a kept connection away when something arrived on it that nobody had asked for.

    aiohttp would take it for the answer to the next question: one citizen's record for another.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (kept := await super()._get(key, traces)) is not None:
            if kept.protocol is not None and not kept.protocol.should_close:
                return kept
            kept.close()
        return None


def _session(
    connect_seconds: float, max_connections: int, trust: Trust, limits: Limits
) -> aiohttp.ClientSession:
    connector = _Connector(
        ssl=trust.context(),
        limit=max_connections + 1,  # our own queue holds questions back; a probe always finds a place
        keepalive_timeout=KEEP_IDLE_SECONDS,
        resolver=aiohttp.ThreadedResolver(),
        socket_factory=partial(_socket, limits.write_seconds),
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers=OUR_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        # No total of aiohttp's: the budget stands around the whole call.
        timeout=aiohttp.ClientTimeout(total=None, connect=connect_seconds, sock_read=limits.read_seconds),
        auto_decompress=False,
        trust_env=False,
    )


def _socket(write_seconds: float | None, address: AddrInfoType) -> socket.socket:
    """Return a socket that the kernel closes when what it sent stays unacknowledged for so long.

    A question fits into the kernel's buffer at once, so aiohttp never waits for its writing (RFC 5482).
    """
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.settimeout(0)
    if write_seconds is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1, round(write_seconds * 1000)))
    return made


def _was_sent(error: Exception) -> bool:
    """Whether a byte of the question may have left: only a connection never made says surely not.

    A kept connection that the other side closed is no such case: it may have read the question first.
    """
    return not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _reason(error: Exception) -> Reason:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Reason.CONNECT_TIMEOUT
        case TimeoutError():
            return Reason.TIMEOUT
        case _ if is_tls_failure(error):
            return Reason.TLS_FAILED
        case aiohttp.ClientConnectorError():
            return Reason.CONNECT_FAILED
        case _:
            return Reason.CONNECTION_LOST
