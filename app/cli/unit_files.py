"""Files of units as the commands read and write them: XLSX or CSV, as their names say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import ConfigurationError
from app.sheets.errors import SheetError
from app.sheets.texts import sheet_text
from app.sheets.values import MEBIBYTE
from app.units.files import LARGEST_BYTES, read_units, write_units
from app.units.importing import Row


def read_rows(path: Path) -> tuple[list[str], list[Row]]:
    """Return the headings and rows of a file; rows without any text are passed over.

    Raises ConfigurationError for what is no such file, UnitRefusedError, OSError where it cannot be read.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise ConfigurationError(f"{path} is larger than {LARGEST_BYTES // MEBIBYTE} MB")
    try:
        return read_units(path.read_bytes(), path.name)
    except SheetError as error:
        raise ConfigurationError(f"{path}: {sheet_text(error, 'vi')} | {sheet_text(error, 'en')}") from None


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write a new file, a workbook where the name ends in .xlsx, else CSV that spreadsheets open.

    Raises ConfigurationError for another ending, OSError where the file exists already.
    """
    ending = path.suffix.lower()
    if ending not in {".xlsx", ".csv"}:
        raise ConfigurationError(f"{path}: the name must end in .xlsx or .csv")
    content = write_units(rows, is_xlsx=ending == ".xlsx")
    with path.open("xb") as file:
        file.write(content)
