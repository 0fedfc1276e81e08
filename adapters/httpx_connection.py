"""A connection carried by httpx: for the rare token call, and for whatever transport a test brings."""

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping

import httpx

from adapters.connection import KEEP_IDLE_SECONDS, OUR_HEADERS, Answer, Limits, Trust, is_tls_failure
from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceSilentError

_BEFORE_THE_FIRST_BYTE = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)


class HttpxConnection:
    """A bounded pool of connections to *base_url* (implements adapters.connection.Connection).

    It stands on httpx's transport, one floor below httpx.AsyncClient, where cookies, redirects,
    proxies and log lines live. *transport* is for tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float,
        max_connections: int,
        max_answer_bytes: int,
        trust: Trust = Trust(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Raise ConfigurationError when a file of *trust* cannot be read."""
        self._base_url = base_url.rstrip("/")
        self._connect_seconds = connect_seconds
        self._steps = limits
        self._max_answer_bytes = max_answer_bytes
        self._transport = transport or _pool(max_connections, trust)

    async def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        """Return what *path* answers; see the port."""
        return await self._send("POST", path, content, headers, seconds_left)

    async def reach(self, path: str, *, seconds_left: float) -> int:
        """Return the status of a GET; see the port."""
        answer = await self._send("GET", path, None, {}, seconds_left)
        return answer.status

    async def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        if seconds_left <= 0:
            raise SourceSilentError(Reason.TIMEOUT, was_sent=False)
        request = httpx.Request(
            method,
            self._base_url + path,
            headers={**OUR_HEADERS, **headers},
            content=content,
            extensions={"timeout": self._limits(seconds_left).as_dict()},
        )
        try:
            async with asyncio.timeout(seconds_left):
                return await self._exchange(request)
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT) from None
        except (httpx.HTTPError, OSError) as error:
            was_sent = not isinstance(error, _BEFORE_THE_FIRST_BYTE)
            # "from None": the text may quote what was sent or received.
            raise SourceSilentError(_reason(error), was_sent=was_sent) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _limits(self, seconds_left: float) -> httpx.Timeout:
        # A lookup that finds no free connection gives up early rather than queue until too late.
        steps = self._steps
        return httpx.Timeout(
            connect=min(self._connect_seconds, seconds_left),
            pool=_least(
                self._connect_seconds if steps.pool_seconds is None else steps.pool_seconds, seconds_left
            ),
            write=_least(steps.write_seconds, seconds_left),
            read=_least(steps.read_seconds, seconds_left),
        )

    async def _exchange(self, request: httpx.Request) -> Answer:
        response = await self._transport.handle_async_request(request)
        try:
            encodings = response.headers.get_list("Content-Encoding")
            body = await _read_plain(encodings, response.aiter_bytes(), self._max_answer_bytes)
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers.get("Content-Type", ""), body)


async def _read_plain(encodings: Iterable[str], chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    """Return *chunks* joined, unless one of *encodings* compressed them or they exceed *max_bytes*.

    Raises SourceConfusedError, in the second case without waiting for the rest.
    """
    if any(encoding != "identity" for encoding in encodings):
        raise SourceConfusedError(Reason.COMPRESSED)
    body = bytearray()
    async for chunk in chunks:
        if len(body) + len(chunk) > max_bytes:
            raise SourceConfusedError(Reason.TOO_LARGE)
        body += chunk
    return bytes(body)


def _least(seconds: float | None, seconds_left: float) -> float:
    return seconds_left if seconds is None else min(seconds, seconds_left)


def _pool(max_connections: int, trust: Trust) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=max_connections,
        max_keepalive_connections=max_connections,
        keepalive_expiry=KEEP_IDLE_SECONDS,
    )
    return httpx.AsyncHTTPTransport(verify=trust.context(), trust_env=False, limits=limits)


def _reason(error: Exception) -> Reason:
    match error:
        case httpx.PoolTimeout():
            return Reason.POOL_EXHAUSTED
        case httpx.ConnectTimeout():
            return Reason.CONNECT_TIMEOUT
        case httpx.TimeoutException():
            return Reason.TIMEOUT
        case _ if is_tls_failure(error):
            return Reason.TLS_FAILED
        case httpx.ConnectError():
            return Reason.CONNECT_FAILED
        case _:
            return Reason.CONNECTION_LOST
