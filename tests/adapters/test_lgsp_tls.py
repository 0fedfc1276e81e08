"""Whom both ways trust, and what they call the ways in which TLS ends."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.connection import Answer, Connection
from adapters.reasons import Reason
from app.errors import SourceError, SourceSilentError

ConnectionBuilder = Callable[..., Connection]
Server = Callable[..., AbstractAsyncContextManager[str]]

GREETING = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HANG_UPS: list[Callable[[asyncio.StreamWriter], None]] = [
    asyncio.StreamWriter.close,
    lambda writer: writer.transport.abort(),
]


async def ask(connection: Connection) -> Answer:
    return await connection.post("/find", content=b"question", headers={}, seconds_left=5.0)


async def failure_of(connection: Connection) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask(connection)
    return caught.value


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


async def test_a_certificate_nobody_vouches_for_is_refused(
    a_connection: ConnectionBuilder, a_server: Server, server_tls: ssl.SSLContext
) -> None:
    async with a_server(greet, server_tls) as url:
        error = await failure_of(a_connection(url))

    assert type(error) is SourceSilentError
    assert error.reason == Reason.TLS_FAILED


async def test_a_certificate_of_the_configured_authority_is_trusted_for_its_own_name_only(
    a_connection: ConnectionBuilder,
    a_server: Server,
    server_tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    async with a_server(greet, server_tls) as url:
        answer = await ask(a_connection(url, ca_bundle=certificate[0]))
        error = await failure_of(
            a_connection(url.replace("localhost", "127.0.0.1"), ca_bundle=certificate[0])
        )

    assert answer.body == b"hello"
    assert error.reason == Reason.TLS_FAILED


async def test_a_side_that_does_not_speak_tls_is_tls_failed(
    a_connection: ConnectionBuilder,
) -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await failure_of(a_connection(f"https://127.0.0.1:{port}"))

    assert error.reason == Reason.TLS_FAILED


@pytest.mark.parametrize("hang_up", HANG_UPS)
async def test_a_handshake_broken_off_is_connect_failed(
    a_connection: ConnectionBuilder, hang_up: Callable[[asyncio.StreamWriter], None]
) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        hang_up(writer)

    async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
        error = await failure_of(a_connection(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"))

    assert error.reason == Reason.CONNECT_FAILED


@pytest.mark.parametrize("sent", [b"", GREETING[:20], GREETING[:-2]])
@pytest.mark.parametrize("hang_up", HANG_UPS)
async def test_an_answer_broken_off_under_tls_is_a_lost_connection(
    a_connection: ConnectionBuilder,
    a_server: Server,
    server_tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    *,
    sent: bytes,
    hang_up: Callable[[asyncio.StreamWriter], None],
) -> None:
    async def break_off(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        hang_up(writer)

    async with a_server(break_off, server_tls) as url:
        error = await failure_of(a_connection(url, ca_bundle=certificate[0]))

    assert error.reason == Reason.CONNECTION_LOST


async def test_a_handshake_that_does_not_come_is_connect_timeout(a_connection: ConnectionBuilder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connection = a_connection(f"https://127.0.0.1:{mute.getsockname()[1]}", connect_seconds=0.05)

        error = await failure_of(connection)

    assert error.reason == Reason.CONNECT_TIMEOUT
