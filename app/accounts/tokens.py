"""Access tokens: ES256 JWTs bound to officer, unit, client and session, verified once (RFC 9068)."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk, jwt
from jose.exceptions import JOSEError
from uuid_utils.compat import uuid7

from app.accounts.sessions import Session
from app.accounts.token_keys import ALGORITHM, CLOCK_SLACK, TokenKey, TokenKeys
from app.audit.record_ids import read_record_id
from app.clock import Clock
from app.database.live import LiveView
from app.errors import DirectoryStaleError, NotAuthenticatedError, ProblemCode

AUDIENCE: Final = "dancu"
CLIENT_AUDIENCE: Final = "dancu-status"
_TYPE: Final = "at+jwt"
_CLIENT_TYPE: Final = "client-at+jwt"
_CLIENT_LIFETIME: Final = timedelta(minutes=10)
_MAX_TOKEN_LENGTH: Final = 2048
_MAX_REMEMBERED: Final = 20_000
# Exactly a compact JWS with an ES256 signature (RFC 7515 section 7.1): the library would also read padding
# and skip stray characters, and one token would have endless spellings.
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
# Expiry is judged by our own clock; without "require" the library passes a token that names no audience;
# one that names no issuer it does not, where an issuer is asked for.
_CHECKS: Final = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_at_hash": False,
    "require_aud": True,
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
    assurance: str
    """How sure the sign-in was (`acr`)."""
    confirmation: str | None = None
    """Thumbprint of the certificate the token is bound to (RFC 8705 section 3.1), if to any."""


@dataclass(frozen=True, slots=True)
class ClientClaims:
    """What a technical client's token says; it speaks for no officer."""

    client_id: str
    expires_at: datetime
    confirmation: str | None = None


