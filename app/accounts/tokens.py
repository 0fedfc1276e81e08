"""Access tokens: ES256 JWTs bound to officer, unit, client and session, verified once (RFC 9068)."""

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jose import jwk, jwt
from jose.exceptions import JOSEError
from uuid_utils.compat import uuid7

from app.accounts.sessions import Session
from app.clock import Clock
from app.errors import ConfigurationError, NotAuthenticatedError, ProblemCode

ALGORITHM: Final = "ES256"
AUDIENCE: Final = "dancu"
_TYPE: Final = "at+jwt"
_MAX_TOKEN_LENGTH: Final = 2048
_MAX_REMEMBERED: Final = 20_000
# Exactly a compact JWS with an ES256 signature (RFC 7515 section 7.1): the library would also read padding
# and skip stray characters, and one token would have endless spellings.
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
# Expiry is judged by our own clock; without "require" the library passes a token that names no audience.
_CHECKS: Final = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_at_hash": False,
    "require_aud": True,
    "require_iss": True,
}


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Whom a token speaks for; nothing in it is a right, rights are looked up when it is used."""

    officer_id: UUID
    unit_id: UUID
    client_id: str
    session_id: UUID
    session_started_at: datetime
    session_epoch: int
    expires_at: datetime


class TokenExpiredError(NotAuthenticatedError):
    """The token was ours and is over; its claims say whose it was."""

    def __init__(self, claims: TokenClaims) -> None:
        """Keep the claims for the record."""
        super().__init__(ProblemCode.TOKEN_EXPIRED)
        self.claims = claims


class TokenMint:
    """Issues and reads access tokens under one key."""

    def __init__(self, private_pem: str, issuer: str, clock: Clock, *, lifetime: timedelta) -> None:
        """Sign with the P-256 key in *private_pem*; ConfigurationError where it is something else."""
        key = _load_key(private_pem)
        self._signing_key = _jose_key(key)
        self._public_jwk = _public_jwk(key)
        self._verifying_key = jwk.construct(self._public_jwk, ALGORITHM)
        self._issuer = issuer
        self._clock = clock
        self._lifetime = lifetime
        self._remembered: OrderedDict[str, TokenClaims] = OrderedDict()

    @property
    def lifetime_seconds(self) -> int:
        """How long a new token is valid."""
        return int(self._lifetime.total_seconds())

    @property
    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK set (RFC 7517)."""
        return {"keys": [self._public_jwk]}

    def issue(self, session: Session) -> str:
        """Return a new token of *session*."""
        now = self._clock.now()
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(session.officer_id),
            "unit_id": str(session.unit_id),
            "client_id": session.client_id,
            "sid": str(session.session_id),
            "started_ms": int(session.started_at.timestamp() * 1000),
            "epoch": session.epoch,
            "iat": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
            "jti": str(uuid7()),
        }
        headers = {"typ": _TYPE, "kid": self._public_jwk["kid"]}
        return str(jwt.encode(claims, self._signing_key, ALGORITHM, headers=headers))

    def read(self, token: str) -> TokenClaims:
        """Return the claims of a valid token.

        Raises NotAuthenticatedError(TOKEN_INVALID) for anything not issued here, TokenExpiredError
        for what was.
        """
        claims = self._remembered.get(token)
        if claims is None:
            claims = self._verify(token)
            self._remember(token, claims)
        if claims.expires_at <= self._clock.now():
            self._remembered.pop(token, None)
            raise TokenExpiredError(claims)
        return claims

    def _remember(self, token: str, claims: TokenClaims) -> None:
        self._remembered[token] = claims
        if len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _verify(self, token: str) -> TokenClaims:
        claims = self._claims_of(token) if len(token) <= _MAX_TOKEN_LENGTH else None
        if claims is None:
            # Raised outside "except": the library's errors hold parts of the token.
            raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
        return claims

    def _claims_of(self, token: str) -> TokenClaims | None:
        """Return the claims of a token that was issued here, else None."""
        if not _COMPACT.fullmatch(token):
            return None
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != _TYPE or "crit" in header:
                return None
            payload = jwt.decode(
                token,
                self._verifying_key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options=_CHECKS,
            )
            return TokenClaims(
                officer_id=UUID(payload["sub"]),
                unit_id=UUID(payload["unit_id"]),
                client_id=str(payload["client_id"]),
                session_id=UUID(payload["sid"]),
                session_started_at=datetime.fromtimestamp(int(payload["started_ms"]) / 1000, UTC),
                session_epoch=int(payload["epoch"]),
                expires_at=datetime.fromtimestamp(int(payload["exp"]), UTC),
            )
        except (JOSEError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return None


def generate_token_key() -> str:
    """Return a new P-256 private key as PEM text."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _load_key(private_pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(private_pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ConfigurationError("DANCU_TOKEN_KEY is not a PEM private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ConfigurationError("DANCU_TOKEN_KEY must be a P-256 key, for ES256")
    return key


def _jose_key(key: ec.EllipticCurvePrivateKey) -> Any:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwk.construct(pem.decode(), ALGORITHM)


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    public = _jose_key(key).public_key().to_dict()
    plain = {name: value.decode() if isinstance(value, bytes) else value for name, value in public.items()}
    thumbprint = hashlib.sha256(f"{plain['x']}.{plain['y']}".encode()).hexdigest()[:16]
    return {**plain, "alg": ALGORITHM, "use": "sig", "kid": thumbprint}
