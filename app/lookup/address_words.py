"""Turns a written Vietnamese address into words: accents, case, composition, abbreviations and numbers."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from app.accounts.registration.folding import Word, words
from app.lookup.names import APOSTROPHES, INVISIBLE

Words = tuple[Word, ...]

_NOT_BEFORE: Final = r"(?<![a-zđ0-9\u0300-\u036f])"
_SEGMENT_END: Final = re.compile(r"[,;|\n\r]+")
_PIECE: Final = re.compile(r"[0-9]+[a-z]?(?:-[0-9]+[a-z]?)+|[a-zđ0-9\u0300-\u036f]+(?:/[a-zđ0-9]+)*")
_LETTERS_THEN_NUMBER: Final = re.compile(r"([a-zđ\u0300-\u036f]+)([0-9]+[a-z]?)")
_LEADING_ZEROS: Final = re.compile(r"(?<![0-9a-z])0+(?=[0-9])")
_ACCENT: Final = re.compile(r"[\u0300-\u036fđ]")
_UNSEEN: Final = INVISIBLE | dict.fromkeys(map(ord, APOSTROPHES))
_ROMAN: Final = {"ii": "2", "iii": "3", "iv": "4", "vii": "7", "viii": "8", "ix": "9"}  # no syllables
_I_OR_Y: Final = re.compile(r"(?:[hklmst]|qu)y")

_UNITS: Final = {
    "p": "phường",
    "f": "phường",
    "x": "xã",
    "q": "quận",
    "h": "huyện",
    "t": "tỉnh",
    "tt": "thị trấn",
    "tx": "thị xã",
    "tp": "thành phố",
    "đk": "đặc khu",
}
_PLACES: Final = {
    "tp": "thành phố",
    "tx": "thị xã",
    "kp": "khu phố",
    "tdp": "tổ dân phố",
    "kdc": "khu dân cư",
    "kđt": "khu đô thị",
    "kdt": "khu đô thị",
    "ktt": "khu tập thể",
    "cc": "chung cư",
    "sn": "số nhà",
    "ql": "quốc lộ",
    "tl": "tỉnh lộ",
    "hl": "hương lộ",
    "đl": "đại lộ",
}


def _rule(pattern: str, meaning: str) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern), unicodedata.normalize("NFD", f"{meaning} ")


_EXPANSIONS: Final = (
    _rule(rf"{_NOT_BEFORE}(?:tp[\s.]*)?hcm(?![a-z])", "thành phố hồ chí minh"),
    _rule(rf"{_NOT_BEFORE}brvt(?![a-z])", "bà rịa vũng tàu"),
    _rule(r"^\s*(?:tp[\s.]*)?hn[\s.]*$", "thành phố hà nội"),
    _rule(r"^\s*tt[\s.-]*(?=hue[\u0300-\u036f]*\s*$)", "thừa thiên"),
    *(_rule(rf"{_NOT_BEFORE}{short}\.\s*", meaning) for short, meaning in _UNITS.items()),
    *(_rule(rf"^\s*{short}(?=[\s0-9])", meaning) for short, meaning in _UNITS.items()),
    *(_rule(rf"{_NOT_BEFORE}{short}(?=[0-9])", _UNITS[short]) for short in ("p", "f", "q")),
    *(_rule(rf"{_NOT_BEFORE}{short}(?:\.\s*|(?=[\s0-9]))", meaning) for short, meaning in _PLACES.items()),
    _rule(rf"{_NOT_BEFORE}đ(?:\.\s*|\s+)", "đường"),
)


def segments(text: str, *, is_plain: bool) -> list[Words]:
    """Return the words between the commas of *text*, abbreviations written out; no accents if *is_plain*.

    The tone stands last in every word (hoà is hòa), numbers lose their leading zeros; `12/3` and `12-14`
    are one word each.
    """
    parts = _SEGMENT_END.split(_folded(text))
    found = [tuple(_words(_expanded(part), is_plain=is_plain)) for part in parts]
    return [segment for segment in found if segment]


def name_words(name: str, *, is_plain: bool) -> Words:
    """Return the words of a name that stands by itself, such as a unit's in the register."""
    return tuple(_words(_folded(name), is_plain=is_plain))


def is_accented(text: str) -> bool:
    """Return whether any word carries an accent or is written with đ."""
    return _ACCENT.search(_folded(text)) is not None


def has_digit(word: Word) -> bool:
    """Return whether the word is a number or begins or ends with one, such as a house's."""
    return any(letter.isdigit() for letter in word.plain)


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFD", text).translate(_UNSEEN).casefold().replace("ð", "đ")
    return unicodedata.normalize("NFD", letters)


def _expanded(segment: str) -> str:
    for pattern, meaning in _EXPANSIONS:
        segment = pattern.sub(meaning, segment)
    return segment


def _words(folded: str, *, is_plain: bool) -> Iterator[Word]:
    for piece in _PIECE.findall(folded):
        if "/" in piece or "-" in piece:
            number = _LEADING_ZEROS.sub("", piece)
            yield Word(number, number)
            continue
        parts = _LETTERS_THEN_NUMBER.fullmatch(piece)
        for part in parts.groups() if parts is not None else (piece,):
            number = _LEADING_ZEROS.sub("", _ROMAN.get(part, part))
            for word in words(number) if _is_simple(number) else (Word(number, number),):
                yield _spelled_alike(word, is_plain=is_plain)


def _is_simple(text: str) -> bool:
    return text.isdecimal() or not any(letter.isdigit() for letter in text)


def _spelled_alike(word: Word, *, is_plain: bool) -> Word:
    """Write i for the y that people write either way: Mỹ Tho, Qui Nhơn."""
    plain, accented = word
    if _I_OR_Y.fullmatch(plain):
        plain, accented = plain.replace("y", "i"), accented.replace("y", "i")
    return Word(plain, plain) if is_plain else Word(plain, accented)
