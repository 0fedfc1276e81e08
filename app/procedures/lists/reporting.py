"""Shows a plan to people and programs: as JSON, as lines, and in the list itself, coloured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from app.procedures.lists.fault_texts import Language, what_is_wrong, what_mends_it
from app.procedures.lists.faults import Fault
from app.procedures.lists.values import Action, ListPlan, PlannedRow
from app.sheets.annotating import Remark, Verdict, annotated, annotated_csv, place
from app.sheets.tables import Table
from app.sheets.writing import Colour

W = TypeVar("W")

ACTION_TEXTS: Final[Mapping[Action, Mapping[Language, str]]] = {
    Action.ADD: {"vi": "Thêm mới", "en": "Add"},
    Action.CHANGE: {"vi": "Cập nhật", "en": "Change"},
    Action.END: {"vi": "Thu hồi", "en": "Withdraw"},
    Action.UNCHANGED: {"vi": "Không thay đổi", "en": "Unchanged"},
    Action.REFUSED: {"vi": "Có lỗi", "en": "Refused"},
}
_COLOURS: Final = {
    Action.ADD: Colour.RIGHT,
    Action.CHANGE: Colour.RIGHT,
    Action.END: Colour.RIGHT,
    Action.UNCHANGED: Colour.PLAIN,
    Action.REFUSED: Colour.WRONG,
}
_LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class ListReport(Generic[W]):
    """What a list comes to, or came to."""

    plan: ListPlan[W]
    table: Table[Any] = field(repr=False)

    def as_json(self, language: Language, most_rows: int | None = None) -> dict[str, Any]:
        """Return the plan for programs, unchanged rows without warnings counted only.

        Of more than *most_rows* rows those with errors come first, and the rest is counted in `left_off`.
        """
        told = [row for row in self.plan.rows if row.faults or row.action is not Action.UNCHANGED]
        if most_rows is not None and len(told) > most_rows:
            told.sort(key=lambda row: row.action is not Action.REFUSED)
        shown = told if most_rows is None else told[:most_rows]
        return {
            "sheet": self.table.sheet,
            "may_be_applied": self.plan.may_be_applied,
            "counts": {action.value: count for action, count in self.plan.counts.items()},
            "ignored_columns": [self.table.header.cells[index] for index in self.table.unknown],
            "rows": [self._row(row, language) for row in shown],
            "left_off": len(told) - len(shown),
        }

    def workbook(self, language: Language = "vi") -> bytes:
        """Return the list as it was sent, with result, faults and advice beside each row."""
        return annotated(self.table, self._verdicts(language))

    def csv(self, language: Language = "vi") -> bytes:
        """Return the same as CSV."""
        return annotated_csv(self.table, self._verdicts(language))

    def lines(self, row: PlannedRow[W]) -> Iterator[str]:
        """Yield what a terminal shows of a row, in both languages."""
        for fault in row.faults:
            told = (f"{what_is_wrong(fault, each)}: {what_mends_it(fault, each)}" for each in _LANGUAGES)
            yield f"{self._place(row, fault)} {row.subject}: {' | '.join(told)}"
        if row.action in {Action.CHANGE, Action.END}:
            changes = ", ".join(
                f"{one.field} {one.before or '–'} → {one.after or '–'}" for one in row.changes
            )
            yield f"row {row.number}: {row.subject} {row.action}: {changes}"

    def _verdicts(self, language: Language) -> dict[int, Verdict]:
        return {
            row.number: Verdict(
                ACTION_TEXTS[row.action][language],
                _COLOURS[row.action],
                [self._remark(fault, language) for fault in row.faults],
            )
            for row in self.plan.rows
        }

    def _place(self, row: PlannedRow[W], fault: Fault) -> str:
        return place(row.number, self.table.columns.get(fault.column))

    def _remark(self, fault: Fault, language: Language) -> Remark:
        return Remark(
            self.table.columns.get(fault.column),
            fault.is_warning,
            what_is_wrong(fault, language),
            what_mends_it(fault, language),
        )

    def _row(self, row: PlannedRow[W], language: Language) -> dict[str, Any]:
        return {
            "row": row.number,
            "subject": row.subject,
            "action": row.action.value,
            "changes": [
                {"field": one.field, "before": one.before, "after": one.after} for one in row.changes
            ],
            "faults": [
                {
                    "code": fault.code.value,
                    "column": fault.column.value,
                    "place": self._place(row, fault),
                    "is_warning": fault.is_warning,
                    "what": what_is_wrong(fault, language),
                    "fix": what_mends_it(fault, language),
                }
                for fault in row.faults
            ],
        }
