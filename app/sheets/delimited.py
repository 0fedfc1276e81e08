"""Reads CSV as Excel, LibreOffice and people make it: several encodings, separators and kinds of damage."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from app.sheets.cleaning import clean
from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import CellKind, Limits, Row, Sheet
from app.sheets.worksheet import Budget

_SAMPLE_CHARACTERS: Final = 64 * 1024
_SAMPLE_LINES: Final = 40
_SEPARATORS: Final = ",;\t|"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(content: bytes, limits: Limits) -> tuple[Sheet, ...]:
    """Return the one sheet of a CSV; row numbers count records, as a spreadsheet program shows them.

    UTF-8 with or without mark and UTF-16 ("Unicode Text") are read; other encodings cannot be told
    from each other and are refused. Raises SheetError.
    """
    encoding = _encoding(content)
    csv.field_size_limit(limits.max_cell_characters * 4)
    try:
        separator = _separator(_open(content, encoding).read(_SAMPLE_CHARACTERS))
        rows = tuple(_rows(_open(content, encoding), separator, limits))
    except UnicodeError:
        # "from None": the error carries the whole file.
        raise SheetError(SheetReason.WRONG_ENCODING) from None
    return (Sheet("", rows),) if rows else ()


def _encoding(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        return _unmarked(content)
    return "utf-8"


def _unmarked(content: bytes) -> str:
    """Return which UTF-16 a text without mark is; SheetError where its NULs have another cause."""
    sample = content[:4096]
    evens, odds = sample[0::2].count(0), sample[1::2].count(0)
    # Vietnamese in UTF-16 has most of its high bytes zero and none of its low ones.
    if len(content) % 2 == 0 and odds > len(sample) // 6 and evens == 0:
        return "utf-16-le"
    if len(content) % 2 == 0 and evens > len(sample) // 6 and odds == 0:
        return "utf-16-be"
    raise SheetError(SheetReason.NUL_CHARACTERS)


def _open(content: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="strict", newline="")


def _separator(sample: str) -> str:
    """Return the separator that most lines agree on; Excel's `sep=;` line decides at once."""
    if sample[:4].lower() == "sep=" and sample[4:5] in _SEPARATORS:
        return sample[4:5]
    lines = [line for line in _outside_quotes(sample).splitlines() if line.strip()][:_SAMPLE_LINES]

    def agreement(separator: str) -> tuple[int, int]:
        counts = Counter(line.count(separator) for line in lines if separator in line)
        if not counts:
            return (0, 0)
        columns, agreeing = counts.most_common(1)[0]
        return (agreeing * columns, agreeing)

    return max(_SEPARATORS, key=agreement)


def _outside_quotes(text: str) -> str:
    return "".join(text.split('"')[::2])


def _rows(text: io.TextIOWrapper, separator: str, limits: Limits) -> Iterator[Row]:
    budget, count = Budget(limits), 0
    for number, record in enumerate(_records(text, separator, limits), start=1):
        if "\0" in "".join(record):
            raise SheetError(SheetReason.NUL_CHARACTERS, row=number)
        cells = [clean(cell) for cell in record]
        while cells and not cells[-1]:
            cells.pop()
        if not cells or (number == 1 and cells[0].lower().startswith("sep=")):
            continue
        count += 1
        if count > limits.max_rows:
            raise SheetError(SheetReason.TOO_MANY_ROWS, row=number, detail=str(limits.max_rows))
        _charge(budget, cells, number)
        kinds = "".join((CellKind.TEXT if cell else CellKind.EMPTY).value for cell in cells)
        yield Row(number, tuple(cells), kinds)


def _charge(budget: Budget, cells: list[str], number: int) -> None:
    limits = budget.limits
    if len(cells) > limits.max_columns:
        raise SheetError(
            SheetReason.TOO_MANY_COLUMNS, row=number, column=len(cells), detail=str(limits.max_columns)
        )
    for column, cell in enumerate(cells, start=1):
        if len(cell) > limits.max_cell_characters:
            raise _too_long(limits, number, column)
        if cell:
            budget.charge(cell)


def _records(text: io.TextIOWrapper, separator: str, limits: Limits) -> Iterator[list[str]]:
    number = 0
    try:
        for record in csv.reader(text, delimiter=separator, strict=True):
            number += 1
            yield record
    except csv.Error as error:
        if "field larger" in str(error):
            raise _too_long(limits, number + 1, None) from None
        raise SheetError(SheetReason.BROKEN_QUOTES, row=number + 1) from None


def _too_long(limits: Limits, row: int, column: int | None) -> SheetError:
    detail = str(limits.max_cell_characters)
    return SheetError(SheetReason.CELL_TOO_LONG, row=row, column=column, detail=detail)
