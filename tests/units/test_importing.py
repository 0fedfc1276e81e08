import pytest

from app.units.exporting import EXPORT_HEADINGS, export_rows
from app.units.history import History
from app.units.importing import Action, ImportPlan, Row, plan_import
from app.units.operations import plan_close, plan_merge, plan_rename
from app.units.plans import UnitEvent
from app.units.troubles import Trouble
from app.units.values import UnitKind, UnitLevel
from tests.units.trees import EMPTY, START, a_day, a_decision, a_tree, check_day

HEADINGS = ("agency_code", "name", "kind", "level", "parent_code")
TREE = a_tree({"H19": None, "H19.1": "H19", "H19.2": "H19"})


def a_row(code: str, name: str = "Ủy ban nhân dân xã Mẫu", parent: str = "", **more: str) -> dict[str, str]:
    values = {"agency_code": code, "name": name, "kind": "commune", "level": "commune", "parent_code": parent}
    return values | more


def read(
    *rows: dict[str, str],
    history: History = EMPTY,
    headings: tuple[str, ...] = HEADINGS,
    day: int = 10,
) -> ImportPlan:
    numbered = [Row(number, cells) for number, cells in enumerate(rows, start=2)]
    return plan_import(headings, numbered, history, a_decision(day))


def faults(report: ImportPlan) -> list[tuple[int, str | None, Trouble]]:
    """Return row, column and trouble of each fault."""
    return [(row.number, fault.column, fault.trouble) for row in report.rows for fault in row.faults]


def after(report: ImportPlan, history: History = EMPTY) -> History:
    assert report.plan is not None
    changed = report.plan.applied_to(history)
    for number in (-1, 0, 9, 10, 11, 100):
        check_day(changed, a_day(number))
    return changed


def exported(history: History, day: int) -> ImportPlan:
    return read(*export_rows(history, a_day(day)), history=history, headings=EXPORT_HEADINGS, day=day)


def test_parents_may_come_after_their_children() -> None:
    report = read(a_row("H19.1.1", parent="H19.1"), a_row("H19.1", parent="H19"), a_row("H19"))
    tree = after(report).on(a_day(10))
    codes = {version.details.agency_code: version for version in tree.values()}
    assert codes["H19.1.1"].details.parent_id == codes["H19.1"].unit_id
    assert codes["H19.1"].details.parent_id == codes["H19"].unit_id
    assert report.count(Action.ADD) == 3
    assert report.plan is not None
    assert {fact.event for fact in report.plan.facts} == {UnitEvent.ADDED}


def test_the_same_file_twice_changes_nothing() -> None:
    rows = (a_row("H19"), a_row("H19.1", parent="H19"))
    history = after(read(*rows))
    again = read(*rows, history=history)
    assert again.count(Action.NOTHING) == 2
    assert again.plan is not None
    assert (again.plan.versions, again.plan.facts) == ((), ())


def test_a_changed_file_updates_and_says_what() -> None:
    history = after(read(a_row("H19"), a_row("H19.1", parent="H19"), day=0))
    report = read(a_row("H19"), a_row("H19.1", name="Phường Mẫu"), history=history, day=10)
    assert [row.action for row in report.rows] == [Action.NOTHING, Action.CHANGE]
    assert report.rows[1].changes == (
        ("name", "Ủy ban nhân dân xã Mẫu", "Phường Mẫu"),
        ("parent_id", "H19", ""),
    )
    changed = after(report, history)
    assert changed.on(a_day(10))[history.find("H19.1", a_day(0))].details.name == "Phường Mẫu"
    assert changed.on(a_day(9)).keys() == history.on(a_day(9)).keys()


def test_units_that_the_file_leaves_out_stay() -> None:
    changed = after(read(a_row("H19.3", parent="H19"), history=TREE), TREE)
    assert changed.find("H19.2", a_day(10)) == TREE.find("H19.2", START)


def test_a_column_that_the_file_lacks_leaves_what_is() -> None:
    headings = ("agency_code", "name")
    report = read({"agency_code": "H19.1", "name": "Tên mới"}, history=TREE, headings=headings)
    details = after(report, TREE).on(a_day(10))[TREE.find("H19.1", START)].details
    assert details.parent_id == TREE.find("H19", START)
    assert (details.kind, details.level) == (UnitKind.COMMUNE, UnitLevel.COMMUNE)


