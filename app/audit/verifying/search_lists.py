"""The list of an exported search as text, line by line, in each of the formats it may have."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from app.audit.verifying.search_rows import SEARCH_COLUMNS, LookupRecords, row_cells, row_facts
from app.sheets.plain import CSV_MARK, csv_line
from app.sheets.workbook_parts import sheet_end, sheet_row, sheet_start

LIST_STEM: Final = "danh-sach"
CSV_LIST: Final = "csv"
XLSX_LIST: Final = "xlsx"
JSONL_LIST: Final = "jsonl"
SHEET_TITLE: Final = "Lượt tra cứu"
_TITLES: Final = [title for title, _ in SEARCH_COLUMNS]


class ListText(ABC):
    """One file's text, or one sheet's: what begins it, a line for each lookup, what ends it."""

    def start(self) -> bytes:
        """Return what stands before the first lookup."""
        return b""

    @abstractmethod
    def row(self, at: int, number: int, records: LookupRecords) -> bytes:
        """Return a lookup's line: the *at*-th of this file, from 1 on, and the *number*-th of all."""

    def end(self, rows: int) -> bytes:  # noqa: ARG002 - only sheets say how many
        """Return what stands behind the last of *rows* lookups."""
        return b""


class CsvText(ListText):
    """UTF-8 with mark, nothing computed."""

    def start(self) -> bytes:
        """Return mark and headings."""
        return CSV_MARK + csv_line(_TITLES)

    def row(self, at: int, number: int, records: LookupRecords) -> bytes:  # noqa: ARG002 - files count for themselves
        """Return a line of text cells."""
        return csv_line(row_cells(number, records))


class JsonLinesText(ListText):
    """An object a line, in the words of the search over HTTP."""

    def row(self, at: int, number: int, records: LookupRecords) -> bytes:  # noqa: ARG002 - as above
        """Return a line of JSON."""
        said = json.dumps(row_facts(records), ensure_ascii=False, separators=(",", ":"))
        return said.encode("utf-8", errors="replace") + b"\n"


class SheetText(ListText):
    """A sheet of a workbook; its headings are row 1."""

    def start(self) -> bytes:
        """Return all up to the headings."""
        return sheet_start(_TITLES, [width for _, width in SEARCH_COLUMNS])

    def row(self, at: int, number: int, records: LookupRecords) -> bytes:
        """Return a row."""
        return sheet_row(at + 1, row_cells(number, records))

    def end(self, rows: int) -> bytes:
        """Return what ends the sheet."""
        return sheet_end(len(SEARCH_COLUMNS), rows + 1)


LIST_TEXTS: Final[Mapping[str, ListText]] = {
    CSV_LIST: CsvText(),
    XLSX_LIST: SheetText(),
    JSONL_LIST: JsonLinesText(),
}


def part_name(stem: str, ending: str, number: int) -> str:
    """Return the name of a file's part: only from the second on it has a number."""
    return f"{stem}.{ending}" if number == 1 else f"{stem}-{number}.{ending}"


def sheet_titles(count: int) -> list[str]:
    """Return the names of the sheets."""
    return [SHEET_TITLE if at == 1 else f"{SHEET_TITLE} {at}" for at in range(1, count + 1)]
