"""Assertions: short-lived JWTs that client software signs with a key of its own (RFC 7521, 7523)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from app.accounts.client_keys import RegisteredKey
from app.accounts.clients import Client, CredentialKind

LONGEST_LIFE: Final = timedelta(seconds=60)
_SKEW: Final = timedelta(seconds=5)
_MAX_LENGTH: Final = 3072
# Exactly a compact JWS (RFC 7515 section 7.1).
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_JTI: Final = re.compile(r"[\x21-\x7e]{16,128}")
# No "crit", "b64", "jwk", "jku", "x5u", "x5c": the key is the registered one, the rules are these.
_HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
# Words such as those of RFC 8176; nobody's number and hardly a name.
_METHOD: Final = re.compile(r"(?!.*[0-9]{4})[a-z][a-z0-9_-]{0,15}")
_MAX_METHODS: Final = 8


class AssertionFault(StrEnum):
    """Why an assertion is refused; for the record, the client software is not told."""

    MALFORMED = "assertion_malformed"
    WRONG_KEY = "assertion_wrong_key"
    WRONG_ISSUER = "assertion_wrong_issuer"
    WRONG_AUDIENCE = "assertion_wrong_audience"
    WRONG_TIME = "assertion_wrong_time"
    WRONG_SIGN_IN = "assertion_wrong_sign_in"
    REPLAYED = "assertion_replayed"
    OFFICER_NOT_ABLE = "officer_not_able"


class AssertionRefusedError(Exception):
    """The assertion proves nothing."""

    def __init__(self, fault: AssertionFault) -> None:
        """Carry the fault for the record."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a client has signed, now; whether it did so before is for the store to say."""

    subject: str = field(repr=False)
    jti: str
    expires_at: datetime
    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInClaims:
    """How an officer signed in at the client software: when, and by which methods (`amr`, space-joined)."""

    signed_in_at: datetime
    methods: str


def claimed_issuer(token: str) -> str | None:
    """Return who an assertion says has issued it, unverified; None where it says nothing readable."""
    try:
        _, claims, _, _ = _parts(token)
    except AssertionRefusedError:
        return None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def read_assertion(token: str, client: Client, audiences: frozenset[str], now: datetime) -> Assertion:
    """Return what *client* has signed for one of *audiences*; AssertionRefusedError for anything else."""
    header, claims, signed, signature = _parts(token)
    keys = [one.key for one in client.valid(CredentialKind.KEY, now) if one.key is not None]
    if not any(_is_meant(key, header) and key.has_signed(signed, signature) for key in keys):
        raise AssertionRefusedError(AssertionFault.WRONG_KEY)
    if claims.get("iss") != client.client_id:
        raise AssertionRefusedError(AssertionFault.WRONG_ISSUER)
    if _audience(claims.get("aud")) not in audiences:
        raise AssertionRefusedError(AssertionFault.WRONG_AUDIENCE)
    expires_at = _check_times(claims, now)
    subject, jti = claims.get("sub"), claims.get("jti")
    if not isinstance(subject, str) or not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise AssertionRefusedError(AssertionFault.MALFORMED)
    return Assertion(subject, jti, expires_at, claims)


def read_sign_in(claims: Mapping[str, Any], now: datetime, longest: timedelta) -> SignInClaims:
    """Return how the officer signed in, at most *longest* ago; AssertionRefusedError else."""
    signed_in_at, methods = _instant(claims.get("auth_time")), claims.get("amr")
    if signed_in_at is None or not now - longest < signed_in_at <= now + _SKEW:
        raise AssertionRefusedError(AssertionFault.WRONG_SIGN_IN)
    if not isinstance(methods, list) or not 0 < len(methods) <= _MAX_METHODS:
        raise AssertionRefusedError(AssertionFault.WRONG_SIGN_IN)
    if not all(isinstance(method, str) and _METHOD.fullmatch(method) for method in methods):
        raise AssertionRefusedError(AssertionFault.WRONG_SIGN_IN)
    return SignInClaims(min(signed_in_at, now), " ".join(methods))


def _is_meant(key: RegisteredKey, header: Mapping[str, Any]) -> bool:
    """Whether the header means this key: it names its algorithm, and its id if it names any."""
    return bool(header["alg"] == key.algorithm and header.get("kid", key.kid) == key.kid)


def _check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    expires_at = _instant(claims.get("exp"))
    if expires_at is None or not now < expires_at <= now + LONGEST_LIFE:
        raise AssertionRefusedError(AssertionFault.WRONG_TIME)
    for name in ("iat", "nbf"):
        instant = _instant(claims[name]) if name in claims else now
        if instant is None or instant > now + _SKEW:
            raise AssertionRefusedError(AssertionFault.WRONG_TIME)
    return expires_at


def _instant(seconds: object) -> datetime | None:
    """Return a NumericDate in whole seconds as an instant; None for anything else."""
    if type(seconds) is not int:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _audience(value: object) -> object:
    """Return the one audience, alone or in a list; several are meant for others too."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return one if isinstance(one, str) else None


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Return header, claims, what is signed, and the signature."""
    match = _COMPACT.fullmatch(token) if len(token) <= _MAX_LENGTH else None
    if match is None:
        raise AssertionRefusedError(AssertionFault.MALFORMED)
    header, claims = _object(match[1]), _object(match[2])
    if not isinstance(header.get("alg"), str) or not header.keys() <= _HEADER:
        raise AssertionRefusedError(AssertionFault.MALFORMED)
    return header, claims, token.rpartition(".")[0].encode(), _decoded(match[3])


def _object(segment: str) -> dict[str, Any]:
    """Return a JSON object in which no member is named twice."""
    try:
        value = json.loads(_decoded(segment), object_pairs_hook=_once_named)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise AssertionRefusedError(AssertionFault.MALFORMED)
    return value


def _once_named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _decoded(segment: str) -> bytes:
    """Return the bytes of a segment; one that is not written the one right way is refused."""
    try:
        content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        content = b""
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        raise AssertionRefusedError(AssertionFault.MALFORMED)
    return content