def test_an_export_imports_back_to_no_change() -> None:
    more = ("legacy_agency_code", "ward_code", "legacy_ward_code", "serves")
    row = a_row("H19.34.12", parent="H19") | dict(
        zip(more, ("000.12.34.H19", "00004", "00001", "H19.10; H19.11"), strict=True)
    )
    center = a_row("H19", kind="public_service", level="province")
    history = after(read(center, row, headings=HEADINGS + more))
    report = exported(history, 10)
    assert report.count(Action.NOTHING) == 2
    assert report.plan is not None
    assert report.plan.versions == ()


def test_an_export_of_a_tree_with_a_past_imports_back_to_no_change() -> None:
    history = plan_rename(TREE, TREE.find("H19.1", START), "Tên mới", a_decision(5)).applied_to(TREE)
    history = plan_merge(
        history, [TREE.find("H19.2", START)], TREE.find("H19.1", START), a_decision(6)
    ).applied_to(history)
    report = exported(history, 10)
    assert (report.count(Action.NOTHING), len(report.rows)) == (2, 2)


def test_headings_and_words_of_lists_are_read_in_vietnamese() -> None:
    headings = ("STT", "MÃ ĐỊNH DANH", "Tên  đơn vị", "loai", "Cấp", "Mã đơn vị cấp trên", "Ghi chú", "")
    cells = ("1", "H19.1", "Xã Mẫu", "sở, ban, ngành", "TỈNH", "", "chưa rõ", "x")
    report = read(dict(zip(headings, cells, strict=True)), headings=headings)
    (version,) = after(report).on(a_day(10)).values()
    assert (version.details.kind, version.details.level) == (UnitKind.DEPARTMENT, UnitLevel.PROVINCE)


@pytest.mark.parametrize(
    ("row", "column", "trouble"),
    [
        (a_row(""), "agency_code", Trouble.CODE_MISSING),
        (a_row("19.1"), "agency_code", Trouble.CODE_UNFIT),
        (a_row("h19.1"), "agency_code", Trouble.CODE_UNFIT),
        (a_row("H19." + "1" * 32), "agency_code", Trouble.CODE_UNFIT),
        (a_row("000.12.34.H19"), "agency_code", Trouble.CODE_IN_OLD_FORM),
        (a_row("H19.3", legacy_agency_code="34"), "legacy_agency_code", Trouble.CODE_UNFIT),
        (a_row("H19.3", name=""), "name", Trouble.NAME_MISSING),
        (a_row("H19.3", name="=1+1"), "name", Trouble.NAME_UNFIT),
        (a_row("H19.3", name="Xã\u202eMẫu"), "name", Trouble.NAME_UNFIT),
        (a_row("H19.3", name="Văn phòng công chứng Mẫu"), "name", Trouble.PRIVATE_BODY),
        (a_row("H19.3", name="Công ty cổ phần Mẫu"), "name", Trouble.PRIVATE_BODY),
        (a_row("H19.3", kind="công ty"), "kind", Trouble.KIND_UNKNOWN),
        (a_row("H19.3", kind=""), "kind", Trouble.KIND_UNKNOWN),
        (a_row("H19.3", level="trung ương"), "level", Trouble.LEVEL_UNKNOWN),
        (a_row("H19.3", parent="H19.99"), "parent_code", Trouble.PARENT_UNKNOWN),
        (a_row("H19.3", parent="H19.3"), "parent_code", Trouble.CIRCLE),
        (a_row("H19.3", ward_code="4"), "ward_code", Trouble.WARD_UNKNOWN),
        (a_row("H19.3", legacy_ward_code="99999"), "legacy_ward_code", Trouble.LEGACY_WARD_UNKNOWN),
        (a_row("H19.3", serves="H19.10 sở"), "serves", Trouble.CODE_UNFIT),
    ],
)
def test_each_fault_is_told_to_its_row_and_column(row: dict[str, str], column: str, trouble: Trouble) -> None:
    headings = (*HEADINGS, "legacy_agency_code", "ward_code", "legacy_ward_code", "serves")
    report = read(a_row("H19.8"), row, a_row("H19.9"), history=TREE, headings=headings)
    assert faults(report) == [(3, column, trouble)]
    assert report.plan is None


