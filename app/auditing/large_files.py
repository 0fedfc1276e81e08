"""Large files written and removed in small steps: each lookup waits until its record is on the same disk.

Half a gigabyte written back at once makes a commit wait for a tenth of a second. Removed at once it holds up
commits for seconds where the file system tells its disk which blocks are free (mounted with `discard`, as
images for virtual machines often are).
"""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

WRITTEN_AT_ONCE: Final = 8 * 1024 * 1024
FREED_AT_ONCE: Final = 4 * 1024 * 1024
_PAUSE_SECONDS: Final = 0.02


class SteadyFile:
    """A file that goes to its disk while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        """Write to *file*, which is closed with this."""
        self._file = file
        self._waiting = 0

    def write(self, content: bytes) -> None:
        """Add *content*; OSError."""
        self._file.write(content)
        self._waiting += len(content)
        if self._waiting >= WRITTEN_AT_ONCE:
            self._sync()

    def finish(self) -> None:
        """Close the file once all of it is on disk; OSError."""
        self._sync()
        self._file.close()

    def close(self) -> None:
        """Close the file, wherever what was written is by now."""
        self._file.close()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._waiting = 0


def remove_steadily(file: Path) -> Iterator[int]:
    """Remove *file*, beginning at its end, and yield after each step how many bytes it was; OSError.

    One that was left in the middle is removed by the next call. Of a file with other names (hard links) only
    this name goes, and of a symbolic link only the link.
    """
    found = file.lstat()
    left = found.st_size
    if stat.S_ISREG(found.st_mode):
        for rest in _shortened(file):
            yield left - rest
            left = rest
            time.sleep(_PAUSE_SECONDS)
    file.unlink()
    yield left


def _shortened(file: Path) -> Iterator[int]:
    """Take a step from the end of *file* and yield what is left, while that is more than a step."""
    number = os.open(file, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        found = os.fstat(number)
        size = found.st_size if found.st_nlink == 1 else 0
        while size > FREED_AT_ONCE:
            size -= FREED_AT_ONCE
            os.ftruncate(number, size)
            os.fsync(number)  # or all steps become one in the file system's journal
            yield size
    finally:
        os.close(number)
