"""What a writer signs, and which key signs a chain."""

import hashlib
import json
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from app.audit.batches import SignedBatch, batch_text, sign_batch
from app.audit.chain import Chain, leaf_bytes
from app.audit.record import Draft, RecordKind, canonical
from app.audit.record_fields import LEAF_FIELDS
from app.audit.sealing import DataKey, MonthKey
from app.audit.writer_keys import WriterKey
from tests.audit.workbench import NOON, a_draft, public_key

AUTHORITY = "H19"
WRITER = UUID("01912345-0000-7000-8000-000000000001")
MAY, JUNE = (
    MonthKey(
        f"{AUTHORITY}/2026-{month}", f"2026-{month}", X25519PrivateKey.generate().public_key(), bytes(32)
    )
    for month in ("05", "06")
)


def a_writer_key() -> WriterKey:
    return WriterKey.of(AUTHORITY, Ed25519PrivateKey.generate())


def test_signed_text_is_six_lines_that_anybody_can_write_down() -> None:
    text = batch_text(AUTHORITY, WRITER, 7, 12, bytes(range(32)))

    assert text == (
        b"dancu batch v1\nH19\n01912345-0000-7000-8000-000000000001\n7\n12\n"
        b"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    )


def a_batch(key: WriterKey, size: int = 3) -> SignedBatch:
    chain, records = Chain(AUTHORITY).under(key).extend([a_draft() for _ in range(size)], MAY, NOON)
    return sign_batch(key, AUTHORITY, chain.writer_id, records)


def test_signature_holds_for_its_stretch_and_head_and_for_no_other() -> None:
    key = a_writer_key()
    batch = a_batch(key)
    head, last, first = batch.chain_head, batch.last_sequence, batch.first_sequence
    verify = public_key(batch.writer_key_id).verify

    verify(batch.signature, batch_text(AUTHORITY, batch.writer_id, first, last, head))

    assert (first, last) == (1, 4)  # the chain's first record, and three
    for text in (
        batch_text("H20", batch.writer_id, first, last, head),
        batch_text(AUTHORITY, WRITER, first, last, head),
        batch_text(AUTHORITY, batch.writer_id, first + 1, last, head),
        batch_text(AUTHORITY, batch.writer_id, first, last + 1, head),
        batch_text(AUTHORITY, batch.writer_id, first, last, hashlib.sha256(head).digest()),
    ):
        with pytest.raises(InvalidSignature):
            verify(batch.signature, text)


def test_batch_is_named_by_its_newest_record() -> None:
    key, drafts = a_writer_key(), [a_draft() for _ in range(3)]
    older = Draft(RecordKind.SIGN_IN_FAILED, NOON, {}, record_id=WRITER)
    chain, records = Chain(AUTHORITY).under(key).extend([*drafts, older], MAY, NOON)

    batch = sign_batch(key, AUTHORITY, chain.writer_id, records)

    assert batch.newest_record_id == max(record.draft.record_id for record in records)
    assert batch.newest_record_id != older.record_id


def test_key_id_is_the_public_key_under_the_writers_name() -> None:
    key = a_writer_key()

    assert key.key_id.startswith("dancu/H19/writer+")
    assert public_key(key.key_id).public_bytes_raw() == key.public_bytes


def test_first_record_of_a_chain_names_the_key_that_signs_it() -> None:
    key = a_writer_key()

    chain, (opened, record) = Chain(AUTHORITY).under(key).extend([a_draft()], MAY, NOON)
    _, (month_turn, _) = chain.extend([a_draft()], JUNE, NOON)

    assert json.loads(opened.leaf)["writer_key"] == key.key_id
    assert "writer_key" not in json.loads(record.leaf)
    assert month_turn.draft.kind is RecordKind.WRITER_KEY
    assert "writer_key" not in json.loads(month_turn.leaf)


def test_another_key_begins_another_chain_that_names_the_one_before() -> None:
    former, key = a_writer_key(), a_writer_key()
    first, _ = Chain(AUTHORITY).under(former).extend([a_draft()], MAY, NOON)

    assert first.under(former) is first
    second, (opened, _) = first.under(key).extend([a_draft()], MAY, NOON)

    facts = json.loads(opened.leaf)
    assert facts["previous_writer_id"] == str(first.writer_id) != str(second.writer_id)
    assert (facts["previous_writer_sequence"], facts["doubtful_records"]) == (2, "")
    assert facts["writer_key"] == key.key_id


def test_clock_that_goes_back_a_month_changes_the_chain_and_not_its_key() -> None:
    key = a_writer_key()
    first, _ = Chain(AUTHORITY).under(key).extend([a_draft()], JUNE, NOON)

    second, (opened, _) = first.extend([a_draft()], MAY, NOON)

    assert second.writer_id != first.writer_id
    assert json.loads(opened.leaf)["writer_key"] == key.key_id


def test_caller_cannot_speak_of_the_writers_key() -> None:
    with pytest.raises(ValueError, match="writer_key"):
        a_draft(RecordKind.SIGN_IN_FAILED, writer_key="dancu/H19/writer+00000000+AA==").check()


_CLEAN = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
_NAMES = st.sampled_from(sorted(LEAF_FIELDS))


@given(st.dictionaries(_NAMES, _CLEAN | st.integers(-(2**53) + 1, 2**53 - 1)))
def test_quick_bytes_are_the_canonical_ones(facts: dict[str, str | int]) -> None:
    assert leaf_bytes(facts) == canonical(facts)


def test_quick_bytes_have_the_same_limit() -> None:
    fitting = {"reason": "x" * (32 * 1024 - len('{"reason":""}'))}

    assert leaf_bytes(fitting) == canonical(fitting)
    with pytest.raises(ValueError, match="32 KiB"):
        leaf_bytes({"reason": fitting["reason"] + "x"})


@given(st.binary(min_size=32, max_size=32), st.uuids())
def test_record_keys_are_those_of_hkdf(secret: bytes, record_id: UUID) -> None:
    info = b"dancu record key v1|" + record_id.bytes
    derived = HKDF(SHA256(), length=64, salt=None, info=info).derive(secret)

    assert b"".join(DataKey(secret)._record_key(record_id)) == derived
