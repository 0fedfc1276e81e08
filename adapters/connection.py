"""The one port through which bytes leave for the national side, and the limits that hold on every way."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Protocol

import httpx

from app.errors import ConfigurationError
from app.quickly_made import quickly_made

# Longer than a burst's pauses, shorter than the idle limit of common gateways.
KEEP_IDLE_SECONDS = 30.0
OUR_HEADERS = {"User-Agent": "dancu", "Accept-Encoding": "identity"}
# Chains of causes can be circular.
_DEEPEST_CAUSE = 10
# Python's words for "no bytes yet" and "no more bytes": the connection ended, TLS did not fail.
_ENDED_UNDER_TLS = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError)


@quickly_made
@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back: the body may hold a citizen's record, so it never prints."""

    status: int
    content_type: str
    body: bytes


class Connection(Protocol):
    """A bounded pool of connections to one address.

    Whatever carries it: no other host is ever asked, no cookie kept, no redirect followed, no proxy or
    certificate taken from the environment, no line logged with what the other side sent, and no
    question sent twice. Certificates are always verified, against the configured authority alone
    where there is one.
    """

    async def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        """Return what *path* answers to *content*, whatever its status, within *seconds_left*.

        Raises SourceSilentError (not reached, lost, or too late) and SourceConfusedError (too
        large, or compressed although we said not to: a small body could unpack to a huge one).
        """
        ...

    async def reach(self, path: str, *, seconds_left: float) -> int:
        """Return the status that *path* answers to a GET without content, whatever it is.

        Raises as `post` does; the rest of the answer is thrown away with its connection.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each step of a call may take beside connecting; None: for as long as the whole call may.

    `pool_seconds` is the wait for a free connection (None: as for connecting), `write_seconds` how long
    bytes sent may stay unacknowledged, `read_seconds` the wait for the next byte of an answer.
    """

    pool_seconds: float | None = None
    write_seconds: float | None = None
    read_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe, and what we show of ourselves where the other side wants a certificate."""

    ca_bundle: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context that verifies names and certificates, against `ca_bundle` alone where given.

        Raises ConfigurationError when a file cannot be read or the key is not the certificate's.
        """
        if self.ca_bundle is None and self.client_certificate is None:
            return _usual_trust()
        context = _own_trust(self.ca_bundle)
        if self.client_certificate is not None:
            _show(context, self.client_certificate, self.client_key)
        return context


def _own_trust(ca_bundle: Path | None) -> ssl.SSLContext:
    try:
        if ca_bundle is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=ca_bundle)
    except OSError:
        raise ConfigurationError("DANCU_UPSTREAM_CA_BUNDLE is not a readable PEM file") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # A password, or OpenSSL would ask the terminal for the one of an encrypted key.
        context.load_cert_chain(certificate, key, password=b"")
    except OSError:
        raise ConfigurationError(
            "DANCU_UPSTREAM_CLIENT_CERTIFICATE and …_CLIENT_KEY are not a certificate and its key in"
            " readable PEM files without a password"
        ) from None


@cache
def _usual_trust() -> ssl.SSLContext:
    """Return the context that trusts the usual authorities: read once, for that takes 30 ms."""
    return _own_trust(None)


def is_tls_failure(error: BaseException) -> bool:
    """Return whether TLS is at the root of *error*."""
    return any(
        isinstance(cause, ssl.SSLError) and not isinstance(cause, _ENDED_UNDER_TLS)
        for cause in islice(_causes(error), _DEEPEST_CAUSE)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
