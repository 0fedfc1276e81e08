"""Reads signed notes (C2SP signed-note): verifier keys, signature lines, and a checkpoint somebody signed.

Needs nothing but the standard library and cryptography: verifiers away from any gateway use it as it is.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit.tree.merkle import HASH_BYTES, TreeHead

SIGNS_NOTES: Final = 0x01
COSIGNS: Final = 0x04
KEY_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_LINE_START: Final = "\N{EM DASH} "
_MOST_CHARACTERS: Final = 64 * 1024
_HEAD_LINES: Final = 3
_LARGEST: Final = 2**63 - 1


class NoteError(ValueError):
    """This is not a note, a key or a signature of the kind it should be, or not by the key it should be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name: an Ed25519 key for notes (1) or for cosignatures (4)."""

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `name+key id+base64`; NoteError for what is none or belongs to another name."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        material = strict_base64(encoded)
        if not is_name(name) or len(material) != 1 + _KEY_BYTES or material[0] not in {SIGNS_NOTES, COSIGNS}:
            raise NoteError("this is not an Ed25519 verifier key")
        if hashlib.sha256(f"{name}\n".encode() + material).digest()[:KEY_ID_BYTES].hex() != key_id:
            raise NoteError("the verifier key's id is not the one of its name and key")
        return cls(name, bytes.fromhex(key_id), material[0], material[1:])

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the 64 bytes of *signature* over *message*."""
        if len(signature) != _SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A line below a note's text: who signed, by which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def from_text(cls, line: str) -> Self:
        """Read a line without the newline at its end; NoteError."""
        name, _, encoded = line.removeprefix(_LINE_START).partition(" ")
        if not line.startswith(_LINE_START) or not is_name(name):
            raise NoteError("this is not a signature line")
        data = strict_base64(encoded)
        if len(data) <= KEY_ID_BYTES:
            raise NoteError("this signature is too short")
        return cls(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])

    def is_by(self, key: VerifierKey) -> bool:
        """Whether it says that *key* made it."""
        return (self.name, self.key_id) == (key.name, key.key_id)


def split_note(note: str) -> tuple[str, list[str]]:
    """Return a note's text with its last newline, and its signature lines without theirs; NoteError."""
    text, separator, below = note.rpartition("\n\n")
    if not separator or not below.endswith("\n") or len(note) > _MOST_CHARACTERS:
        raise NoteError("this is not a signed note")
    return f"{text}\n", below[:-1].split("\n")


def read_head(text: str) -> tuple[str, TreeHead]:
    """Return the origin and the tree head that a checkpoint's text says; NoteError."""
    lines = text.split("\n")
    if len(lines) <= _HEAD_LINES or not text.endswith("\n") or not lines[0]:
        raise NoteError("a checkpoint has an origin, a size and a root")
    size, root = lines[1], strict_base64(lines[2])
    if not (size.isascii() and size.isdecimal()) or size != str(int(size)) or int(size) > _LARGEST:
        raise NoteError("a checkpoint's size is a number")
    if len(root) != HASH_BYTES:
        raise NoteError("a checkpoint's root has 32 bytes")
    return lines[0], TreeHead(int(size), root)


def verified_head(note: str, keys: Sequence[VerifierKey]) -> TreeHead:
    """Return the tree head of a checkpoint that a log signed with one of *keys*; NoteError for all else.

    The log's name is its key's and the checkpoint's origin.
    """
    text, lines = split_note(note)
    origin, head = read_head(text)
    for key in keys:
        if key.name == origin and key.algorithm == SIGNS_NOTES and _is_signed(text, lines, key):
            return head
    raise NoteError("no key of this log signed this checkpoint")


def is_name(text: str) -> bool:
    """Whether keys may be named so: not empty, no blanks, no plus sign."""
    return bool(text) and "+" not in text and not any(sign.isspace() for sign in text) and text.isprintable()


def strict_base64(text: str) -> bytes:
    """Return what *text* says in base64 as only it may be written; NoteError."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise NoteError("this is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise NoteError("this base64 has more than one way to be written")
    return data


def _is_signed(text: str, lines: Sequence[str], key: VerifierKey) -> bool:
    read = [SignatureLine.from_text(line) for line in lines]
    return any(line.is_by(key) and key.accepts(line.signature, text.encode()) for line in read)
