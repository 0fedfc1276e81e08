"""HMAC-SHA-256 under a key that serves many messages: the key's half of the work is done once."""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_BLOCK_BYTES: Final = 64


class KeyedDigest:
    """What `hmac.digest` returns under one key (RFC 2104), in half its time: every lookup waits for four."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        """Digest under *key*, of at most 64 bytes; ValueError for a longer one."""
        if len(key) > _BLOCK_BYTES:
            raise ValueError("a key has at most 64 bytes")
        self._keyed = HMAC(key, SHA256())

    def of(self, message: bytes) -> bytes:
        """Return the 32 bytes of *message*."""
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.finalize()
