"""HMAC-SHA-256 under a key that serves many messages: the key's half of the work is done once."""

import hashlib
from typing import Final

_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class KeyedDigest:
    """What `hmac.digest` returns under one key (RFC 2104), in half its time: every lookup waits for four."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Digest under *key*, of at most 64 bytes; ValueError for a longer one."""
        if len(key) > _BLOCK_BYTES:
            raise ValueError("a key has at most 64 bytes")
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def of(self, message: bytes) -> bytes:
        """Return the 32 bytes of *message*."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
