"""Reconciliation names every discrepancy and nothing that is none."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.auditing.reconciliation import clock_difference, groups, reconcile
from app.auditing.reconciliation_spill import Kept, open_spill
from app.auditing.reconciliation_values import Finding, Kind, Look, Period, Recorded, Rules, Totals
from tests.auditing.national_logs import (
    HEADING,
    MONTH,
    Sides,
    a_record,
    a_row,
    at_of,
    code_of,
    compared,
    id_of,
)


def what_differs(
    tmp_path: Path, rows: Sequence[str], records: Sequence[Recorded], rules: Rules | None = None
) -> tuple[Totals, list[Finding]]:
    log = tmp_path / "log.csv"
    log.write_text("\n".join([HEADING, *rows]), encoding="utf-8")
    with open_spill() as spill:
        totals = compared(spill, log, iter(records), rules)
        return totals, [*spill.findings(differences=True), *spill.findings(differences=False)]


def kinds(found: tuple[Totals, list[Finding]]) -> list[Kind]:
    return [finding.kind for finding in found[1]]


def ten_pairs_and_more(without: int | None = None) -> tuple[list[str], list[Recorded]]:
    """Thirty lookups that agree: enough to tell the clocks' difference."""
    numbers = [number for number in range(100, 130) if number != without]
    return [a_row(number) for number in numbers], [a_record(number) for number in numbers]


def test_each_of_twenty_planted_discrepancies_is_named_and_nothing_else(tmp_path: Path) -> None:
    sides = Sides(5_000)
    sides.write_log(tmp_path / "log.csv")
    with open_spill() as spill:
        totals = compared(spill, tmp_path / "log.csv", sides.records())
        named = {
            (finding.kind, finding.recorded.request_id if finding.recorded else finding.request_id)
            for finding in spill.findings(differences=True)
        }
    assert totals.found == sides.expected()
    assert totals.differences == 20
    assert totals.clock_difference == 3_000
    assert (totals.refused_without_id, totals.broken_rows, totals.is_clean) == (1, 0, False)
    by_name = {
        "invented": Kind.RECORD_WITHOUT_LOOK,
        "dropped": Kind.LOOK_WITHOUT_RECORD,
        "looked_twice": Kind.LOOKED_TWICE,
        "recorded_twice": Kind.RECORDED_TWICE,
        "late": Kind.TIME_DIFFERS,
        "other_officer": Kind.OTHER_OFFICER,
    }
    expected = {(by_name[name], id_of(at)) for at, name in sides.planted.items() if name in by_name}
    unknown = {id_of(at + 50_000) for at, name in sides.planted.items() if name == "bypassed"} | {""}
    assert named == expected | {(Kind.LOOK_WITHOUT_RECORD, each) for each in unknown}


