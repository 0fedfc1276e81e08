"""Whether every record stands in one signed batch, and every batch is signed over what is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit.batches import batch_text
from app.cli import invented
from tests.crash.evidence import Evidence, Row

_BATCHES: Final = (
    "select writer_id, first_sequence, last_sequence, chain_head, signature, newest_record_id, public_key"
    " from audit_batch join audit_writer_key on key_id = writer_key_id order by writer_id, first_sequence"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """A row of audit_batch, with the key that it names."""

    writer_id: UUID
    first_sequence: int
    last_sequence: int
    chain_head: bytes
    signature: bytes
    newest_record_id: UUID
    public_key: bytes

    @property
    def is_signed(self) -> bool:
        """Whether the signature is the key's over what the row says."""
        first, last, head = self.first_sequence, self.last_sequence, self.chain_head
        text = batch_text(invented.AUTHORITY, self.writer_id, first, last, head)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, text)
        except InvalidSignature:
            return False
        return True


async def read_batches(connection: asyncpg.Connection) -> list[Batch]:
    """Return all batches in the order of their chains."""
    return [Batch(*row) for row in await connection.fetch(_BATCHES)]


def wrong_batches(evidence: Evidence, batches: Sequence[Batch]) -> Iterator[str]:
    """Yield where batches are not, one after the other, the whole of each chain, or not signed."""
    signed = {writer_id: list(group) for writer_id, group in groupby(batches, lambda each: each.writer_id)}
    for text, rows in groupby(evidence.rows, key=lambda row: str(row.facts["writer_id"])):
        yield from _wrong_chain(text, list(rows), signed.pop(UUID(text), []))
    for writer_id in signed:
        yield f"I4 chain {writer_id} has batches and no records"


def _wrong_chain(writer_id: str, rows: Sequence[Row], batches: Sequence[Batch]) -> Iterator[str]:
    done = 0
    for batch in batches:
        first, last = batch.first_sequence, batch.last_sequence
        held = rows[first - 1 : last]
        if first != done + 1 or len(held) != last - done:
            yield f"I4 chain {writer_id} has a batch from {first} to {last} behind {done}"
            return
        if batch.chain_head != held[-1].leaf_hash or not batch.is_signed:
            yield f"I4 chain {writer_id} has a batch from {first} to {last} that is not signed over its head"
        if str(batch.newest_record_id) != max(str(row.facts["record_id"]) for row in held):
            yield f"I4 chain {writer_id} has a batch from {first} to {last} that names another newest record"
        done = last
    if done != len(rows):
        yield f"I4 chain {writer_id} has records without a batch from {done + 1} on"
