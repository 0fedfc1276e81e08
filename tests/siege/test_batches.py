"""The siege sees a batch that is missing, not signed, or signed over something else."""

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.batches import batch_text
from app.cli import invented
from tests.crash.evidence import Evidence, Row
from tests.siege.batches import Batch, wrong_batches
from tests.siege.test_siege_checks import a_chain

KEY = Ed25519PrivateKey.generate()
ROWS = a_chain(1, 5)


def a_batch(first: int, last: int, rows: list[Row] = ROWS) -> Batch:
    writer_id, head = UUID(int=1), rows[last - 1].leaf_hash
    newest = max(UUID(str(row.facts["record_id"])) for row in rows[first - 1 : last])
    signature = KEY.sign(batch_text(invented.AUTHORITY, writer_id, first, last, head))
    return Batch(writer_id, first, last, head, signature, newest, KEY.public_key().public_bytes_raw())


def test_signed_batches_that_make_up_a_chain_break_nothing() -> None:
    assert list(wrong_batches(Evidence(ROWS), [a_batch(1, 3), a_batch(4, 5)])) == []


@pytest.mark.parametrize(
    "batches",
    [
        [],
        [a_batch(1, 3)],
        [a_batch(1, 3), a_batch(3, 5)],
        [a_batch(1, 2), a_batch(4, 5)],
        [replace(a_batch(1, 5), last_sequence=6)],
        [replace(a_batch(1, 5), signature=bytes(64))],
        [a_batch(1, 5, a_chain(1, 5))],
        [replace(a_batch(1, 5), newest_record_id=UUID(int=0))],
        [a_batch(1, 5), replace(a_batch(1, 5), writer_id=UUID(int=2))],
    ],
    ids=["none", "too few", "twice", "a hole", "too long", "unsigned", "another", "newest", "no chain"],
)
def test_any_other_batches_are_broken(batches: list[Batch]) -> None:
    assert len(list(wrong_batches(Evidence(ROWS), batches))) >= 1
