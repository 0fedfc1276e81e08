"""Months of the evidence are ended by two persons, and in their time: whatever else is on record is told."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.audit.record import RecordKind
from app.audit.verifying.command import verify
from app.audit.verifying.findings import Check, Gap, Kind
from app.audit.verifying.report import report_text
from tests.audit.verifying.checks import checked, kinds, rewrite_wholly
from tests.audit.verifying.exports import NOW, Drop, Log, Writer, a_log, end_month
from tests.audit.verifying.test_lookups_and_parts import part_of

MARCH_2025 = datetime(2025, 3, 31, 23, 0, tzinfo=UTC)
OF_MARCH_2025 = "01956a8d-1000-7000-8000-000000000001"


def a_dropped_log(*months: str) -> tuple[Log, Writer, Drop]:
    log, writer = a_log(1)
    return log, writer, Drop.of(log, *(months or ("2020-01", "2020-02")))


def test_a_drop_that_two_persons_agreed_on_is_sound(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log()
    drop.commit(log, writer)
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {}
    assert found.looked_at[Check.DROPS] == 1
    assert Gap.APPROVAL_ELSEWHERE not in found.gaps


def nobody_asked(drop: Drop) -> None:
    drop.steps = ("given", "ordered", "ended")


def nobody_approved(drop: Drop) -> None:
    drop.steps = ("asked", "ordered", "ended")


def approved_afterwards(drop: Drop) -> None:
    drop.steps = ("asked", "ordered", "ended", "given")


def names_no_approval(drop: Drop) -> None:
    del drop.ordered["approval_id"]


def names_a_made_up_approval(drop: Drop) -> None:
    drop.ordered["approval_id"] = str(uuid4())


def names_what_is_no_id(drop: Drop) -> None:
    drop.ordered["approval_id"] = "099190000017"


def names_an_approval_of_something_else(drop: Drop) -> None:
    drop.given["change"] = drop.asked["change"] = "unlock"


def approved_by_the_operator(drop: Drop) -> None:
    drop.given["operator"] = "van.hanh"
    del drop.given["officer_id"]


def approved_by_nobody(drop: Drop) -> None:
    del drop.given["officer_id"]


def approved_by_an_officer_at_the_server(drop: Drop) -> None:
    drop.given["operator"] = "quan.tri"


def asked_by_who_approved(drop: Drop) -> None:
    for facts in (drop.asked, drop.given, drop.ordered):
        facts["requested_by"] = str(UUID(int=9))


def asked_in_the_session_of_who_approved(drop: Drop) -> None:
    drop.asked["officer_id"] = str(UUID(int=9))


def other_months_approved(drop: Drop) -> None:
    drop.given["months"] = "2020-01"


def more_months_ordered(drop: Drop) -> None:
    drop.ordered["months"] = f"{drop.months} 2020-03"


def another_requester_named(drop: Drop) -> None:
    drop.ordered["requested_by"] = "operator:khac"


def not_kept_as_long_as_said(drop: Drop) -> None:
    drop.asked["retention_months"] = 76


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (nobody_asked, Kind.DROP_UNAPPROVED),
        (nobody_approved, Kind.DROP_UNAPPROVED),
        (approved_afterwards, Kind.DROP_UNAPPROVED),
        (names_no_approval, Kind.DROP_UNAPPROVED),
        (names_a_made_up_approval, Kind.DROP_UNAPPROVED),
        (names_what_is_no_id, Kind.DROP_UNAPPROVED),
        (names_an_approval_of_something_else, Kind.DROP_UNAPPROVED),
        (approved_by_the_operator, Kind.DROP_SELF_APPROVED),
        (approved_by_nobody, Kind.DROP_SELF_APPROVED),
        (approved_by_an_officer_at_the_server, Kind.DROP_SELF_APPROVED),
        (asked_by_who_approved, Kind.DROP_SELF_APPROVED),
        (asked_in_the_session_of_who_approved, Kind.DROP_SELF_APPROVED),
        (other_months_approved, Kind.DROP_DIFFERS),
        (more_months_ordered, Kind.DROP_DIFFERS),
        (another_requester_named, Kind.DROP_DIFFERS),
        (not_kept_as_long_as_said, Kind.DROP_EARLY),
    ],
    ids=lambda value: value.__name__ if callable(value) else value.value,
)
def test_a_drop_that_is_not_as_two_persons_agreed_is_told(
    tmp_path: Path, plant: Callable[[Drop], None], kind: Kind
) -> None:
    log, writer, drop = a_dropped_log()
    plant(drop)
    drop.commit(log, writer)
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {kind: 1}
    assert found.listed[kind][0].place.time is not None
    assert "099190000017" not in report_text(found)


def test_the_command_says_it_in_both_languages_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, writer, drop = a_dropped_log()
    nobody_approved(drop)
    drop.commit(log, writer)
    log.publish()
    options = ["--dir", str(log.write(tmp_path / "export")), "--writer-key", log.writer_key.verifier]
    assert verify([*options, "--log-key", log.log_key.verifier]) == 1
    report = capsys.readouterr().out
    assert "lệnh hủy tháng mà trước khi thực hiện không có đủ yêu cầu và phê duyệt được ghi" in report
    assert (
        "an order to end months with no request, or no approval, on record before it was carried out"
        in report
    )
    assert str(drop.request.approval_id) in report


@pytest.mark.parametrize(
    ("decided", "found"),
    [
        ((RecordKind.APPROVAL_REFUSED,), {Kind.DROP_UNAPPROVED: 1}),
        ((RecordKind.APPROVAL_GIVEN, RecordKind.APPROVAL_REFUSED), {Kind.DROP_UNAPPROVED: 1}),
        # A decision that could not be committed is on record, and is made again.
        ((RecordKind.APPROVAL_REFUSED, RecordKind.APPROVAL_GIVEN), {}),
        ((RecordKind.APPROVAL_GIVEN, RecordKind.APPROVAL_GIVEN), {}),
    ],
    ids=["refused", "refused at last", "given at last", "given twice"],
)
def test_the_last_decision_before_the_order_counts(
    tmp_path: Path, decided: tuple[RecordKind, ...], found: dict[Kind, int]
) -> None:
    log, writer, drop = a_dropped_log()
    drop.steps = ("asked",)
    drop.commit(log, writer)
    for kind in decided:
        writer.commit(log.draft(kind, **drop.given))
    drop.steps = ("ordered", "ended")
    drop.commit(log, writer)
    log.publish()
    assert kinds(checked(log, tmp_path)) == found


def test_what_was_refused_is_no_approval_that_may_stand_elsewhere(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.steps = ("asked",)
    drop.commit(log, writer)
    writer.commit(log.draft(RecordKind.APPROVAL_REFUSED, **drop.given))
    drop.steps = ("ordered",)
    drop.commit(log, writer)
    log.publish()
    part_of(log, 4, 6)
    assert kinds(checked(log, tmp_path))[Kind.DROP_UNAPPROVED] == 1


@pytest.mark.parametrize(
    ("month", "kept", "found"),
    [
        ("2025-04", 12, {}),
        ("2025-05", 12, {Kind.DROP_EARLY: 1}),
        ("2025-05", 0, {Kind.DROP_EARLY: 1}),
        ("2021-04", 60, {}),
        ("2021-05", 60, {Kind.DROP_EARLY: 1}),
    ],
)
def test_a_month_is_kept_for_a_year_and_as_long_as_the_request_says(
    tmp_path: Path, month: str, kept: int, found: dict[Kind, int]
) -> None:
    log, writer, drop = a_dropped_log(month)
    drop.asked["retention_months"] = kept
    drop.commit(log, writer)
    log.publish()
    assert kinds(checked(log, tmp_path)) == found


def test_a_request_from_before_the_period_was_recorded_is_judged_by_the_year(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log("2025-04")
    del drop.asked["retention_months"]
    drop.commit(log, writer)
    log.publish()
    assert kinds(checked(log, tmp_path)) == {}


@pytest.mark.parametrize(
    "said", ["2036-05-06T05:00:00.000Z", "noon", "2026-05-06T05:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_an_order_only_claims_makes_no_month_older(tmp_path: Path, said: str) -> None:
    log, writer, drop = a_dropped_log("2025-05")
    drop.asked["retention_months"] = 12
    drop.steps = ("asked", "given", "ordered")
    drop.commit(log, writer)
    rewrite_wholly(log.rows[-1], time=said)
    log.publish()
    assert kinds(checked(log, tmp_path, now=NOW))[Kind.DROP_EARLY] == 1


@pytest.mark.parametrize("drop_record_id", [str(uuid4()), "x"], ids=["a record not there", "no id"])
def test_keys_that_were_destroyed_without_an_order_are_told(tmp_path: Path, drop_record_id: str) -> None:
    log, writer, drop = a_dropped_log()
    drop.steps = ("asked", "given", "ordered")
    drop.commit(log, writer)
    ended = log.draft(RecordKind.MONTH_KEY_DESTROYED, months="2020-01", drop_record_id=drop_record_id)
    writer.commit(ended)
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.DROP_UNORDERED: 1}
    assert found.listed[Kind.DROP_UNORDERED][0].detail == "2020-01"


def ended_before_the_order(drop: Drop) -> None:
    drop.steps = ("asked", "given", "ended", "ordered")


def another_month_ended(drop: Drop) -> None:
    drop.counts = {"2020-03": 0}


@pytest.mark.parametrize("plant", [ended_before_the_order, another_month_ended])
def test_a_month_ends_after_an_order_that_names_it(tmp_path: Path, plant: Callable[[Drop], None]) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    plant(drop)
    drop.commit(log, writer)
    log.publish()
    assert kinds(checked(log, tmp_path)) == {Kind.DROP_UNORDERED: 1}


@pytest.mark.parametrize("first", [4, 5, 6])
def test_an_approval_before_the_part_that_was_exported_is_said_to_be_elsewhere(
    tmp_path: Path, first: int
) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.commit(log, writer)
    log.publish()
    part_of(log, first, 7)
    found = checked(log, tmp_path)
    assert not found.is_broken
    assert found.gaps[Gap.APPROVAL_ELSEWHERE] == 1


def test_a_part_that_begins_with_the_log_misses_what_must_be_in_it(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.steps = ("asked", "ordered", "ended")
    drop.commit(log, writer)
    log.lookups(writer, 1)
    log.publish()
    part_of(log, 0, 6)
    assert kinds(checked(log, tmp_path))[Kind.DROP_UNAPPROVED] == 1


def test_what_differs_is_told_of_a_part_too(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log()
    other_months_approved(drop)
    approved_by_the_operator(drop)
    drop.commit(log, writer)
    log.publish()
    part_of(log, 4, 7)
    found = kinds(checked(log, tmp_path))
    assert (found[Kind.DROP_DIFFERS], found[Kind.DROP_SELF_APPROVED]) == (1, 1)


@pytest.mark.parametrize("ended", ["2025-03", "2025-04"])
def test_an_approval_that_went_with_its_month_is_said_to_be_gone(tmp_path: Path, ended: str) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    log.time = MARCH_2025
    drop.steps = ("ordered",)
    drop.ordered["approval_id"] = OF_MARCH_2025
    drop.commit(log, writer)
    gone = log.draft(
        RecordKind.MONTH_KEY_DESTROYED, months="2020-01", dropped_records=0, drop_record_id=OF_MARCH_2025
    )
    writer.commit(gone)
    end_month(log, writer, ended, 0, at=NOW)
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {}
    assert found.gaps[Gap.APPROVAL_ELSEWHERE] == 2


@pytest.mark.parametrize("said", ["2026-05-06T05:00:00.000Z", "2025-01-31T23:59:59.999Z", "noon"])
def test_no_approval_is_of_a_month_far_from_its_order(tmp_path: Path, said: str) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.steps = ("ordered",)
    drop.ordered["approval_id"] = OF_MARCH_2025
    drop.commit(log, writer)
    rewrite_wholly(log.rows[-1], time=said)
    end_month(log, writer, "2025-03", 0, at=NOW)
    log.publish()
    assert kinds(checked(log, tmp_path))[Kind.DROP_UNAPPROVED] == 1


@pytest.mark.parametrize("steps", [("asked", "ordered", "given"), ("ordered", "given", "asked")])
@pytest.mark.parametrize("is_outside", [False, True], ids=["in the tree", "outside"])
def test_what_waited_for_the_tree_together_counts_until_a_month_ends(
    tmp_path: Path, steps: tuple[str, ...], *, is_outside: bool
) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.steps = steps
    # Each process has a chain, and those whose clocks are behind enter the tree first.
    drop.commit(log, writer)
    if is_outside:
        log.outside, log.rows = log.rows[-3:], log.rows[:-3]
    else:
        (order,) = [row for row in log.rows if '"kind":"retention.drop"' in row["row"]["leaf"]]
        ended = {"months": "2020-01", "dropped_records": 0, "drop_record_id": order["record_id"]}
        writer.commit(log.draft(RecordKind.MONTH_KEY_DESTROYED, **ended))
    log.publish()
    found = kinds(checked(log, tmp_path))
    assert {kind for kind in found if kind.startswith("drop_")} == set()


@pytest.mark.parametrize("ended", ["2025-03", "2025-04"])
def test_no_approval_went_with_a_month_that_had_ended_before_the_order(tmp_path: Path, ended: str) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    end_month(log, writer, ended, 0)
    drop.steps = ("ordered",)
    drop.ordered["approval_id"] = OF_MARCH_2025
    drop.commit(log, writer)
    gone = log.draft(
        RecordKind.MONTH_KEY_DESTROYED, months="2020-01", dropped_records=0, drop_record_id=OF_MARCH_2025
    )
    writer.commit(gone)
    log.publish()
    found = checked(log, tmp_path)
    assert kinds(found) == {Kind.DROP_UNAPPROVED: 1, Kind.DROP_UNORDERED: 1}
    assert Gap.APPROVAL_ELSEWHERE not in found.gaps


def test_an_id_of_no_time_is_of_no_month_that_could_have_ended(tmp_path: Path) -> None:
    log, writer, drop = a_dropped_log("2020-01")
    drop.ordered["approval_id"] = "ffffffff-ffff-7fff-bfff-ffffffffffff"
    drop.commit(log, writer)
    end_month(log, writer, "2025-03", 0)
    log.publish()
    assert kinds(checked(log, tmp_path)) == {Kind.DROP_UNAPPROVED: 1}
