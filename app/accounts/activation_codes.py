"""One-time activation codes: what is printed on a slip, and the digest that is kept of it."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "23456789ACDEFGHJKMNPQRTVWXY"
"""No letter here looks like another, or like a digit, on paper (in the manner of Crockford's base 32)."""

_LENGTH: Final = 20  # 27 to the power of 20: 95 bits
_GROUP: Final = 4
_READ_AS: Final = str.maketrans("BSZU", "852V")


def new_code(below: Callable[[int], int] = secrets.randbelow) -> str:
    """Return a new code in groups such as `7KQF-2MXA-…`; *below* returns a random number below its own."""
    letters = "".join(ALPHABET[below(len(ALPHABET))] for _ in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def code_digest(typed: str) -> bytes | None:
    """Return the SHA-256 of a code, None for what cannot be one.

    Case, spaces and dashes do not matter; B, S, Z and U, which no code has, are read as 8, 5, 2 and V.
    A fast hash is enough: nobody guesses 95 random bits.
    """
    letters = "".join(letter for letter in typed.upper() if letter.isalnum()).translate(_READ_AS)
    if len(letters) != _LENGTH or not set(letters) <= set(ALPHABET):
        return None
    return hashlib.sha256(letters.encode("ascii")).digest()
