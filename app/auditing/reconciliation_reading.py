"""Reads the national side's access log (CSV) row by row, whatever its size; a broken row ends nothing."""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from app.auditing.reconciliation_columns import Layout, Meaning, find_layout
from app.auditing.reconciliation_times import read_instant
from app.auditing.reconciliation_values import BrokenRow, Look, RowFault
from app.errors import ConfigurationError
from app.sheets.cleaning import clean

_MAX_LINE: Final = 16_384
_MAX_LINES_OF_A_ROW: Final = 20
_HEADING_WITHIN: Final = 20
_MAX_CELL: Final = 100
_OWN_ID: Final = re.compile(r"[0-9a-f]{32}")
_HYPHENATED_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REPLACED: Final = "\ufffd"
_ZIP: Final = b"PK\x03\x04"
_REFUSED: Final = frozenset(
    {
        "401", "403", "429", "not_admitted", "officer_refused", "procedure_refused", "token_rejected_once",
        "trouble", "fault", "unavailable", "refused", "denied", "unauthorized", "forbidden", "từ chối",
        "tu choi", "bị từ chối", "bi tu choi", "không được phép", "khong duoc phep",
    }
)  # fmt: skip
"""Results that say a call was turned away: nobody's data was looked at."""


class NationalLog:
    """One pass over a log's file; `digest` and `bytes_read` are of what was read so far.

    Raises ConfigurationError where the file is no such log, OSError where it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        """Read the file at *path*."""
        self.size = path.stat().st_size
        self._path = path
        self._hashing: _Hashing | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes read, in hex; of the whole file once `rows` has ended."""
        return self._hashing.sha256.hexdigest() if self._hashing is not None else hashlib.sha256().hexdigest()

    @property
    def bytes_read(self) -> int:
        """How many bytes were read."""
        return self._hashing.count if self._hashing is not None else 0

    def rows(self) -> Iterator[Look | BrokenRow]:
        """Yield every row; one whose time alone cannot be read is both a Look and a BrokenRow."""
        with self._path.open("rb") as file:
            self._hashing = _Hashing(file)
            buffered = io.BufferedReader(self._hashing)
            lines = _Lines(
                io.TextIOWrapper(buffered, encoding=_encoding(buffered), errors="replace", newline="")
            )
            layout = _layout(lines)
            while (line := lines.next()) is not None:
                yield from _row(lines, layout, line)


def _encoding(buffered: "io.BufferedReader[_Hashing]") -> str:
    start = buffered.peek(4)[:4]
    if start.startswith(_ZIP):
        raise ConfigurationError("this is an Excel file; save it as CSV UTF-8")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _layout(lines: "_Lines") -> Layout:
    for _ in range(_HEADING_WITHIN):
        line = lines.next()
        if line is None:
            break
        try:
            layout = find_layout(line)
        except ValueError as error:
            raise ConfigurationError(f"the log's heading (line {lines.number}): {error}") from None
        if layout is not None:
            return layout
    raise ConfigurationError(
        f"no heading with MaYeuCau and ThoiGian stands in the first {_HEADING_WITHIN} lines; is this the"
        " national side's access log, saved as CSV UTF-8?"
    )


def _row(lines: "_Lines", layout: Layout, line: str) -> Iterator[Look | BrokenRow]:
    number = lines.number
    if len(line) > _MAX_LINE:
        yield BrokenRow(number, RowFault.TOO_LONG)
    elif "\0" in line:
        yield BrokenRow(number, RowFault.NUL)
    elif line.strip():
        cells = _cells(lines, layout, line)
        if cells is None:
            yield BrokenRow(number, RowFault.QUOTES)
        elif any(cells):
            yield from _look(layout, cells, number)


