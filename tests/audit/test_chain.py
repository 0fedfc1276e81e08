"""One writer's chain."""

import dataclasses
import json
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.audit.batches import sign_batch
from app.audit.chain import GENESIS, Chain, Record
from app.audit.insert import batch_arguments
from app.audit.record import MAX_LEAF_BYTES, Draft, RecordKind, Value, leaf_hash, read_leaf
from app.audit.sealing import DataKey, MonthKey, MonthSecret, SealBrokenError, SealedSubject, sealed_bytes
from app.audit.writer_keys import WriterKey
from tests.audit.workbench import NOON, NUMBER, a_claim, a_draft, an_intent, an_outcome

AUTHORITY = "H19"


def a_month(month: str = "2026-05") -> tuple[MonthKey, MonthSecret]:
    private = X25519PrivateKey.generate()
    key_id, index_key = f"{AUTHORITY}/{month}", bytes(32)
    return MonthKey(key_id, month, private.public_key(), index_key), MonthSecret(key_id, private, index_key)


MAY, MAY_SECRET = a_month()
JUNE, JUNE_SECRET = a_month("2026-06")


def facts_of(record: Record) -> dict[str, Value]:
    return read_leaf(record.leaf)


def subject_of(record: Record) -> SealedSubject:
    facts = facts_of(record)
    return SealedSubject(str(facts["subject"]), str(facts["subject_commitment"]))


def opened(record: Record, secret: MonthSecret, writer_id: UUID) -> DataKey:
    return DataKey(secret.open_data_key(sealed_bytes(str(facts_of(record)["sealed_key"])), writer_id))


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([(MAY, 0), (JUNE, 1)])), max_size=6))
def test_chain_has_every_sequence_once_and_links_to_the_record_before(
    batches: list[tuple[int, tuple[MonthKey, int]]],
) -> None:
    chain, records = Chain(AUTHORITY), list[Record]()
    for size, (month, _) in sorted(batches, key=lambda batch: batch[1][1]):
        chain, more = chain.extend([a_draft() for _ in range(size)], month, NOON)
        records += more

    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    assert all(leaf_hash(record.leaf) == record.leaf_hash for record in records)
    links = [facts_of(record)["previous_hash"] for record in records]
    before = [GENESIS, *(record.leaf_hash for record in records)]
    assert links == [each.hex() for each in before[:-1]]
    assert chain.last_hash == before[-1]
    assert [facts_of(record)["writer_sequence"] for record in records] == [r.sequence for r in records]
    keyed = [facts_of(r)["key_id"] for r in records if r.draft.kind in KEY_KINDS]
    assert keyed == sorted(set(keyed), key=str)  # one data key a month


KEY_KINDS = {RecordKind.WRITER_OPENED, RecordKind.WRITER_KEY}


def test_extending_changes_nothing_in_the_chain_before() -> None:
    chain = Chain(AUTHORITY)

    first, _ = chain.extend([a_draft()], MAY, NOON)
    again, records = chain.extend([a_draft()], MAY, NOON)

    assert (chain.sequence, chain.last_hash, chain.month) == (0, GENESIS, None)
    assert first.sequence == again.sequence == len(records) == 2


def test_every_leaf_says_where_and_when_it_stands() -> None:
    chain, (_, record) = Chain(AUTHORITY).extend([a_draft(role="reception")], MAY, NOON)

    facts = facts_of(record)
    assert facts["authority_code"] == AUTHORITY
    assert facts["writer_id"] == str(chain.writer_id)
    assert facts["record_id"] == str(record.draft.record_id)
    assert (facts["kind"], facts["key_id"], facts["version"]) == ("sign_in.failed", MAY.key_id, 1)
    assert facts["role"] == "reception"
    assert record.tag is None
    assert "subject" not in facts


def test_salt_is_never_the_same() -> None:
    _, records = Chain(AUTHORITY).extend([a_draft() for _ in range(20)], MAY, NOON)

    assert len({facts_of(record)["salt"] for record in records}) == 21


def test_data_key_opens_with_the_months_private_key_for_that_writer_only() -> None:
    chain, (opening, record) = Chain(AUTHORITY).extend([an_intent()], MAY, NOON)

    data_key = opened(opening, MAY_SECRET, chain.writer_id)
    assert NUMBER.encode() in data_key.open(record.draft.record_id, subject_of(record))
    assert record.tag == MAY_SECRET.search_tag(NUMBER)
    for secret, writer_id in ((JUNE_SECRET, chain.writer_id), (MAY_SECRET, uuid4())):
        with pytest.raises(SealBrokenError):
            opened(opening, secret, writer_id)


def test_number_stands_nowhere_in_a_leaf() -> None:
    _, (_, record) = Chain(AUTHORITY).extend([an_intent()], MAY, NOON)

    assert NUMBER.encode() not in record.leaf
    assert NUMBER not in repr(record)


