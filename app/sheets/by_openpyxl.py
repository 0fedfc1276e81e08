"""Workbooks by openpyxl. Only `app.sheets.writing` and commands import this: see there."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from app.sheets.plain import escaped, is_computed, printable
from app.sheets.writing import Cell, Choice, Colour, Heading, Page

_TEXT_FORMAT: Final = "@"
_THIN: Final = Side(style="thin", color="BFBFBF")
_BORDER: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WRAPPED: Final = Alignment(vertical="top", wrap_text=True)


def workbook_of(pages: Iterable[Page]) -> bytes:
    """Return a workbook of these sheets."""
    workbook = Workbook(write_only=True)
    for page in pages:
        sheet = add_sheet(workbook, page.title, page.headings, page.rows)
        if page.choice is not None:
            sheet.data_validations.append(_validation(page.choice))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


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


def _validation(choice: Choice) -> DataValidation:
    validation = DataValidation(type="list", formula1=f'"{",".join(choice.options)}"', allow_blank=True)
    if choice.advice:
        validation.showErrorMessage = True
        validation.errorTitle = choice.title
        validation.error = choice.advice
    letters = get_column_letter(choice.column + 1)
    validation.add(f"{letters}2:{letters}{choice.last_row}")
    return validation


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
