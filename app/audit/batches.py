"""Batches: what a writer signs of the records that became durable together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:  # so that a verifier can have `batch_text` without what writing needs
    from app.audit.chain import Record
    from app.audit.writer_keys import WriterKey

_HEADING: Final = "dancu batch v1"


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A row of audit_batch: a stretch of one chain, its head, and the signature over both.

    `chain_head` is the hash of the record `last_sequence`, which links to all before it.
    """

    newest_record_id: UUID
    writer_id: UUID
    first_sequence: int
    last_sequence: int
    chain_head: bytes
    writer_key_id: str
    signature: bytes


def batch_text(authority_code: str, writer_id: UUID, first: int, last: int, chain_head: bytes) -> bytes:
    """Return exactly what is signed (Ed25519): six lines, each ended by a newline."""
    lines = (_HEADING, authority_code, str(writer_id), str(first), str(last), chain_head.hex())
    return "".join(f"{line}\n" for line in lines).encode()


def sign_batch(
    key: "WriterKey", authority_code: str, writer_id: UUID, records: "Sequence[Record]"
) -> SignedBatch:
    """Return the batch of *records*, at least one, in their chain's order, under *key*."""
    first, head = records[0].sequence, records[-1]
    text = batch_text(authority_code, writer_id, first, head.sequence, head.leaf_hash)
    return SignedBatch(
        newest_record_id=max(record.draft.record_id for record in records),
        writer_id=writer_id,
        first_sequence=first,
        last_sequence=head.sequence,
        chain_head=head.leaf_hash,
        writer_key_id=key.key_id,
        signature=key.sign(text),
    )
