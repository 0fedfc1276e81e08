"""State that could grow with the log, in a temporary database file that is gone afterwards."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_CACHE_KIB: Final = 16 * 1024
_TABLES: Final = """
create table batch (
    writer blob, first integer, last integer, head blob, key text, newest blob, met integer default 0,
    primary key (writer, first, last)
) without rowid;
create table writer_key (
    key text primary key, uses integer, at integer, record text, time text, met text
) without rowid;
create table chain (writer blob primary key, state text) without rowid;
create table gap (writer blob, first integer, last integer, primary key (writer, first)) without rowid;
create table named (writer blob primary key, last integer, at integer, record text) without rowid;
create table doubtful (record blob primary key) without rowid;
create table lookup (
    lookup blob primary key, intent integer, outcomes integer, at integer, record text, time text
) without rowid;
create table dropped (hash blob primary key, month text) without rowid;
create table excused (
    writer blob, first integer, last integer, at integer, record text, time text, month text
);
create table dropped_record (record blob primary key) without rowid;
create table drop_step (approval text, kind text, at integer, record text, time text, said text);
create index drop_step_approval on drop_step (approval, kind);
create index drop_step_record on drop_step (record, kind);
"""


class Spill:
    """A database of its own in a folder of its own that only this account can read."""

    def __init__(self) -> None:
        """Make the file; `with` removes it."""
        self._folder = tempfile.TemporaryDirectory(prefix="dancu-verify-")
        self._database = sqlite3.connect(Path(self._folder.name) / "state.sqlite3", isolation_level=None)
        self._database.execute("pragma journal_mode = off")
        self._database.execute("pragma synchronous = off")
        self._database.execute(f"pragma cache_size = -{_CACHE_KIB}")
        self._database.executescript(_TABLES)
        self._database.execute("begin")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the file."""
        self._database.close()
        self._folder.cleanup()

    def put(self, statement: str, *values: object) -> int:
        """Do a statement; return how many rows it touched."""
        return self._database.execute(statement, values).rowcount

    def one(self, query: str, *values: object) -> Any:
        """Return the first row, or None."""
        return self._database.execute(query, values).fetchone()

    def rows(self, query: str, *values: object) -> Iterator[Sequence[Any]]:
        """Return the rows one by one."""
        yield from self._database.execute(query, values)
