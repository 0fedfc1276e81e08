"""Reads one worksheet's part: cells, and what hides, merges or computes them."""

import re
from datetime import date, timedelta
from typing import Final

from app.sheets.cleaning import clean, number_text, unescape
from app.sheets.errors import SheetError, SheetReason
from app.sheets.parts import Attributes, PartHandler, SharedStrings, SheetList, Styles
from app.sheets.values import Block, CellKind, Limits, Row, Sheet

_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW_ELEMENTS_PER_ROW: Final = 4  # blank rows that only have a format are not counted as rows
_CELL_ELEMENTS_PER_CELL: Final = 2
_LAST_ROW: Final = 1_048_576
_MOST_BLOCKS: Final = 10_000
_FAKE_LEAP_DAY: Final = 60  # Excel counts 29 February 1900


class Budget:
    """What all sheets of a file may still hold together."""

    def __init__(self, limits: Limits) -> None:
        """Begin with all that is allowed."""
        self.limits = limits
        self._elements = limits.max_cells * _CELL_ELEMENTS_PER_CELL
        self._cells = limits.max_cells
        self._characters = limits.max_characters

    def charge_element(self) -> None:
        """Count one cell element, blank or not; SheetError beyond the limit."""
        self._elements -= 1
        if self._elements < 0:
            raise SheetError(SheetReason.TOO_MANY_CELLS, detail=str(self.limits.max_cells))

    def charge(self, text: str) -> None:
        """Count one filled cell; SheetError beyond a limit."""
        self._cells -= 1
        self._characters -= len(text)
        if self._cells < 0:
            raise SheetError(SheetReason.TOO_MANY_CELLS, detail=str(self.limits.max_cells))
        if self._characters < 0:
            raise SheetError(SheetReason.TOO_MUCH_TEXT, detail=str(self.limits.max_characters))


