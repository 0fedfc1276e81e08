"""The bytes of a record: how they are written, hashed and read back. Nothing but the standard library.

The offline verifier is made of this module too (app.audit.verifying).
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

MAX_LEAF_BYTES: Final = 32 * 1024
MAX_INTEGER: Final = 2**53 - 1  # what every JSON reader keeps exactly (RFC 8785 section 3.2.2.3)
_LEAF_PREFIX: Final = b"\x00"
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
# Control characters and lone surrogates: PostgreSQL refuses NUL, UTF-8 refuses surrogates.
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Value = str | int


def canonical(facts: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of *facts*: sorted-key JSON of strings and integers (RFC 8785 subset).

    Raises ValueError for a leaf beyond 32 KiB.
    """
    leaf = _CANONICAL.encode(facts).encode()
    if len(leaf) > MAX_LEAF_BYTES:
        raise ValueError("a record must not exceed 32 KiB")
    return leaf


def leaf_hash(leaf: bytes) -> bytes:
    """Return the 32-byte Merkle leaf hash (RFC 6962 section 2.1); the chain links by it too."""
    return hashlib.sha256(_LEAF_PREFIX + leaf).digest()


def read_leaf(leaf: bytes) -> dict[str, Value]:
    """Return the facts of a stored leaf; ValueError where the bytes are not what `canonical` writes."""
    try:
        facts = json.loads(leaf)
    except RecursionError:
        raise ValueError("these bytes are not a canonical record") from None
    if not isinstance(facts, dict) or not all(map(_is_value, facts.values())) or canonical(facts) != leaf:
        raise ValueError("these bytes are not a canonical record")
    return facts


def is_clean(text: str) -> bool:
    """Whether a leaf may say *text*: NFC, without control characters and lone surrogates."""
    if text.isascii():  # most are, and every officer waits for this
        return text.isprintable()
    return _UNWRITABLE.search(text) is None and unicodedata.is_normalized("NFC", text)


def _is_value(value: object) -> bool:
    if type(value) is int:
        return abs(value) <= MAX_INTEGER
    return type(value) is str and is_clean(value)
