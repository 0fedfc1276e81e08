"""The one place where bytes leave for the national side: limited in time, size and number."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx

from adapters.reasons import Reason
from app.errors import ConfigurationError, SourceConfusedError, SourceSilentError

# Longer than a burst's pauses, shorter than the idle limit of common gateways.
_KEEP_IDLE_SECONDS = 30.0
# Chains of causes can be circular.
_DEEPEST_CAUSE = 10
_OUR_HEADERS = {"User-Agent": "dancu", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back: the body may hold a citizen's record, so it never prints."""

    status: int
    content_type: str
    body: bytes


class Connection:
    """A bounded pool of connections to *base_url*.

    It stands on httpx's transport, one floor below httpx.AsyncClient: so no cookie is kept, no
    redirect followed, no proxy or certificate taken from the environment, and no line logged with
    what the other side sent. Certificates are always verified, against *ca_bundle* alone where
    given. *transport* is for tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float,
        max_connections: int,
        max_answer_bytes: int,
        ca_bundle: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Raise ConfigurationError when *ca_bundle* cannot be read."""
        self._base_url = base_url.rstrip("/")
        self._connect_seconds = connect_seconds
        self._max_answer_bytes = max_answer_bytes
        self._transport = transport or _pool(max_connections, ca_bundle)

    async def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        """Return what *path* answers to *content*, whatever its status, within *seconds_left*.

        Raises SourceSilentError (not reached, lost, or too late) and SourceConfusedError (too
        large, or compressed although we said not to: a small body could unpack to a huge one).
        """
        if seconds_left <= 0:
            raise SourceSilentError(Reason.TIMEOUT)
        request = httpx.Request(
            "POST",
            self._base_url + path,
            headers={**_OUR_HEADERS, **headers},
            content=content,
            extensions={"timeout": self._limits(seconds_left).as_dict()},
        )
        try:
            async with asyncio.timeout(seconds_left):
                return await self._exchange(request)
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT) from None
        except (httpx.HTTPError, OSError) as error:
            # "from None": the text may quote what was sent or received.
            raise SourceSilentError(_reason(error)) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _limits(self, seconds_left: float) -> httpx.Timeout:
        # A lookup that finds no free connection gives up early rather than queue until too late.
        start_seconds = min(self._connect_seconds, seconds_left)
        return httpx.Timeout(seconds_left, connect=start_seconds, pool=start_seconds)

    async def _exchange(self, request: httpx.Request) -> Answer:
        response = await self._transport.handle_async_request(request)
        try:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise SourceConfusedError(Reason.COMPRESSED)
            body = await self._read(response)
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers.get("Content-Type", ""), body)

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            if len(body) + len(chunk) > self._max_answer_bytes:
                raise SourceConfusedError(Reason.TOO_LARGE)
            body += chunk
        return bytes(body)


def _pool(max_connections: int, ca_bundle: Path | None) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=max_connections,
        max_keepalive_connections=max_connections,
        keepalive_expiry=_KEEP_IDLE_SECONDS,
    )
    return httpx.AsyncHTTPTransport(verify=_trust(ca_bundle), trust_env=False, limits=limits)


def _trust(ca_bundle: Path | None) -> ssl.SSLContext:
    if ca_bundle is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError:
        raise ConfigurationError("DANCU_UPSTREAM_CA_BUNDLE is not a readable PEM file") from None


def _reason(error: Exception) -> Reason:
    if any(isinstance(cause, ssl.SSLError) for cause in islice(_causes(error), _DEEPEST_CAUSE)):
        return Reason.TLS_FAILED
    match error:
        case httpx.PoolTimeout():
            return Reason.POOL_EXHAUSTED
        case httpx.ConnectTimeout():
            return Reason.CONNECT_TIMEOUT
        case httpx.TimeoutException():
            return Reason.TIMEOUT
        case httpx.ConnectError():
            return Reason.CONNECT_FAILED
        case _:
            return Reason.CONNECTION_LOST


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
