"""Which public keys may be registered."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.accounts.client_keys import ALGORITHMS, KeyRefusedError, read_public_key, stored_key
from tests.accounts.made_keys import RSA_KEY, a_p256_key, public_pem, registered, signature_of

KEY = a_p256_key()


def jwk(**changes: Any) -> str:
    members = json.loads(registered(KEY).jwk) | changes
    return json.dumps({name: value for name, value in members.items() if value is not None})


def rsa_jwk(**changes: Any) -> str:
    return json.dumps(json.loads(registered(RSA_KEY).jwk) | changes)


def private_pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def pem(key: Any) -> str:
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.mark.parametrize(("key", "algorithm"), [(KEY, "ES256"), (RSA_KEY, "RS256")], ids=["P-256", "RSA"])
def test_a_key_is_the_same_as_jwk_and_as_pem(key: Any, algorithm: str) -> None:
    from_pem = read_public_key(public_pem(key))
    from_jwk = read_public_key(json.dumps(json.loads(from_pem.jwk) | {"alg": algorithm, "use": "sig"}))
    assert from_pem == from_jwk
    assert from_pem.algorithm == algorithm
    assert from_jwk.has_signed(b"words", signature_of(key, b"words"))
    assert not from_jwk.has_signed(b"other words", signature_of(key, b"words"))


def test_without_a_kid_the_thumbprint_is_one() -> None:
    """The example of RFC 7638 section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi"
        "FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb"
        "9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
        "1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = read_public_key(json.dumps({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256"}))
    assert key.kid == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    named = read_public_key(json.dumps({"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "2011-04-29"}))
    assert (named.kid, named.thumbprint) == ("2011-04-29", key.thumbprint)


def test_an_es256_signature_has_one_length() -> None:
    key, signature = registered(KEY), signature_of(KEY, b"words")
    assert not key.has_signed(b"words", signature + b"\0")
    assert not key.has_signed(b"words", b"")
    assert not key.has_signed(b"words", bytes(64))


REFUSED = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "deep": "[" * 4000,
    "long": jwk(x5c="A" * 9000),
    "private EC": jwk(d="AAAA"),
    "private RSA": rsa_jwk(p="AAAA"),
    "symmetric": json.dumps({"kty": "oct", "k": "AAAA"}),
    "private PEM": private_pem(KEY),
    "PEM of nothing": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    "P-384": pem(ec.generate_private_key(ec.SECP384R1()).public_key()),
    "P-384 as JWK": jwk(crv="P-384"),
    "Ed25519": pem(ed25519.Ed25519PrivateKey.generate().public_key()),
    "RSA of 1024 bits": pem(rsa.generate_private_key(65537, 1024).public_key()),  # noqa: S505 - that is the case
    "RSA of exponent 3": pem(rsa.generate_private_key(public_exponent=3, key_size=2048).public_key()),
    "RSA without modulus": json.dumps({"kty": "RSA", "e": "AQAB"}),
    "RSA with a number": rsa_jwk(n=17),
    "not on the curve": jwk(x=base64.urlsafe_b64encode(bytes(31) + b"\x05").decode().rstrip("=")),
    "no base64": jwk(x="!!!!"),
    "another algorithm": jwk(alg="ES384"),
    "none": jwk(alg="none"),
    "EC for RS256": jwk(alg="RS256"),
    "for encryption": jwk(use="enc"),
    "for signing": jwk(key_ops=["sign"]),
    "key_ops a number": jwk(key_ops=5),
    "an endless kid": jwk(kid="k" * 129),
    "a kid of another sort": jwk(kid=7),
    "a kid with a line break": jwk(kid="a\nb"),
    "no type": jwk(kty=None),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(KeyRefusedError) as caught:
        read_public_key(text)
    assert caught.value.__cause__ is None
    assert not any(part in str(caught.value) for part in text.split() if len(part) > 10)


def test_what_is_stored_and_cannot_be_read_is_no_key() -> None:
    assert stored_key("{}", "kid") is None
    assert stored_key(registered(KEY).jwk, "its-own") is not None


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_jwk_with_any_private_member_is_refused_as_private(member: str) -> None:
    for text in (jwk(**{member: "AAAA"}), rsa_jwk(**{member: "AAAA"})):
        with pytest.raises(KeyRefusedError, match="private parts"):
            read_public_key(text)


def test_a_private_key_is_named_so_that_its_owner_knows() -> None:
    with pytest.raises(KeyRefusedError, match="this is a private key"):
        read_public_key(private_pem(KEY))
    with pytest.raises(KeyRefusedError, match="this is a private key"):
        read_public_key("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----")


def an_rsa_modulus(bits: int) -> str:
    """Return an odd number of so many bits; whether it has two prime factors nobody asks."""
    number = (1 << (bits - 1)) + 1
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8, "big")).rstrip(b"=").decode()


def test_an_rsa_key_has_2048_to_4096_bits() -> None:
    for bits in (2048, 3072, 4096):
        assert read_public_key(rsa_jwk(n=an_rsa_modulus(bits))).algorithm == "RS256"
    for bits in (2047, 4097, 8192):
        with pytest.raises(KeyRefusedError, match="2048 to 4096 bits"):
            read_public_key(json.dumps({"kty": "RSA", "e": "AQAB", "n": an_rsa_modulus(bits)}))


def test_a_kid_has_at_most_128_characters_of_ascii() -> None:
    assert read_public_key(jwk(kid="k" * 128)).kid == "k" * 128
    for kid in ("khóa", "k\x7f", "k" * 129):
        with pytest.raises(KeyRefusedError, match="a kid is"):
            read_public_key(jwk(kid=kid))


def test_a_text_of_8192_characters_is_read_and_no_longer_one() -> None:
    text = jwk()
    assert read_public_key(text.ljust(8192)).algorithm == "ES256"
    with pytest.raises(KeyRefusedError, match="not so long"):
        read_public_key(text.ljust(8193))


def test_a_key_prints_its_id_and_algorithm_only() -> None:
    printed = repr(read_public_key(jwk(kid="its-own")))
    assert printed == "RegisteredKey(kid='its-own', algorithm='ES256')"


def test_a_thumbprint_is_of_the_required_members_in_their_order() -> None:
    numbers = KEY.public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
        for number in (numbers.x, numbers.y)
    )
    written = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    key = read_public_key(jwk(kid="its-own"))
    assert key.jwk == written
    assert key.thumbprint == hashlib.sha256(written.encode()).digest()


def test_an_es256_signature_is_not_stretched_by_a_zero_between_its_halves() -> None:
    signature = signature_of(KEY, b"words")
    key = registered(KEY)
    assert key.has_signed(b"words", signature)
    assert not key.has_signed(b"words", signature[:32] + b"\0" + signature[32:])


def test_a_key_is_for_the_two_algorithms_that_are_announced() -> None:
    assert ALGORITHMS == ("ES256", "RS256")


def test_stray_characters_among_the_base64_are_refused() -> None:
    members = json.loads(registered(KEY).jwk)
    for stray in ("\n", "!", " "):
        with pytest.raises(KeyRefusedError):
            read_public_key(json.dumps(members | {"x": f"{members['x'][:8]}{stray * 4}{members['x'][8:]}"}))


def test_a_pem_key_of_a_kind_nobody_knows_is_refused() -> None:
    """An EC key on a curve 1.2.3.4."""
    der = bytes.fromhex("3015300e06072a8648ce3d020106032a03040303000401")
    text = base64.encodebytes(der).decode()
    with pytest.raises(KeyRefusedError, match="no public key"):
        read_public_key(f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n")
