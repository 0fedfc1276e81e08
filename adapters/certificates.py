"""When the certificates of a road end: the ones in files, and the one the other side shows."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from adapters.connection import Trust
from app.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends when; nothing of it is secret. `kind` is `server`, `client` or `authority`."""

    what: str
    at: datetime
    kind: str


def endings_in_files(trust: Trust) -> list[Ending]:
    """Return when the certificate we show and the first of the authorities we trust end.

    Raises ConfigurationError when a file is no readable PEM file of certificates.
    """
    endings = []
    if trust.client_certificate is not None:
        own = _read(trust.client_certificate, "CLIENT_CERTIFICATE")[0]
        endings.append(Ending("our client certificate", own.not_valid_after_utc, "client"))
    if trust.ca_bundle is not None:
        first = min(one.not_valid_after_utc for one in _read(trust.ca_bundle, "CA_BUNDLE"))
        endings.append(Ending("an authority in the CA bundle", first, "authority"))
    return endings


async def ending_shown_by(host: str, port: int, trust: Trust) -> Ending:
    """Return when the certificate that *host* shows ends; no byte of a question is sent.

    Raises OSError where it cannot be reached; ssl.SSLError, one of them, where it is not trusted.
    """
    _, writer = await asyncio.open_connection(host, port, ssl=trust.context(), server_hostname=host)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert()
        at = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
        return Ending(f"the certificate of {host}", at, "server")
    finally:
        writer.transport.abort()


def _read(file: Path, variable: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationError(f"DANCU_UPSTREAM_{variable} is not a readable PEM file") from None
