"""Files of an export that are missing, changed or not readable, and records that are none."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.record import RecordKind
from app.audit.tree.notes import VerifierKey
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.findings import CannotCheckError, Kind
from app.audit.verifying.heads import Trust
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly
from tests.audit.verifying.exports import NOW, Writer, a_log


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.json", "{}"),
        ("manifest.json", '{"format": "another"}'),
        ("manifest.json", "[" * 100_000),
        ("leaves.jsonl", "no json\n"),
        ("leaves.jsonl", "[" * 100_000 + "\n"),
        ("leaves.jsonl", "[]\n"),
        ("leaves.jsonl", "{}\n"),
        ("leaves.jsonl", '{"record_id": "x"}'),
        ("outside.jsonl", f'{{"record_id": "{UUID(int=1)}", "leaf_hash": "{"00" * 32}"}}\n'),
        ("batches.jsonl", "{}\n"),
        ("checkpoints.jsonl", "{}\n"),
        ("month_keys.jsonl", "{}\n"),
    ],
)
def test_what_is_not_readable_is_no_verdict_on_the_evidence(tmp_path: Path, name: str, text: str) -> None:
    log, _ = a_log(1)
    log.publish()
    folder = log.write(tmp_path / "export")
    (folder / name).write_text(text)
    with pytest.raises(CannotCheckError):
        examine(Examination(folder, Trust(VerifierKey.from_text(log.log_key.verifier)), NOW))
    (folder / name).unlink()
    with pytest.raises(CannotCheckError, match=name):
        examine(Examination(folder, Trust(VerifierKey.from_text(log.log_key.verifier)), NOW))


@pytest.mark.parametrize(
    "change",
    [
        {"leaf_hash": "00"},
        {"leaf_hash": 7},
        {"index": -1},
        {"index": "0"},
        {"row": {"leaf": 7}},
        {"row": {"leaf_base64": "?", "leaf_hash": "00" * 32, "columns": {}}},
        {"row": {"leaf": "", "leaf_hash": "00" * 32, "columns": {"kind": []}}},
    ],
)
def test_a_leaf_that_is_none_is_no_verdict_on_the_evidence(tmp_path: Path, change: dict[str, Any]) -> None:
    log, _ = a_log(1)
    log.publish()
    log.rows[1] |= change
    with pytest.raises(CannotCheckError, match="line 2"):
        checked(log, tmp_path)


@pytest.mark.parametrize(
    "said",
    [{"end_index": 99}, {"first_index": 2, "end_index": 1}, {"tree_size": True}, {"before": ["00" * 32]}],
)
def test_a_manifest_that_contradicts_itself_is_no_verdict_on_the_evidence(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    log, _ = a_log(1)
    log.publish()
    log.said = said
    with pytest.raises(CannotCheckError):
        checked(log, tmp_path)


@pytest.mark.parametrize("name", ["leaves.jsonl", "batches.jsonl", "checkpoints.jsonl"])
def test_a_file_that_was_changed_after_the_export_is_named(tmp_path: Path, name: str) -> None:
    log, _ = a_log(1)
    log.publish()
    folder = log.write(tmp_path / "export")
    text = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text.replace('":', '": '), encoding="utf-8")
    ledger = examine(Examination(folder, Trust(VerifierKey.from_text(log.log_key.verifier)), NOW))
    assert [finding.detail for finding in ledger.listed[Kind.FILE_CHANGED]] == [name]


def test_bytes_that_are_no_text_are_a_finding_and_no_failure(tmp_path: Path) -> None:
    log, _ = a_log(1)
    row = log.rows[-1]["row"]
    del row["leaf"]
    row["leaf_base64"] = "/wA="
    log.publish()
    assert set(kinds(checked(log, tmp_path))) == {
        Kind.BYTES_DIFFER,
        Kind.BYTES_UNREADABLE,
        Kind.SIGNATURE_HEAD,
    }


def test_bytes_and_columns_that_both_say_nothing_are_still_told(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.rows[-1]["row"] |= {"leaf": "{}", "columns": {}}
    log.rows[0]["row"] |= {"leaf": "x", "columns": {"writer_id": str(uuid4()), "writer_sequence": 1}}
    log.publish()
    found = kinds(checked(log, tmp_path))
    assert found[Kind.BYTES_DIFFER] == 2
    assert found[Kind.BYTES_UNREADABLE] == 1
    assert found[Kind.FOREIGN_RECORD] == 1
    assert Kind.CHAIN_START in found


def test_a_record_of_another_authority_or_version_is_foreign(tmp_path: Path) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[-1], authority_code="H20")
    rewrite_wholly(log.rows[-2], version=2)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.FOREIGN_RECORD] == 2


def test_a_row_under_no_checkpoint_is_fresh_for_a_minute_and_never_at_a_time_that_is_none(
    tmp_path: Path,
) -> None:
    log, _ = a_log(1)
    log.publish()
    log.made_at = log.time + timedelta(seconds=59)
    Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED), to=log.outside)
    assert len(log.outside) == 2
    rewrite_wholly(log.outside[1], time="noon")
    found = kinds(checked(log, tmp_path))
    assert (found[Kind.ROW_FRESH], found[Kind.ROW_OUTSIDE]) == (1, 1)
