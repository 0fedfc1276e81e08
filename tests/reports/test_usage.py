"""Reports made of sums: whose figures a unit's are, who uses little, which periods."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from app.reports.schemas import Sheet, usage_said
from app.reports.sheets import usage_table
from app.reports.usage import heirs, period_of, report_of
from app.reports.values import Cell, Figures, Standing, Trend, UsageReport, Wanted
from app.units.history import History
from app.units.store import UnitRegister
from app.units.values import (
    Succession,
    SuccessionKind,
    Unit,
    UnitDetails,
    UnitKind,
    UnitLevel,
    UnitVersion,
)

TODAY = date(2026, 11, 22)
COMMUNE, DEPARTMENT, SPLIT, MERGED, LATER, EMPTY = (uuid4() for _ in range(6))


def a_unit(unit_id: UUID, name: str, level: UnitLevel) -> Unit:
    code = f"H19.{name}"
    return Unit(unit_id, name, code, level, UnitKind.COMMUNE, frozenset({code}))


def a_succession(former: UUID, successor: UUID, kind: SuccessionKind, on: date) -> Succession:
    return Succession(former, successor, on, kind, "1/NQ")


def a_register() -> UnitRegister:
    units = {
        COMMUNE: a_unit(COMMUNE, "B", UnitLevel.COMMUNE),
        DEPARTMENT: a_unit(DEPARTMENT, "A", UnitLevel.PROVINCE),
        LATER: a_unit(LATER, "C", UnitLevel.COMMUNE),
        EMPTY: a_unit(EMPTY, "D", UnitLevel.COMMUNE),
    }
    old = UnitDetails("Huyện cũ", "H19.OLD", UnitKind.FORMER_DISTRICT, UnitLevel.DISTRICT)
    history = History({SPLIT: (UnitVersion(SPLIT, date(2023, 1, 1), date(2025, 7, 1), old),)})
    successions = (
        a_succession(MERGED, COMMUNE, SuccessionKind.MERGE, date(2025, 7, 1)),
        a_succession(SPLIT, COMMUNE, SuccessionKind.SPLIT, date(2025, 7, 1)),
        a_succession(LATER, DEPARTMENT, SuccessionKind.MERGE, date(2027, 1, 1)),
    )
    return UnitRegister(units, successions, history)


def a_cell(
    of: object, count: int, level: str = "commune", kind: str = "lookup", outcome: str = "found"
) -> Cell:
    return Cell(str(of), level, kind, outcome, count)


def a_report(*cells: Cell, wanted: Wanted | None = None, **parts: tuple[Cell, ...]) -> UsageReport:
    known = {"by_period": (), "by_procedure": (), "by_channel": ()} | parts
    figures = Figures(
        by_unit=cells, counted_at=datetime(2026, 11, 22, tzinfo=UTC), uncounted_records=3, **known
    )
    officers = {COMMUNE: 2, DEPARTMENT: 1, LATER: 1}
    asked = wanted or Wanted(date(2026, 1, 1), TODAY)
    return report_of(asked, figures, a_register(), officers, few=30, today=TODAY)


def test_only_mergers_of_today_and_before_hand_figures_on() -> None:
    assert heirs(a_register(), TODAY) == {MERGED: COMMUNE}


def test_a_unit_has_the_figures_of_those_merged_into_it_and_units_without_use_stand_first() -> None:
    report = a_report(
        a_cell(COMMUNE, 20),
        a_cell(MERGED, 10, level="district"),
        a_cell(MERGED, 4, kind="refused", outcome="not_permitted"),
        a_cell(SPLIT, 7, level="district"),
        a_cell(DEPARTMENT, 31, level="province", kind="verification"),
    )
    shown = [(one.unit_id, one.standing, one.tally.uses, one.merged) for one in report.units]
    assert shown == [
        (LATER, Standing.ZERO, 0, 0),
        (COMMUNE, Standing.FEW, 30, 10),
        (DEPARTMENT, Standing.USUAL, 31, 0),
        (EMPTY, Standing.NO_OFFICERS, 0, 0),
        (SPLIT, Standing.ENDED, 7, 0),
    ]
    assert [one.name for one in report.units][-1] == "Huyện cũ"
    total = report.total
    assert (total.uses, total.lookups, total.verifications, total.refused) == (68, 37, 31, 4)
    assert (total.departments, total.localities, total.outcomes) == (31, 37, {"found": 68})


def test_units_are_those_asked_for_and_what_says_no_level_is_on_no_side() -> None:
    wanted = Wanted(date(2026, 1, 1), TODAY, frozenset({COMMUNE}), UnitLevel.COMMUNE)
    report = a_report(a_cell(COMMUNE, 5, level=""), wanted=wanted)
    assert [one.unit_id for one in report.units] == [COMMUNE]
    assert (report.total.uses, report.total.departments, report.total.localities) == (5, 0, 0)
    elsewhere = Wanted(date(2026, 1, 1), TODAY, frozenset({COMMUNE}), UnitLevel.PROVINCE)
    assert a_report(wanted=elsewhere).units == ()


@pytest.mark.parametrize(
    ("trend", "days"),
    [
        (
            Trend.MONTH,
            [("2026-11-20", "2026-11-30"), ("2026-12-01", "2026-12-31"), ("2027-01-01", "2027-01-05")],
        ),
        (Trend.WEEK, [("2027-01-01", "2027-01-03"), ("2027-01-04", "2027-01-05")]),
        (Trend.DAY, [("2027-01-04", "2027-01-04"), ("2027-01-05", "2027-01-05")]),
    ],
)
def test_a_trend_has_every_period_of_the_days_asked_for(trend: Trend, days: list[tuple[str, str]]) -> None:
    first, last = date.fromisoformat(days[0][0]), date.fromisoformat(days[-1][1])
    cells = (a_cell(period_of(last, trend), 4),)
    report = a_report(wanted=Wanted(first, last, trend=trend), by_period=cells)
    assert [(str(one.first_day), str(one.last_day)) for one in report.periods] == days
    assert [one.tally.uses for one in report.periods] == [0] * (len(days) - 1) + [4]


def test_a_report_says_the_same_as_json_and_as_tables() -> None:
    by_period = (a_cell("2026-02-01", 3), a_cell("2026-02-01", 2, level="province"))
    report = a_report(
        a_cell(COMMUNE, 3),
        a_cell(DEPARTMENT, 2, level="province"),
        wanted=Wanted(date(2026, 2, 1), date(2026, 2, 28)),
        by_period=by_period,
        by_procedure=(a_cell("1.004194", 2), a_cell("2.000815", 3)),
        by_channel=(a_cell("", 2), a_cell("counter", 3)),
    )
    said = usage_said(report)
    assert (said.trend[0].departments, said.trend[0].localities) == (2, 3)
    assert [one.procedure_code for one in said.procedures] == ["2.000815", "1.004194"]
    assert (said.counted_at, said.uncounted_records) == ("2026-11-22T00:00:00.000Z", 3)
    first_cells = {sheet: [row[0] for row in usage_table(report, sheet).rows] for sheet in Sheet}
    assert first_cells == {
        Sheet.UNITS: ["H19.C", "H19.A", "H19.B", "H19.D", "Tổng cộng"],
        Sheet.TREND: ["01/02/2026", "Tổng cộng"],
        Sheet.PROCEDURES: ["2.000815", "1.004194", "Tổng cộng"],
        Sheet.CHANNELS: ["Trực tiếp", "Không ghi nhận", "Tổng cộng"],
    }
    for sheet in Sheet:
        table = usage_table(report, sheet)
        place = [heading.title for heading in table.headings].index("Tổng lượt khai thác")
        assert [int(row[place]) for row in table.rows][-1] == 5
        assert sum(int(row[place]) for row in table.rows[:-1]) == 5
        assert {len(row) for row in table.rows} == {len(table.headings)}


def test_what_nobody_ever_counted_is_not_called_unused() -> None:
    counted = a_report()
    assert counted.units[0].standing is Standing.ZERO
    nothing = Figures((), (), (), (), None, 452)
    report = report_of(counted.wanted, nothing, a_register(), {COMMUNE: 2}, few=30, today=TODAY)
    standings = {one.unit_id: one.standing for one in report.units}
    assert standings[COMMUNE] is Standing.UNCOUNTED
    assert standings[EMPTY] is Standing.NO_OFFICERS
    assert usage_said(report).units[0].standing == "uncounted"
    table = usage_table(report, Sheet.UNITS)
    titles = [heading.title for heading in table.headings]
    standing, uses = titles.index("Tình trạng khai thác"), titles.index("Tổng lượt khai thác")
    assert [row[standing] for row in table.rows].count("Chưa thống kê") == 1
    assert {row[uses] for row in table.rows} == {""}
    assert (titles[-1], {row[-1] for row in table.rows}) == ("Số liệu tính đến", {"chưa thống kê lần nào"})


def test_each_row_of_a_file_says_how_far_it_is_counted() -> None:
    behind = usage_table(a_report(a_cell(COMMUNE, 3)), Sheet.UNITS).rows
    assert {row[-1] for row in behind} == {"07:00 22/11/2026; còn 3 bản ghi chưa tính"}
    whole = replace(a_report(a_cell(COMMUNE, 3)), uncounted_records=0)
    assert {row[-1] for row in usage_table(whole, Sheet.TREND).rows} == {"07:00 22/11/2026"}


def test_what_no_register_knows_is_shown_by_its_id() -> None:
    stranger = uuid4()
    report = a_report(a_cell(stranger, 1))
    assert (report.units[-1].name, report.units[-1].standing) == (None, Standing.ENDED)
    assert usage_table(report, Sheet.UNITS).rows[-2][1] == str(stranger)
