"""Batch signatures, and whose key counts."""

from datetime import timedelta
from pathlib import Path

from app.audit.batches import batch_text
from app.audit.record import RecordKind
from app.audit.verifying.findings import Kind
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly
from tests.audit.verifying.exports import (
    AUTHORITY,
    Writer,
    a_log,
    a_note_key,
)


def test_a_new_writer_key_counts_from_the_record_that_introduces_it_wherever_that_stands(
    tmp_path: Path,
) -> None:
    log, writer = a_log(1)
    second, third = a_note_key("dancu/H19/writer"), a_note_key("dancu/H19/writer")
    Writer(log, third).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    introduced = {"change": "writer key", "before": log.writer_key.verifier, "after": second.verifier}
    writer.commit(log.draft(RecordKind.KEYS_ROTATED, **introduced))
    Writer(log, second).commit(
        log.draft(RecordKind.KEYS_MADE, change="writer key", after=third.verifier),
        log.draft(RecordKind.KEYS_MADE, change="log key", after="x"),
    )
    log.publish()
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a")) == {}
    log.time += timedelta(hours=2)
    writer.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.made_at = log.time
    log.publish()
    (tmp_path / "b").mkdir()
    found = checked(log, tmp_path / "b")
    assert found.listed[Kind.WRITER_KEY_RETIRED][0].detail == log.writer_key.verifier


def test_a_key_that_introduces_itself_is_unknown(tmp_path: Path) -> None:
    log, _ = a_log(1)
    own = a_note_key("dancu/H19/writer")
    made = {"change": "writer key", "after": own.verifier, "before": own.verifier}
    Writer(log, own).commit(log.draft(RecordKind.KEYS_MADE, **made))
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.WRITER_KEY_UNKNOWN: 1}
    assert found.listed[Kind.WRITER_KEY_UNKNOWN][0].detail == f"{own.verifier} x 1"


def test_a_rotation_at_no_readable_time_retires_at_once(tmp_path: Path) -> None:
    log, writer = a_log(1)
    second = a_note_key("dancu/H19/writer")
    introduced = {"change": "writer key", "before": log.writer_key.verifier, "after": second.verifier}
    writer.commit(log.draft(RecordKind.KEYS_ROTATED, **introduced))
    rewrite_wholly(log.rows[-1], time="noon")
    log.publish()
    assert Kind.WRITER_KEY_RETIRED in kinds(checked(log, tmp_path))


def test_two_signatures_over_one_record_are_found_equal_or_overlapping(tmp_path: Path) -> None:
    log, writer = a_log(2)

    def sign(first: int, last: int, head: bytes) -> None:
        text = batch_text(AUTHORITY, writer.writer_id, first, last, head)
        signature = log.writer_key.private_key.sign(text).hex()
        log.batches.append(
            log.batches[-1]
            | {
                "first_sequence": first,
                "last_sequence": last,
                "chain_head": head.hex(),
                "signature": signature,
            }
        )

    sign(5, 5, b"x" * 32)
    sign(3, 4, bytes.fromhex(log.rows[3]["leaf_hash"]))
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.SIGNATURE_TWICE] == 3


def test_thousands_of_made_up_keys_are_just_invalid_signatures(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.batches += [log.batches[0] | {"writer_key_id": f"key {number}"} for number in range(1001)]
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.SIGNATURE_INVALID: 1001}
    assert len(found.listed[Kind.SIGNATURE_INVALID]) == 20
