"""One connection to the national side's address, looked at closely: TLS, who vouches, what time it has."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from adapters.connection import Trust
from app.lookup.road_checks import Detail, Finding

_LONGEST_HEAD: Final = 16 * 1024
_LONGEST_NAME: Final = 100


class HandshakeError(Exception):
    """The connection cannot be used."""

    def __init__(self, finding: Finding, **details: Detail) -> None:
        """*details* hold OpenSSL's constant words or an exception's name, nothing that was received."""
        super().__init__(finding.value)
        self.finding = finding
        self.details = details


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a connection showed; `ends_at` and `details` only under TLS, `date` where the answer had one.

    `is_cut_off`: not a byte came back.
    """

    date: datetime | None
    is_cut_off: bool = False
    ends_at: datetime | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)


async def shake_hands(host: str, port: int, trust: Trust | None) -> Handshake:
    """Connect, under TLS where *trust* is given, and send a HEAD that asks nothing, with no credential.

    Raises HandshakeError; an answer that is no HTTP is none.
    """
    context = trust.context() if trust is not None else None
    name = host if context is not None else None
    try:
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=name, limit=_LONGEST_HEAD
        )
    except ssl.SSLCertVerificationError as error:
        raise HandshakeError(Finding.NOT_TRUSTED, reason=error.verify_message) from None
    except ssl.SSLError as error:
        raise HandshakeError(Finding.NO_TLS, reason=error.reason or "SSLError") from None
    except OSError as error:
        raise HandshakeError(Finding.NO_CONNECTION, reason=type(error).__name__) from None
    try:
        shown = writer.get_extra_info("ssl_object")
        head = await _head(host, reader, writer)
    finally:
        writer.transport.abort()
    if shown is None:
        return Handshake(_date(head), not head)
    certificate = shown.getpeercert()
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    return Handshake(_date(head), not head, ends_at, _told(shown.version(), certificate))


async def _head(host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    try:
        writer.write(
            f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("ascii", "replace")
        )
        await writer.drain()
        return await reader.readuntil(b"\r\n\r\n")
    except ssl.SSLError as error:
        # Under TLS 1.3 a client certificate is judged only now.
        raise HandshakeError(Finding.CLIENT_NOT_TRUSTED, reason=error.reason or "SSLError") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""


def _date(head: bytes) -> datetime | None:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                told = parsedate_to_datetime(value.strip())
            except (ValueError, OverflowError):  # a year or zone beyond any integer
                return None
            return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    return None


def _told(version: str | None, certificate: Mapping[str, Any]) -> dict[str, Detail]:
    return {
        "tls_version": version or "",
        "peer": _common_name(certificate.get("subject", ())),
        "issuer": _common_name(certificate.get("issuer", ())),
    }


def _common_name(names: Any) -> str:
    flat = [pair for part in names for pair in part]
    text = next((value for name, value in flat if name in {"commonName", "organizationName"}), "")
    return "".join(filter(str.isprintable, str(text)))[:_LONGEST_NAME]
