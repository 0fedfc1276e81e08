"""Writes XLSX and CSV that strangers open: text stays text, codes keep their zeros, nothing is computed."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from app.sheets.plain import CSV_MARK, csv_line, escaped, is_computed, printable

__all__ = ["is_computed"]  # beside what is below

_TEXT_FORMAT: Final = "@"
_THIN: Final = Side(style="thin", color="BFBFBF")
_BORDER: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WRAPPED: Final = Alignment(vertical="top", wrap_text=True)


class Colour(Enum):
    """How a cell stands out."""

    PLAIN = None
    WRONG = "FFC7CE"
    DOUBTFUL = "FFEB9C"
    RIGHT = "C6EFCE"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and its colour."""

    text: str
    colour: Colour = Colour.PLAIN


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's title and its width in characters."""

    title: str
    width: int = 20


def write_csv(headings: Sequence[Heading], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield a CSV's bytes, row by row: UTF-8 with mark, so that Excel shows Vietnamese.

    Cells that a program would compute get an apostrophe in front.
    """
    yield CSV_MARK
    yield csv_line([heading.title for heading in headings])
    for row in rows:
        yield csv_line(row)


def write_xlsx(
    headings: Sequence[Heading], rows: Iterable[Sequence[str | Cell]], *, title: str = "Danh sách"
) -> bytes:
    """Return a workbook of one sheet: bold frozen header, filter, every cell text.

    Rows are written as they come, so that many of them need little memory.
    """
    workbook = Workbook(write_only=True)
    add_sheet(workbook, title, headings, rows)
    return saved(workbook)


def add_sheet(
    workbook: Workbook, title: str, headings: Sequence[Heading], rows: Iterable[Sequence[str | Cell]]
) -> Any:
    """Add a sheet to a write-only workbook and return it."""
    sheet = workbook.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = heading.width
    sheet.append([_header_cell(sheet, heading.title) for heading in headings])
    count = 1
    for row in rows:
        sheet.append([_text_cell(sheet, cell) for cell in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{count}"
    return sheet


def saved(workbook: Workbook) -> bytes:
    """Return a workbook's bytes."""
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _text_cell(sheet: Any, value: str | Cell) -> Any:
    cell = value if isinstance(value, Cell) else Cell(value)
    written: Any = WriteOnlyCell(sheet)
    # The type is set by hand: openpyxl would make a formula of "=…" and an error of "#N/A".
    text = escaped(printable(cell.text))
    if text:
        written._value, written.data_type = text, "s"  # noqa: SLF001 - its setter guesses types
    # A style is worked out once for a sheet: twenty thousand rows have few.
    styles = sheet.__dict__.setdefault("dancu_styles", {})
    key = (cell.colour, is_computed(cell.text))
    if key not in styles:
        styles[key] = _styled(WriteOnlyCell(sheet), *key)._style  # noqa: SLF001 - no public way to share one
    written._style = styles[key]  # noqa: SLF001 - as above
    return written


def _styled(cell: Any, colour: Colour, is_quoted: bool) -> Any:  # noqa: FBT001 - half of a key
    cell.number_format = _TEXT_FORMAT
    cell.alignment = _WRAPPED
    cell.quotePrefix = is_quoted
    if colour is not Colour.PLAIN:
        cell.fill = PatternFill("solid", start_color=colour.value)
    return cell


def _header_cell(sheet: Any, title: str) -> Any:
    written = _styled(WriteOnlyCell(sheet), Colour.PLAIN, is_quoted=False)
    written._value, written.data_type = printable(title), "s"  # noqa: SLF001 - as above
    written.font = Font(bold=True)
    written.fill = PatternFill("solid", start_color="D9E1F2")
    written.border = _BORDER
    return written


def _sheet_title(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", printable(title))[:31] or "Sheet"
