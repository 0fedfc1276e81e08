"""Lookups and their outcomes, what retention dropped, and parts of the log."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from app.audit.record import RecordKind
from app.audit.tree.growing import aligned_parts
from app.audit.tree.merkle import perfect_parts
from app.audit.verifying.findings import Check, Gap, Kind
from app.clock import SystemClock
from tests.audit.tree.plain import plain_root
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly, successor
from tests.audit.verifying.exports import (
    Log,
    Writer,
    a_log,
    a_note_key,
    end_month,
)

OF_2020 = "016f5e66-e800-7000-8000-000000000001"
OF_APRIL_2025 = "01968924-9bff-7000-8000-000000000001"
OF_MAY_2025 = "01968924-9c00-7000-8000-000000000001"


def test_a_lookup_is_missed_only_once_its_outcome_is_due(tmp_path: Path) -> None:
    log, writer = a_log(1)
    writer.commit(log.intent())
    log.publish()
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a")) == {}
    (tmp_path / "b").mkdir()
    assert kinds(checked(log, tmp_path / "b", orphan_age=timedelta(minutes=1))) == {Kind.INTENT_OPEN: 1}
    rewrite_wholly(log.rows[-1], time="noon")
    log.publish()
    (tmp_path / "c").mkdir()
    assert Kind.INTENT_OPEN in kinds(checked(log, tmp_path / "c"))


def test_a_refusal_needs_no_outcome_and_an_outcome_without_a_lookup_s_id_is_alone(tmp_path: Path) -> None:
    log, writer = a_log(1)
    writer.commit(log.draft(RecordKind.LOOKUP_REFUSED, problem_code="x"))
    log.publish()
    (tmp_path / "a").mkdir()
    assert kinds(checked(log, tmp_path / "a", orphan_age=timedelta(0))) == {}
    rewrite_wholly(log.rows[2], lookup_id="x")
    log.publish()
    (tmp_path / "b").mkdir()
    assert Kind.OUTCOME_ALONE in kinds(checked(log, tmp_path / "b"))


def _dropped(log: Log, *indexes: int) -> None:
    for index in indexes:
        log.rows[index].pop("row")
        log.rows[index].pop("tag", None)


def test_what_retention_dropped_and_said_so_leaves_a_sound_log(tmp_path: Path) -> None:
    log, writer = a_log(3)
    end_month(log, writer, this_month(), 2, "2020-01", at=a_year_later())
    _dropped(log, 0, 1)
    log.publish()
    ledger = checked(log, tmp_path)
    assert kinds(ledger) == {}
    assert ledger.gaps[Gap.RECORDS_DROPPED] == 2 + 2 + 1
    assert ledger.gaps[Gap.DATA_KEY_ELSEWHERE] == 2
    assert ledger.looked_at[Check.RETENTION] == 2


def test_a_predecessor_that_retention_dropped_wholly_is_not_missed(tmp_path: Path) -> None:
    log, writer = a_log(1)
    end_month(log, successor(log, writer, 3), this_month(), 3, at=a_year_later())
    _dropped(log, 0, 1, 2)
    log.publish()
    ledger = checked(log, tmp_path)
    assert kinds(ledger) == {}
    assert ledger.gaps[Gap.RECORDS_DROPPED] == 3 + 3  # the leaves, and the chain they were


def test_rows_that_are_gone_without_a_word_of_retention_are_found_by_month(tmp_path: Path) -> None:
    log, _ = a_log(2)
    log.rows[0]["record_id"] = str(uuid4())
    log.rows[1]["record_id"] = "ffffffff-ffff-7fff-bfff-ffffffffffff"
    _dropped(log, 0, 1)
    log.publish()
    found = checked(log, tmp_path)
    assert {each.detail.partition(":")[0] for each in found.listed[Kind.ROW_DROPPED]} >= {"?"}
    assert any("(#0" in each.detail for each in found.listed[Kind.ROW_DROPPED])


def this_month() -> str:
    """Return the month that the ids of records made here say."""
    return SystemClock().now().strftime("%Y-%m")


def a_year_later() -> datetime:
    """Return a time by which what is made here may be dropped."""
    return SystemClock().now() + timedelta(days=400)


def part_of(log: Log, first: int, end: int) -> None:
    """Leave out all but leaves from *first* up to *end*, as an export of a part does."""
    hashes = [bytes.fromhex(row["leaf_hash"]) for row in log.rows]
    parts = {"before": perfect_parts((0, first)), "after": aligned_parts((end, len(hashes)))}
    log.said = {name: [plain_root(hashes[a:b]).hex() for a, b in each] for name, each in parts.items()}
    log.said |= {"tree_size": len(hashes), "first_index": first, "end_index": end}
    log.rows = [row | {"index": index} for index, row in enumerate(log.rows)][first:end]


def test_a_part_of_the_log_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    log, writer = a_log(2)
    older = log.publish()
    log.lookups(writer, 4)
    log.publish()
    part_of(log, 6, 10)
    ledger = checked(log, tmp_path)
    assert kinds(ledger) == {}
    assert ledger.gaps[Gap.PART_OF_THE_LOG] == 1 + 1 + 2  # the range, a chain, two lookups
    (tmp_path / "b").mkdir()
    ledger = checked(log, tmp_path / "b", since=[("old", older)])
    assert ledger.cannot == ["--since old: this export does not reach leaf 5"]
    assert ledger.gaps[Gap.OLD_CHECKPOINT_ELSEWHERE] == 1
    assert not ledger.is_broken


def test_a_key_that_a_part_of_the_log_does_not_introduce_is_told_for_comparison(tmp_path: Path) -> None:
    log, _ = a_log(1)
    later = a_note_key("dancu/H19/writer")
    Writer(log, later).commit(log.draft(RecordKind.SIGN_IN_FAILED))
    log.publish()
    part_of(log, 1, 5)
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.WRITER_KEY_UNPINNED: 1}
    assert found.listed[Kind.WRITER_KEY_UNPINNED][0].detail == f"{later.verifier} x 1"


def test_a_part_of_the_log_knows_nothing_of_retention_beyond_it(tmp_path: Path) -> None:
    log, writer = a_log(2)
    log.lookups(writer, 4)
    log.publish()
    part_of(log, 6, 10)
    _dropped(log, 1)
    log.rows[1]["record_id"] = OF_APRIL_2025
    assert not checked(log, tmp_path).is_broken
    for number, record_id in enumerate((OF_MAY_2025, str(uuid4()))):  # too young to be dropped; of no month
        log.rows[1]["record_id"] = record_id
        (tmp_path / str(number)).mkdir()
        assert kinds(checked(log, tmp_path / str(number))) == {Kind.ROW_DROPPED: 1}
