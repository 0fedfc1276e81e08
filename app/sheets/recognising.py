"""Says what a file really is, whatever its name claims, and reads it in this very process."""

from pathlib import PurePath
from typing import Final

from app.sheets.delimited import read_delimited
from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import MEBIBYTE, Limits, Sheet
from app.sheets.workbook import read_workbook

_ZIP: Final = b"PK\x03\x04"
_COMPOUND_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_NO_TEXT: Final = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"{\\rtf",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"PK",
)
_MARKUP: Final = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"mime-version")
_MACRO_ENDINGS: Final = frozenset({".xlsm", ".xltm", ".xlam"})


def read_here(content: bytes, name: str, limits: Limits) -> tuple[Sheet, ...]:
    """Return the file's visible sheets that are not blank.

    Bounded by counts only; `app.sheets.reading` adds a process that is held to memory and time.
    Raises SheetError.
    """
    if len(content) > limits.max_file_bytes:
        raise SheetError(SheetReason.FILE_TOO_LARGE, detail=str(limits.max_file_bytes // MEBIBYTE))
    if not content.strip(b" \t\r\n"):
        raise SheetError(SheetReason.EMPTY_FILE)
    if PurePath(name).suffix.lower() in _MACRO_ENDINGS:
        raise SheetError(SheetReason.MACROS)
    if content.startswith(_COMPOUND_FILE):
        is_encrypted = _ENCRYPTED_PACKAGE in content
        raise SheetError(SheetReason.ENCRYPTED if is_encrypted else SheetReason.OLD_EXCEL)
    if content.startswith(_ZIP):
        sheets = read_workbook(content, limits)
    elif content.startswith(_NO_TEXT) or content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(
        _MARKUP
    ):
        raise SheetError(SheetReason.NOT_A_SPREADSHEET)
    else:
        sheets = read_delimited(content, limits)
    if not sheets:
        raise SheetError(
            SheetReason.ONLY_HIDDEN_SHEETS if content.startswith(_ZIP) else SheetReason.EMPTY_FILE
        )
    return sheets
