"""Holds both sides of a reconciliation in a file that is gone with it, so that memory stays flat."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Generic, TypeVar

from app.auditing.reconciliation_values import BrokenRow, Finding, Kind, Look, Recorded, RowFault
from app.errors import ConfigurationError

_AT_ONCE: Final = 1_000
_CACHE_KIB: Final = 4_096
_SCHEMA: Final = """
create table look (request_id text, at int, line int, officer_code text, account text, service_code text,
    road text, result text, is_refused int);
create table recorded (request_id text, at int, lookup_id text, officer_id text, officer_code text,
    unit_code text, client_id text, procedure_code text, road text, outcome text);
create table broken (line int, fault text);
create table finding (at int, kind text, is_difference int, count int, look int, recorded int);
"""
_PRAGMAS: Final = (
    f"pragma cache_size = -{_CACHE_KIB}",
    "pragma journal_mode = off",
    "pragma synchronous = off",
    "pragma temp_store = file",
)
_INDICES: Final = (
    "create index if not exists look_request_id on look (request_id, line)",
    "create index if not exists recorded_request_id on recorded (request_id, at)",
)
_LOOKS: Final = "select *, rowid from look order by request_id, line"
_RECORDS: Final = "select *, rowid from recorded order by request_id, at"
_FINDINGS: Final = """
select f.kind, f.count, look.*, recorded.* from finding f
left join look on look.rowid = f.look left join recorded on recorded.rowid = f.recorded
where f.is_difference = ? order by f.at, f.rowid
"""
_LOOK_WIDTH: Final = len(Look._fields)


T = TypeVar("T", Look, Recorded)


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A value and where the spill has it."""

    value: T
    place: int


class Spill:
    """Both sides and what was found; made by `open_spill`. No name and no number of a citizen is in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Keep everything over *connection*."""
        self._connection = connection
        connection.executescript(_SCHEMA)
        connection.execute("begin")  # never committed: nothing of it is to stay

    def take_rows(self, rows: Iterable[Look | BrokenRow]) -> Iterator[int]:
        """Keep a log's rows, yielding how many came in each time some did."""
        remaining = iter(rows)
        while some := list(islice(remaining, _AT_ONCE)):
            looks = [row for row in some if isinstance(row, Look)]
            self._connection.executemany("insert into look values (?,?,?,?,?,?,?,?,?)", looks)
            broken = [row for row in some if isinstance(row, BrokenRow)]
            self._connection.executemany("insert into broken values (?,?)", broken)
            yield len(some)

    def take_records(self, records: Iterable[Recorded]) -> None:
        """Keep lookups of ours."""
        self._connection.executemany("insert into recorded values (?,?,?,?,?,?,?,?,?,?)", records)

    def span(self) -> tuple[int, int] | None:
        """Return the times of the first and the last look; None where none has one."""
        first, last = self._connection.execute("select min(at), max(at) from look").fetchone()
        return None if first is None else (first, last)

    def count(self, table: str) -> int:
        """Return how many rows `look`, `recorded` or `broken` has."""
        (count,) = self._connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - ours
        return int(count)

    def sort(self) -> None:
        """Make `looks` and `records` quick; to be done once both sides are complete."""
        for index in _INDICES:
            self._connection.execute(index)

    def looks(self) -> Iterator[Kept[Look]]:
        """Yield all looks by request id."""
        for *values, place in self._connection.execute(_LOOKS):
            yield Kept(_look(values), place)

    def records(self) -> Iterator[Kept[Recorded]]:
        """Yield all lookups of ours by request id."""
        for *values, place in self._connection.execute(_RECORDS):
            yield Kept(Recorded(*values), place)

    def add(self, kind: Kind, look: Kept[Look] | None, recorded: Kept[Recorded] | None, count: int) -> None:
        """Keep a finding about what stands in these places."""
        there = look.place if look is not None else None
        here = recorded.place if recorded is not None else None
        at = Finding(kind, look.value if look else None, recorded.value if recorded else None).at
        values = (at, kind.value, kind.is_difference, count, there, here)
        self._connection.execute("insert into finding values (?,?,?,?,?,?)", values)

    def findings(self, *, differences: bool) -> Iterator[Finding]:
        """Yield what differs, or what is uncertain, by time."""
        for kind, count, *values in self._connection.execute(_FINDINGS, (differences,)):
            look, recorded = values[:_LOOK_WIDTH], values[_LOOK_WIDTH:]
            yield Finding(
                Kind(kind),
                _look(look) if look[0] is not None else None,
                Recorded(*recorded) if recorded[0] is not None else None,
                count,
            )

    def broken(self) -> Iterator[BrokenRow]:
        """Yield the rows that could not be read, by line."""
        for line, fault in self._connection.execute("select line, fault from broken order by line"):
            yield BrokenRow(line, RowFault(fault))


@contextmanager
def open_spill() -> Iterator[Spill]:
    """Give an empty spill in a folder for the caller's eyes only, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="dancu-reconcile-") as folder:
        connection = sqlite3.connect(Path(folder) / "spill", isolation_level=None)
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            yield Spill(connection)
        except sqlite3.Error:
            raise ConfigurationError(f"what is compared does not fit into {folder} (TMPDIR)") from None
        finally:
            connection.close()


def _look(values: list[object]) -> Look:
    return Look._make([*values[:-1], bool(values[-1])])
