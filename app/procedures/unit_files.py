"""The tree of units as a table that may be exported."""

from collections.abc import Mapping, Sequence
from datetime import date

from app.accounts.exports import ExportedTable
from app.units.exporting import EXPORT_HEADINGS
from app.units.files import headings


def exported_units(rows: Sequence[Mapping[str, str]], day: date) -> ExportedTable:
    """Return the rows that `export_rows` made as a table; read back, it changes nothing."""
    cells = [[row[title] for title in EXPORT_HEADINGS] for row in rows]
    return ExportedTable(f"don-vi-{day.isoformat()}", "Đơn vị", headings(), cells)
