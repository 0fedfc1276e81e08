"""The stand-in's own TLS: an authority, good and bad certificates, and which the next caller meets."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_LIFETIME: Final = timedelta(days=365)
_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_NOT_CRITICAL: Final = False


class Shown(StrEnum):
    """Which certificate a caller meets."""

    GOOD = "good"
    EXPIRED = "expired"
    OTHER_NAME = "other_name"
    UNTRUSTED = "untrusted"
    """It vouches for itself."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a caller is met: what is shown, and whether a client certificate is wanted."""

    shown: Shown = Shown.GOOD
    wants_client: bool = False


class TlsFiles:
    """An authority in a folder, kept from start to start, and what it vouches for, made anew at each.

    For callers: `authority.pem` (whom to trust), `client.pem` and `client.key` (what to show).
    """

    def __init__(self, folder: Path, host: str) -> None:
        """Make what is missing; OSError where the folder cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._names = tuple(dict.fromkeys((host, *_NAMES)))
        self._issuer = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, "mock-c06 invented authority")]
        )
        self._key = self._authority()
        self._issue("client", ("invented-client",))
        self._issue(Shown.GOOD.value, self._names)
        self._issue(Shown.EXPIRED.value, self._names, ends_in=timedelta(days=-1))
        self._issue(Shown.OTHER_NAME.value, ("elsewhere.example.invalid",))
        self._issue(Shown.UNTRUSTED.value, self._names, vouches_for_itself=True)

    def context(self, manner: Manner) -> ssl.SSLContext:
        """Return a server's side that meets its callers like this."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(
            self._file(f"{manner.shown.value}.pem"), self._file(f"{manner.shown.value}.key")
        )
        context.set_alpn_protocols(["http/1.1"])
        if manner.wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self._file("authority.pem"))
        return context

    def _authority(self) -> ec.EllipticCurvePrivateKey:
        key_file, file = self._file("authority.key"), self._file("authority.pem")
        if key_file.exists() and file.exists():
            kept = serialization.load_pem_private_key(key_file.read_bytes(), None)
            if isinstance(kept, ec.EllipticCurvePrivateKey):
                return kept
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(self._issuer, self._issuer, key, 10 * _LIFETIME)
        authority = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._write("authority", authority.sign(key, hashes.SHA256()), key)
        return key

    def _issue(
        self,
        stem: str,
        names: tuple[str, ...],
        *,
        ends_in: timedelta = _LIFETIME,
        vouches_for_itself: bool = False,
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        issuer, signing = (subject, key) if vouches_for_itself else (self._issuer, self._key)
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        certificate = _builder(subject, issuer, key, ends_in).add_extension(alternatives, _NOT_CRITICAL)
        self._write(stem, certificate.sign(signing, hashes.SHA256()), key)

    def _write(self, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._file(f"{stem}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file = self._file(f"{stem}.key")
        key_file.touch(mode=0o600)
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _file(self, name: str) -> Path:
        return self._folder / name


class ChangingContext(ssl.SSLContext):
    """A context that meets each new connection as is wanted just then."""

    manner: Callable[[], Manner]
    made: Callable[[Manner], ssl.SSLContext]

    @classmethod
    def of(cls, files: TlsFiles, manner: Callable[[], Manner]) -> "ChangingContext":
        """Return a context that asks *manner* at every connection."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        ready = {
            each: files.context(each)
            for each in (Manner(shown, wants) for shown in Shown for wants in (False, True))
        }
        context.manner, context.made = manner, ready.__getitem__
        return context

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Return the connection under whichever context is due; event loops call this for each one."""
        return self.made(self.manner()).wrap_bio(*arguments, **named)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends_in: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # noqa: TID251 - TLS asks no clock of ours
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 2 * _LIFETIME)
        .not_valid_after(now + ends_in)
    )
