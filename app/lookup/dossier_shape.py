"""How a province writes its dossier codes, declared by named parts instead of a pattern of its own."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.units.codes import LONGEST_CODE, NEW_CODE, OLD_CODE

_USUAL: Final = "{agency}-{yymmdd}-{number:4-6}"
_LONGEST: Final = 80
_MOST_SHAPES: Final = 4
_PIECE: Final = re.compile(
    r"\{(?P<name>[a-z]+)(?::(?P<option>[a-z]{3}|[1-9](?:-[1-9])?))?\}|(?P<text>[A-Za-z0-9./_-]+)"
)
_AGENCIES: Final = {None: f"{OLD_CODE}|{NEW_CODE}", "old": OLD_CODE, "new": NEW_CODE}
_YEAR, _SHORT_YEAR = "(?P<year>[0-9]{4})", "(?P<year>[0-9]{2})"
_MONTH, _DAY = "(?P<month>[0-9]{2})", "(?P<day>[0-9]{2})"
_DATES: Final = {
    "yymmdd": _SHORT_YEAR + _MONTH + _DAY,
    "ddmmyy": _DAY + _MONTH + _SHORT_YEAR,
    "yyyymmdd": _YEAR + _MONTH + _DAY,
    "ddmmyyyy": _DAY + _MONTH + _YEAR,
}
_OLD_EXAMPLE, _NEW_EXAMPLE = "000.00.00.H19", "H19.34.12"
_EXAMPLE_DATES: Final = {
    "yymmdd": "230301",
    "ddmmyy": "010323",
    "yyyymmdd": "20230301",
    "ddmmyyyy": "01032023",
}
_ENDS_AN_AGENCY: Final = frozenset("-/_")  # what no agency code holds
_CENTURY: Final = "20"
_EARLIEST: Final = "2000"
_SHORT: Final = 2


class ShapeError(ValueError):
    """What is declared is no shape; the text tells the operator why."""


class DossierParts(NamedTuple):
    """What the parts of a code say."""

    agency: str
    date: dt.date
    number: str


@dataclass(frozen=True, slots=True)
class DossierShape:
    """One way of writing dossier codes; `dossier_shapes` makes it."""

    pattern: re.Pattern[str]
    example: str
    """An invented code of this shape, for showing."""

    def read(self, code: str) -> DossierParts | None:
        """Return the parts of *code*, or None where it is not of this shape or its date is not real."""
        found = self.pattern.fullmatch(code)
        if found is None:
            return None
        agency, year, month, day, number = found.group("agency", "year", "month", "day", "number")
        if len(year) == _SHORT:
            year = _CENTURY + year
        if len(agency) > LONGEST_CODE or year < _EARLIEST:
            return None
        try:
            received = dt.date.fromisoformat(f"{year}-{month}-{day}")
        except ValueError:
            return None
        return DossierParts(agency, received, number)


def dossier_shapes(declared: str) -> tuple[DossierShape, ...]:
    """Return the shapes that *declared* names, with blanks between them.

    `{agency}` (or `{agency:old}`, `{agency:new}`), a date such as `{yymmdd}` and `{number:4-6}` (or
    `{number:5}`) stand once each in a shape, and letters, digits and `. / _ -` for themselves; the agency
    ends where the code ends or before one of `- / _`. Raises ShapeError.
    """
    shapes = declared.split()
    if not 1 <= len(shapes) <= _MOST_SHAPES:
        raise ShapeError(f"one to {_MOST_SHAPES} shapes are needed, such as {_USUAL}")
    return tuple(DossierShape(re.compile(_pattern(shape)), _example(shape)) for shape in shapes)


def _pattern(shape: str) -> str:
    pieces = list(_PIECE.finditer(shape))
    if len(shape) > _LONGEST or "".join(piece[0] for piece in pieces) != shape:
        raise ShapeError(
            f"a shape is made of parts in braces and of letters, digits and . / _ -, such as {_USUAL}"
        )
    names = [piece["name"] for piece in pieces if piece["name"]]
    dates = [name for name in names if name in _DATES]
    if sorted(names) != sorted(["agency", "number", *dates]) or len(dates) != 1:
        raise ShapeError("a shape has an {agency}, one date such as {yymmdd}, and a {number:4-6}")
    before, _, after = shape.partition(next(piece[0] for piece in pieces if piece["name"] == "agency"))
    if before.endswith("}") or (after and after[0] not in _ENDS_AN_AGENCY):
        raise ShapeError("beside {agency} no other part may stand, and behind it one of - / _ or nothing")
    return "".join(map(_part, pieces))


def _example(shape: str) -> str:
    """Return a code of 1 March 2023 with the smallest number, of a *shape* that `_pattern` has taken."""
    return "".join(map(_example_part, _PIECE.finditer(shape)))


def _example_part(piece: re.Match[str]) -> str:
    name, option = piece["name"], piece["option"]
    if name is None:
        return piece["text"]
    if name == "agency":
        return _NEW_EXAMPLE if option == "new" else _OLD_EXAMPLE
    return f"{1:0{option[0]}d}" if name == "number" else _EXAMPLE_DATES[name]


def _part(piece: re.Match[str]) -> str:
    name, option = piece["name"], piece["option"]
    if name is None:
        return re.escape(piece["text"])
    if name == "agency" and option in _AGENCIES:
        return f"(?P<agency>{_AGENCIES[option]})"
    if name == "number" and option is not None and option[0].isdigit():
        fewest, _, most = option.partition("-")
        if int(most or fewest) >= int(fewest):
            return f"(?P<number>[0-9]{{{fewest},{most or fewest}}})"
    if name in _DATES and option is None:
        return _DATES[name]
    raise ShapeError("an option is :old or :new of {agency}, or how many digits a {number:4-6} has")


USUAL_SHAPES: Final = dossier_shapes(_USUAL)
"""Circular 01/2018/TT-VPCP Article 19 with either form of agency code, and up to six running digits."""
