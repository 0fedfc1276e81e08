"""Chains of writers: what follows what, and how they end."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.chain import Chain
from app.audit.record import RecordKind
from app.audit.verifying.findings import NOTICES, Kind
from tests.audit.verifying.checks import checked, drop, kinds, rewrite_wholly, successor
from tests.audit.verifying.exports import (
    AUTHORITY,
    NOW,
    Log,
    Writer,
    a_log,
)


def test_a_chain_that_ended_in_doubt_is_sound_with_or_without_its_doubtful_records(tmp_path: Path) -> None:
    log, writer = a_log(1)
    lines = writer.commit(log.draft(RecordKind.SIGN_IN_FAILED), log.draft(RecordKind.SIGN_IN_FAILED))
    doubtful = [UUID(line["record_id"]) for line in lines]
    after = successor(log, writer, 3, *doubtful)
    after.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a")) == {Kind.DOUBTFUL_RECORDS: 1}
    (tmp_path / "b").mkdir()
    log, writer = a_log(1)
    successor(log, writer, 3, uuid4()).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    assert kinds(checked(log, tmp_path / "b")) == {}


def test_records_behind_a_named_end_are_found_where_nobody_doubted_them(tmp_path: Path) -> None:
    log, writer = a_log(1)
    successor(log, writer, 2, uuid4()).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    assert kinds(checked(log, tmp_path)) == {Kind.CHAIN_LONGER_THAN_NAMED: 1}


def test_a_chain_whose_end_was_dropped_before_it_was_taken_in_is_found_by_itssuccessor(
    tmp_path: Path,
) -> None:
    log, writer = a_log(2)
    successor(log, writer, 5).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    gone = Chain(AUTHORITY)
    successor(log, Writer(log, chain=gone), 4).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    successor(log, Writer(log, chain=Chain(AUTHORITY)), 0).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    del log.rows[4], log.batches[4 - 1]
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.CHAIN_SHORTER_THAN_NAMED: 2}
    assert {each.detail for each in found.listed[Kind.CHAIN_SHORTER_THAN_NAMED]} == {
        f"{writer.writer_id}: 5-5",
        f"{gone.writer_id}: 1-4",
    }


def test_a_chain_that_just_stopped_is_noted_with_its_last_time(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.made_at = NOW + timedelta(minutes=5)
    log.publish()
    (notice,) = checked(log, tmp_path).listed[Kind.CHAIN_UNENDED]
    assert notice.kind in NOTICES
    assert str(notice.place.time).startswith("2026-05-06T04:58:00")


def test_nothing_follows_the_end_of_a_chain_and_nothing_opens_it_twice(tmp_path: Path) -> None:
    log, writer = a_log(1)
    writer.close()
    writer.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    rewrite_wholly(log.rows[2], kind="writer.opened")
    rewrite_wholly(log.rows[0], kind="sign_in.failed")
    log.publish()
    found = kinds(checked(log, tmp_path))
    assert (found[Kind.CHAIN_AFTER_END], found[Kind.CHAIN_START]) == (1, 2)


@pytest.mark.parametrize(
    "facts",
    [
        {"previous_writer_id": "x"},
        {"previous_writer_id": str(UUID(int=1)), "previous_writer_sequence": "x"},
        {"previous_writer_id": str(UUID(int=1)), "doubtful_records": "x"},
    ],
)
def test_a_chain_that_names_its_predecessor_in_no_readable_way_is_found(
    tmp_path: Path, facts: dict[str, Any]
) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[0], **facts)
    log.publish()
    assert Kind.CHAIN_START in kinds(checked(log, tmp_path))


def test_a_gap_before_a_record_that_names_no_hash_is_a_gap(tmp_path: Path) -> None:
    log, _ = a_log(2)
    rewrite_wholly(log.rows[3], previous_hash="none")
    drop(log, 2)
    log.publish()
    assert Kind.CHAIN_GAP in kinds(checked(log, tmp_path))


@pytest.mark.parametrize("facts", [{"writer_sequence": "3"}, {"writer_sequence": 0}, {"writer_id": "x"}])
def test_a_record_without_a_place_in_a_chain_is_found(tmp_path: Path, facts: dict[str, Any]) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[-1], **facts)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.CHAIN_START] == 1


def test_a_gap_of_several_is_filled_late_one_by_one(tmp_path: Path) -> None:
    log, writer = a_log(3)
    late = [log.rows.pop(2) for _ in range(3)]
    log.rows += [late[1], late[0], late[2]]
    log.batches = [batch for batch in log.batches if batch["first_sequence"] != 4]
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.CHAIN_GAP: 1, Kind.CHAIN_LATE: 3, Kind.SIGNATURE_MISSING: 1}
    assert found.listed[Kind.CHAIN_GAP][0].detail == f"{writer.writer_id}: 3-5"


def test_a_record_under_a_month_that_its_chain_did_not_open_is_found(tmp_path: Path) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[-1], key_id="H19/2026-06")
    log.publish()
    assert Kind.CHAIN_KEY_UNNAMED in kinds(checked(log, tmp_path))


def test_many_chains_at_once_are_kept_apart_outside_of_memory(tmp_path: Path) -> None:
    log = Log()
    writers = [Writer(log) for _ in range(1100)]
    for _ in range(2):
        for writer in writers:
            writer.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    log.made_at = log.time
    ledger = checked(log, tmp_path)
    assert kinds(ledger) == {}
    assert ledger.facts["chains"] == 1100