def test_new_month_brings_a_key_of_its_own() -> None:
    chain, _ = Chain(AUTHORITY).extend([an_intent()], MAY, NOON)

    after, (key_record, record) = chain.extend([an_intent()], JUNE, NOON)

    assert key_record.draft.kind is RecordKind.WRITER_KEY
    assert "previous_writer_id" not in facts_of(key_record)
    assert facts_of(record)["key_id"] == JUNE.key_id
    assert after.writer_id == chain.writer_id
    data_key = opened(key_record, JUNE_SECRET, chain.writer_id)
    assert chain.data_key is not None
    assert data_key.secret not in {chain.data_key.secret, bytes(32)}
    data_key.open(record.draft.record_id, subject_of(record))


def test_clock_set_back_a_month_leads_to_another_chain() -> None:
    june, _ = Chain(AUTHORITY).extend([a_draft()], JUNE, NOON)

    may, (opening, _) = june.extend([a_draft()], MAY, NOON)

    assert may.writer_id != june.writer_id
    assert facts_of(opening)["previous_writer_id"] == str(june.writer_id)
    assert facts_of(opening)["previous_writer_sequence"] == 2
    assert facts_of(opening)["doubtful_records"] == ""


def test_chain_after_doubt_names_the_one_before_its_last_certain_record_and_the_doubtful() -> None:
    chain, _ = Chain(AUTHORITY).extend([a_draft()], MAY, NOON)
    doubtful = (uuid4(), uuid4())

    after, (opening, _) = chain.ended(doubtful).extend([a_draft()], MAY, NOON)

    facts = facts_of(opening)
    assert after.writer_id != chain.writer_id
    assert opening.draft.kind is RecordKind.WRITER_OPENED
    assert facts["previous_writer_id"] == str(chain.writer_id)
    assert facts["previous_writer_sequence"] == 2
    assert facts["doubtful_records"] == " ".join(map(str, doubtful))
    assert (facts["writer_sequence"], facts["previous_hash"]) == (1, GENESIS.hex())


def test_chain_that_never_became_certain_hands_its_doubts_on() -> None:
    chain, _ = Chain(AUTHORITY).extend([a_draft()], MAY, NOON)
    first, second = uuid4(), uuid4()

    _, (opening, *_) = chain.ended((first,)).ended((second,)).extend([a_draft()], MAY, NOON)

    assert facts_of(opening)["previous_writer_id"] == str(chain.writer_id)
    assert facts_of(opening)["doubtful_records"] == f"{first} {second}"


def test_first_chain_of_a_process_may_end_before_it_began() -> None:
    never = Chain(AUTHORITY)

    _, (opening, *_) = never.ended((uuid4(),)).extend([a_draft()], MAY, NOON)

    assert facts_of(opening)["previous_writer_id"] == str(never.writer_id)
    assert facts_of(opening)["previous_writer_sequence"] == 0


def test_doubts_without_end_still_fit_a_leaf() -> None:
    chain = Chain(AUTHORITY)
    for _ in range(5):
        chain = chain.ended(tuple(uuid4() for _ in range(300)))

    _, (opening, *_) = chain.extend([a_draft()], MAY, NOON)

    assert len(opening.leaf) <= MAX_LEAF_BYTES
    assert len(str(facts_of(opening)["doubtful_records"]).split()) == 500


def test_chain_without_key_takes_no_record() -> None:
    with pytest.raises(ValueError, match="key"):
        Chain(AUTHORITY).appended(a_draft())


@pytest.mark.parametrize("subject_bytes", [0, 9_000])
def test_largest_draft_that_passes_the_check_fits_its_leaf(subject_bytes: int) -> None:
    def sized(length: int) -> Draft:
        draft = Draft(RecordKind.LOOKUP_INTENT, NOON, {"address": "x" * length})
        return dataclasses.replace(draft, subject=bytes(subject_bytes) if subject_bytes else None)

    def passes(length: int) -> bool:
        try:
            sized(length).check()
        except ValueError:
            return False
        return True

    fitting, too_long = 0, MAX_LEAF_BYTES
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        fitting, too_long = (middle, too_long) if passes(middle) else (fitting, middle)

    _, (_, record) = Chain(AUTHORITY, sequence=2**62).extend([sized(fitting)], MAY, NOON)
    assert MAX_LEAF_BYTES - 1024 < len(record.leaf) <= MAX_LEAF_BYTES


def test_batch_takes_what_others_may_want_in_one_order() -> None:
    outcomes, claims = [an_outcome(UUID(int=n)) for n in (3, 1, 2)], [an_intent(a_claim(n)) for n in (2, 1)]
    chain, records = Chain(AUTHORITY).extend([*outcomes, *claims, a_draft()], MAY, NOON)
    key = WriterKey.of(AUTHORITY, Ed25519PrivateKey.generate())
    signed = sign_batch(key, AUTHORITY, chain.writer_id, records)

    arguments = batch_arguments(signed, MAY.key_id, records)

    kinds, lookups, keys = (json.loads(str(arguments[at])) for at in (8, 15, 19))
    ordered = [n for kind, n in zip(kinds, lookups, strict=True) if kind == RecordKind.LOOKUP_OUTCOME.value]
    assert ordered == [str(UUID(int=n)) for n in (1, 2, 3)]
    assert keys == [a_claim(n).key_digest.hex() for n in (1, 2)]
