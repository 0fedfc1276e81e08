"""What the verifier says of a sound log: nothing; and of each kind of tampering: just that."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.audit.record import RecordKind
from app.audit.tree.policy import read_policy
from app.audit.verifying.findings import Check, Gap, Kind
from tests.audit.verifying.checks import checked, drop, kinds, rewrite, rewrite_wholly
from tests.audit.verifying.exports import (
    Log,
    Witness,
    Writer,
    a_log,
    a_note_key,
)


def test_a_sound_export_has_no_finding_and_everything_in_it_is_looked_at(tmp_path: Path) -> None:
    log, writer = a_log(3)
    writer.close()
    witness = Witness()
    older = log.publish()
    Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish(witness)
    policy = read_policy(f"witness w {witness.verifier}\nquorum w\n".encode())
    ledger = checked(log, tmp_path, policy=policy, since=[("old", older)], max_age=timedelta(minutes=5))
    assert kinds(ledger) == {}
    assert ledger.gaps == {}
    assert {check: ledger.looked_at[check] for check in Check} == {
        Check.FILES: 7,
        Check.CHECKPOINT: 2,
        Check.TREE: 10,
        Check.SINCE: 1,
        Check.WITNESSES: 1,
        Check.AGE: 1,
        Check.BYTES: 10,
        Check.CHAINS: 10,
        Check.SIGNATURES: 8,
        Check.COLUMNS: 10,
        Check.SUBJECTS: 3,
        Check.TAGS: 3,
        Check.LOOKUPS: 3,
        Check.OUTSIDE: 0,
        Check.RETENTION: 0,
        Check.DROPS: 0,
        Check.PROOFS: 0,
        Check.ROWS: 0,
    }
    assert ledger.facts["chains"] == 2


def test_what_was_not_given_is_said_not_to_be_checked(tmp_path: Path) -> None:
    log, _ = a_log()
    log.publish()
    ledger = checked(log, tmp_path, root=None, writer_keys=())
    assert set(ledger.gaps) == {Gap.NO_OLD_CHECKPOINT, Gap.NO_WITNESSES, Gap.NO_MAX_AGE, Gap.NO_ROOT_KEY}
    assert kinds(ledger) == {Kind.WRITER_KEY_UNPINNED: 1}
    assert not ledger.is_broken


def test_keys_that_the_export_does_not_hold_are_said_to_be_missing(tmp_path: Path) -> None:
    log, _ = a_log()
    log.publish()
    ledger = checked(log, tmp_path, with_keys=False)
    assert Gap.NO_KEYS_IN_EXPORT in ledger.gaps
    assert ledger.looked_at[Check.SUBJECTS] == 0


Change = Callable[[Log, Writer], object]


def swap_leaves(log: Log) -> None:
    other = Writer(log)
    other.commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.rows[-1], log.rows[-3] = log.rows[-3], log.rows[-1]


def swap_columns(log: Log) -> None:
    log.rows[1]["row"]["columns"]["dossier_code"] = "H19.34-230301-0001"


def forge(log: Log, writer: Writer, **kind: Any) -> None:
    """Append what no key of ours signed."""
    writer.commit(log.draft(RecordKind.SIGN_IN_FAILED), **kind)
    log.batches.pop()


BEFORE_SIGNING: list[tuple[str, Change, set[Kind]]] = [
    (
        "edited bytes",
        lambda log, _: rewrite(log.rows[2], outcome="not_found"),
        {Kind.BYTES_DIFFER, Kind.CHAIN_LINK, Kind.SIGNATURE_HEAD},
    ),
    (
        "edited record with its hashes",
        lambda log, _: rewrite_wholly(log.rows[2], outcome="not_found"),
        {Kind.CHAIN_LINK, Kind.SIGNATURE_HEAD},
    ),
    (
        "last record edited with its hashes",
        lambda log, _: rewrite_wholly(log.rows[-1], outcome="not_found"),
        {Kind.SIGNATURE_HEAD},
    ),
    (
        "a question removed",
        lambda log, _: drop(log, 3),
        {Kind.CHAIN_GAP, Kind.SIGNED_RECORDS_MISSING, Kind.OUTCOME_ALONE},
    ),
    ("the tail removed", lambda log, _: drop(log, -1), {Kind.SIGNED_RECORDS_MISSING}),
    (
        "a chain's beginning removed",
        lambda log, _: drop(log, 0),
        {Kind.CHAIN_GAP},
    ),
    (
        "a record doubled",
        lambda log, _: log.rows.append(log.rows[-1]),
        {Kind.CHAIN_FORK, Kind.OUTCOME_TWICE},
    ),
    (
        "a record put behind",
        lambda log, _: log.rows.append(log.rows.pop(2)),
        {Kind.CHAIN_GAP, Kind.CHAIN_LATE},
    ),
    ("a forged tail without signature", forge, {Kind.SIGNATURE_MISSING}),
    (
        "a forged chain without signature",
        lambda log, _: forge(log, Writer(log)),
        {Kind.SIGNATURE_MISSING},
    ),
    (
        "a forged chain with a key of its own",
        lambda log, _: Writer(log, a_note_key("dancu/H19/writer")).commit(
            log.draft(RecordKind.SIGN_IN_FAILED)
        ),
        {Kind.WRITER_KEY_UNKNOWN},
    ),
    (
        "a key under another name",
        lambda log, _: Writer(log, a_note_key("dancu/H20/writer")).commit(
            log.draft(RecordKind.SIGN_IN_FAILED)
        ),
        {Kind.SIGNATURE_INVALID, Kind.SIGNATURE_MISSING},
    ),
    (
        "a broken key id",
        lambda log, _: log.batches[-1].update(writer_key_id="none"),
        {Kind.SIGNATURE_INVALID, Kind.SIGNATURE_MISSING},
    ),
    (
        "a changed signature",
        lambda log, _: log.batches[-1].update(signature="00" * 64),
        {Kind.SIGNATURE_INVALID, Kind.SIGNATURE_MISSING},
    ),
    ("a column changed", lambda log, _: swap_columns(log), {Kind.COLUMNS_DIFFER}),
    (
        "a record under another id",
        lambda log, _: log.rows[-1].update(record_id=str(uuid4())),
        {Kind.COLUMNS_DIFFER},
    ),
    ("a tag removed", lambda log, _: log.rows[1].pop("tag"), {Kind.TAG_MISSING}),
    ("a tag of somebody else", lambda log, _: log.rows[1]["tag"].update(tag="00" * 32), {Kind.TAG_WRONG}),
    (
        "a tag of another month",
        lambda log, _: log.rows[1]["tag"].update(key_id="H19/2026-04"),
        {Kind.TAG_WRONG},
    ),
    (
        "a tag at another time",
        lambda log, _: log.rows[1]["tag"].update(recorded_at="2026-05-06T05:00:00.000000Z"),
        {Kind.TAG_WRONG},
    ),
    (
        "a tag on a record that has none",
        lambda log, _: log.rows[2].update(tag=log.rows[1]["tag"]),
        {Kind.TAG_STRAY},
    ),
    (
        "a tag without record",
        lambda log, _: log.stray_tags.append({"record_id": str(uuid4())}),
        {Kind.TAG_STRAY},
    ),
    (
        "a row beside the tree",
        lambda log, _: Writer(log).commit(log.draft(RecordKind.SIGN_IN_FAILED), to=log.outside),
        {Kind.ROW_OUTSIDE},
    ),
    (
        "a second answer",
        lambda log, writer: writer.commit(
            log.draft(RecordKind.LOOKUP_OUTCOME, lookup_id=log.rows[1]["record_id"], outcome="unknown")
        ),
        {Kind.OUTCOME_TWICE},
    ),
    (
        "an answer to nothing",
        lambda log, writer: writer.commit(
            log.draft(RecordKind.LOOKUP_OUTCOME, lookup_id=str(uuid4()), outcome="unknown")
        ),
        {Kind.OUTCOME_ALONE},
    ),
    (
        "a row gone",
        lambda log, _: log.rows[-1].pop("row"),
        {Kind.ROW_DROPPED},
    ),
    (
        "a row gone and its tag not",
        lambda log, _: log.rows[1].pop("row"),
        {Kind.ROW_DROPPED, Kind.CHAIN_GAP, Kind.TAG_STRAY},
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in BEFORE_SIGNING], ids=[case[0] for case in BEFORE_SIGNING]
)
def test_one_change_is_found_as_what_it_is_even_under_a_tree_that_was_signed_again(
    tmp_path: Path, change: Change, expected: set[Kind]
) -> None:
    log, writer = a_log(3)
    change(log, writer)
    log.publish()
    ledger = checked(log, tmp_path)
    assert set(kinds(ledger)) == expected
    assert ledger.is_broken


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda log: log.rows[2].update(leaf_hash="00" * 32), {Kind.ROOT_DIFFERS, Kind.BYTES_DIFFER}),
        (lambda log: drop(log, 3), {Kind.ROOT_DIFFERS}),
        (lambda log: drop(log, -1), {Kind.ROOT_DIFFERS}),
        (lambda log: log.rows.append(log.rows.pop(2)), {Kind.ROOT_DIFFERS}),
        (lambda log: log.checkpoints.clear(), {Kind.CHECKPOINT_MISSING}),
    ],
    ids=["edited", "removed", "truncated", "moved", "no checkpoint"],
)
def test_a_tree_that_is_not_the_signed_one_is_found(
    tmp_path: Path, change: Callable[[Log], object], expected: set[Kind]
) -> None:
    log, _ = a_log(3)
    log.publish()
    change(log)
    assert set(kinds(checked(log, tmp_path))) >= expected
