"""Certificates that sign receipts: self-signed by this installation, or issued to it by an authority."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    CertificateBuilder,
    CertificateSigningRequestBuilder,
    ExtensionNotFound,
    KeyUsage,
    Name,
    NameAttribute,
    SubjectKeyIdentifier,
    load_pem_x509_certificates,
    random_serial_number,
)
from cryptography.x509.oid import NameOID

from app.errors import ConfigurationError
from app.papers.signing import Seal

RENEW_BEFORE: Final = timedelta(days=60)
_VALID_FOR: Final = timedelta(days=2 * 365)
_CLOCK_SLACK: Final = timedelta(minutes=5)
_SCALAR_BYTES: Final = 32
_USAGE: Final = KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class CertificateRefusedError(ConfigurationError):
    """A certificate that cannot sign in the installation's name."""


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """A certificate with its key, or an earlier one whose key is gone."""

    certificate: Certificate
    chain: tuple[Certificate, ...]
    private_key: ec.EllipticCurvePrivateKey | None = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as every tool shows it: 64 hexadecimal digits."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def holder(self) -> str:
        """In whose name it signs."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def ends_at(self) -> datetime:
        """The last instant it is in force."""
        return self.certificate.not_valid_after_utc

    def is_in_force(self, now: datetime) -> bool:
        """Whether a signature made now would count."""
        return self.certificate.not_valid_before_utc <= now <= self.ends_at

    @property
    def pem(self) -> str:
        """The certificate and those that vouch for it, as PEM."""
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in (self.certificate, *self.chain))


@dataclass(frozen=True, slots=True)
class SigningCertificates:
    """All certificates, the oldest first; `unusable` are fingerprints of rows whose key does not open."""

    certificates: tuple[SigningCertificate, ...] = ()
    unusable: tuple[str, ...] = ()

    @property
    def with_key(self) -> SigningCertificate | None:
        """The one whose key there is, in force or not."""
        return next((one for one in self.certificates if one.private_key is not None), None)

    def seal(self, now: datetime) -> tuple[Seal, SigningCertificate] | None:
        """Return what signs now, or None."""
        one = self.with_key
        if one is None or one.private_key is None or not one.is_in_force(now):
            return None
        return Seal(one.private_key, one.certificate, one.chain), one


def self_signed(authority_code: str, now: datetime) -> SigningCertificate:
    """Return a new key with a certificate that this installation gives itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(authority_code)
    certificate = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_USAGE, critical=True)
        .add_extension(SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return SigningCertificate(certificate, (), key)


def signing_request(key: ec.EllipticCurvePrivateKey, authority_code: str) -> str:
    """Return a request (PKCS #10, PEM) for an authority to certify *key*."""
    builder = CertificateSigningRequestBuilder().subject_name(_name(authority_code))
    request = builder.add_extension(_USAGE, critical=True).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def issued(pem: bytes, key: ec.EllipticCurvePrivateKey, now: datetime) -> SigningCertificate:
    """Return the certificate an authority issued for *key*, first in *pem*, and those that vouch for it.

    Raises CertificateRefusedError where it is for another key, not in force, or not for signing.
    """
    try:
        certificate, *chain = load_pem_x509_certificates(pem)
    except ValueError:
        raise CertificateRefusedError("the file holds no certificate in PEM") from None
    if certificate.public_key() != key.public_key():
        raise CertificateRefusedError("the first certificate of the file is not for this installation's key")
    one = SigningCertificate(certificate, tuple(chain), key)
    if not one.is_in_force(now):
        raise CertificateRefusedError("the certificate is not in force today")
    if not _may_sign(certificate):
        raise CertificateRefusedError("the certificate is not for signing (key usage)")
    _check_chain(one)
    return one


def scalar_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the private key as 32 bytes, for wrapping."""
    return key.private_numbers().private_value.to_bytes(_SCALAR_BYTES, "big")


def key_of(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the private key that `scalar_of` wrote; ValueError."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def _name(authority_code: str) -> Name:
    return Name(
        [
            NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            NameAttribute(NameOID.ORGANIZATION_NAME, authority_code),
            NameAttribute(NameOID.COMMON_NAME, f"Cổng tra cứu thông tin cư trú {authority_code}"),
        ]
    )


def _may_sign(certificate: Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(KeyUsage).value
    except ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _check_chain(one: SigningCertificate) -> None:
    """Refuse certificates that do not lead from one to the next: nobody could follow them."""
    for below, above in zip((one.certificate, *one.chain), one.chain, strict=False):
        try:
            below.verify_directly_issued_by(above)
        except Exception:  # noqa: BLE001 - ValueError, TypeError, InvalidSignature: each means that it did not
            raise CertificateRefusedError("the file's certificates do not vouch for one another") from None
