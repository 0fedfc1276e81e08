"""Gives a list back as it was sent, with what was found written beside each row and wrong cells coloured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.sheets.tables import Table
from app.sheets.values import column_letters
from app.sheets.writing import Cell, Colour, Heading, write_csv, write_xlsx

_ADDED: Final = (Heading("Kết quả", 16), Heading("Lỗi", 60), Heading("Cách sửa", 60))
_WIDTH: Final = 24


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong in one column of a row (None: in none of them), and what would mend it."""

    column: int | None
    is_warning: bool
    wrong: str
    advice: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row comes to; errors stand before warnings."""

    result: str
    colour: Colour
    remarks: Sequence[Remark] = ()


def annotated(table: Table[Any], verdicts: Mapping[int, Verdict]) -> bytes:
    """Return a workbook of the rows that have a verdict, by their numbers.

    It can be corrected and sent again: the added columns are passed over.
    """
    width = _width(table)
    rows = (_beside(verdicts[row.number], row.cells, width) for row in table.rows if row.number in verdicts)
    return write_xlsx(_headings(table, width), rows, title=table.sheet or "Danh sách")


def annotated_csv(table: Table[Any], verdicts: Mapping[int, Verdict]) -> bytes:
    """Return the same as CSV, which has no colours: each remark begins with its cell, where it has one."""
    width = _width(table)
    rows = (
        _in_words(verdicts[row.number], row.number, row.cells, width)
        for row in table.rows
        if row.number in verdicts
    )
    return b"".join(write_csv(_headings(table, width), rows))


def place(row_number: int, column: int | None) -> str:
    """Return the cell, such as `C12`; only the row where *column*, from 0 on, is None."""
    return f"{column_letters(column + 1)}{row_number}" if column is not None else str(row_number)


def _width(table: Table[Any]) -> int:
    return max([len(table.header.cells), *(len(row.cells) for row in table.rows)])


def _headings(table: Table[Any], width: int) -> list[Heading]:
    titles = list(table.header.cells) + [""] * (width - len(table.header.cells))
    return [Heading(title, _WIDTH) for title in titles] + list(_ADDED)


def _in_words(verdict: Verdict, row_number: int, cells: Sequence[str], width: int) -> list[str]:
    wrong = [
        remark.wrong if remark.column is None else f"{place(row_number, remark.column)}: {remark.wrong}"
        for remark in verdict.remarks
    ]
    advice = [remark.advice for remark in verdict.remarks]
    filled = [*cells, *[""] * (width - len(cells))]
    return [*filled, verdict.result, "; ".join(wrong), "; ".join(advice)]


def _beside(verdict: Verdict, cells: Sequence[str], width: int) -> list[Cell]:
    colours: dict[int, Colour] = {}
    for remark in reversed(verdict.remarks):  # errors stand first, so they are painted last
        if remark.column is not None:
            colours[remark.column] = Colour.DOUBTFUL if remark.is_warning else Colour.WRONG
    filled = [*cells, *[""] * (width - len(cells))]
    listed = [Cell(text, colours.get(index, Colour.PLAIN)) for index, text in enumerate(filled)]
    wrong = "\n".join(remark.wrong for remark in verdict.remarks)
    advice = "\n".join(remark.advice for remark in verdict.remarks)
    return [*listed, Cell(verdict.result, verdict.colour), Cell(wrong), Cell(advice)]
