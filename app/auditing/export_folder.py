"""A folder of an export as it is written: apart, for this account only, and there only when it is whole."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from app.audit.verifying.export_files import EXPORT_FILES, EXPORT_FORMAT, MANIFEST_FILE, Manifest
from app.audit.verifying.findings import CannotCheckError
from app.auditing.large_files import SteadyFile, remove_steadily
from app.errors import ConfigurationError

_PRIVATE: Final = 0o600

Removing = Callable[[int, int], None]
"""Is told how many bytes are removed, and of how many."""


class ExportWriter:
    """Writes into a folder beside *folder*; `publish` gives it its name, otherwise nothing is left."""

    def __init__(self, folder: Path, removing: Removing = lambda *_: None) -> None:
        """Refuse what exists already with FileExistsError; OSError where nothing can be made there.

        *removing* is told of the removal of what was not published.
        """
        if os.path.lexists(folder):
            raise FileExistsError(errno.EEXIST, "exists already, and is not overwritten", str(folder))
        self._folder = folder
        self._apart = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
        self._files = dict[str, SteadyFile]()
        self._removing = removing
        self._digests = {name: hashlib.sha256() for name in EXPORT_FILES}
        self.counts = dict.fromkeys(EXPORT_FILES, 0)

    def __enter__(self) -> Self:
        """Open the files."""
        try:
            for name in EXPORT_FILES:
                self._files[name] = self._open(name)
        except OSError:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not published."""
        self._discard()

    def add(self, name: str, line: Mapping[str, Any]) -> None:
        """Add a line to a file."""
        content = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._files[name].write(content)
        self._digests[name].update(content)
        self.counts[name] += 1

    def seal(self, said: Mapping[str, Any]) -> str:
        """Write the manifest with what is *said* of the export; everything is on disk then.

        Return the manifest's SHA-256 in hexadecimal.
        """
        for file in self._files.values():
            file.finish()
        files = {
            name: {"sha256": self._digests[name].hexdigest(), "lines": self.counts[name]}
            for name in EXPORT_FILES
        }
        content = json.dumps({"format": EXPORT_FORMAT, **said, "files": files}, indent=2).encode() + b"\n"
        manifest = self._open(MANIFEST_FILE)
        manifest.write(content)
        manifest.finish()
        _sync_folder(self._apart)
        return hashlib.sha256(content).hexdigest()

    def publish(self) -> None:
        """Give the folder its name; OSError where something bears it by now."""
        self._apart.rename(self._folder)
        _sync_folder(self._folder.absolute().parent)

    def _open(self, name: str) -> SteadyFile:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return SteadyFile(os.fdopen(os.open(self._apart / name, flags, _PRIVATE), "wb"))

    def _discard(self) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):  # what no longer finds room is not wanted either
                file.close()
        try:
            with contextlib.suppress(OSError):
                if self._apart.exists():
                    _remove_files(list(self._apart.iterdir()), self._removing)
        finally:  # interrupted again, this must not leave months' keys in a folder that no command knows
            shutil.rmtree(self._apart, ignore_errors=True)


def remove_export(folder: Path, removing: Removing) -> None:
    """Remove an export's folder step by step; done again, it goes on where it was.

    ConfigurationError where *folder* is no export or holds anything else, OSError where it cannot go.
    """
    names = [*EXPORT_FILES, MANIFEST_FILE]  # the manifest last: it tells what the folder is
    try:
        if folder.is_symlink():
            raise CannotCheckError("it is a link")
        Manifest.from_bytes((folder / MANIFEST_FILE).read_bytes())
    except (CannotCheckError, OSError):
        raise ConfigurationError(f"{folder} is no export of the evidence; nothing was removed") from None
    if others := sorted({path.name for path in folder.iterdir()} - set(names)):
        raise ConfigurationError(f"{folder} also holds {', '.join(others)}; nothing was removed")
    _remove_files([folder / name for name in names if os.path.lexists(folder / name)], removing)
    folder.rmdir()


def _remove_files(files: list[Path], removing: Removing) -> None:
    total, removed = sum(file.lstat().st_size for file in files), 0
    for file in files:
        for freed in remove_steadily(file):
            removed += freed
            removing(removed, total)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
