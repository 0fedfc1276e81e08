"""Files of units as the commands read them: XLSX or CSV."""

from pathlib import Path

from app.errors import ConfigurationError
from app.sheets.errors import SheetError
from app.sheets.texts import sheet_text
from app.sheets.values import MEBIBYTE
from app.units.files import LARGEST_BYTES, read_units
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
