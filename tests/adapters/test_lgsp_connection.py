"""What a connection over httpx does when its transport does what transports do."""

import gzip
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.connection import Answer, Connection, Trust
from adapters.httpx_connection import HttpxConnection
from adapters.kept_connection import KeptConnection
from adapters.reasons import Reason
from app.errors import ConfigurationError, SourceConfusedError, SourceError, SourceSilentError


def a_connection(
    base_url: str = "https://lgsp.example.invalid",
    *,
    max_connections: int = 4,
    max_answer_bytes: int = 1000,
    connect_seconds: float = 2.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connection:
    return HttpxConnection(
        base_url,
        connect_seconds=connect_seconds,
        max_connections=max_connections,
        max_answer_bytes=max_answer_bytes,
        transport=transport,
    )


async def ask(connection: Connection, *, seconds_left: float = 5.0) -> Answer:
    try:
        return await connection.post(
            "/find", content=b"question", headers={"Accept": "*"}, seconds_left=seconds_left
        )
    finally:
        await connection.aclose()


async def failure_of(connection: Connection, *, seconds_left: float = 5.0) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask(connection, seconds_left=seconds_left)
    return caught.value


def raising(error: Exception) -> httpx.AsyncBaseTransport:
    def handle(_: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


def tls_refusal() -> httpx.ConnectError:
    error = httpx.ConnectError("099190000017")
    error.__cause__ = ssl.SSLError(1, "099190000017")
    return error


def circular_failure() -> httpx.ReadError:
    error, cause = httpx.ReadError("099190000017"), OSError("099190000017")
    error.__cause__, cause.__cause__ = cause, error
    return error


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (httpx.ConnectError("099190000017"), Reason.CONNECT_FAILED),
        (httpx.ConnectTimeout("099190000017"), Reason.CONNECT_TIMEOUT),
        (tls_refusal(), Reason.TLS_FAILED),
        (ssl.SSLError(1, "099190000017"), Reason.TLS_FAILED),
        (httpx.PoolTimeout("099190000017"), Reason.POOL_EXHAUSTED),
        (httpx.ReadTimeout("099190000017"), Reason.TIMEOUT),
        (httpx.WriteTimeout("099190000017"), Reason.TIMEOUT),
        (httpx.ReadError("099190000017"), Reason.CONNECTION_LOST),
        (httpx.WriteError("099190000017"), Reason.CONNECTION_LOST),
        (httpx.RemoteProtocolError("099190000017"), Reason.CONNECTION_LOST),
        (ConnectionResetError("099190000017"), Reason.CONNECTION_LOST),
        (circular_failure(), Reason.CONNECTION_LOST),
    ],
)
async def test_each_failure_of_the_network_is_silence_with_its_own_word(
    failure: Exception, reason: Reason
) -> None:
    error = await failure_of(a_connection(transport=raising(failure)))

    assert type(error) is SourceSilentError
    assert error.reason == reason
    assert "099190000017" not in "".join(traceback.format_exception(error))


async def test_an_answer_comes_whole_whatever_its_status() -> None:
    transport = httpx.MockTransport(
        lambda request: httpx.Response(418, text=request.content.decode(), headers={"Content-Type": "x/y"})
    )

    answer = await ask(a_connection("https://lgsp.example.invalid/adapter/", transport=transport))

    assert (answer.status, answer.content_type, answer.body) == (418, "x/y", b"question")


@pytest.mark.parametrize("kind", [HttpxConnection, KeptConnection])
@pytest.mark.parametrize("content", [None, b"no certificate"])
async def test_an_unreadable_ca_bundle_stops_the_start(
    tmp_path: Path, content: bytes | None, kind: type[HttpxConnection | KeptConnection]
) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)

    with pytest.raises(ConfigurationError):
        kind(
            "https://lgsp.example.invalid",
            connect_seconds=1.0,
            max_connections=1,
            max_answer_bytes=1,
            trust=Trust(bundle),
        )


async def test_too_large_an_answer_is_dropped_before_it_is_whole() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 100

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))

    error = await failure_of(a_connection(transport=transport))

    assert type(error) is SourceConfusedError
    assert error.reason == Reason.TOO_LARGE
    assert sent == 11


async def test_an_answer_of_just_the_largest_size_is_taken() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 1000))

    assert len((await ask(a_connection(transport=transport))).body) == 1000


async def test_a_compressed_answer_is_refused_unopened() -> None:
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"})
    )

    error = await failure_of(a_connection(transport=transport))

    assert error.reason == Reason.COMPRESSED


async def test_without_time_left_nothing_is_sent() -> None:
    error = await failure_of(a_connection(transport=raising(AssertionError())), seconds_left=0.0)

    assert error.reason == Reason.TIMEOUT
