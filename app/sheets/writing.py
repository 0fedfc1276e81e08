"""Writes XLSX and CSV that strangers open: text stays text, codes keep their zeros, nothing is computed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module

from app.sheets.plain import CSV_MARK, csv_line, is_computed

__all__ = ["is_computed"]  # beside what is below


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


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen in a column, counted from 0, down to the last row; told where anything else is."""

    column: int
    options: Sequence[str]
    last_row: int
    title: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a workbook."""

    title: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[str | Cell]]
    choice: Choice | None = None


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
    return write_workbook((Page(title, headings, rows),))


def write_workbook(pages: Iterable[Page]) -> bytes:
    """Return a workbook of several sheets, each as `write_xlsx` makes them."""
    # Imported where it is used: openpyxl weighs eleven megabytes, and most processes never write a workbook.
    content: bytes = import_module("app.sheets.by_openpyxl").workbook_of(pages)
    return content
