"""Files of units as the commands read and write them: the one place that knows their format."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError
from app.units.importing import Row

_LARGEST_BYTES: Final = 20 * 1024 * 1024
_MOST_ROWS: Final = 100_000


def read_rows(path: Path) -> tuple[list[str], list[Row]]:
    """Return the headings and rows of a CSV file; rows without any text are passed over.

    Raises ConfigurationError for what is no such file, OSError where it cannot be read.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise ConfigurationError(f"{path} is larger than {_LARGEST_BYTES // 2**20} MB")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _rows(csv.reader(file, strict=True), path)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not written in UTF-8") from None
    except csv.Error as error:
        raise ConfigurationError(f"{path} is no CSV file: {error}") from None


def write_rows(path: Path, headings: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write a new CSV file that spreadsheets open with its accents; OSError where it exists already."""
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, headings)
        writer.writeheader()
        writer.writerows(rows)


def _rows(lines: Iterator[list[str]], path: Path) -> tuple[list[str], list[Row]]:
    headings = next(lines, [])
    rows = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(headings):
            raise ConfigurationError(f"{path}, row {number}: more cells than the header row has")
        if number > _MOST_ROWS:
            raise ConfigurationError(f"{path} has more than {_MOST_ROWS} rows")
        rows.append(Row(number, dict(zip(headings, cells, strict=False))))
    return headings, rows
