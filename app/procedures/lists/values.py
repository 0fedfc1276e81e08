"""What a list asks for and what would be done about it, whatever it is a list of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from app.procedures.lists.faults import Fault
from app.sheets.tables import Table
from app.sheets.values import CellKind

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row, its texts by column; `present` are the columns that the list has."""

    number: int
    texts: Mapping[StrEnum, str]
    present: frozenset[StrEnum]
    numeric: frozenset[StrEnum] = frozenset()

    def text(self, column: StrEnum) -> str:
        """Return the cell's text, empty where there is none."""
        return self.texts.get(column, "")


def list_rows(table: Table[Any]) -> tuple[ListRow, ...]:
    """Return a table's rows by what their columns mean."""
    present = frozenset(table.columns)
    return tuple(
        ListRow(
            row.number,
            {
                column: row.cells[index]
                for column, index in table.columns.items()
                if index < len(row.cells) and row.cells[index]
            },
            present,
            frozenset(
                column
                for column, index in table.columns.items()
                if row.kinds[index : index + 1] == CellKind.NUMBER.value
            ),
        )
        for row in table.rows
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which a list is read: `on` and `document_number` stand for rows that name none of their own."""

    on: date
    today: date
    document_number: str = ""


class Action(StrEnum):
    """What carrying a row out would do."""

    ADD = "add"
    CHANGE = "change"
    END = "end"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after, as a list writes it; `field` is a column's name."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedRow(Generic[W]):
    """What would be done about one row: `work`, which a refused or unchanged one has not."""

    number: int
    action: Action
    subject: str = ""
    changes: tuple[Change, ...] = ()
    work: W | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPlan(Generic[W]):
    """All rows of a list in its order."""

    rows: tuple[PlannedRow[W], ...]
    counts: Mapping[Action, int] = field(init=False)

    def __post_init__(self) -> None:
        counted = Counter(row.action for row in self.rows)
        object.__setattr__(self, "counts", {action: counted.get(action, 0) for action in Action})

    @property
    def may_be_applied(self) -> bool:
        """Whether no row is refused: a list lands as a whole or not at all."""
        return not self.counts[Action.REFUSED]

    @property
    def works(self) -> tuple[W, ...]:
        """What is to be carried out, in the list's order."""
        return tuple(row.work for row in self.rows if row.work is not None)
