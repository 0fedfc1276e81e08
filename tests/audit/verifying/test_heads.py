"""Tree and checkpoints: signed by this log, of these records, continuing older ones, seen by witnesses."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.audit.tree.notes import VerifierKey
from app.audit.tree.policy import read_policy
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly
from tests.audit.verifying.exports import (
    NOW,
    Log,
    Witness,
    a_log,
    a_note_key,
)


def test_leaves_that_are_not_where_they_say_are_found(tmp_path: Path) -> None:
    log, _ = a_log(2)
    log.publish()
    log.rows[2]["index"] = 7
    log.said = {"end_index": 4}
    found = checked(log, tmp_path).listed[Kind.LEAF_MISSING]
    assert [(each.place.index, each.detail) for each in found] == [(7, "2"), (None, "5 / 4")]


def test_a_checkpoint_of_another_log_or_without_signature_proves_nothing(tmp_path: Path) -> None:
    log, _ = a_log(1)
    note = log.publish()
    log.checkpoints[0]["note"] = note.replace("dancu/H19", "dancu/H20")
    (tmp_path / "a").mkdir()
    assert set(kinds(checked(log, tmp_path / "a"))) == {Kind.CHECKPOINT_OTHER_LOG, Kind.CHECKPOINT_MISSING}
    (tmp_path / "b").mkdir()
    log.checkpoints[0]["note"] = note
    stranger = a_note_key("dancu/H19").verifier
    assert set(kinds(checked(log, tmp_path / "b", log_key=stranger))) == {
        Kind.CHECKPOINT_UNSIGNED,
        Kind.CHECKPOINT_MISSING,
    }


def test_an_older_checkpoint_shows_a_rewritten_past_and_a_lost_end(tmp_path: Path) -> None:
    log, writer = a_log(2)
    older = log.publish()
    log.lookups(writer, 1)
    newest = log.publish()
    log.checkpoints.clear()
    del log.rows[-1]
    rewrite_wholly(log.rows[2], outcome="not_found")
    log.publish()
    ledger = checked(log, tmp_path, since=[("old", older), ("new", newest)])
    assert ledger.listed[Kind.NOT_A_CONTINUATION][0].detail == "old: 5"
    assert ledger.listed[Kind.SHORTER_THAN_BEFORE][0].detail == "new: 7 > 6"


def test_a_checkpoint_that_is_none_cannot_be_compared(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.publish()
    with pytest.raises(CannotCheckError, match="--since old"):
        checked(log, tmp_path, since=[("old", "nothing")])


def _policy(*witnesses: Witness, quorum: int) -> Any:
    lines = [f"witness w{number} {witness.verifier}" for number, witness in enumerate(witnesses)]
    members = " ".join(f"w{number}" for number in range(len(witnesses)))
    return read_policy("\n".join([*lines, f"group all {quorum} {members}", "quorum all\n"]).encode())


def test_the_newest_checkpoint_that_a_quorum_saw_counts_and_what_came_since_is_told(tmp_path: Path) -> None:
    log, writer = a_log(1)
    one, two = Witness(), Witness("witness.example/w2")
    earlier = NOW - timedelta(minutes=30)
    log.publish(one, two, at=earlier)
    log.lookups(writer, 1)
    log.publish(one)
    options: dict[str, Any] = {"policy": _policy(one, two, quorum=2)}
    ledger = checked(log, tmp_path, **options, max_age=timedelta(minutes=29))
    assert kinds(ledger) == {Kind.NOT_WITNESSED_YET: 1, Kind.CHECKPOINT_OLD: 1}
    assert ledger.listed[Kind.NOT_WITNESSED_YET][0].detail == "2"
    assert (ledger.facts["witnessed_size"], ledger.facts["witnessed_by"]) == (3, "w0, w1")
    (tmp_path / "b").mkdir()
    assert kinds(checked(log, tmp_path / "b", policy=_policy(one, quorum=1))) == {}


def test_too_few_witnesses_or_a_cosignature_of_another_text_are_no_quorum(tmp_path: Path) -> None:
    log, _ = a_log(1)
    one, two = Witness(), Witness("witness.example/w2")
    log.publish(one)
    log.checkpoints[0]["cosignatures"].append(two.line("another\ntext\n", NOW))
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a", policy=_policy(one, two, quorum=2))) == {Kind.QUORUM_MISSED: 1}
    (tmp_path / "b").mkdir()
    log.rows[0]["leaf_hash"] = "00" * 32
    assert Kind.QUORUM_MISSED in kinds(checked(log, tmp_path / "b", policy=_policy(one, quorum=1)))


def test_a_time_far_off_is_no_time(tmp_path: Path) -> None:
    log, _ = a_log(1)
    witness = Witness()
    log.publish()
    text = log.checkpoints[0]["note"].partition("\n\n")[0] + "\n"
    log.checkpoints[0]["cosignatures"] = [witness.line_at(text, 2**62)]
    options: dict[str, Any] = {"policy": _policy(witness, quorum=1), "max_age": timedelta(minutes=1)}
    assert kinds(checked(log, tmp_path, **options)) == {Kind.CHECKPOINT_OLD: 1}


@pytest.mark.parametrize("said", ["yesterday", "2026-05-06T05:00:00"])
def test_without_witnesses_the_age_is_what_the_database_said(tmp_path: Path, said: str) -> None:
    log, _ = a_log(1)
    log.publish(at=NOW - timedelta(minutes=2))
    options: dict[str, Any] = {"max_age": timedelta(minutes=1)}
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a", **options)) == {Kind.CHECKPOINT_OLD: 1}
    (tmp_path / "b").mkdir()
    assert kinds(checked(log, tmp_path / "b", max_age=timedelta(minutes=3))) == {}
    (tmp_path / "c").mkdir()
    log.checkpoints[0]["signed_at"] = said
    assert kinds(checked(log, tmp_path / "c", **options)) == {Kind.CHECKPOINT_OLD: 1}
    (tmp_path / "d").mkdir()
    log.checkpoints.clear()
    assert kinds(checked(log, tmp_path / "d", **options)) == {
        Kind.CHECKPOINT_MISSING: 1,
        Kind.CHECKPOINT_OLD: 1,
    }


def a_succeeded_log() -> tuple[Log, str, str]:
    """Return a log that goes on under another name and key; the former's last checkpoint and its key."""
    log, writer = a_log(1)
    kept, former = log.publish(), log.log_key.verifier
    log.log_key = a_note_key("dancu/H19/2")
    log.lookups(writer, 1)
    log.publish()
    return log, kept, former


