"""Mends what card scanners make of Vietnamese text, where only one original is possible."""

import re
import unicodedata
from typing import Final

from app.lookup.names import INVISIBLE

_CODE_PAGES: Final = ("cp1252", "cp1258")
_MOST_DECODINGS: Final = 2  # software between scanner and gateway may have made the same mistake again


def _bytes_by_character() -> dict[str, int]:
    """Return which byte a character was, if it was read as Latin-1, CP1252 or CP1258.

    The three never give one character for two bytes, so one table serves all.
    """
    table = {chr(byte): byte for byte in range(256)}
    for code_page in _CODE_PAGES:
        for byte in range(0x80, 0x100):
            character = bytes([byte]).decode(code_page, errors="ignore")
            if character:  # each leaves some bytes undefined, which Windows reads as Latin-1 does
                table[character] = byte
    return table


_BYTES: Final = _bytes_by_character()

# Latin letters and their marks, ASCII but its question mark, curly apostrophes and quotes, dashes.
_CLEAN: Final = re.compile(
    "[ ->@-~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01bf\u01c4-\u024f\u0300-\u0362\u1e00-\u1eff"
    "\u02bc\u2010-\u2015\u2018\u2019\u201c\u201d]*"
)
_IN_NO_CODE_PAGE: Final = re.compile("[\u1ea0-\u1ef9]")


def mended(text: str) -> str:
    """Return *text* in NFC without invisible characters, UTF-8 that was read in a one-byte code page undone.

    Only the whole text is decoded anew, strictly: what is not such a mistake does not pass as UTF-8. What
    cannot be mended stays as it is, for `is_damaged` to find.
    """
    text = text.replace("\x00", "").removeprefix("\ufeff")
    for _ in range(_MOST_DECODINGS):
        text = _decoded_anew(text)
    return unicodedata.normalize("NFC", text.translate(INVISIBLE))


def is_damaged(text: str) -> bool:
    """Whether *text* holds what no card says: question marks, controls, signs of a wrong decoding."""
    return _CLEAN.fullmatch(text) is None


def keeps_accents(text: str) -> bool:
    """Whether letters came through that whatever loses accents cannot have let pass, such as ạ and ế.

    Letters of a one-byte code page prove nothing: what knows à, ê, đ and ư only makes Trân of Trần.
    """
    return _IN_NO_CODE_PAGE.search(text) is not None


def _decoded_anew(text: str) -> str:
    # As received, or composed again: something on the way may have decomposed what was not yet letters.
    for received in (text, unicodedata.normalize("NFC", text)):
        if all(character in _BYTES for character in received):
            try:
                return bytes(map(_BYTES.__getitem__, received)).decode("utf-8")
            except UnicodeDecodeError:
                continue
    return text