class Worksheet(PartHandler):
    """Collects one sheet's rows."""

    def __init__(
        self, name: str, book: SheetList, strings: SharedStrings, styles: Styles, budget: Budget
    ) -> None:
        """Look texts up in *strings*, and in *styles* which numbers are dates."""
        super().__init__()
        self._name, self._strings, self._styles, self._budget = name, strings, styles, budget
        self._first_day = date(1904, 1, 1) if book.counts_from_1904 else date(1899, 12, 30)
        self._rows: list[Row] = []
        self._merged: list[Block] = []
        self._hidden_columns: list[tuple[int, int]] = []
        self._row = self._column = self._row_elements = self._phonetic = 0
        self._is_hidden = self._collects = self._is_formula = False
        self._type, self._style = "n", 0
        self._pieces: list[str] = []
        self._length = 0
        self._cells: list[tuple[int, str, CellKind]] = []

    def sheet(self) -> Sheet:
        """Return what was read."""
        return Sheet(self._name, tuple(self._rows), tuple(self._merged), tuple(self._hidden_columns))

    def opened(self, name: str, attributes: Attributes) -> None:
        """Begin a row, a cell, or what stands in one."""
        if name == "c":
            self._begin_cell(attributes)
        elif name in {"v", "t"}:
            self._collects = not self._phonetic
        elif name == "row":
            self._begin_row(attributes)
        elif name == "f":
            self._is_formula = True
        elif name == "rPh":
            self._phonetic += 1
        elif name == "col":
            self._keep_column(attributes)
        elif name == "mergeCell":
            self._keep_merged(attributes)

    def characters(self, content: str) -> None:
        """Collect a cell's value."""
        if self._collects:
            self._length += len(content)
            if self._length > self._budget.limits.max_cell_characters:
                raise self._error(SheetReason.CELL_TOO_LONG, self._budget.limits.max_cell_characters)
            self._pieces.append(content)

    def closed(self, name: str) -> None:
        """End a row, a cell, or what stands in one."""
        if name == "c":
            self._end_cell()
        elif name in {"v", "t"}:
            self._collects = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "row":
            self._end_row()

    def _begin_row(self, attributes: Attributes) -> None:
        self._row_elements += 1
        if self._row_elements > self._budget.limits.max_rows * _ROW_ELEMENTS_PER_ROW:
            raise self._error(SheetReason.TOO_MANY_ROWS, self._budget.limits.max_rows)
        number = int(attributes.get("r", str(self._row + 1)))
        if not self._row < number <= _LAST_ROW:
            raise SheetError(SheetReason.DAMAGED, sheet=self._name)
        self._row, self._column, self._cells = number, 0, []
        self._is_hidden = _is_true(attributes.get("hidden", "")) or _is_zero(attributes.get("ht", ""))

    def _begin_cell(self, attributes: Attributes) -> None:
        self._budget.charge_element()
        reference = attributes.get("r", "")
        if reference:
            column, row = _position(reference)
            if row != self._row or column <= self._column:
                raise SheetError(SheetReason.DAMAGED, sheet=self._name)
            self._column = column
        else:
            self._column += 1
        self._type = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._is_formula, self._pieces, self._length = False, [], 0

    def _end_cell(self) -> None:
        text, kind = self._value("".join(self._pieces))
        if self._is_formula:
            kind = CellKind.FORMULA
        elif not text:
            return
        limits = self._budget.limits
        if self._column > limits.max_columns:
            raise self._error(SheetReason.TOO_MANY_COLUMNS, limits.max_columns)
        if len(text) > limits.max_cell_characters:
            raise self._error(SheetReason.CELL_TOO_LONG, limits.max_cell_characters)
        self._budget.charge(text)
        self._cells.append((self._column, text, kind))

    def _end_row(self) -> None:
        if not self._cells:
            return
        if len(self._rows) >= self._budget.limits.max_rows:
            raise self._error(SheetReason.TOO_MANY_ROWS, self._budget.limits.max_rows)
        cells = [""] * self._cells[-1][0]
        kinds = [CellKind.EMPTY.value] * len(cells)
        for column, text, kind in self._cells:
            cells[column - 1], kinds[column - 1] = text, kind.value
        self._rows.append(Row(self._row, tuple(cells), "".join(kinds), self._is_hidden))
        self._cells = []

    def _value(self, raw: str) -> tuple[str, CellKind]:
        """Return the text of a cell and what it was (ECMA-376 part 1, 18.18.11)."""
        match self._type:
            case "s":
                return (self._shared(raw), CellKind.TEXT) if raw else ("", CellKind.EMPTY)
            case "inlineStr" | "str":
                return clean(unescape(raw)), CellKind.TEXT
            case "b":
                return ("TRUE" if raw == "1" else "FALSE") if raw else "", CellKind.BOOLEAN
            case "e":
                return clean(raw), CellKind.FAULT
            case "d":
                return raw.partition("T")[0], CellKind.DATE
            case _:
                return self._number(raw) if raw else ("", CellKind.EMPTY)

    def _shared(self, raw: str) -> str:
        index = int(raw)
        if not 0 <= index < len(self._strings.texts):
            raise SheetError(SheetReason.DAMAGED, sheet=self._name, row=self._row, column=self._column)
        return self._strings.texts[index]

    def _number(self, raw: str) -> tuple[str, CellKind]:
        is_date = 0 <= self._style < len(self._styles.are_dates) and self._styles.are_dates[self._style]
        if is_date and (day := self._day(float(raw))) is not None:
            return day.isoformat(), CellKind.DATE
        return number_text(raw), CellKind.NUMBER

    def _day(self, serial: float) -> date | None:
        if not 1 <= serial < 2_958_466:  # noqa: PLR2004 - 31 December 9999
            return None
        days = int(serial)
        if self._first_day.year < 1900 and days < _FAKE_LEAP_DAY:  # noqa: PLR2004 - which of the two calendars
            days += 1
        try:
            return self._first_day + timedelta(days=days)
        except OverflowError:
            return None

    def _keep_column(self, attributes: Attributes) -> None:
        if _is_true(attributes.get("hidden", "")) or _is_zero(attributes.get("width", "")):
            if len(self._hidden_columns) >= _MOST_BLOCKS:
                raise SheetError(SheetReason.DAMAGED, sheet=self._name)
            self._hidden_columns.append((int(attributes.get("min", "0")), int(attributes.get("max", "0"))))

    def _keep_merged(self, attributes: Attributes) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        (first_column, first_row), (last_column, last_row) = _position(first), _position(last or first)
        if len(self._merged) >= _MOST_BLOCKS:
            raise SheetError(SheetReason.MERGED_CELLS, sheet=self._name, row=first_row, column=first_column)
        self._merged.append(Block(first_row, first_column, last_row, last_column))

    def _error(self, reason: SheetReason, limit: int) -> SheetError:
        return SheetError(
            reason, sheet=self._name, row=self._row, column=self._column or None, detail=str(limit)
        )


def _position(reference: str) -> tuple[int, int]:
    """Return column and row of a reference such as `AB12`; ValueError where it is none."""
    parts = _REFERENCE.fullmatch(reference)
    if parts is None:
        raise ValueError("not a cell reference")
    column = 0
    for letter in parts[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(parts[2])


def _is_true(text: str) -> bool:
    return text in {"1", "true"}


def _is_zero(text: str) -> bool:
    return bool(text) and float(text) == 0