def _cells(lines: "_Lines", layout: Layout, line: str) -> list[str] | None:
    """Return a row's cells, over several lines if a quote spans them; None where it is never closed."""
    if '"' not in line:
        return [_cell(cell) for cell in line.split(layout.separator)]
    taken = [line]
    while sum(each.count('"') for each in taken) % 2:
        more = lines.next() if len(taken) < _MAX_LINES_OF_A_ROW else None
        if more is None or len(more) > _MAX_LINE or _is_row_of_its_own(more, layout):
            lines.give_back(taken[1:] if more is None else [*taken[1:], more])
            return None
        taken.append(more)
    try:
        (cells,) = csv.reader(taken, delimiter=layout.separator, strict=True)
    except (csv.Error, ValueError):
        lines.give_back(taken[1:])
        return None
    return [_cell(cell) for cell in cells]


def _is_row_of_its_own(line: str, layout: Layout) -> bool:
    """Whether a line can be a row: then a quote that somebody left open before it must not swallow it."""
    return line.count(layout.separator) >= layout.width - 1


def _cell(text: str) -> str:
    # Exports put an apostrophe before what a spreadsheet program would compute.
    seen = clean(text).removeprefix("'")
    if seen.isprintable():
        return seen
    return "".join(mark if mark.isprintable() else _REPLACED for mark in seen)  # nothing steers a terminal


def _look(layout: Layout, cells: list[str], number: int) -> Iterator[Look | BrokenRow]:
    while len(cells) > layout.width and not cells[-1]:
        cells.pop()
    is_whole = len(cells) == layout.width
    cells += [""] * (layout.width - len(cells))
    told = {meaning: cells[place] for meaning, place in layout.places.items()}
    request_id = _request_id(told[Meaning.REQUEST_ID])
    fault, at = None if is_whole else RowFault.COLUMNS, None
    if len(request_id) > _MAX_CELL or _REPLACED in request_id:
        yield BrokenRow(number, RowFault.REQUEST_ID)
        return
    if is_whole:
        try:
            at = read_instant(told[Meaning.TIME])
        except ValueError:
            fault = RowFault.TIME
    if fault is not None:
        yield BrokenRow(number, fault)
    # A row whose cells may have slipped is believed only where an id of ours stands in its place.
    if is_whole or _OWN_ID.fullmatch(request_id):
        yield _told(told, request_id, at, number) if is_whole else Look(request_id, None, number)


def _told(told: dict[Meaning, str], request_id: str, at: int | None, number: int) -> Look:
    def text(meaning: Meaning) -> str:
        return told.get(meaning, "")[:_MAX_CELL]

    result = text(Meaning.RESULT)
    return Look(
        request_id,
        at,
        number,
        text(Meaning.OFFICER_CODE),
        text(Meaning.ACCOUNT),
        text(Meaning.SERVICE_CODE),
        text(Meaning.ROAD),
        result,
        result.casefold() in _REFUSED,
    )


def _request_id(text: str) -> str:
    """Return an id as ours are written: lower case, a UUID without its hyphens."""
    lowered = text.casefold()
    return lowered.replace("-", "") if _HYPHENATED_ID.fullmatch(lowered) else lowered


class _Lines:
    """A text's lines, each of bounded length, some of which may be given back; `number` is the last one's."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        """Return the next line without its end, cut above the limit where it is longer; None at the end."""
        if self._again:
            self.number += 1
            return self._again.pop()
        line = self._text.readline(_MAX_LINE + 2)
        if not line:
            return None
        self.number += 1
        if len(line) == _MAX_LINE + 2 and not line.endswith(("\n", "\r")):
            while (rest := self._text.readline(_MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            return line
        return line.rstrip("\r\n")

    def give_back(self, lines: list[str]) -> None:
        """Take back what was read beyond a row, to be read as rows of its own."""
        self._again += reversed(lines)
        self.number -= len(lines)


class _Hashing(io.RawIOBase):
    """Hashes what is read through it, so that the digest is of the very bytes that were compared."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.count = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, and hash."""
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        self.sha256.update(content)
        self.count += len(content)
        return len(content)
