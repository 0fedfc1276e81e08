"""A ZIP that is sent while it is made: one member after the other, nothing of it kept.

The standard library writes ZIPs to what cannot be sought (sizes follow each member, APPNOTE 4.3.9), so that
no other is needed. ZIP64 members, which not every program opens from a stream, are avoided by keeping members
below `LARGEST_MEMBER`.
"""

import zipfile
from datetime import datetime
from typing import IO, Final

LARGEST_MEMBER: Final = 2**30
"""Bytes after which a member should end; `zipfile` refuses to write more than twice that."""

_PRIVATE: Final = 0o600 << 16
_LEVEL: Final = 6


class _Sink:
    """Takes what `zipfile` writes; it cannot be sought, and says so by having no `tell`."""

    def __init__(self) -> None:
        self._pieces = list[bytes]()

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


class ZipStream:
    """Is told of members in order; `taken` gives the bytes that have come of it so far, each once."""

    def __init__(self, made_at: datetime) -> None:
        """Say *made_at*, as local time, of every member."""
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)  # type: ignore[call-overload]
        self._made_at = made_at
        self._member: IO[bytes] | None = None

    def begin(self, name: str) -> None:
        """Begin a member; the one before it ends."""
        self._end()
        info = zipfile.ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _PRIVATE
        self._member = self._zip.open(info, "w")

    def write(self, content: bytes) -> None:
        """Add to the member; ValueError where none was begun."""
        if self._member is None:
            raise ValueError("no member was begun")
        self._member.write(content)

    def taken(self) -> bytes:
        """Return what has not been taken yet; often nothing, because compression waits for more."""
        return self._sink.taken()

    def close(self) -> None:
        """Write the directory of members, with which the ZIP is whole."""
        self._end()
        self._zip.close()

    def _end(self) -> None:
        if self._member is not None:
            self._member.close()
            self._member = None
