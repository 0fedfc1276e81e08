"""Keys, signatures and certificates as client software makes them; no gateway is needed for these."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from app.accounts.client_keys import RegisteredKey, read_public_key

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
RSA_KEY: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def a_p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def registered(key: PrivateKey) -> RegisteredKey:
    return read_public_key(public_pem(key))


def signature_of(key: PrivateKey, signed: bytes) -> bytes:
    """Return the signature as JWS writes it (RFC 7518 sections 3.3, 3.4)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), SHA256())
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def a_certificate(
    key: PrivateKey, now: datetime, *, life: timedelta = timedelta(days=90), name: str = "phan-mem"
) -> x509.Certificate:
    """Return a certificate that *key* has signed for itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = builder.serial_number(x509.random_serial_number())
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + life)
    return dated.sign(key, SHA256())


def escaped_pem(certificate: x509.Certificate) -> str:
    """Return what nginx writes as $ssl_client_escaped_cert."""
    return quote(certificate.public_bytes(Encoding.PEM).decode(), safe="")
