"""Checkpoints: a tree head as a signed note (C2SP tlog-checkpoint, signed-note; Ed25519)."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.tree.merkle import TreeHead

_ED25519: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_MOST_DIGITS: Final = 6


def log_origin(authority_code: str, epoch: int = 1) -> str:
    """Return the name of an installation's log: first line of its checkpoints, and name of its key.

    An installation whose log could not go on has a new one under the next *epoch*.
    """
    return f"dancu/{authority_code}" if epoch == 1 else f"dancu/{authority_code}/{epoch}"


def log_epoch(origin: str, authority_code: str) -> int | None:
    """Return which of the installation's logs *origin* names; None where it names none of them."""
    first = log_origin(authority_code)
    if origin == first:
        return 1
    number = origin.removeprefix(f"{first}/")
    if not number.isascii() or not number.isdecimal() or len(number) > _MOST_DIGITS:
        return None
    return int(number) if log_origin(authority_code, int(number)) == origin else None


def checkpoint_text(origin: str, head: TreeHead) -> str:
    """Return what is signed: origin, number of leaves and root, each on a line of its own."""
    return f"{origin}\n{head.size}\n{as_text(head.root)}\n"


@dataclass(frozen=True, slots=True)
class NoteKey:
    """An Ed25519 key with the name under which it signs notes."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private_key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public_bytes
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def verifier(self) -> str:
        """The public key as verifiers are given it: name, key id and key with plus signs between them."""
        return f"{self.name}+{self.key_id.hex()}+{as_text(_ED25519 + self.public_bytes)}"

    def sign(self, text: str) -> str:
        """Return *text*, which ends with a newline, as a signed note."""
        signature = self.key_id + self.private_key.sign(text.encode())
        return f"{text}\n\N{EM DASH} {self.name} {as_text(signature)}\n"


def as_text(data: bytes) -> str:
    """Return bytes as C2SP formats write them: base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()
