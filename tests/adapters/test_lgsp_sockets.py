"""A connection over real sockets and real TLS."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.connection import Answer, Connection
from adapters.reasons import Reason
from app.errors import SourceError, SourceSilentError

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
GREETING = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello"


def a_connection(
    base_url: str = "https://lgsp.example.invalid",
    *,
    max_connections: int = 4,
    max_answer_bytes: int = 1000,
    connect_seconds: float = 2.0,
    ca_bundle: Path | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connection:
    return Connection(
        base_url,
        connect_seconds=connect_seconds,
        max_connections=max_connections,
        max_answer_bytes=max_answer_bytes,
        ca_bundle=ca_bundle,
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


@asynccontextmanager
async def a_server(handle: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Yield the port of a server on this machine that gives each request to *handle*."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"question"):
                await handle(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def greet(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await writer.drain()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lgsp")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def test_a_port_nobody_listens_on_is_connect_failed() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))

        error = await failure_of(a_connection(f"http://127.0.0.1:{bound.getsockname()[1]}"))

    assert error.reason == Reason.CONNECT_FAILED


async def test_a_connection_closed_without_or_within_an_answer_is_lost() -> None:
    async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def stop_half_way(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING[:-2])
        writer.close()

    for handle in (hang_up, stop_half_way):
        async with a_server(handle) as port:
            error = await failure_of(a_connection(f"http://127.0.0.1:{port}"))

            assert error.reason == Reason.CONNECTION_LOST


async def test_a_certificate_nobody_vouches_for_is_refused(server_tls: ssl.SSLContext) -> None:
    async with a_server(greet, server_tls) as port:
        error = await failure_of(a_connection(f"https://localhost:{port}"))

    assert type(error) is SourceSilentError
    assert error.reason == Reason.TLS_FAILED


async def test_a_certificate_of_the_configured_authority_is_trusted_for_its_own_name_only(
    server_tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    async with a_server(greet, server_tls) as port:
        answer = await ask(a_connection(f"https://localhost:{port}", ca_bundle=certificate[0]))
        error = await failure_of(a_connection(f"https://127.0.0.1:{port}", ca_bundle=certificate[0]))

    assert answer.body == b"hello"
    assert error.reason == Reason.TLS_FAILED


async def test_an_answer_that_trickles_ends_with_the_budget() -> None:
    async def trickle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING[:-5])
        while True:
            await asyncio.sleep(0.02)
            writer.write(b"\0")
            await writer.drain()

    async with a_server(trickle) as port:
        connection = a_connection(f"http://127.0.0.1:{port}", max_answer_bytes=10**6)
        error = await failure_of(connection, seconds_left=0.05)

    assert error.reason == Reason.TIMEOUT


async def test_a_question_that_finds_no_free_connection_gives_up_early() -> None:
    async def keep_waiting(_: bytes, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)

    async with a_server(keep_waiting) as port:
        connection = a_connection(f"http://127.0.0.1:{port}", max_connections=1, connect_seconds=0.05)
        post = [connection.post("/find", content=b"question", headers={}, seconds_left=0.2) for _ in range(2)]
        errors = await asyncio.gather(*post, return_exceptions=True)
        await connection.aclose()

    assert [getattr(error, "reason", error) for error in errors] == [Reason.TIMEOUT, Reason.POOL_EXHAUSTED]


async def test_connections_are_kept_but_cookies_are_not() -> None:
    requests: list[bytes] = []
    callers: set[object] = set()

    async def note(request: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(request)
        callers.add(writer.get_extra_info("peername"))
        await greet(request, writer)

    async with a_server(note) as port:
        connection = a_connection(f"http://127.0.0.1:{port}")
        for _ in range(2):
            await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)
        await connection.aclose()

    assert len(callers) == 1
    assert b"cookie" not in requests[1].lower()
    assert requests[0] == requests[1]


async def test_nothing_the_other_side_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def say(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING.replace(b"OK", b"PLANTED"))

    with caplog.at_level("INFO"):
        async with a_server(say) as port:
            await ask(a_connection(f"http://127.0.0.1:{port}"))

    assert caplog.text == ""


async def test_proxies_in_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with a_server(greet) as port:
        answer = await ask(a_connection(f"http://127.0.0.1:{port}"))

    assert answer.body == b"hello"
