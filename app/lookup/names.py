"""Compares Vietnamese names as people mean them, whatever way they were typed (R46)."""

import re
import unicodedata
from typing import NamedTuple

APOSTROPHES = "'\u2018\u2019\u201b\u02b9\u02bb\u02bc\u0060\u00b4\u2032\uff07"
"""Characters that keyboards and fonts put where a name such as K'Brêu has an apostrophe."""

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
"""Characters that stand where a name such as Y-Thu has a hyphen."""

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff"))
"""Translation table that removes what pasted text carries and nobody sees."""

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # huyền, sắc, ngã, hỏi, nặng
_VOWELS = frozenset("aeiouy")
_LETTER = re.compile(r"(.)([\u0300-\u036f]*)", re.DOTALL)
_MARK = re.compile(r"[\u0300-\u036f]")
_SAME_LETTER = INVISIBLE | str.maketrans(
    # Eth and the African d look like đ and come out of old fonts; dotless i is what "I" may have been.
    {"ð": "đ", "ɖ": "đ", "ı": "i"} | dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(HYPHENS + "&", " ")
)


_SMALL_LETTERS = "abcdefghijklmnopqrstuvwxyzàáâãèéêìíòóôõùúýăđĩũơư"
USUAL_LETTERS = frozenset(_SMALL_LETTERS + "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ ")
"""The small letters of Vietnamese in NFC, and the blank: what is in nearly every name, and nothing else."""


class _Syllable(NamedTuple):
    letters: str
    tones: str

    def __repr__(self) -> str:
        return "_Syllable()"  # it is of a citizen's name


def same_name(asked: str, returned: str) -> bool:
    """Return whether *returned* is the name that was *asked* about.

    Case, spacing, hyphens, composition and the place of the tone mark (hòa, hoà) do not matter;
    tones and letters do (Trân, Trần). A name asked without any accent is compared without accents.
    """
    if _is_plainly_same(asked, returned):
        return True
    asked, returned = _folded(asked), _folded(returned)
    if asked == returned:
        return True
    if not _is_accented(asked):
        asked, returned = _plain(asked), _plain(returned)
    asked_syllables = [_syllable(word) for word in asked.split()]
    returned_syllables = [_syllable(word) for word in returned.split()]
    if len(asked_syllables) == len(returned_syllables):
        return asked_syllables == returned_syllables
    return _joined(asked_syllables) == _joined(returned_syllables)


def unaccented(text: str) -> str:
    """Return *text* in capitals without accents, spaces and punctuation, as some upstream roads want it."""
    small = text.casefold()
    if USUAL_LETTERS.issuperset(small):  # a blank and marks are all that is left out of these
        plain = unicodedata.normalize("NFD", small.replace("đ", "d").replace(" ", ""))
        return plain.encode("ascii", "ignore").decode("ascii").upper()
    return _without_accents(text)


def _without_accents(text: str) -> str:
    return "".join(letter for letter in _plain(_folded(text)) if letter.isalnum()).upper()


def _is_plainly_same(asked: str, returned: str) -> bool:
    """Whether both are Vietnamese letters in NFC and differ in nothing but case, as nearly all names do.

    Then folding, which takes ten times as long, would find them the same.
    """
    small = asked.casefold()
    return small == returned.casefold() and USUAL_LETTERS.issuperset(small)


def _folded(text: str) -> str:
    small = unicodedata.normalize("NFD", text).casefold().translate(_SAME_LETTER)
    # Again: what was invisible may have kept marks from their canonical order.
    return unicodedata.normalize("NFD", small)


def _is_accented(folded: str) -> bool:
    return "đ" in folded or _MARK.search(folded) is not None


def _plain(folded: str) -> str:
    return _MARK.sub("", folded).replace("đ", "d")


def _syllable(word: str) -> _Syllable:
    """Pull the tone out of its place; the marks that make another letter (ă â ê ô ơ ư) stay."""
    letters: list[str] = []
    tones: list[str] = []
    for letter, marks in _LETTER.findall(word):
        # On a consonant, as in the Spanish ñ, the same mark is no tone.
        tone = _TONES.intersection(marks) if letter in _VOWELS else frozenset[str]()
        tones.extend(sorted(tone))
        letters.append(letter + "".join(sorted(set(marks) - tone)))
    return _Syllable("".join(letters), "".join(tones))


def _joined(syllables: list[_Syllable]) -> _Syllable:
    return _Syllable("".join(s.letters for s in syllables), "".join(s.tones for s in syllables))