def test_two_sides_that_agree_differ_in_nothing(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more()
    totals, found = what_differs(tmp_path, rows, records)
    assert (found, totals.is_clean, totals.matched) == ([], True, 30)


@pytest.mark.parametrize(
    "outcome", ["upstream_unavailable", "upstream_confused", "unknown", "not_permitted", ""]
)
def test_a_question_that_may_not_have_arrived_is_uncertain_and_no_difference(
    tmp_path: Path, outcome: str
) -> None:
    rows, records = ten_pairs_and_more()
    totals, found = what_differs(tmp_path, rows, [*records, a_record(1, outcome)])
    assert [finding.kind for finding in found] == [Kind.UNCERTAIN]
    assert totals.is_clean
    rows.append(a_row(1))
    assert kinds(what_differs(tmp_path, rows, [*records, a_record(1, outcome)])) == []


@pytest.mark.parametrize("outcome", ["found", "not_found", "mismatch"])
def test_an_answer_on_record_that_the_national_side_never_gave_is_a_difference(
    tmp_path: Path, outcome: str
) -> None:
    rows, records = ten_pairs_and_more()
    assert kinds(what_differs(tmp_path, rows, [*records, a_record(20, outcome)])) == [
        Kind.RECORD_WITHOUT_LOOK
    ]


def test_a_record_at_an_end_of_the_period_may_have_its_look_outside_the_file(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more()
    rules = Rules(Period(at_of(20) - 30_000, MONTH.end))
    assert kinds(what_differs(tmp_path, rows, [*records, a_record(20)], rules)) == [Kind.AT_EDGE]
    rules = Rules(Period(MONTH.start, at_of(140) + 30_000))
    assert kinds(what_differs(tmp_path, rows, [*records, a_record(140)], rules)) == [Kind.AT_EDGE]


def test_what_lies_outside_the_period_on_one_side_still_explains_the_other(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more()
    rows, records = (
        [a_row(1, at=at_of(1) - 4_000), *rows, a_row(2), a_row(3)],
        [a_record(1), *records, a_record(3)],
    )
    rules = Rules(Period(at_of(1), MONTH.end))
    assert kinds(what_differs(tmp_path, [rows[0], *rows[1:]], records, rules)) == [Kind.LOOK_WITHOUT_RECORD]
    rules = Rules(Period(at_of(50), MONTH.end))
    totals, found = what_differs(tmp_path, rows, records, rules)
    assert (found, totals.outside, totals.records) == ([], 3, 30)


def test_a_call_turned_away_and_asked_again_is_one_look(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more(without=110)
    twice = [a_row(110, "401"), a_row(110)]
    assert kinds(what_differs(tmp_path, [*rows, *twice], [*records, a_record(110)])) == []
    assert kinds(what_differs(tmp_path, [*rows, twice[0]], [*records, a_record(110)])) == [
        Kind.RECORD_WITHOUT_LOOK
    ]
    confused = a_record(110, "upstream_confused")
    assert kinds(what_differs(tmp_path, [*rows, twice[0]], [*records, confused])) == []
    assert kinds(what_differs(tmp_path, [*rows, twice[0]], records)) == [Kind.LOOK_WITHOUT_RECORD]


def test_many_rows_of_one_id_are_one_finding_with_their_number(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more()
    _, found = what_differs(tmp_path, [*rows, *[a_row(1)] * 50, *[a_row(110)] * 49], records)
    assert {(finding.kind, finding.count) for finding in found} == {
        (Kind.LOOK_WITHOUT_RECORD, 50),
        (Kind.LOOKED_TWICE, 50),
    }


def test_a_clock_that_is_wrong_by_hours_is_told_and_makes_no_difference(tmp_path: Path) -> None:
    rows = [a_row(number, at=at_of(number) - 7 * 3_600_000) for number in range(100, 130)]
    totals, found = what_differs(
        tmp_path, rows, ten_pairs_and_more()[1], Rules(Period(MONTH.start, MONTH.end))
    )
    assert found == []
    assert totals.clock_difference == 4_000 - 7 * 3_600_000


def test_a_few_rows_cannot_move_the_clock(tmp_path: Path) -> None:
    rows = [a_row(number, at=at_of(number) + 300_000) for number in range(3)]
    totals, found = what_differs(tmp_path, rows, [a_record(number) for number in range(3)])
    assert totals.clock_difference is None
    assert [finding.kind for finding in found] == [Kind.TIME_DIFFERS] * 3


def test_codes_are_compared_only_where_both_sides_name_an_officers_own(tmp_path: Path) -> None:
    rows, records = ten_pairs_and_more(without=110)

    def told(logged: str, recorded: str, account: str = "") -> list[Kind]:
        heading = rows[:]
        heading.append(a_row(110, code=logged) + f",{account}")
        log = [f"{row}," for row in heading[:-1]] + heading[-1:]
        path = tmp_path / "codes.csv"
        path.write_text("\n".join([f"{HEADING},TaiKhoan", *log]), encoding="utf-8")
        rules = Rules(MONTH, shared_codes=frozenset({"lgsp"}))
        with open_spill() as spill:
            compared(spill, path, iter([*records, a_record(110, code=recorded)]), rules)
            return [finding.kind for finding in spill.findings(differences=True)]

    assert told("CB-9", "cb-9") == []
    assert told("", "cb-9") == told("cb-9", "") == told("*017", "cb-9") == told("LGSP", "cb-9") == []
    assert told("lgsp", "cb-9", "CB-9") == told("cb-8", "cb-9", "cb-9") == []
    assert told("cb-8", "cb-9") == told("", "cb-9", "cb-8") == [Kind.OTHER_OFFICER]


@pytest.mark.parametrize(
    ("theirs", "differs"), [("LGSP tỉnh", False), ("VDXP", True), ("NDXP quốc gia", True), ("đường 2", False)]
)
def test_roads_are_compared_where_their_name_is_known(tmp_path: Path, theirs: str, *, differs: bool) -> None:
    look = Look(id_of(1), at_of(1), 2, code_of(1), road=theirs)
    with open_spill() as spill:
        assert sum(spill.take_rows([look])) == 1
        spill.take_records([a_record(1)])
        assert reconcile(spill, Rules(MONTH)).found == ({Kind.OTHER_ROAD: 1} if differs else {})


def test_the_median_of_an_even_number_and_beyond_a_day_is_a_clock_difference() -> None:
    def pairs(*apart: int) -> Iterator[tuple[Kept[Look], Kept[Recorded]]]:
        for number, each in enumerate(apart):
            yield Kept(Look(f"{number:03d}", each, 1), number), Kept(Recorded(f"{number:03d}", 0, ""), number)

    def told(*apart: int) -> int | None:
        looks, records = zip(*pairs(*apart), strict=True)
        return clock_difference(groups(looks, records))

    assert told(*[1_000] * 19) is None
    assert told(*[1_000] * 10, *[5_000] * 10) == 1_000
    assert told(*[10**12] * 20) == 86_400_000


def test_a_record_without_id_is_refused_rather_than_compared_for_ever() -> None:
    with pytest.raises(ValueError, match="without a request id"):
        list(groups([], [Kept(Recorded("", 0, ""), 1)]))
