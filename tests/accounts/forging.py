"""Makes tokens an attacker would try: any header, any claims, any signature."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def encoded(value: bytes | dict[str, Any]) -> str:
    """Return base64url without padding, of bytes or of a JSON object."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(segment: str) -> dict[str, Any]:
    """Return the JSON object of a token's header or payload."""
    return dict(json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))


def signature(signed: str, key_pem: str) -> bytes:
    """Return the raw ES256 signature (RFC 7518 section 3.4)."""
    r, s = decode_dss_signature(der_signature(signed, key_pem))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def der_signature(signed: str, key_pem: str) -> bytes:
    """Return the signature as ASN.1 DER."""
    key = load_pem_private_key(key_pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not an EC key")
    return key.sign(signed.encode(), ec.ECDSA(SHA256()))


def signed_token(header: dict[str, Any], claims: dict[str, Any], key_pem: str) -> str:
    """Return a token with a right ES256 signature under *key_pem*."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{encoded(signature(signed, key_pem))}"
