"""Public keys of client software: which ones may be registered, and whether a signature is theirs."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ES256: Final = "ES256"
RS256: Final = "RS256"
ALGORITHMS: Final = (ES256, RS256)
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_P256_BYTES: Final = 32
_MIN_RSA_BITS: Final = 2048
_MAX_RSA_BITS: Final = 4096
_USUAL_EXPONENT: Final = 65537
_MAX_KID: Final = 128
_MAX_TEXT: Final = 8192

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class KeyRefusedError(ValueError):
    """This is no public key that may be registered; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A public key, under the one algorithm it is used with (RFC 8725 section 3.1)."""

    kid: str
    algorithm: str
    jwk: str = field(repr=False)
    """The required members only, as RFC 7638 section 3 writes them."""
    public_key: PublicKey = field(repr=False)

    @property
    def thumbprint(self) -> bytes:
        """The key's SHA-256 thumbprint (RFC 7638)."""
        return hashlib.sha256(self.jwk.encode()).digest()

    def has_signed(self, signed: bytes, signature: bytes) -> bool:
        """Whether *signature* (RFC 7518 sections 3.3, 3.4) over *signed* is this key's."""
        try:
            if isinstance(self.public_key, rsa.RSAPublicKey):
                self.public_key.verify(signature, signed, padding.PKCS1v15(), SHA256())
                return True
            if len(signature) != 2 * _P256_BYTES:
                return False
            r, s = signature[:_P256_BYTES], signature[_P256_BYTES:]
            der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            self.public_key.verify(der, signed, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def read_public_key(text: str) -> RegisteredKey:
    """Read a JWK (RFC 7517) or a PEM public key: P-256 for ES256, or RSA of 2048 to 4096 bits for RS256.

    Raises KeyRefusedError for anything else, and for whatever holds a private key.
    """
    if len(text) > _MAX_TEXT:
        raise KeyRefusedError("a public key is not so long")
    if "PRIVATE KEY" in text:
        raise KeyRefusedError("this is a private key; it stays with the client, register the public one")
    if text.lstrip().startswith("-----BEGIN"):
        return _registered(_from_pem(text), {})
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        raise KeyRefusedError("this is neither a JWK nor a PEM public key") from None
    if not isinstance(members, dict):
        raise KeyRefusedError("a JWK is one JSON object")
    return _registered(_from_jwk(members), members)


def stored_key(jwk: str, kid: str) -> RegisteredKey | None:
    """Return a key as stored; None where what is stored cannot be used."""
    try:
        key = read_public_key(jwk)
    except KeyRefusedError:
        return None
    return RegisteredKey(kid, key.algorithm, key.jwk, key.public_key)


def _registered(key: PublicKey, members: dict[str, Any]) -> RegisteredKey:
    algorithm = RS256 if isinstance(key, rsa.RSAPublicKey) else ES256
    if members.get("alg", algorithm) != algorithm:
        raise KeyRefusedError(f"the key names another algorithm than {algorithm}")
    operations = members.get("key_ops", ["verify"])
    if members.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise KeyRefusedError("the key is not meant for signatures")
    jwk = json.dumps(_required_members(key), sort_keys=True, separators=(",", ":"))
    kid = members.get("kid") or _encoded(hashlib.sha256(jwk.encode()).digest())
    if not isinstance(kid, str) or len(kid) > _MAX_KID or not kid.isascii() or not kid.isprintable():
        raise KeyRefusedError(f"a kid is printable ASCII text of at most {_MAX_KID} characters")
    return RegisteredKey(kid, algorithm, jwk, key)


def _required_members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _encoded_number(numbers.n), "e": _encoded_number(numbers.e)}
    point = key.public_numbers()
    x, y = (_encoded(number.to_bytes(_P256_BYTES, "big")) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _from_pem(text: str) -> PublicKey:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefusedError("this PEM text is no public key") from None
    return _checked(key)


def _from_jwk(members: dict[str, Any]) -> PublicKey:
    if _PRIVATE & members.keys():
        raise KeyRefusedError("this JWK holds private parts; they stay with the client")
    try:
        if members.get("kty") == "EC" and members.get("crv") == "P-256":
            x, y = (_number(members[name]) for name in ("x", "y"))
            return _checked(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
        if members.get("kty") == "RSA":
            return _checked(rsa.RSAPublicNumbers(_number(members["e"]), _number(members["n"])).public_key())
    except KeyRefusedError:
        raise
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise KeyRefusedError("the JWK's members are no key") from None
    raise KeyRefusedError("only EC keys on P-256 and RSA keys may be registered")


def _checked(key: object) -> PublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not _MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS:
            raise KeyRefusedError(f"an RSA key has {_MIN_RSA_BITS} to {_MAX_RSA_BITS} bits")
        if key.public_numbers().e != _USUAL_EXPONENT:
            raise KeyRefusedError(f"an RSA key's exponent is {_USUAL_EXPONENT}")
        return key
    raise KeyRefusedError("only EC keys on P-256 and RSA keys may be registered")


def _number(text: str) -> int:
    return int.from_bytes(
        base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), "big"
    )


def _encoded_number(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
