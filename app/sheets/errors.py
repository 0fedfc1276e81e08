"""Why a file cannot be read as a list: a stable reason, and the place as far as it is known."""

from collections.abc import Mapping
from enum import StrEnum

from app.sheets.values import column_letters


class SheetReason(StrEnum):
    """Stable codes; their texts stand in app.sheets.texts."""

    # The file as a whole
    EMPTY_FILE = "empty_file"
    FILE_TOO_LARGE = "file_too_large"
    NOT_A_SPREADSHEET = "not_a_spreadsheet"
    OLD_EXCEL = "old_excel"
    BINARY_EXCEL = "binary_excel"
    OPEN_DOCUMENT = "open_document"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    EXTERNAL_LINKS = "external_links"
    DAMAGED = "damaged"
    DUPLICATE_PARTS = "duplicate_parts"
    UNSAFE_PART_NAMES = "unsafe_part_names"
    TOO_MANY_PARTS = "too_many_parts"
    WRONG_CONTENT_TYPES = "wrong_content_types"
    DOCUMENT_TYPE = "document_type"
    INFLATES_TOO_MUCH = "inflates_too_much"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    UNREADABLE = "unreadable"
    # The text of a CSV
    WRONG_ENCODING = "wrong_encoding"
    NUL_CHARACTERS = "nul_characters"
    BROKEN_QUOTES = "broken_quotes"
    # The sheets
    TOO_MANY_SHEETS = "too_many_sheets"
    ONLY_HIDDEN_SHEETS = "only_hidden_sheets"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_CELLS = "too_many_cells"
    CELL_TOO_LONG = "cell_too_long"
    TOO_MUCH_TEXT = "too_much_text"
    # The table
    SHEET_UNKNOWN = "sheet_unknown"
    NO_SHEETS = "no_sheets"
    HEADER_MISSING = "header_missing"
    COLUMNS_MISSING = "columns_missing"
    COLUMN_TWICE = "column_twice"
    COLUMN_REFUSED = "column_refused"
    SEVERAL_TABLES = "several_tables"
    NO_ROWS = "no_rows"
    LEGACY_FONT = "legacy_font"
    MERGED_CELLS = "merged_cells"
    HIDDEN_ROWS = "hidden_rows"
    HIDDEN_COLUMNS = "hidden_columns"
    FORMULAS = "formulas"
    FAULTY_VALUES = "faulty_values"


class SheetError(Exception):
    """The file cannot be read; says where as far as that is known, and never what a cell holds.

    `sheet` and `detail` may repeat names of sheets from the file: for its sender, never for a log.
    """

    def __init__(
        self,
        reason: SheetReason,
        *,
        sheet: str = "",
        row: int | None = None,
        column: int | None = None,
        detail: str = "",
    ) -> None:
        """Name the reason; rows and columns count from 1."""
        super().__init__(reason.value)
        self.reason = reason
        self.sheet = sheet
        self.row = row
        self.column = column
        self.detail = detail

    @property
    def place(self) -> str:
        """The cell, column or row, such as `C12`, `C` or `12`; empty where it is not known."""
        letters = "" if self.column is None else column_letters(self.column)
        return letters + ("" if self.row is None else str(self.row))

    def as_json(self) -> Mapping[str, str | int | None]:
        """Return what is needed to make the same error again."""
        return {
            "reason": self.reason.value,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "detail": self.detail,
        }
