"""Encryption of the person asked about: month keys, a data key per writer, a key per record, search tags."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from app.audit.keyed_digest import KeyedDigest

KEY_BYTES: Final = 32
_HPKE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)  # RFC 9180
_ONE_USE_NONCE: Final = bytes(12)  # each record key encrypts exactly one message


class SealBrokenError(Exception):
    """A ciphertext does not belong to this key, record or commitment."""


@dataclass(frozen=True, slots=True)
class MonthKey:
    """What a gateway holds of a month: it can write persons of that month and not read them."""

    key_id: str
    month: str
    public_key: X25519PublicKey = field(repr=False)
    index_key: bytes = field(repr=False)
    _tags: KeyedDigest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tags", KeyedDigest(self.index_key))

    def seal_data_key(self, data_key: bytes, writer_id: UUID) -> bytes:
        """Return *data_key* sealed to the month, bound to its writer (HPKE base mode)."""
        return _HPKE.encrypt(data_key, self.public_key, info=_writer_info(self.key_id, writer_id))

    def search_tag(self, number: str) -> bytes:
        """Return the 32-byte tag under which this month's records of *number* are found."""
        return self._tags.of(number.encode())


@dataclass(frozen=True, slots=True)
class MonthSecret:
    """What auditing holds of a month: it can read persons and find their tags."""

    key_id: str
    private_key: X25519PrivateKey = field(repr=False)
    index_key: bytes = field(repr=False)

    def search_tag(self, number: str) -> bytes:
        """Return the tag under which this month's records of *number* are found."""
        return search_tag(self.index_key, number)

    def open_data_key(self, sealed: bytes, writer_id: UUID) -> bytes:
        """Return the writer's data key; SealBrokenError where it was sealed to another key or writer."""
        try:
            return _HPKE.decrypt(sealed, self.private_key, info=_writer_info(self.key_id, writer_id))
        except InvalidTag:
            raise SealBrokenError("the writer's key was not sealed to this month") from None


class SealedSubject(NamedTuple):
    """A person inside a leaf: ciphertext and the commitment to its key, both as text."""

    ciphertext: str
    commitment: str


@dataclass(frozen=True, slots=True)
class DataKey:
    """A writer's random key of one month, from which every record key derives."""

    secret: bytes = field(repr=False)
    _extracted: KeyedDigest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # HKDF-SHA256's first half (RFC 5869 section 2.2, no salt), the same for every record.
        extracted = hmac.digest(bytes(KEY_BYTES), self.secret, hashlib.sha256)
        object.__setattr__(self, "_extracted", KeyedDigest(extracted))

    @classmethod
    def generate(cls) -> Self:
        """Return a new random key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def seal(self, record_id: UUID, subject: bytes) -> SealedSubject:
        """Return *subject* encrypted for this record alone, with a commitment to the key used."""
        key, commitment = self._record_key(record_id)
        ciphertext = AESGCM(key).encrypt(_ONE_USE_NONCE, subject, record_id.bytes)
        return SealedSubject(sealed_text(ciphertext), commitment.hex())

    def open(self, record_id: UUID, sealed: SealedSubject) -> bytes:
        """Return the subject; SealBrokenError where key, record or commitment is another."""
        key, commitment = self._record_key(record_id)
        if not hmac.compare_digest(commitment.hex().encode(), sealed.commitment.encode()):
            # AES-GCM alone would let an insider show another key under which it reads as somebody else.
            raise SealBrokenError("the key is not the one this record committed to")
        try:
            return AESGCM(key).decrypt(_ONE_USE_NONCE, sealed_bytes(sealed.ciphertext), record_id.bytes)
        except InvalidTag:
            raise SealBrokenError("the ciphertext was changed") from None

    def _record_key(self, record_id: UUID) -> tuple[bytes, bytes]:
        # HKDF-SHA256's second half for 64 bytes (RFC 5869 section 2.3): every lookup waits for it.
        info = b"dancu record key v1|" + record_id.bytes
        key = self._extracted.of(info + b"\x01")
        return key, self._extracted.of(key + info + b"\x02")


@dataclass(frozen=True, slots=True)
class RootKey:
    """A 256-bit key that wraps other keys; each wrapped key is bound to its name.

    While root keys are rotated it also opens what *others* wrapped. One that follows another goes on deriving
    as that did, from *inherited*: digests under derived keys stand in the database and cannot be made again.
    """

    secret: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    inherited: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read 32 bytes in base64, or 64 of a key that follows another; ValueError for anything else."""
        secret = base64.b64decode(text, validate=True)
        if len(secret) not in {KEY_BYTES, 2 * KEY_BYTES}:
            raise ValueError("a root key has 32 bytes")
        return cls(secret[:KEY_BYTES], inherited=secret[KEY_BYTES:] or None)

    @property
    def alone(self) -> Self:
        """This key without the others and without what it inherited."""
        return type(self)(self.secret)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits by which records name the key; they tell nothing of it."""
        return self.alone.derive("fingerprint")[:8].hex()

    @property
    def derivation(self) -> bytes:
        """What everything is derived from; it tells nothing of the root key (RFC 5869 section 2.2)."""
        return self.inherited or hmac.digest(bytes(KEY_BYTES), self.secret, hashlib.sha256)

    def successor_text(self) -> str:
        """Return a new root key that derives what this one does, as its setting is written."""
        return base64.b64encode(secrets.token_bytes(KEY_BYTES) + self.derivation).decode()

    @staticmethod
    def generate_text() -> str:
        """Return a new root key as its setting is written."""
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    def wrap(self, name: str, key: bytes) -> bytes:
        """Return *key* encrypted, readable only under the same *name*."""
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.secret).encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Return the key wrapped under *name*; SealBrokenError for another root key or name."""
        for secret in (self.secret, *self.others):
            try:
                return AESGCM(secret).decrypt(wrapped[:12], wrapped[12:], name.encode())
            except (InvalidTag, ValueError):  # ValueError: too short to hold even a nonce
                continue
        raise SealBrokenError("this root key did not wrap that key")

    def derive(self, purpose: str) -> bytes:
        """Return a 32-byte key of its own for *purpose*."""
        return HKDFExpand(SHA256(), length=KEY_BYTES, info=b"dancu|" + purpose.encode()).derive(
            self.derivation
        )


def search_tag(index_key: bytes, number: str) -> bytes:
    """Return HMAC-SHA-256 of the normalised number under a month's index key."""
    return hmac.digest(index_key, number.encode(), hashlib.sha256)


def _writer_info(key_id: str, writer_id: UUID) -> bytes:
    return b"dancu writer key v1|" + key_id.encode() + b"|" + writer_id.bytes


def sealed_text(data: bytes) -> str:
    """Return sealed bytes as leaves write them: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sealed_bytes(text: str) -> bytes:
    """Return the bytes that `sealed_text` wrote; SealBrokenError for any other text."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise SealBrokenError("this is not sealed text") from None
    if sealed_text(data) != text:
        raise SealBrokenError("this is not sealed text")
    return data
