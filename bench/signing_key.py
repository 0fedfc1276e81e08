"""The key and tokens of the straightforward build, signed as the gateway's are (ES256)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwt

_LIFETIME_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A pair of keys in PEM."""

    public: str
    private: str = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new pair."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(public.decode(), private.decode())

    def tokens(self, officers: int) -> Iterator[str]:
        """Return a token for each of the officers that bench/straightforward.py knows."""
        ends = int(time.time()) + _LIFETIME_SECONDS
        for number in range(officers):
            claims = {"sub": f"canbo.{number:03d}", "exp": ends}
            yield str(jwt.encode(claims, self.private, algorithm="ES256"))
