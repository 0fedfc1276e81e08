"""Keys that sign access tokens: which one signs, which ones verify, when a successor is due."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric import ec

from app.audit.record import Value
from app.clock import rfc3339
from app.errors import ConfigurationError

ALGORITHM: Final = "ES256"
CLOCK_SLACK: Final = timedelta(minutes=1)
"""How far the clocks of two processes may be apart."""
LONGEST_TOKEN: Final = timedelta(minutes=60)
"""The longest life DANCU_TOKEN_MINUTES allows: whoever rotates need not know what the gateways are set to."""
OLD_AFTER: Final = timedelta(days=90)

_SCALAR_BYTES: Final = 32


class KeyState(StrEnum):
    """What a token key is good for at present."""

    COMING = "coming"
    CURRENT = "current"
    FORMER = "former"
    OVER = "over"


class TokenKeyComingError(ConfigurationError):
    """A rotation is under way; another one would leave nobody the time to learn of its key."""

    def __init__(self, key: "TokenKey") -> None:
        """Name the key that is coming."""
        super().__init__(
            f"token key {key.kid} is coming already; rotate again once it signs, or --now if a key leaked"
        )


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A P-256 key pair with the times it is for; nothing but its id and times ever prints."""

    kid: str
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    signs_from: datetime
    verifies_until: datetime | None = None
    """None while no successor is known."""

    @classmethod
    def of(
        cls,
        private_key: ec.EllipticCurvePrivateKey,
        signs_from: datetime,
        verifies_until: datetime | None = None,
    ) -> Self:
        """Return the key under the id that its public half has."""
        point = _point(private_key)
        return cls(_thumbprint(point), private_key, signs_from, verifies_until)

    @classmethod
    def generate(cls, signs_from: datetime) -> Self:
        """Return a new random key."""
        return cls.of(ec.generate_private_key(ec.SECP256R1()), signs_from)

    @classmethod
    def from_secret(cls, secret: bytes, signs_from: datetime, verifies_until: datetime | None) -> Self:
        """Return the key that `secret` was of; ValueError where it is no key of the curve."""
        if len(secret) != _SCALAR_BYTES:
            raise ValueError("a token key has 32 bytes")
        private_key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
        return cls.of(private_key, signs_from, verifies_until)

    @property
    def secret(self) -> bytes:
        """The private key as 32 bytes, for wrapping."""
        return self.private_key.private_numbers().private_value.to_bytes(_SCALAR_BYTES, "big")

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as anybody may read it (RFC 7517)."""
        x, y = _point(self.private_key)
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": ALGORITHM, "use": "sig", "kid": self.kid}

    def is_over(self, now: datetime) -> bool:
        """Whether nothing it signed counts any more."""
        return self.verifies_until is not None and self.verifies_until <= now


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """All token keys that open under our root key, by when they sign, and the ids of those that do not."""

    keys: tuple[TokenKey, ...] = ()
    unusable: tuple[str, ...] = ()

    def signing(self, now: datetime) -> TokenKey | None:
        """Return the newest key whose time has come; where none has, the first: nobody else could sign.

        So a first key, and one that replaces a leaked one, signs at once where the clock is behind, too.
        """
        valid = self.published(now)
        come = [key for key in valid if key.signs_from <= now]
        return come[-1] if come else next(iter(valid), None)

    def verifying(self, kid: object, now: datetime) -> TokenKey | None:
        """Return our key of that id where its signatures count now, else None.

        A coming key counts a minute before its time, for gateways whose clock is ahead; what bears its
        signature earlier was not signed by a gateway.
        """
        for key in self.published(now):
            if key.kid == kid:
                has_come = key.signs_from - CLOCK_SLACK <= now or key is self.signing(now)
                return key if has_come else None
        return None

    def published(self, now: datetime) -> list[TokenKey]:
        """Return the keys that others must know: coming, current, and still verifying."""
        return [key for key in self.keys if not key.is_over(now)]

    def coming(self, now: datetime) -> TokenKey | None:
        """Return the key that is to sign next."""
        return next((key for key in self.keys if self.state_of(key, now) is KeyState.COMING), None)

    def state_of(self, key: TokenKey, now: datetime) -> KeyState:
        """Return what *key*, one of these, is good for."""
        if key.is_over(now):
            return KeyState.OVER
        if key is self.signing(now):
            return KeyState.CURRENT
        return KeyState.COMING if key.signs_from > now else KeyState.FORMER

    def needs_successor(self, now: datetime) -> bool:
        """Whether the signing key is old, or its end is set, and none is coming."""
        key = self.signing(now)
        if key is None or self.coming(now) is not None:
            return False
        return key.verifies_until is not None or now - key.signs_from > OLD_AFTER


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation changed, as its record and the operator need it; holds no secret."""

    kid: str
    signs_from: datetime
    former_kid: str | None = None
    former_verifies_until: datetime | None = None
    revoked_kids: tuple[str, ...] = ()
    """Keys that stopped verifying at once, with all their tokens."""

    @property
    def facts(self) -> dict[str, Value]:
        """What the record says: ids and times."""
        facts: dict[str, Value] = {"after": self.kid, "effective_at": rfc3339(self.signs_from)}
        if self.former_kid is not None:
            return facts | {"change": "token key succeeded", "before": self.former_kid}
        if self.revoked_kids:
            return facts | {"change": "token keys revoked", "before": " ".join(self.revoked_kids)}
        return facts | {"change": "first token key"}


def plan_rotation(keys: TokenKeys, now: datetime, ahead: timedelta) -> tuple[TokenKey, Rotation]:
    """Return a new key and what becomes of the one that signs; TokenKeyComingError while one is coming.

    The former key verifies until the last token it may have signed is over. Where no key signs, the new one
    does so at once.
    """
    coming, former = keys.coming(now), keys.signing(now)
    if coming is not None:
        raise TokenKeyComingError(coming)
    if former is None:
        key = TokenKey.generate(now)
        return key, Rotation(key.kid, now)
    key = TokenKey.generate(now + ahead)
    until = key.signs_from + LONGEST_TOKEN + CLOCK_SLACK
    return key, Rotation(key.kid, key.signs_from, former.kid, until)


def _point(private_key: ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    numbers = private_key.public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(number.to_bytes(_SCALAR_BYTES, "big")).rstrip(b"=").decode()
        for number in (numbers.x, numbers.y)
    )
    return x, y


def _thumbprint(point: tuple[str, str]) -> str:
    return hashlib.sha256(".".join(point).encode()).hexdigest()[:16]
