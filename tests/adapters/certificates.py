"""Invented certificates: an authority, and what it vouches for."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

YEARS = timedelta(days=3650)


@dataclass(frozen=True)
class Files:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """An authority of a test's own."""

    def __init__(self, folder: Path, *, ends_in: timedelta = YEARS) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority")])
        own = self._builder(self._name, self._key.public_key(), ends_in).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = self._write("authority.pem", own.sign(self._key, hashes.SHA256()))

    def issue(self, name: str, *, ends_in: timedelta = YEARS) -> Files:
        """Return a certificate for the host (or client) of this name, which ended if *ends_in* is past."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signed = (
            self._builder(subject, key.public_key(), ends_in)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = f"{name}-{ends_in.days}"
        key_file = self._folder / f"{stem}.key"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Files(self._write(f"{stem}.pem", signed), key_file)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, ends_in: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)  # noqa: TID251 - TLS asks no clock of ours
        return (
            x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number())
            .not_valid_before(now - YEARS)
            .not_valid_after(now + ends_in)
        )

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        file = self._folder / name
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return file


def server_side(files: Files, *, clients_of: Path | None = None) -> ssl.SSLContext:
    """Return a server's context; with *clients_of* it wants a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of)
    return context
