"""Shows a plan to people and programs: as rows, as JSON, and in the list itself, coloured."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from app.accounts.registration.fault_texts import Language, what_is_wrong, what_mends_it
from app.accounts.registration.faults import Fault
from app.accounts.registration.form import TITLES, Column
from app.accounts.registration.unit_names import UnitNames
from app.accounts.registration.values import Action, Change, Plan, PlannedRow
from app.sheets.annotating import Remark, Verdict, annotated, annotated_csv
from app.sheets.annotating import place as cell_place
from app.sheets.tables import Table
from app.sheets.writing import Colour, Heading

ACTION_TEXTS: Final[Mapping[Action, Mapping[Language, str]]] = {
    Action.ADD: {"vi": "Thêm mới", "en": "Add"},
    Action.UPDATE: {"vi": "Cập nhật", "en": "Update"},
    Action.TRANSFER: {"vi": "Điều chuyển", "en": "Transfer"},
    Action.UNCHANGED: {"vi": "Không thay đổi", "en": "Unchanged"},
    Action.REFUSED: {"vi": "Có lỗi", "en": "Refused"},
}
REPORT_HEADINGS: Final = (
    Heading("Dòng", 8),
    Heading("Ô", 8),
    Heading("Tên tài khoản đăng nhập", 26),
    Heading("Kết quả", 16),
    Heading("Mức độ", 12),
    Heading("Lỗi", 60),
    Heading("Cách sửa", 60),
)
_COLOURS: Final = {
    Action.REFUSED: Colour.WRONG,
    Action.UNCHANGED: Colour.PLAIN,
    Action.ADD: Colour.RIGHT,
    Action.UPDATE: Colour.RIGHT,
    Action.TRANSFER: Colour.RIGHT,
}


def report_rows(plan: Plan, table: Table[Column], language: Language = "vi") -> Iterator[tuple[str, ...]]:
    """Yield a row under REPORT_HEADINGS for each fault, and one for each row without."""
    for row in plan.rows:
        action = ACTION_TEXTS[row.action][language]
        if not row.faults:
            yield (str(row.number), "", row.login_name, action, "", "", "")
        for fault in row.faults:
            yield (
                str(row.number),
                place(row, fault, table),
                row.login_name,
                action,
                _severity(fault, language),
                what_is_wrong(fault, language),
                what_mends_it(fault, language),
            )


def report_json(
    plan: Plan,
    table: Table[Column],
    language: Language | None = None,
    most_rows: int | None = None,
    skipped: int = 0,
) -> dict[str, object]:
    """Return the plan for programs, unchanged rows counted only; texts in *language* or in both.

    Of more than *most_rows* rows those with errors come first, and the rest is counted in `left_off`.
    With *skipped* the rows that follow so many of them.
    """
    told = [row for row in plan.rows if row.faults or row.action is not Action.UNCHANGED]
    if most_rows is not None and (skipped or len(told) > most_rows):
        told.sort(key=lambda row: row.action is not Action.REFUSED)
    shown = told[skipped:] if most_rows is None else told[skipped : skipped + most_rows]
    left_off = max(0, len(told) - skipped - len(shown))
    return {
        "sheet": table.sheet,
        "may_be_applied": plan.may_be_applied,
        "counts": {action.value: count for action, count in plan.counts.items()},
        "ignored_columns": [table.header.cells[index] for index in table.unknown],
        "rows": [_row_json(row, table, language) for row in shown],
        "left_off": left_off,
        "next_cursor": str(skipped + len(shown)) if left_off else None,
    }


def annotated_workbook(plan: Plan, table: Table[Column], language: Language = "vi") -> bytes:
    """Return the list as it was sent, with result, faults and advice beside each row, wrong cells coloured.

    It can be corrected and sent again: the added columns are passed over.
    """
    return annotated(table, _verdicts(plan, table, language))


def annotated_lines(plan: Plan, table: Table[Column], language: Language = "vi") -> bytes:
    """Return the same as CSV."""
    return annotated_csv(table, _verdicts(plan, table, language))


def _verdicts(plan: Plan, table: Table[Column], language: Language) -> dict[int, Verdict]:
    return {
        row.number: Verdict(
            ACTION_TEXTS[row.action][language],
            _COLOURS[row.action],
            [
                Remark(
                    table.columns.get(fault.column),
                    fault.is_warning,
                    what_is_wrong(fault, language),
                    what_mends_it(fault, language),
                )
                for fault in row.faults
            ],
        )
        for row in plan.rows
    }


def changes_text(changes: Iterable[Change], units: UnitNames) -> str:
    """Return changes for people, such as `Đơn vị: xã Mẫu → phường Thử`."""
    titles = {"unit_id": TITLES[Column.UNIT], "role": TITLES[Column.POSITION]}
    names = {str(unit_id): unit.name for unit_id, unit in units.by_id.items()}

    def shown(value: str | None) -> str:
        return "—" if value is None else names.get(value, value)

    return "; ".join(
        f"{titles.get(each.field) or TITLES[Column(each.field)]}: {shown(each.before)} → {shown(each.after)}"
        for each in changes
    )


def place(row: PlannedRow, fault: Fault, table: Table[Column]) -> str:
    """Return the faulty cell, such as `C12`; only the row where the list has no such column."""
    return cell_place(row.number, table.columns.get(fault.column))


def _row_json(row: PlannedRow, table: Table[Column], language: Language | None) -> dict[str, object]:
    return {
        "row": row.number,
        "login_name": row.login_name,
        "action": row.action.value,
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after} for change in row.changes
        ],
        "faults": [
            {
                "code": fault.code.value,
                "column": fault.column.value,
                "place": place(row, fault, table),
                "is_warning": fault.is_warning,
                "what": _told(what_is_wrong, fault, language),
                "fix": _told(what_mends_it, fault, language),
            }
            for fault in row.faults
        ],
    }


def _told(
    text: Callable[[Fault, Language], str], fault: Fault, language: Language | None
) -> str | dict[str, str]:
    return {"vi": text(fault, "vi"), "en": text(fault, "en")} if language is None else text(fault, language)


def _severity(fault: Fault, language: Language) -> str:
    if language == "en":
        return "warning" if fault.is_warning else "error"
    return "Lưu ý" if fault.is_warning else "Lỗi"
