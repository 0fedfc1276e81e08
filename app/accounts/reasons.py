"""Why something was done to an account, in an administrator's words, which go on record."""

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 200
_PERSONAL_NUMBER: Final = re.compile(r"(?:\d[\s.-]?){9,}")


def parse_reason(text: str) -> str:
    """Return the reason in NFC without surrounding space.

    Raises ValueError, without the text, for one that says nothing, is too long, cannot be written down, or
    holds nine digits in a row, spaced or not: it could be a citizen's number.
    """
    clean = unicodedata.normalize("NFC", text).strip()
    is_writable = not any(unicodedata.category(mark) in {"Cc", "Cs"} for mark in clean)
    seen = "".join(mark for mark in clean if unicodedata.category(mark) != "Cf").strip()
    if not seen or len(clean) > MAX_LENGTH or not is_writable or _PERSONAL_NUMBER.search(seen):
        raise ValueError("a reason has 1 to 200 characters on one line and no nine digits in a row")
    return clean
