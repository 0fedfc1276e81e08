"""Makes words comparable: accents, case, composition, punctuation and the place of the tone mark."""

import re
import unicodedata
from typing import Final, NamedTuple

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_MARK: Final = re.compile(r"[\u0300-\u036f]")
_WORD: Final = re.compile(r"[a-zđ0-9\u0300-\u036f]+")
_LETTERS_THEN_NUMBER: Final = re.compile(r"([a-zđ]+)([0-9]+)")


class Word(NamedTuple):
    """One word without any accent, and with its accents, tones last (hòa and hoà are the same)."""

    plain: str
    accented: str

    def __repr__(self) -> str:
        return "Word()"  # it may be of a citizen's address

    @property
    def has_accents(self) -> bool:
        """Whether anything but plain letters was written."""
        return self.plain != self.accented

    def may_mean(self, other: "Word") -> bool:
        """Whether *other* is this word, or this word with the accents that its writer left out."""
        return self == other or (self.plain == other.plain and not self.has_accents)


def words(text: str) -> tuple[Word, ...]:
    """Return the words of *text*: `P.05, Tân Hoà` has the words p, 5, tân and hoà."""
    folded = unicodedata.normalize("NFD", text.casefold().replace("ð", "đ"))
    return tuple(_word(piece) for found in _WORD.findall(folded) for piece in _pieces(found))


def plain(text: str) -> str:
    """Return *text* in small letters without accents, spaces and punctuation."""
    return "".join(word.plain for word in words(text))


def _pieces(found: str) -> tuple[str, ...]:
    parts = _LETTERS_THEN_NUMBER.fullmatch(found)
    return parts.groups() if parts is not None else (found,)


def _word(piece: str) -> Word:
    if piece.isdecimal():
        number = piece.lstrip("0") or "0"
        return Word(number, number)
    tones = "".join(sorted(mark for mark in piece if mark in _TONES))
    letters = "".join(letter for letter in piece if letter not in _TONES)
    return Word(_MARK.sub("", letters).replace("đ", "d"), letters + tones)
