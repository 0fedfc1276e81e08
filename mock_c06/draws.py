"""Repeatable choices: the same seed and the same words always give the same draw."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draw:
    """A run of choices taken from one keyed hash of the given words (256 bits: about thirty choices)."""

    def __init__(self, seed: str, *words: str) -> None:
        key = hashlib.sha256(seed.encode()).digest()
        digest = hashlib.blake2b("\0".join(words).encode(), key=key, digest_size=32).digest()
        self._rest = int.from_bytes(digest)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to, but not including, the limit."""
        self._rest, choice = divmod(self._rest, limit)
        return choice

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of the items."""
        return items[self.below(len(items))]
