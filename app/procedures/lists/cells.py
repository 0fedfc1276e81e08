"""Judges cells that lists share: texts, days, words of a closed list, numbers of documents."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from app.accounts.registration.cells import echo
from app.accounts.registration.folding import plain
from app.procedures.lists.faults import Fault, FaultCode
from app.procedures.lists.values import ListRow

E = TypeVar("E", bound=StrEnum)

LONGEST_DOCUMENT: Final = 100
_WRITTEN_DATE: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR: Final = 1945
_LAST_YEAR: Final = 2199
_PERSONAL_NUMBER: Final = re.compile(r"[0-9]{9}")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SEPARATORS: Final = re.compile(r"[;,/\n]")


def is_fit(text: str, longest: int) -> bool:
    """Whether a text can stand on a line of a list and on record.

    No spreadsheet takes it for a formula, and it holds no nine digits in a row: they could be a citizen's.
    """
    return (
        len(text) <= longest
        and not text.startswith(_FORMULA_STARTS)
        and not any(unicodedata.category(mark) in _UNPRINTABLE for mark in text)
        and _PERSONAL_NUMBER.search(text) is None
    )


def text_of(row: ListRow, column: StrEnum, longest: int, *, is_needed: bool = False) -> str | Fault:
    """Return a cell's text, or what is wrong with it."""
    typed = row.text(column)
    if not typed and is_needed:
        return Fault(FaultCode.TEXT_MISSING, column)
    if not is_fit(typed, longest):
        return Fault(FaultCode.TEXT_UNFIT, column, {"maximum": str(longest)})
    return typed


def day_of(row: ListRow, column: StrEnum) -> date | Fault | None:
    """Return the day, None where the cell is empty, or what is wrong; `5/7/2026` is 5 July."""
    typed = row.text(column)
    if not typed:
        return None
    day = _day(typed)
    return day if day is not None else Fault(FaultCode.DATE_MALFORMED, column, {"typed": echo(typed)})


def _day(typed: str) -> date | None:
    try:
        if (found := _WRITTEN_DATE.fullmatch(typed)) is not None:
            day = date(int(found[3]), int(found[2]), int(found[1]))
        elif _ISO_DATE.fullmatch(typed):
            day = date.fromisoformat(typed)
        else:
            return None
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def words_of(
    row: ListRow, column: StrEnum, words: Mapping[str, E], titles: Mapping[E, str]
) -> frozenset[E] | Fault:
    """Return what the words in a cell mean, separated by `;`, `,` or `/`; *words* are folded ones."""
    found = set()
    for piece in _SEPARATORS.split(row.text(column)):
        folded = plain(piece)
        meant = words.get(folded)
        if folded and meant is None:
            details = {"typed": echo(piece.strip()), "choices": "; ".join(titles.values())}
            return Fault(FaultCode.WORD_UNKNOWN, column, details)
        if meant is not None:
            found.add(meant)
    return frozenset(found)


def document_of(row: ListRow, column: StrEnum, usual: str) -> str | Fault:
    """Return the number of the deciding document, *usual* where the row names none, or what is wrong."""
    typed = row.text(column) or usual
    return typed if is_fit(typed, LONGEST_DOCUMENT) else Fault(FaultCode.DOCUMENT_MALFORMED, column)


def written(day: date | None) -> str:
    """Return a day as lists write it, empty for none."""
    return f"{day:%d/%m/%Y}" if day is not None else ""
