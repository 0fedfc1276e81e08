"""The folder that `dancu demo` keeps its state in, and how it begins anew there."""

import os
import shutil
from pathlib import Path
from typing import Final

from app.database.embedded import lock_state
from app.database.embedded_account import choose_account
from app.database.embedded_data import DataFolder
from app.database.embedded_orphans import end_orphans

POSTGRES: Final = "postgres"
_LOCK: Final = "lock"


def begin_anew(directory: Path) -> None:
    """Remove everything in the demo's folder but the lock, which is held meanwhile.

    Raises EmbeddedPostgresError, with nothing removed, while a demo runs there; OSError.
    """
    postgres = directory / POSTGRES
    postgres.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = lock_state(postgres)
    try:
        data = DataFolder(postgres).path
        if data.exists():
            end_orphans(data, choose_account(data))
        for each in [*directory.iterdir(), *postgres.iterdir()]:
            if each not in {postgres, postgres / _LOCK}:
                _remove(each)
    finally:
        os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
