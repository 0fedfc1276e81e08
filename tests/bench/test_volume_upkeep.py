"""What `python -m bench.volume` says of months looked after while lookups come in is what was seen."""

from datetime import date

import pytest

from app.audit.sealing import RootKey
from bench.failure import BenchError
from bench.meter import Speed
from bench.volume_filling import Filling
from bench.volume_inserts import ratio_of
from bench.volume_old_month import month_after, month_before, table_of
from bench.volume_subjects import Reports, is_met
from bench.volume_traffic import Traffic, Written, waits_of
from bench.volume_upkeep import months_until
from bench.volume_watch import Searched, Watch, lock_name
from bench.volume_world import Size


def test_a_month_that_is_added_or_made_lies_outside_of_all_there_are() -> None:
    months = ["2025-03", "2025-01", "2024-12", "2025-12"]
    assert (month_before(months), month_after(months)) == ("2024-11", "2026-01")
    assert month_before(["2025-01"]) == "2024-12"
    assert table_of("audit_record", "2024-11") == "audit_record_2024_11"


def test_months_are_counted_from_this_one_through_the_last() -> None:
    assert months_until("2026-11", "2026-11") == 1
    assert months_until("2027-12", "2026-11") == 14


def test_a_record_belongs_to_every_step_in_which_somebody_waited_for_it() -> None:
    early, late = Written(1.0, 0.5, is_durable=True), Written(2.0, 3.0, is_durable=True)
    lost = Written(9.0, 0.1, is_durable=False)
    traffic = Traffic([early, late, lost])
    assert traffic.between(0.0, 0.9) == []
    assert traffic.between(1.2, 1.3) == [early]
    assert traffic.between(4.0, 9.0) == [late, lost]


def test_waits_name_the_longest_and_count_what_failed() -> None:
    records = [Written(0.0, took / 1000, is_durable=took != 50) for took in range(1, 101)]
    waits = waits_of(records)
    assert (waits.count, waits.failed) == (100, 1)
    assert (waits.median, waits.p99, waits.longest) == pytest.approx((51, 100, 100))
    with pytest.raises(BenchError):
        waits_of([])


def test_locks_are_named_alike_for_all_months_and_once() -> None:
    assert lock_name("audit_record_2024_11", "AccessExclusiveLock") == (
        "AccessExclusive on a month of audit_record"
    )
    name = lock_name("audit_record", "ShareUpdateExclusiveLock")
    watch = Watch([Searched(1.0, 1.0, is_answered=True)], [(1.0, name), (1.02, name), (5.0, "later")])
    assert watch.locks_between(0.5, 2.0) == ["ShareUpdateExclusive on audit_record"]
    assert (len(watch.searches_between(1.5, 3.0)), watch.searches_between(2.5, 3.0)) == (1, [])


def test_logs_are_compared_round_by_round_with_the_empty_one() -> None:
    empty = [Speed(speed, 0, 0) for speed in (100, 1000, 200)]
    large = [Speed(speed, 0, 0) for speed in (80, 400, 160)]
    assert ratio_of(large, empty) == pytest.approx(0.8)


def test_an_empty_log_is_filled_with_nothing() -> None:
    root = RootKey.from_text(RootKey.generate_text())
    assert Filling("", root, Size(0, 24, date(2026, 10, 30))).stretches == []


@pytest.mark.parametrize(
    ("collecting", "whole", "verdict"),
    [(100.0, 900.0, "met"), (201.0, 900.0, "MISSED"), (100.0, 5_100.0, "MISSED")],
    ids=["as quick", "twice as long", "too long in all"],
)
def test_reports_are_judged_by_collecting_and_by_all_of_it(
    collecting: float, whole: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [Reports([100], [100.0], [800.0]), Reports([1], [10.0], [50.0])]
    large = [Reports([100], [collecting], [whole]), Reports([1], [10.0], [50.0])]
    assert is_met([small, large]) is (verdict == "met")
    assert capsys.readouterr().out.endswith(f": {verdict}\n")
