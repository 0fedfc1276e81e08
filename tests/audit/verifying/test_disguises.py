"""What somebody does who knows the verifier: removal dressed up as what may happen anyway."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.audit.record import RecordKind
from app.audit.verifying.command import verify
from app.audit.verifying.findings import NOWHERE, CannotCheckError, Gap, Kind, Ledger
from app.audit.verifying.report import report_json
from app.audit.verifying.signatures import Batch, SignatureChecker
from app.audit.verifying.spill import Spill
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly, successor
from tests.audit.verifying.exports import AUTHORITY, NOW, Writer, a_log, a_note_key, end_month
from tests.audit.verifying.test_lookups_and_parts import OF_2020, part_of


def _gone(row: dict[str, Any], record_id: str) -> None:
    row.pop("row")
    row.pop("tag", None)
    row["record_id"] = record_id


def _ids(number: int) -> str:
    return OF_2020[:-4] + f"{number:04d}"


@pytest.mark.parametrize("count", [0, 2])
def test_a_lookup_that_is_removed_does_not_hide_in_a_month_that_really_ended(
    tmp_path: Path, count: int
) -> None:
    log, writer = a_log(3)
    end_month(log, writer, "2020-01", count)
    for number in range(count):
        log.rows.insert(0, {"record_id": _ids(100 + number), "leaf_hash": "ab" * 32})
    log.publish()
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a")) == {}
    lookup = {row["leaf_hash"] for row in log.rows[count + 3 : count + 5]}
    for number, row in enumerate(log.rows[count + 3 : count + 5]):  # an intent and its outcome, two batches
        _gone(row, _ids(number))
    log.batches = [batch for batch in log.batches if batch["chain_head"] not in lookup]
    (tmp_path / "b").mkdir()
    found = checked(log, tmp_path / "b")
    assert kinds(found) == {Kind.ROW_DROPPED: 1}
    assert found.listed[Kind.ROW_DROPPED][0].detail.startswith(f"2020-01: {count + 2} > {count} (#")


def test_an_order_that_nobody_carried_out_excuses_nothing(tmp_path: Path) -> None:
    log, writer = a_log(2)
    end_month(log, writer, "2020-02", 0, "2020-01")
    _gone(log.rows[1], _ids(1))
    log.publish()
    assert Kind.ROW_DROPPED in kinds(checked(log, tmp_path))


def test_a_predecessor_is_not_excused_by_what_retention_took_long_before(tmp_path: Path) -> None:
    log, _ = a_log(1)
    end_month(log, successor(log, Writer(log), 3), "2020-01", 1)
    log.rows.insert(0, {"record_id": _ids(1), "leaf_hash": "ab" * 32})
    log.publish()
    assert kinds(checked(log, tmp_path)) == {Kind.CHAIN_SHORTER_THAN_NAMED: 1}


@pytest.mark.parametrize("said", ["1999-01-01T00:00:00Z", "2026-05-06T04:58:00Z"])
def test_an_early_time_in_the_manifest_excuses_no_lookup_without_outcome(tmp_path: Path, said: str) -> None:
    log, writer = a_log(1)
    writer.commit(log.intent())
    log.time += timedelta(minutes=30)
    Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    log.said = {"made_at": said}
    found = kinds(checked(log, tmp_path, now=NOW + timedelta(hours=1)))
    assert found[Kind.INTENT_OPEN] == 1
    assert found[Kind.CHAIN_UNENDED] == 1


def test_a_predecessor_s_number_that_is_none_is_a_finding_and_no_end_of_the_check(tmp_path: Path) -> None:
    log, writer = a_log(1)
    successor(log, writer, 3).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    rewrite_wholly(log.rows[3], previous_writer_sequence="9" * 4000)
    log.publish()
    assert Kind.CHAIN_START in kinds(checked(log, tmp_path))


def test_a_time_that_is_none_is_not_repeated_by_any_report(tmp_path: Path) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[2], time="099190000017")
    log.publish()
    assert "099190000017" not in report_json(checked(log, tmp_path))


def test_a_log_that_succeeded_another_is_checked_by_its_own_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, _ = a_log(1)
    log.publish()
    former, log.log_key = log.log_key, a_note_key("dancu/H19/2")
    Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    (tmp_path / "a").mkdir()
    found = checked(log, tmp_path / "a")
    assert kinds(found) == {}
    assert found.gaps[Gap.FORMER_LOG] == 1
    # Whoever was given the former key only is told that there is another log.
    (tmp_path / "b").mkdir()
    assert Kind.CHECKPOINT_OTHER_LOG in kinds(checked(log, tmp_path / "b", log_key=former.verifier))
    options = ["--dir", str(tmp_path / "a" / "export"), "--writer-key", log.writer_key.verifier]
    assert verify([*options, "--log-key", log.log_key.verifier]) == 0
    assert verify([*options, "--log-key", a_note_key("dancu/H19/x").verifier]) == 1
    assert "dancu/H19/2" in capsys.readouterr().out


@pytest.mark.parametrize("file", ["checkpoints", "month_keys"])
def test_what_would_have_to_be_kept_in_memory_is_limited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    log, _ = a_log(1)
    log.publish()
    most = {"checkpoints": 1000, "month_keys": 10_000}[file]
    folder = log.write(tmp_path / "export")
    lines = folder / f"{file}.jsonl"
    lines.write_bytes(lines.read_bytes() * (most + 1))
    assert verify(["--dir", str(folder), "--log-key", log.log_key.verifier]) == 2
    assert f"{file}.jsonl: line {most + 1} is not readable" in capsys.readouterr().err


def test_more_introductions_of_writers_keys_than_there_can_be_end_the_check() -> None:
    batch = Batch(UUID(int=7), 1, 1, bytes(32), "k")
    with Spill() as spill:
        checker = SignatureChecker(AUTHORITY, (), spill, Ledger())
        made = {"kind": "keys.made", "change": "writer key", "after": "k"}
        for _ in range(10_000):
            checker.introduce(made, batch)
        with pytest.raises(CannotCheckError):
            checker.introduce(made, batch)


def test_tags_that_are_gone_with_their_keys_are_not_judged_in_a_part_of_the_log(tmp_path: Path) -> None:
    log, writer = a_log(1)
    log.lookups(writer, 2)
    del log.rows[3]["tag"]
    log.has_month_keys = False
    log.publish()
    part_of(log, 3, 6)
    found = checked(log, tmp_path)
    assert not found.is_broken
    assert found.cannot == []


def test_a_record_backdated_to_before_its_key_was_retired_is_told(tmp_path: Path) -> None:
    log, writer = a_log(1)
    second = a_note_key("dancu/H19/writer")
    introduced = {"change": "writer key", "before": log.writer_key.verifier, "after": second.verifier}
    writer.commit(log.draft(RecordKind.KEYS_ROTATED, **introduced))
    rotated = log.time
    log.time = log.made_at = rotated + timedelta(hours=2)
    Writer(log, second).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    (tmp_path / "a").mkdir()
    assert Kind.WRITER_KEY_LATE not in kinds(checked(log, tmp_path / "a"))
    log.time = rotated - timedelta(minutes=1)
    stolen = Writer(log)
    stolen.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    stolen.close()
    log.publish()
    (tmp_path / "b").mkdir()
    found = checked(log, tmp_path / "b")
    assert found.listed[Kind.WRITER_KEY_LATE][0].detail == log.writer_key.verifier
    assert not found.is_broken


def test_of_signatures_that_all_might_cover_a_record_only_the_nearest_are_looked_at() -> None:
    ledger, writer_id, add = Ledger(), UUID(int=7), "insert into batch values (?, ?, ?, ?, 'k', ?, 0)"
    with Spill() as spill:
        checker = SignatureChecker(AUTHORITY, (), spill, ledger)
        spill.put(add, writer_id.bytes, 1, 1000, bytes(32), bytes(16))
        for first in range(2, 101):
            spill.put(add, writer_id.bytes, first, first, bytes(32), bytes(16))
        assert checker.batch_of(writer_id, 500, NOWHERE) == Batch(writer_id, 1, 1000, bytes(32), "k")
        spill.put(add, writer_id.bytes, 101, 101, bytes(32), bytes(16))
        assert checker.batch_of(writer_id, 500, NOWHERE) is None
    assert ledger.totals[Kind.SIGNATURE_MISSING] == 1
