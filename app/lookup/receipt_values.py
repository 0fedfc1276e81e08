"""A receipt's id, random and kept nowhere, and what is kept of a receipt: digests, day, unit."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ID_BYTES: Final = 16
_KEY_BYTES: Final = 32
_TEXT: Final = re.compile(r"[0-9a-f]{32}")


class ReceiptKind(StrEnum):
    """What a receipt confirms."""

    CONFIRMATION = "confirmation"
    """What a lookup found, for the dossier."""
    REFUSAL = "refusal"
    """That a lookup was impossible."""


@dataclass(frozen=True, slots=True)
class ReceiptId:
    """128 random bits that stand on the receipt alone.

    The key of the content's digest comes from them: who holds the receipt can show by the record that it is
    the one that was issued; who holds only the database cannot even test a guess of what it says.
    """

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Return a new one."""
        return cls(secrets.token_bytes(_ID_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the id written as 32 small hexadecimal digits, None for any other text."""
        return cls(bytes.fromhex(text)) if _TEXT.fullmatch(text) else None

    @property
    def text(self) -> str:
        """The id as the receipt shows it."""
        return self.secret.hex()

    @property
    def digest(self) -> bytes:
        """What the id is found by: 32 bytes that do not lead back to it."""
        return hashlib.sha256(b"dancu receipt id v1|" + self.secret).digest()

    def digest_of(self, content: bytes) -> bytes:
        """Return the keyed digest of the whole document, 32 bytes."""
        key = HKDF(SHA256(), length=_KEY_BYTES, salt=None, info=b"dancu receipt content v1").derive(
            self.secret
        )
        return hmac.digest(key, content, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of a receipt; neither the document nor its id."""

    id_digest: bytes
    content_digest: bytes
    kind: ReceiptKind
    lookup_id: UUID
    unit_name: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """A signed document on its way to the officer, once it is on record."""

    receipt_id: ReceiptId
    content: bytes = field(repr=False)
