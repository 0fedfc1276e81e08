"""Sealed persons and search tags; how much memory all of it takes."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from app.audit.record import read_leaf
from app.audit.sealing import RootKey
from app.audit.tree.notes import VerifierKey
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind
from app.audit.verifying.heads import Trust
from app.audit.verifying.report import report_json, report_text
from tests.audit.verifying.checks import checked, kinds, rewrite, rewrite_wholly
from tests.audit.verifying.exports import (
    NOW,
    NUMBER,
    Log,
    Month,
    Writer,
    a_log,
    end_month,
)


def test_a_person_that_does_not_open_is_found(tmp_path: Path) -> None:
    log, _ = a_log(2)
    other = read_leaf(log.rows[3]["row"]["leaf"].encode())
    rewrite_wholly(log.rows[1], subject=other["subject"])
    rewrite_wholly(log.rows[3], subject_commitment="00" * 32)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.SUBJECT_BROKEN] == 2


@pytest.mark.parametrize("sealed", ["x", "AAAA"])
def test_a_data_key_that_does_not_open_breaks_its_persons(tmp_path: Path, sealed: str) -> None:
    log, _ = a_log(1)
    rewrite_wholly(log.rows[0], sealed_key=sealed)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.SUBJECT_BROKEN] == 1


@pytest.mark.parametrize("subject", [b"no json", b"[]", b'{"id_number": 7}'])
def test_a_sealed_person_without_a_number_has_another_tag(tmp_path: Path, subject: bytes) -> None:
    log, writer = a_log(1)
    draft = log.intent()
    object.__setattr__(draft, "subject", subject)
    writer.commit(draft)
    log.publish()
    found = kinds(checked(log, tmp_path))
    assert found.keys() & {Kind.SUBJECT_BROKEN, Kind.TAG_WRONG}


def test_a_data_key_sealed_to_another_writer_opens_nothing(tmp_path: Path) -> None:
    log, _ = a_log(1)
    other = Writer(log)
    other.commit(log.intent())
    sealed = read_leaf(log.rows[0]["row"]["leaf"].encode())["sealed_key"]
    rewrite_wholly(log.rows[3], sealed_key=sealed)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.SUBJECT_BROKEN] == 1


def test_thousands_of_writers_keys_are_not_kept(tmp_path: Path) -> None:
    log = Log()
    for _ in range(1001):
        Writer(log).commit(log.intent())
    log.publish()
    log.made_at = log.time
    assert kinds(checked(log, tmp_path)) == {}


def peak_bytes(folder: Path, lookups: int) -> int:
    """Return how much memory checking that many lookups took at most."""
    log, _ = a_log(lookups)
    log.publish()
    written = log.write(folder / str(lookups))
    asked = Examination(written, Trust(VerifierKey.from_text(log.log_key.verifier)), NOW, root=log.root)
    del log
    tracemalloc.start()
    try:
        assert not examine(asked).is_broken
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    peak_bytes(tmp_path, 1)
    few, many = peak_bytes(tmp_path, 200), peak_bytes(tmp_path, 800)
    assert many < few + 30_000  # the ids alone would be 60,000


def test_a_month_whose_keys_are_gone_is_not_opened_and_needs_no_tags(tmp_path: Path) -> None:
    log, writer = a_log(2)
    del log.rows[1]["tag"]
    log.has_month_keys = False
    log.publish()
    (tmp_path / "a").mkdir()
    found = checked(log, tmp_path / "a")
    assert kinds(found) == {Kind.TAG_MISSING: 1}
    assert found.gaps[Gap.MONTH_KEY_GONE] == 2
    assert found.cannot == ["2026-05: its keys are not there, and no record says that it ended"]
    end_month(log, writer, "2026-05", 5, at=NOW + timedelta(days=400))
    log.publish()
    ledger = checked(log, tmp_path)
    assert not ledger.is_broken
    assert ledger.looked_at[Check.SUBJECTS] == 0


def test_records_of_a_month_that_is_gone_beside_one_that_is_not_are_counted(tmp_path: Path) -> None:
    log, writer = a_log(1)
    log.month, gone = Month.made("2026-06"), log.month
    log.lookups(writer, 1)
    log.publish()
    ledger = checked(log, tmp_path)
    assert ledger.gaps[Gap.MONTH_KEY_GONE] == 1
    assert gone.key_id != log.month.key_id
    assert ledger.looked_at[Check.SUBJECTS] == 1


def test_another_root_key_is_said_to_be_another(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.publish()
    with pytest.raises(CannotCheckError, match="root key"):
        checked(log, tmp_path, root=RootKey.from_text(RootKey.generate_text()))


def test_a_report_lists_no_number_whatever_is_wrong(tmp_path: Path) -> None:
    log, _ = a_log(3)
    for row in log.rows[1:]:
        rewrite(row, dossier_code=NUMBER)
        row.pop("tag", None)
    log.publish()
    ledger = checked(log, tmp_path)
    assert ledger.is_broken
    assert NUMBER not in report_text(ledger) + report_json(ledger)