class TokenExpiredError(NotAuthenticatedError):
    """The token was ours and is over; its claims say whose it was."""

    def __init__(self, claims: TokenClaims) -> None:
        """Keep the claims for the record."""
        super().__init__(ProblemCode.TOKEN_EXPIRED)
        self.claims = claims


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token that was verified once: what it says, by which key, and when it surely counts."""

    kid: str
    claims: TokenClaims
    counts_from: datetime
    counts_until: datetime


class TokenMint:
    """Issues and reads access tokens under the token keys as they stand at each moment."""

    def __init__(
        self,
        keys: LiveView[TokenKeys],
        issuer: str,
        clock: Clock,
        *,
        lifetime: timedelta,
        most_remembered: int = _MAX_REMEMBERED,
    ) -> None:
        """Sign and verify with *keys*; remember at most so many verified tokens."""
        self._live_keys = keys
        self._known: TokenKeys | None = None
        self._issuer = issuer
        self._clock = clock
        self._lifetime = lifetime
        self._most_remembered = most_remembered
        self._remembered: OrderedDict[str, _Verified] = OrderedDict()
        self._signing: dict[str, Any] = {}
        self._verifying: dict[str, Any] = {}

    @property
    def lifetime_seconds(self) -> int:
        """How long a new token is valid."""
        return int(self._lifetime.total_seconds())

    @property
    def can_sign(self) -> bool:
        """Whether a key is there to sign with; not where it is unknown."""
        try:
            return self._keys().signing(self._clock.now()) is not None
        except DirectoryStaleError:
            return False

    @property
    def remembered_count(self) -> int:
        """How many verified tokens are held at present."""
        return len(self._remembered)

    @property
    def jwks(self) -> dict[str, Any]:
        """The public keys, the coming one included, as a JWK set (RFC 7517); DirectoryStaleError."""
        return {"keys": [key.public_jwk for key in self._keys().published(self._clock.now())]}

    def issue(self, session: Session, confirmation: str | None = None) -> str:
        """Return a new token of *session*, bound to a certificate where one is named.

        Raises DirectoryStaleError where no key is known to sign with.
        """
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
            "acr": session.assurance,
            "iat": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
            "jti": str(uuid7()),
        }
        return self._sign(claims | _confirmed(confirmation), _TYPE)

    def issue_for_client(self, client_id: str, confirmation: str | None = None) -> tuple[str, int]:
        """Return a technical client's own token and for how many seconds it is valid.

        Type, audience and claims are others than an officer's: neither is ever taken for the other.
        Raises DirectoryStaleError.
        """
        now = self._clock.now()
        claims = {
            "iss": self._issuer,
            "aud": CLIENT_AUDIENCE,
            "sub": client_id,
            "client_id": client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _CLIENT_LIFETIME).timestamp()),
            "jti": str(uuid7()),
        }
        token = self._sign(claims | _confirmed(confirmation), _CLIENT_TYPE)
        return token, int(_CLIENT_LIFETIME.total_seconds())

    def read_client(self, token: str) -> ClientClaims | None:
        """Return the claims of a technical client's token, also of one that is over; None for any other."""
        signed = self._signed(token, _CLIENT_TYPE, CLIENT_AUDIENCE, self._keys(), self._clock.now())
        if signed is None:
            return None
        _, payload = signed
        expires_at = datetime.fromtimestamp(int(payload["exp"]), UTC)
        return ClientClaims(str(payload["client_id"]), expires_at, _confirmation_of(payload))

    def _sign(self, claims: dict[str, Any], kind: str) -> str:
        key = self._keys().signing(self._clock.now())
        if key is None:
            raise DirectoryStaleError
        headers = {"typ": kind, "kid": key.kid}
        return str(jwt.encode(claims, self._signing[key.kid], ALGORITHM, headers=headers))

    def read(self, token: str, now: datetime | None = None) -> TokenClaims:
        """Return the claims of a token that is valid now; *now* spares a look at the clock.

        Raises NotAuthenticatedError(TOKEN_INVALID) for anything not issued here, or by a key that counts no
        more, TokenExpiredError for what was, and DirectoryStaleError where the keys are not known.
        """
        keys, now = self._keys(), now or self._clock.now()
        verified = self._remembered.get(token)
        if verified is not None and verified.counts_from <= now < verified.counts_until:
            return verified.claims
        if verified is None:
            verified = self._verify(token, keys, now)
            self._remember(token, verified)
        if keys.verifying(verified.kid, now) is None:
            del self._remembered[token]
            raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
        if verified.claims.expires_at <= now:
            del self._remembered[token]
            raise TokenExpiredError(verified.claims)
        return verified.claims

    def _keys(self) -> TokenKeys:
        """Return the keys there are now; what was verified under others is forgotten."""
        keys = self._live_keys.current
        if keys is not self._known:
            self._remembered.clear()
            self._signing = {key.kid: _jose_key(key) for key in keys.keys}
            self._verifying = {key.kid: jwk.construct(key.public_jwk, ALGORITHM) for key in keys.keys}
            self._known = keys
        return keys

    def _remember(self, token: str, verified: _Verified) -> None:
        if len(self._remembered) >= self._most_remembered:
            self._remembered.popitem(last=False)
        self._remembered[token] = verified

    def _verify(self, token: str, keys: TokenKeys, now: datetime) -> _Verified:
        verified = self._verified(token, keys, now)
        if verified is None:
            # Raised outside "except": the library's errors hold parts of the token.
            raise NotAuthenticatedError(ProblemCode.TOKEN_INVALID)
        return verified

    def _verified(self, token: str, keys: TokenKeys, now: datetime) -> _Verified | None:
        """Return what an officer's token says that was issued here, else None."""
        signed = self._signed(token, _TYPE, AUDIENCE, keys, now)
        if signed is None:
            return None
        key, payload = signed
        try:
            claims = _claims(payload)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return None
        until = min(claims.expires_at, key.verifies_until or claims.expires_at)
        return _Verified(key.kid, claims, key.signs_from - CLOCK_SLACK, until)

    def _signed(
        self, token: str, kind: str, audience: str, keys: TokenKeys, now: datetime
    ) -> tuple[TokenKey, dict[str, Any]] | None:
        """Return key and payload of a token of *kind* that was signed here for *audience*, else None."""
        if len(token) > _MAX_TOKEN_LENGTH or not _COMPACT.fullmatch(token):
            return None
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != kind or "crit" in header:
                return None
            # Only ever the one key that it names, and only among our own.
            key = keys.verifying(header.get("kid"), now)
            if key is None:
                return None
            payload = jwt.decode(
                token,
                self._verifying[key.kid],
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=self._issuer,
                options=_CHECKS,
            )
        except (JOSEError, ValueError, TypeError, OverflowError):
            return None
        return key, payload


def _claims(payload: dict[str, Any]) -> TokenClaims:
    return TokenClaims(
        officer_id=UUID(payload["sub"]),
        unit_id=UUID(payload["unit_id"]),
        client_id=str(payload["client_id"]),
        session_id=read_record_id(payload["sid"]),  # as a key, at every request, it costs half of a UUID
        session_started_at=datetime.fromtimestamp(int(payload["started_ms"]) / 1000, UTC),
        session_epoch=int(payload["epoch"]),
        expires_at=datetime.fromtimestamp(int(payload["exp"]), UTC),
        assurance=str(payload.get("acr", "password")),  # tokens of before had none
        confirmation=_confirmation_of(payload),
    )


def _confirmed(confirmation: str | None) -> dict[str, Any]:
    return {} if confirmation is None else {"cnf": {"x5t#S256": confirmation}}


def _confirmation_of(payload: dict[str, Any]) -> str | None:
    named = payload.get("cnf")
    return str(named["x5t#S256"]) if named is not None else None


def _jose_key(key: TokenKey) -> Any:
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwk.construct(pem.decode(), ALGORITHM)
