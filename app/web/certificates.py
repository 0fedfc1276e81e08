"""Client certificates as a proxy hands them on in a header (RFC 9440, or nginx's escaped PEM)."""

import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_MAX_LENGTH: Final = 16 * 1024
_MAX_REMEMBERED: Final = 1024
_PEM_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """A certificate whose key the other side holds, as the proxy has checked; and when it is good."""

    thumbprint: bytes
    """SHA-256 of its DER (`x5t#S256`)."""
    not_before: datetime
    not_after: datetime

    def is_in_force(self, now: datetime) -> bool:
        """Whether *now* lies within its own dates."""
        return self.not_before <= now <= self.not_after

    @property
    def confirmation(self) -> str:
        """The thumbprint as tokens write it (RFC 8705 section 3.1)."""
        return confirmation(self.thumbprint)


class CertificateReader:
    """Reads header values, each once; the latest thousand are remembered."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._remembered: OrderedDict[str, PresentedCertificate | None] = OrderedDict()

    def read(self, value: str) -> PresentedCertificate | None:
        """Return the certificate in a header's value; None for anything else."""
        if len(value) > _MAX_LENGTH:
            return None
        if value in self._remembered:
            self._remembered.move_to_end(value)
            return self._remembered[value]
        certificate = self._remembered[value] = _read(value)
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return certificate


def read_pem_certificate(text: bytes) -> PresentedCertificate | None:
    """Return the first certificate of a PEM text; None where there is none."""
    try:
        return _presented(x509.load_pem_x509_certificate(text))
    except (ValueError, x509.InvalidVersion):
        return None


def confirmation(thumbprint: bytes) -> str:
    """Return a thumbprint as tokens write it (RFC 8705 section 3.1)."""
    return base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()


def _read(value: str) -> PresentedCertificate | None:
    text = value.strip()
    if text.startswith(":") and text.endswith(":"):  # RFC 9440: a byte sequence of DER
        try:
            return _presented(x509.load_der_x509_certificate(base64.b64decode(text[1:-1], validate=True)))
        except (ValueError, x509.InvalidVersion):
            return None
    pem = unquote_to_bytes(text)
    return read_pem_certificate(pem) if pem.startswith(_PEM_BEGIN) else None


def _presented(certificate: x509.Certificate) -> PresentedCertificate:
    return PresentedCertificate(
        thumbprint=hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
