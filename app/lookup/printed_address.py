"""Tells whether the address printed on a card is another one than the national record's."""

import re
import unicodedata
from typing import Final

from app.lookup.values import Address

_WORD: Final = re.compile(r"[a-z0-9]+")
_MARK: Final = re.compile(r"[\u0300-\u036f]")
_KINDS: Final = re.compile(
    "so|nha|duong|pho|ngo|ngach|hem|kiet|to|doi|cum|khu|vuc|thon|lang|ap|xom|ban|buon|khom|xa|phuong|thi"
    "|tran|dac|quan|huyen|thanh|tinh|p|q|h|x|f|t|tp|tx|tt|kp|dp|viet|nam"
)
"""Words that say of which kind a place is; one writes them, another shortens or omits them."""


def printed_address_differs(printed: str, national: Address) -> bool | None:
    """Return whether *printed* is another address than *national*; None where that is not sure.

    The same: all words of the national line are printed. Another: its first part, the house or hamlet, has
    no word in common with what is printed. In between lie abbreviations and units renamed since.
    """
    words, line = _words(printed), national.line or ""
    first_words = _words(line.split(",", maxsplit=1)[0])
    if not words or not first_words:
        return None
    if _words(line) <= words:
        return False
    return True if first_words.isdisjoint(words) else None


def _words(text: str) -> set[str]:
    plain = _MARK.sub("", unicodedata.normalize("NFD", text.casefold())).replace("đ", "d")
    return {word.lstrip("0") for word in _WORD.findall(plain) if not _KINDS.fullmatch(word)}
