"""Files of units, XLSX and CSV: read as rows of text; written under headings that read back."""

from collections.abc import Sequence
from typing import Final

from app.sheets.errors import SheetError, SheetReason
from app.sheets.reading import read_sheets
from app.sheets.tables import Wanted, find_table
from app.sheets.values import MEBIBYTE, Limits
from app.sheets.values import Row as SheetRow
from app.sheets.writing import Heading
from app.units.columns import HEADINGS, Column, column_of
from app.units.importing import Row
from app.units.troubles import Trouble, refused

LARGEST_BYTES: Final = 5 * MEBIBYTE
"""Five thousand units are half a megabyte."""

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LIMITS: Final = Limits(max_file_bytes=LARGEST_BYTES)
_WIDTHS: Final = {Column.NAME: 60, Column.SERVES: 30}
_WANTED: Final[Wanted[Column]] = Wanted(
    recognise=column_of,
    needed=(Column.AGENCY_CODE, Column.NAME),
    titles={column: heading.vietnamese for column, heading in HEADINGS.items()},
    least_known=2,
)
_TOLD_BETTER: Final = frozenset(
    {
        SheetReason.HEADER_MISSING,
        SheetReason.COLUMNS_MISSING,
        SheetReason.COLUMN_TWICE,
        SheetReason.NO_ROWS,
    }
)
"""What the import itself says more of: which heading it does not know, and which one it lacks."""


def read_units(content: bytes, name: str) -> tuple[list[str], list[Row]]:
    """Return the headings and rows of a file; *name* may be empty, what the file is shows in its bytes.

    Blocks for seconds at worst, in a process of its own. Raises SheetError, UnitRefusedError for values
    right of the last heading.
    """
    sheets = read_sheets(content, name, _LIMITS)
    try:
        table = find_table(sheets, _WANTED)
    except SheetError as error:
        if error.reason not in _TOLD_BETTER or len(sheets) > 1:
            raise
        header, *below = sheets[0].rows
        return list(header.cells), _rows(header, below)
    return list(table.header.cells), _rows(table.header, table.rows)


def headings() -> list[Heading]:
    """Return the columns of a file of units, as `export_rows` names them."""
    return [Heading(HEADINGS[column].vietnamese, _WIDTHS.get(column, 22)) for column in Column]


def _rows(header: SheetRow, rows: Sequence[SheetRow]) -> list[Row]:
    for row in rows:
        if any(row.cells[len(header.cells) :]):
            raise refused(Trouble.CELL_WITHOUT_HEADING, row=str(row.number))
    return [Row(row.number, dict(zip(header.cells, row.cells, strict=False))) for row in rows]
