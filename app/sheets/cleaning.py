"""Makes what a cell holds into what a person sees: NFC, no invisible characters, single spaces."""

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = dict.fromkeys(
    (
        0x00AD,  # soft hyphen
        0x034F,
        0x061C,
        0x180E,
        *range(0x200B, 0x2010),  # zero width, direction marks
        *range(0x202A, 0x202F),  # direction overrides
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),  # variation selectors
        0xFEFF,
    )
)
_SPACES: Final = re.compile(r"\s+")
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def clean(text: str) -> str:
    """Return *text* with every run of spaces, tabs and line breaks as one space, NBSP included."""
    if text.isascii():
        return " ".join(text.split())
    seen = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return _SPACES.sub(" ", seen).strip()


def unescape(text: str) -> str:
    """Return *text* with the escapes of ECMA-376 (ST_Xstring) resolved, such as `_x000D_`."""
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "\ufffd" if _FIRST_SURROGATE <= code <= _LAST_SURROGATE else chr(code)


def number_text(written: str) -> str:
    """Return a number as a person would write it: `12.0` and `1.2E1` are `12`.

    Raises ValueError where it is no finite number.
    """
    number = float(written)
    if number.is_integer() and abs(number) < 1e15:  # noqa: PLR2004 - beyond it Excel's digits are not all real
        return str(int(number))
    if number in {float("inf"), float("-inf")} or number != number:  # noqa: PLR0124 - NaN
        raise ValueError("not finite")
    return f"{number:.15g}"