def test_a_log_that_succeeded_another_is_checked_by_its_own_key_and_says_what_it_left_out(
    tmp_path: Path,
) -> None:
    log, _, _ = a_succeeded_log()
    ledger = checked(log, tmp_path)
    assert kinds(ledger) == {}
    assert (ledger.looked_at[Check.CHECKPOINT], ledger.gaps[Gap.FORMER_LOG]) == (1, 1)


def test_with_the_former_logs_key_its_checkpoints_count_too(tmp_path: Path) -> None:
    log, kept, former = a_succeeded_log()
    (tmp_path / "a").mkdir()
    options: dict[str, Any] = {"since": [("kept", kept)], "former_log_keys": [VerifierKey.from_text(former)]}
    ledger = checked(log, tmp_path / "a", **options)
    assert kinds(ledger) == {}
    assert (ledger.looked_at[Check.CHECKPOINT], Gap.FORMER_LOG in ledger.gaps) == (2, False)
    (tmp_path / "b").mkdir()
    rewrite_wholly(log.rows[1], officer_id=str(UUID(int=8)))
    assert kinds(checked(log, tmp_path / "b", **options))[Kind.NOT_A_CONTINUATION] == 1
    (tmp_path / "c").mkdir()
    with pytest.raises(CannotCheckError, match="--since kept: no key"):
        checked(log, tmp_path / "c", since=[("kept", kept)])


def test_a_former_logs_key_vouches_for_nothing_that_its_successor_signed(tmp_path: Path) -> None:
    log, _, former = a_succeeded_log()
    (tmp_path / "a").mkdir()
    found = kinds(checked(log, tmp_path / "a", log_key=former))
    assert found == {Kind.CHECKPOINT_OTHER_LOG: 1, Kind.CHECKPOINT_MISSING: 1}


def test_a_thief_of_a_former_logs_key_cannot_sign_what_stands_now(tmp_path: Path) -> None:
    log, _ = a_log(1)
    log.publish()
    successor = a_note_key("dancu/H19/2").verifier
    former = [VerifierKey.from_text(log.log_key.verifier)]
    options: dict[str, Any] = {"log_key": successor, "former_log_keys": former}
    assert kinds(checked(log, tmp_path, **options)) == {Kind.CHECKPOINT_MISSING: 1}
