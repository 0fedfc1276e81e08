"""RFC 6962 section 2.1 written down as it stands there, slow and beyond doubt."""

import hashlib
from collections.abc import Sequence


def plain_root(hashes: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over these leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(hashes[:split]) + plain_root(hashes[split:])).digest()
