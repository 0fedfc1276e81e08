"""Opens an .xlsx file as far as it is safe: checks what it is built of, and inflates parts within bounds."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import MEBIBYTE, Limits

_CHUNK: Final = 64 * 1024
_DIRECTORY_END: Final = b"PK\x05\x06"
_DIRECTORY_SIZE: Final = slice(12, 16)
_BYTES_PER_MEMBER: Final = 300  # a directory entry is 46 bytes and a name
_ENCRYPTED_FLAG: Final = 0x1
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class Package:
    """The parts of one workbook file."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        """Open it; raises SheetError where it is damaged, encrypted or built to hurt."""
        self._limits = limits
        self._left = limits.max_inflated_bytes
        _check_directory(content, limits)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (*_DAMAGE, ValueError) as error:
            raise SheetError(SheetReason.DAMAGED) from error
        self._check_members()

    @property
    def names(self) -> frozenset[str]:
        """Names of all parts."""
        return frozenset(self._zip.namelist())

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a part's bytes, never more than the file may inflate to all together.

        Raises SheetError where the part is missing, damaged or too large.
        """
        try:
            with self._zip.open(name) as part:
                while chunk := part.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise self._too_much()
                    yield chunk
        except (KeyError, *_DAMAGE) as error:
            raise SheetError(SheetReason.DAMAGED) from error

    def _check_members(self) -> None:
        members = self._zip.infolist()
        names = [member.filename for member in members]
        if len(members) > self._limits.max_members:
            raise SheetError(SheetReason.TOO_MANY_PARTS, detail=str(self._limits.max_members))
        if any(map(_is_unsafe, names)):
            raise SheetError(SheetReason.UNSAFE_PART_NAMES)
        if len({name.casefold() for name in names}) < len(names):
            raise SheetError(SheetReason.DUPLICATE_PARTS)
        if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
            raise SheetError(SheetReason.ENCRYPTED)
        if any(member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for member in members):
            raise SheetError(SheetReason.DAMAGED)
        if sum(member.file_size for member in members) > self._limits.max_inflated_bytes:
            raise self._too_much()

    def _too_much(self) -> SheetError:
        detail = str(self._limits.max_inflated_bytes // MEBIBYTE)
        return SheetError(SheetReason.INFLATES_TOO_MUCH, detail=detail)


def _check_directory(content: bytes, limits: Limits) -> None:
    # Before zipfile makes an object of every entry.
    end = content.rfind(_DIRECTORY_END)
    if end < 0:
        raise SheetError(SheetReason.DAMAGED)
    size = int.from_bytes(content[end:][_DIRECTORY_SIZE], "little")
    if size > limits.max_members * _BYTES_PER_MEMBER:
        raise SheetError(SheetReason.TOO_MANY_PARTS, detail=str(limits.max_members))


def _is_unsafe(name: str) -> bool:
    steps = name.split("/")
    return name.startswith("/") or ".." in steps or any(letter in name for letter in "\\\0:")


def resolve(base: str, target: str) -> str:
    """Return the name of the part that *target*, written in the part *base*, means."""
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), target))