def test_a_row_with_several_faults_names_each() -> None:
    report = read(a_row("x", name="", kind="y", level="z", parent="w"))
    assert {column for _, column, _ in faults(report)} == {
        "agency_code",
        "name",
        "kind",
        "level",
        "parent_code",
    }


def test_a_code_that_stands_twice_names_the_first_row() -> None:
    report = read(a_row("H19.1"), a_row("H19.2"), a_row("H19.1"))
    assert faults(report) == [(4, "agency_code", Trouble.CODE_TWICE)]
    assert report.rows[2].faults[0].values["row"] == "2"


def test_a_circle_is_told_to_every_row_in_it_and_no_other() -> None:
    report = read(
        a_row("H19.1", parent="H19.2"), a_row("H19.2", parent="H19.1"), a_row("H19.3", parent="H19.1")
    )
    assert faults(report) == [(number, "parent_code", Trouble.CIRCLE) for number in (2, 3)]


def test_a_circle_with_what_the_file_leaves_out_is_told_to_its_row() -> None:
    report = read(a_row("H19", parent="H19.1"), history=TREE)
    assert faults(report) == [(2, "parent_code", Trouble.CIRCLE)]


def test_a_day_before_a_units_last_change_is_told_to_its_row() -> None:
    history = plan_rename(TREE, TREE.find("H19.1", START), "Tên mới", a_decision(20)).applied_to(TREE)
    report = read(a_row("H19.2"), a_row("H19.1"), history=history, day=10)
    assert faults(report) == [(3, None, Trouble.LATER_CHANGE)]


def test_a_parent_that_will_end_is_told_to_its_row() -> None:
    history = plan_close(TREE, TREE.find("H19.2", START), a_decision(20)).applied_to(TREE)
    report = read(a_row("H19.5", parent="H19.2"), history=history, day=10)
    assert faults(report) == [(2, "parent_code", Trouble.PARENT_NOT_IN_FORCE)]


def test_one_fault_keeps_every_row_out() -> None:
    report = read(*(a_row(f"H19.{number}") for number in range(1, 20)), a_row(""))
    assert report.plan is None
    assert report.count(Action.ERROR) == 1


@pytest.mark.parametrize(
    ("headings", "trouble"),
    [
        (("agency_code",), Trouble.COLUMN_MISSING),
        ((), Trouble.COLUMN_MISSING),
        (("agency_code", "name", "mã cha"), Trouble.COLUMN_UNKNOWN),
        (("agency_code", "name", "Tên đơn vị"), Trouble.COLUMN_TWICE),
    ],
)
def test_headings_that_cannot_be_read_are_faults_of_the_file(
    headings: tuple[str, ...], trouble: Trouble
) -> None:
    report = read(a_row("H19"), headings=headings)
    assert trouble in {fault.trouble for fault in report.faults}
    assert (report.rows, report.plan) == ((), None)


def test_a_file_without_rows_is_a_fault() -> None:
    assert [fault.trouble for fault in read().faults] == [Trouble.NO_ROWS]


def test_long_cells_are_repeated_in_part_only() -> None:
    (fault,) = read(a_row("H19.1", parent="x" * 10_000)).rows[0].faults
    assert len(fault.text("vi").wrong) < 100


def test_cells_with_taken_apart_letters_are_put_together() -> None:
    (version,) = after(read(a_row("H19", name=" Xa\u0303 Mẫu "))).on(a_day(10)).values()
    assert version.details.name == "Xã Mẫu"


def test_what_a_message_repeats_steers_no_terminal() -> None:
    (fault,) = read(a_row("H19.1", parent="\x1b[2J")).rows[0].faults
    assert "\x1b" not in fault.text("vi").wrong


def test_5000_units_are_planned_and_5000_again_change_nothing() -> None:
    rows = [a_row("H19", level="province")]
    rows += [a_row(f"H19.{number}", parent="H19") for number in range(50)]
    rows += [a_row(f"H19.{number % 50}.{number}", parent=f"H19.{number % 50}") for number in range(4949)]
    report = read(*rows[::-1])
    assert (report.count(Action.ADD), len(report.rows)) == (5000, 5000)
    assert exported(after(report), 10).count(Action.NOTHING) == 5000
