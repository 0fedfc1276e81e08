"""Turns a written Vietnamese address into words: accents, case, composition, abbreviations and numbers."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.accounts.registration.folding import Word
from app.lookup.names import APOSTROPHES, INVISIBLE

Words = tuple[Word, ...]

_NOT_BEFORE: Final = r"(?<![a-zđ0-9\u0300-\u036f])"
_SEGMENT_END: Final = re.compile(r"[,;|\n\r]+")
_PIECE: Final = re.compile(r"[0-9]+[a-z]?(?:-[0-9]+[a-z]?)+|[a-zđ0-9\u0300-\u036f]+(?:/[a-zđ0-9]+)*")
_LETTERS_THEN_NUMBER: Final = re.compile(r"([a-zđ\u0300-\u036f]+)([0-9]+[a-z]?)")
_LEADING_ZEROS: Final = re.compile(r"(?<![0-9a-z])0+(?=[0-9])")
_LETTERS: Final = re.compile(r"[a-zđ\u0300-\u036f]+")
_DIGIT: Final = re.compile(r"[0-9]")
_MARK: Final = re.compile(r"[\u0300-\u036f]")
_TONE: Final = re.compile(r"[\u0300\u0301\u0303\u0309\u0323]")
_ACCENT: Final = re.compile(r"[\u0300-\u036fđ]")
_UNSEEN: Final = re.compile(f"[{re.escape(''.join(map(chr, INVISIBLE)) + APOSTROPHES)}]")
_ROMAN: Final = {"ii": "2", "iii": "3", "iv": "4", "vii": "7", "viii": "8", "ix": "9"}  # no syllables
_I_OR_Y: Final = frozenset({"hy", "ky", "ly", "my", "sy", "ty", "quy"})

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


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is written out as `meaning`, and the letters without which it need not be looked for."""

    short: str
    pattern: re.Pattern[str]
    meaning: str


def _rule(short: str, pattern: str, meaning: str) -> _Rule:
    return _Rule(short, re.compile(pattern), unicodedata.normalize("NFD", f"{meaning} "))


_RULES: Final = (
    _rule("hcm", rf"{_NOT_BEFORE}(?:tp[\s.]*)?hcm(?![a-z])", "thành phố hồ chí minh"),
    _rule("brvt", rf"{_NOT_BEFORE}brvt(?![a-z])", "bà rịa vũng tàu"),
    _rule("hn", r"^\s*(?:tp[\s.]*)?hn[\s.]*$", "thành phố hà nội"),
    _rule("tt", r"^\s*tt[\s.-]*(?=hue[\u0300-\u036f]*\s*$)", "thừa thiên"),
    *(_rule(short, rf"{_NOT_BEFORE}{short}\.\s*", meaning) for short, meaning in _UNITS.items()),
    *(_rule(short, rf"^\s*{short}(?=[\s0-9])", meaning) for short, meaning in _UNITS.items()),
    *(_rule(short, rf"{_NOT_BEFORE}{short}(?=[0-9])", _UNITS[short]) for short in ("p", "f", "q")),
    *(
        _rule(short, rf"{_NOT_BEFORE}{short}(?:\.\s*|(?=[\s0-9]))", meaning)
        for short, meaning in _PLACES.items()
    ),
    _rule("đ", rf"{_NOT_BEFORE}đ(?:\.\s*|\s+)", "đường"),
)
_SHORTS: Final = frozenset(rule.short for rule in _RULES)
_SHORT_INSIDE: Final = re.compile(r"hcm|brvt|hn|tth")
"""Shorts that stand without a space beside others: tphcm, tthuế. No syllable has them."""


def folded(text: str) -> str:
    """Return *text* in small letters, accents apart from them, without what nobody sees or means."""
    letters = _UNSEEN.sub("", unicodedata.normalize("NFD", text)).casefold().replace("ð", "đ")
    return unicodedata.normalize("NFD", letters)


def segments(line: str, *, is_plain: bool) -> list[Words]:
    """Return the words between the commas of a folded line, abbreviations written out.

    The tone stands last in every word (hoà is hòa), numbers lose their leading zeros; `12/3` and `12-14`
    are one word each.
    """
    parts = _SEGMENT_END.split(line)
    found = [tuple(_words(_expanded(part), is_plain=is_plain)) for part in parts]
    return [segment for segment in found if segment]


def name_words(name: str, *, is_plain: bool) -> Words:
    """Return the words of a name that stands by itself, such as a unit's in the register."""
    return tuple(_words(folded(name), is_plain=is_plain))


def is_accented(line: str) -> bool:
    """Return whether any word of a folded line carries an accent or is written with đ."""
    return _ACCENT.search(line) is not None


def has_digit(word: Word) -> bool:
    """Return whether the word is a number or begins or ends with one, such as a house's."""
    return _DIGIT.search(word.plain) is not None


def _expanded(segment: str) -> str:
    shorts = _SHORTS.intersection(_LETTERS.findall(segment))
    if _SHORT_INSIDE.search(segment):
        shorts = _SHORTS
    if shorts:
        for rule in _RULES:
            if rule.short in shorts:
                segment = rule.pattern.sub(rule.meaning, segment)
    return segment


def _words(line: str, *, is_plain: bool) -> Iterator[Word]:
    for piece in _PIECE.findall(line):
        if _LETTERS.fullmatch(piece):
            number = _ROMAN.get(piece)
            yield Word(number, number) if number else _spelled_alike(piece, is_plain=is_plain)
        elif piece.isdecimal():
            number = piece.lstrip("0") or "0"
            yield Word(number, number)
        else:
            yield from _numbered(piece, is_plain=is_plain)


def _numbered(piece: str, *, is_plain: bool) -> Iterator[Word]:
    """Yield what a piece of letters and digits consists of."""
    parts = _LETTERS_THEN_NUMBER.fullmatch(piece)
    if parts is None:
        number = _LEADING_ZEROS.sub("", piece)
        yield Word(number, number)
    else:
        yield from _words(" ".join(parts.groups()), is_plain=is_plain)


def _spelled_alike(letters: str, *, is_plain: bool) -> Word:
    """Return a word with its tones last; i for the y that people write either way: Mỹ Tho, Qui Nhơn."""
    plain = accented = letters
    if not letters.isascii():
        plain = _MARK.sub("", letters).replace("đ", "d")
        accented = _TONE.sub("", letters) + "".join(sorted(_TONE.findall(letters)))
    if plain in _I_OR_Y:
        plain, accented = plain.replace("y", "i"), accented.replace("y", "i")
    return Word(plain, plain) if is_plain else Word(plain, accented)
