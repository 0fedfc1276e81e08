"""What a spreadsheet is once read: rows of cleaned text, and what else a careful reader must know."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may cost; the process that reads it is held to `memory_bytes` and `seconds`.

    `seconds` are the processor's. `patience_seconds` pass on the clock: a busy machine refuses no good list.
    """

    max_file_bytes: int = 20 * MEBIBYTE
    max_members: int = 2_000
    max_inflated_bytes: int = 96 * MEBIBYTE
    max_sheets: int = 20
    max_rows: int = 50_000
    max_columns: int = 100
    max_cells: int = 600_000
    max_cell_characters: int = 2_000
    max_characters: int = 20_000_000
    seconds: float = 9.0
    patience_seconds: float = 30.0
    memory_bytes: int = 280 * MEBIBYTE


class CellKind(StrEnum):
    """What a cell was before it became text; one character each, so that a row's kinds are a string."""

    EMPTY = "-"
    TEXT = "t"
    NUMBER = "n"
    DATE = "d"
    BOOLEAN = "b"
    FORMULA = "f"
    FAULT = "e"


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank: its number as the program shows it, its cells from column A on.

    Cells are NFC, without invisible characters, with single spaces; dates are ISO 8601. `kinds` has
    one CellKind per cell; a formula's text is the value it last had.
    """

    number: int
    cells: tuple[str, ...]
    kinds: str
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells; rows and columns count from 1, both ends belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet (a CSV is one without name)."""

    name: str
    rows: tuple[Row, ...]
    merged: tuple[Block, ...] = ()
    hidden_columns: tuple[tuple[int, int], ...] = ()


def column_letters(column: int) -> str:
    """Return the letters of a column that counts from 1: 1 is A, 28 is AB."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
