"""The log that `python -m bench.volume` invents is one that the gateway could have written."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.audit.chain import GENESIS
from app.audit.keyring import month_of
from app.audit.record import Draft, Outcome, RecordKind, read_leaf
from app.audit.sealing import MonthKey
from app.audit.writer_keys import WriterKey
from app.lookup.decision import Permit
from app.lookup.evidence import intent_draft, outcome_draft
from app.lookup.paper import PaperReason, PaperRuling
from app.lookup.source import Journey
from bench.decision import asking_caller, lookup_command
from bench.volume_chains import Keys, Written, write_stretch
from bench.volume_lookups import Stretch, events_of
from bench.volume_world import Size, World

SIZE: Final = Size(records=1_200, months=3, last_day=date(2026, 10, 30))
STRETCH: Final = Stretch(number=1, count=4, records=300)


@pytest.fixture(scope="module")
def world() -> World:
    return World(SIZE)


@pytest.fixture(scope="module")
def written(world: World) -> list[Written]:
    months = {
        month: MonthKey(f"H19/{month}", month, X25519PrivateKey.generate().public_key(), bytes(32))
        for month in world.months
    }
    return write_stretch(world, STRETCH, Keys(months, WriterKey.of("H19", Ed25519PrivateKey.generate())))


def test_a_stretch_has_exactly_its_records_and_each_is_a_record_of_ours(written: list[Written]) -> None:
    records = [record for one in written for record in one.records]
    assert len(records) == STRETCH.records
    for record in records:
        if record.draft.kind not in (RecordKind.WRITER_OPENED, RecordKind.WRITER_KEY):
            record.draft.check()  # as the gateway does before it writes
        assert read_leaf(record.leaf)["record_id"] == str(record.draft.record_id)


def test_chains_link_and_their_batches_say_which_records_they_sign(written: list[Written]) -> None:
    heads = dict[UUID, tuple[int, bytes]]()
    for one in written:
        sequence, head = heads.get(one.batch.writer_id, (0, GENESIS))
        for record in one.records:
            facts = read_leaf(record.leaf)
            assert (facts["writer_sequence"], facts["previous_hash"]) == (sequence + 1, head.hex())
            sequence, head = record.sequence, record.leaf_hash
        assert (one.batch.last_sequence, one.batch.chain_head) == (sequence, head)
        heads[one.batch.writer_id] = sequence, head
    assert len(heads) > 1


def test_a_record_bears_the_key_and_the_id_of_its_month(written: list[Written]) -> None:
    for one in written:
        for record in one.records:
            at = datetime.fromtimestamp((record.draft.record_id.int >> 80) / 1000, UTC)
            assert at == record.draft.time
            assert one.key_id == f"H19/{month_of(at)}"


def test_the_same_happens_each_time_and_something_else_under_another_seed(world: World) -> None:
    def told(size: Size) -> list[tuple[UUID, dict[str, object]]]:
        events = events_of(World(size), STRETCH, 280)
        return [(draft.record_id, dict(draft.facts)) for drafts in events for draft in drafts]

    other = Size(SIZE.records, SIZE.months, SIZE.last_day, seed=SIZE.seed + 1)
    assert told(SIZE) == told(SIZE) != told(other)


def test_invented_questions_and_answers_say_what_the_gateways_say(world: World) -> None:
    caller, command = asking_caller(), lookup_command("1.000000")
    permit = Permit(frozenset(), "1.000000.01", "C1", "Nghị định 104/2022/NĐ-CP, Điều 14")
    now = datetime(2026, 10, 1, tzinfo=UTC)
    intent = intent_draft(caller, command, permit, "c06", now)
    ruling = PaperRuling(may_ask=False, because=PaperReason.FOUND)
    journey = Journey("c06", tries=1)
    outcome = outcome_draft(intent.record_id, Outcome.FOUND, ruling, now, 1.0, journey=journey)
    invented = [draft for drafts in events_of(world, STRETCH, 280) for draft in drafts]
    assert set(intent.facts) in _names(invented, RecordKind.LOOKUP_INTENT)
    assert _names(invented, RecordKind.LOOKUP_OUTCOME) == [set(outcome.facts)]


def test_some_citizens_are_asked_for_far_more_often_than_others() -> None:
    events = [
        draft
        for number in range(4)
        for drafts in events_of(World(SIZE), Stretch(number, 4, 300), 280)
        for draft in drafts
    ]
    counts = Counter(draft.searched_number for draft in events if draft.searched_number is not None)
    assert max(counts.values()) > 10 * min(counts.values())


def _names(drafts: list[Draft], kind: RecordKind) -> list[set[str]]:
    """Return the different sets of names that records of *kind* have."""
    sets = {frozenset(draft.facts) for draft in drafts if draft.kind is kind}
    return [set(names) for names in sets]
