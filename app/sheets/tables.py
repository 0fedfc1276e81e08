"""Finds the one table among sheets, titles and empty rows, and refuses what cannot be trusted in it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import Block, CellKind, Row, Sheet

H = TypeVar("H", bound=StrEnum)

_HEADER_WITHIN_ROWS: Final = 40
_LEAST_KNOWN: Final = 3
_COLUMN_NUMBER: Final = re.compile(r"\(?[0-9]{1,2}\)?|\(?[A-Z]\)?")
_VIETNAMESE: Final = re.compile("[\u0102\u0103\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
_LEGACY: Final = re.compile(  # what TCVN3 and VNI look like, and UTF-8 that was read as Latin-1
    "[\u00a1-\u00ae\u00b5-\u00bf\u00c6-\u00cf\u00d6-\u00d8\u00dc\u00de\u00df\u00e4-\u00ef\u00f1\u00f6-\u00fe]"
)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[H]):
    """What a table must look like.

    `recognise` returns which column a header means, or None; `titles` are for people. Formulas are
    refused in all recognised columns but `unread`; `refused` is a kind of column that may not be there.
    """

    recognise: Callable[[str], H | None]
    needed: tuple[H, ...]
    titles: dict[H, str]
    unread: frozenset[H] = frozenset()
    refused: H | None = None
    least_known: int = _LEAST_KNOWN
    """How many columns a row must name to be taken for the header."""


@dataclass(frozen=True, slots=True)
class Table(Generic[H]):
    """The rows below a header; `columns` say where each recognised column stands, from 0 on."""

    sheet: str
    header: Row
    columns: dict[H, int]
    unknown: tuple[int, ...]
    rows: tuple[Row, ...]


def find_table(sheets: Sequence[Sheet], wanted: Wanted[H], sheet_name: str | None = None) -> Table[H]:
    """Return the only table of the wanted kind, or the one on the sheet named.

    Title lines, blank rows, rows of column numbers and other sheets are passed over. Raises SheetError
    for hidden rows or columns, merged cells, formulas and error values inside the table.
    """
    chosen = [sheet for sheet in sheets if sheet_name is None or sheet.name == sheet_name]
    if sheets and not chosen and not any(sheet.name for sheet in sheets):
        raise SheetError(SheetReason.NO_SHEETS)
    if not chosen:
        names = ", ".join(sheet.name for sheet in sheets)
        raise SheetError(SheetReason.SHEET_UNKNOWN, sheet=sheet_name or "", detail=names)
    found = [(sheet, header) for sheet in chosen if (header := _find_header(sheet, wanted)) is not None]
    if not found:
        raise _no_header(chosen, wanted)
    whole = [(sheet, header) for sheet, header in found if not _missing(header, wanted)]
    if len(whole) > 1:
        names = ", ".join(sheet.name for sheet, _ in whole)
        raise SheetError(SheetReason.SEVERAL_TABLES, detail=names)
    sheet, header = whole[0] if whole else found[0]
    if missing := _missing(header, wanted):
        titles = ", ".join(wanted.titles[column] for column in missing)
        raise SheetError(SheetReason.COLUMNS_MISSING, sheet=sheet.name, row=header.number, detail=titles)
    return _table(sheet, header, wanted)


def _table(sheet: Sheet, header: Row, wanted: Wanted[H]) -> Table[H]:
    columns = _columns(sheet, header, wanted)
    rows = _rows_below(sheet, header)
    if not rows:
        raise SheetError(SheetReason.NO_ROWS, sheet=sheet.name, row=header.number)
    _refuse_hidden(sheet, columns, rows)
    _refuse_merged(sheet, rows)
    read = [index for column, index in columns.items() if column not in wanted.unread]
    _refuse_kind(sheet, rows, read, CellKind.FORMULA, SheetReason.FORMULAS)
    _refuse_kind(sheet, rows, read, CellKind.FAULT, SheetReason.FAULTY_VALUES)
    known = set(columns.values())
    unknown = tuple(index for index, title in enumerate(header.cells) if title and index not in known)
    return Table(sheet.name, header, columns, unknown, rows)


def _find_header(sheet: Sheet, wanted: Wanted[H]) -> Row | None:
    """Return the row that names the most columns, the first of several."""
    best, most = None, wanted.least_known - 1
    for row in sheet.rows[:_HEADER_WITHIN_ROWS]:
        known = {column for cell in row.cells if (column := wanted.recognise(cell)) is not None}
        if len(known) > most:
            best, most = row, len(known)
    return best


def _missing(header: Row, wanted: Wanted[H]) -> list[H]:
    known = {wanted.recognise(cell) for cell in header.cells}
    return [column for column in wanted.needed if column not in known]


def _no_header(sheets: Iterable[Sheet], wanted: Wanted[H]) -> SheetError:
    text = " ".join(
        cell for sheet in sheets for row in sheet.rows[:_HEADER_WITHIN_ROWS] for cell in row.cells
    )
    if _LEGACY.search(text) and not _VIETNAMESE.search(text):
        return SheetError(SheetReason.LEGACY_FONT)
    titles = ", ".join(wanted.titles[column] for column in wanted.needed)
    return SheetError(SheetReason.HEADER_MISSING, detail=titles)


def _columns(sheet: Sheet, header: Row, wanted: Wanted[H]) -> dict[H, int]:
    columns: dict[H, int] = {}
    for index, title in enumerate(header.cells):
        column = wanted.recognise(title)
        if column is None:
            continue
        reason = None
        if column == wanted.refused:
            reason = SheetReason.COLUMN_REFUSED
        elif column in columns:
            reason = SheetReason.COLUMN_TWICE
        if reason is not None:
            detail = wanted.titles.get(column, "")
            raise SheetError(reason, sheet=sheet.name, row=header.number, column=index + 1, detail=detail)
        columns[column] = index
    return columns


def _rows_below(sheet: Sheet, header: Row) -> tuple[Row, ...]:
    # A header whose cells are merged downwards is as deep as the deepest of them.
    depths = [block.last_row for block in sheet.merged if block.first_row <= header.number <= block.last_row]
    last = max(depths, default=header.number)
    rows = [row for row in sheet.rows if row.number > last]
    if rows and _is_row_of_column_numbers(rows[0]):
        rows = rows[1:]
    return tuple(rows)


def _is_row_of_column_numbers(row: Row) -> bool:
    filled = [cell for cell in row.cells if cell]
    return len(filled) >= _LEAST_KNOWN and all(map(_COLUMN_NUMBER.fullmatch, filled))


def _refuse_hidden(sheet: Sheet, columns: dict[H, int], rows: Iterable[Row]) -> None:
    hidden = next((row for row in rows if row.is_hidden), None)
    if hidden is not None:
        raise SheetError(SheetReason.HIDDEN_ROWS, sheet=sheet.name, row=hidden.number)
    for index in columns.values():
        if any(first <= index + 1 <= last for first, last in sheet.hidden_columns):
            raise SheetError(SheetReason.HIDDEN_COLUMNS, sheet=sheet.name, column=index + 1)


def _refuse_merged(sheet: Sheet, rows: Sequence[Row]) -> None:
    first, last = rows[0].number, rows[-1].number
    within = [block for block in sheet.merged if _overlaps(block, first, last)]
    if within:
        block = min(within, key=lambda each: (each.first_row, each.first_column))
        raise SheetError(
            SheetReason.MERGED_CELLS, sheet=sheet.name, row=block.first_row, column=block.first_column
        )


def _overlaps(block: Block, first: int, last: int) -> bool:
    return block.first_row <= last and block.last_row >= first


def _refuse_kind(
    sheet: Sheet, rows: Iterable[Row], read: Iterable[int], kind: CellKind, reason: SheetReason
) -> None:
    columns = sorted(read)
    places = [
        (row.number, index + 1)
        for row in rows
        if kind.value in row.kinds
        for index in columns
        if row.kinds[index : index + 1] == kind.value
    ]
    if places:
        row_number, column = places[0]
        raise SheetError(reason, sheet=sheet.name, row=row_number, column=column, detail=str(len(places)))
