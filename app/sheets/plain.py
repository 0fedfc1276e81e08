"""What a text must be before it stands in a cell that strangers open; the standard library and nothing else.

The offline verifier is made of this module too (app.audit.verifying).
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheet programs begin to compute at, the full-width forms included (OWASP, CSV Injection)."""

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_LONGEST_CELL: Final = 32_767  # ECMA-376

CSV_MARK: Final = b"\xef\xbb\xbf"
"""With it Excel takes a CSV for UTF-8, and shows Vietnamese."""


def is_computed(text: str) -> bool:
    """Whether a spreadsheet program might take *text* for a formula."""
    return text.lstrip(" \u00a0").startswith(_FORMULA_STARTS)


def printable(text: str) -> str:
    """Return *text* without what XML cannot hold, and no longer than a cell may be."""
    return _FORBIDDEN.sub("\ufffd", text)[:_LONGEST_CELL]


def escaped(text: str) -> str:
    """Return *text* so that nothing in it is taken for an escape of ECMA-376 (ST_Xstring)."""
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def csv_line(cells: Sequence[str]) -> bytes:
    """Return a line of a CSV; cells that a program would compute get an apostrophe in front."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_neutral(cell) for cell in cells])
    return line.getvalue().encode("utf-8", errors="replace")


def _neutral(text: str) -> str:
    safe = printable(text)
    return f"'{safe}" if is_computed(text) or is_computed(safe) else safe
