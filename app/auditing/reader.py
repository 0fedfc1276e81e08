"""Reads lookups out of the evidence with the auditing role; the only place where persons are decrypted."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.keyring import load_month_secrets
from app.audit.record import RecordKind, Value, read_leaf
from app.audit.retention_table import AUDIT_DROPPED_MONTH
from app.audit.sealing import DataKey, MonthSecret, RootKey
from app.audit.table import AUDIT_RECORD
from app.auditing.criteria import About, Search
from app.auditing.evidence_trouble import evidence_trouble
from app.auditing.persons import KeyName, Keys, Nobody, WhyNobody, key_name, masked, open_data_key
from app.auditing.queries import (
    Window,
    later_query,
    outcome_ids_query,
    outcomes_query,
    page_query,
    record_query,
)

_KEY_RECORDS: Final = (RecordKind.WRITER_OPENED.value, RecordKind.WRITER_KEY.value)
_MAX_DATA_KEYS: Final = 10_000
_FIRST_WINDOW: Final = timedelta(days=1)
_WIDER: Final = 4  # times as wide is the next window of a search that found too little
_NEXT_INSTANT: Final = timedelta(microseconds=1)
_UNREADABLE: Final[Mapping[str, Value]] = {}
_LATER: Final = (RecordKind.LOOKUP_OUTCOME, RecordKind.DOSSIER_LINKED, RecordKind.LOOKUP_FOLLOW_UP)
_CameOf = Mapping[tuple[UUID, str], Mapping[str, Value]]
"""What a record of a kind says of a lookup."""


@dataclass(frozen=True, slots=True)
class Found:
    """One lookup as an auditor sees it: names of fields, no values; the citizen's number masked.

    Where `citizen` is None `citizen_because` says why, and `key_destroyed_at` since when for a month that
    ended; both are None where a record is about nobody. A stored record that is none of ours is not
    `is_readable`, and says nothing but its id and time: a search must not end at it. `link` is the record of
    the dossier that came later, `follow_up` what was said of paper since.
    """

    record_id: UUID
    recorded_at: datetime
    facts: Mapping[str, Value]
    outcome: Mapping[str, Value] | None
    link: Mapping[str, Value] | None
    citizen: str | None
    is_readable: bool
    follow_up: Mapping[str, Value] | None = None
    citizen_because: WhyNobody | None = None
    key_destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A record by its id, and whom it is about in clear: for who may unmask."""

    found: Found
    person: Mapping[str, Any] | Nobody | None


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """One record of any kind with its exact bytes, and whom it is about where a key still opens that."""

    record_id: UUID
    recorded_at: datetime
    leaf: bytes = field(repr=False)
    facts: Mapping[str, Value] = field(repr=False)
    person: Mapping[str, Any] | None = field(repr=False)


class AuditReader:
    """Holds the auditing connection and root key."""

    def __init__(self, engine: AsyncEngine, root: RootKey, *, max_data_keys: int = _MAX_DATA_KEYS) -> None:
        """Read through *engine*, unwrap month keys with *root*, keep *max_data_keys* writers' keys."""
        self._engine = engine
        self._root = root
        self._max_data_keys = max_data_keys
        self._data_keys: dict[KeyName, DataKey] = {}

    async def find(self, search: Search) -> list[Found]:
        """Return one page of what matches, newest first; AuditUnavailableError without database."""
        rows = list[Row[Any]]()
        async with self.reading() as connection:
            secrets = await load_month_secrets(connection, self._root, search.months)
            for window in windows(search):
                query = page_query(search, secrets, window, search.page_size - len(rows))
                rows += (await connection.execute(query)).all()
                if len(rows) >= search.page_size:
                    break
            keys = await self._keys(connection, rows, secrets, search.months)
            came = await _came_of(connection, rows, search.as_of) if search.about is About.LOOKUPS else {}
        return [_opened(row, keys, came).found for row in rows]

    async def open(self, lookup_id: UUID) -> Opened | None:
        """Return a lookup and its person in clear, None where there is none; AuditUnavailableError."""
        async with self.reading() as connection:
            row = (await connection.execute(record_query(lookup_id, About.LOOKUPS))).first()
            if row is None:
                return None
            months = [str(_facts(row.leaf).get("key_id")).rpartition("/")[2]]
            secrets = await load_month_secrets(connection, self._root, months)
            keys = await self._keys(connection, [row], secrets, months)
        return _opened(row, keys, {})

    async def records(self, *conditions: ColumnElement[bool]) -> list[OpenedRecord]:
        """Return the records that meet *conditions*, oldest first, persons opened; AuditUnavailableError."""
        record = AUDIT_RECORD.c
        columns = (record.record_id, record.recorded_at, record.writer_id, record.leaf)
        query: Select[Any] = (
            select(*columns).where(*conditions).order_by(record.recorded_at, record.record_id)
        )
        async with self.reading() as connection:
            rows = (await connection.execute(query)).all()
            months = {str(_facts(row.leaf).get("key_id")).rpartition("/")[2] for row in rows}
            secrets = await load_month_secrets(connection, self._root, months)
            keys = await self._keys(connection, rows, secrets, months)
        return [_with_person(row, keys) for row in rows]

    async def scalars(self, query: Select[Any]) -> list[Any]:
        """Return the first column of what *query* finds of the evidence; AuditUnavailableError."""
        async with self.reading() as connection:
            return list((await connection.execute(query)).scalars())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection of the auditing role; AuditUnavailableError where reading fails."""
        with evidence_trouble():
            async with self._engine.connect() as connection:
                yield connection

    async def _keys(
        self,
        connection: AsyncConnection,
        rows: Sequence[Row[Any]],
        secrets: Sequence[MonthSecret],
        months: Collection[str],
    ) -> Keys:
        """Return the keys under which these rows' persons were sealed, as far as *secrets* open them."""
        by_key_id = {secret.key_id: secret for secret in secrets}
        needed = {name for row in rows if (name := key_name(row.writer_id, _facts(row.leaf)))[1] in by_key_id}
        found: dict[KeyName, DataKey | None] = {
            name: self._data_keys[name] for name in needed & self._data_keys.keys()
        }
        query = (
            select(AUDIT_RECORD.c.writer_id, AUDIT_RECORD.c.leaf)
            .where(
                AUDIT_RECORD.c.writer_id.in_({writer_id for writer_id, _ in needed - found.keys()}),
                AUDIT_RECORD.c.kind.in_(_KEY_RECORDS),
            )
            .order_by(AUDIT_RECORD.c.writer_id, AUDIT_RECORD.c.writer_sequence)
        )
        for row in await connection.execute(query) if needed - found.keys() else ():
            facts = _facts(row.leaf)
            name = key_name(row.writer_id, facts)
            if name in needed and found.get(name) is None:
                found[name] = open_data_key(by_key_id[name[1]], facts, row.writer_id)
        self._remember(found)
        return Keys(by_key_id, found, await _destroyed(connection, months))

    def _remember(self, data_keys: Mapping[KeyName, DataKey | None]) -> None:
        """Keep what opened, the latest only; what did not open may do so next time."""
        self._data_keys |= {name: key for name, key in data_keys.items() if key is not None}
        while len(self._data_keys) > self._max_data_keys:
            del self._data_keys[next(iter(self._data_keys))]


def windows(search: Search) -> Iterator[Window]:
    """Yield the parts of a search's period, newest first: one, or ever wider ones where much may match."""
    end = search.ends_at
    if search.after is not None and search.after.recorded_at < end:
        end = search.after.recorded_at + _NEXT_INSTANT
    width = search.ends_at - search.starts_at if search.is_selective else _FIRST_WINDOW
    while end > search.starts_at:
        start = max(search.starts_at, end - width)
        yield Window(start, end, search.as_of)
        end, width = start, width * _WIDER


async def _destroyed(connection: AsyncConnection, months: Collection[str]) -> dict[str, datetime]:
    """Return when the keys of which of *months* were destroyed."""
    table = AUDIT_DROPPED_MONTH.c
    rows = await connection.execute(select(table.month, table.dropped_at).where(table.month.in_(months)))
    return {row.month: row.dropped_at for row in rows}


async def _came_of(connection: AsyncConnection, rows: Sequence[Row[Any]], as_of: datetime | None) -> _CameOf:
    """Return what came of these lookups, before *as_of*: outcome, dossier and paper, the newest of each."""
    lookup_ids = [row.record_id for row in rows]
    if not lookup_ids:
        return {}
    outcome_ids = (await connection.execute(outcome_ids_query(lookup_ids))).scalars().all()
    came = [
        *await connection.execute(outcomes_query(lookup_ids, outcome_ids)),
        *await connection.execute(later_query(lookup_ids, min(row.recorded_at for row in rows), as_of)),
    ]
    return {(row.lookup_id, row.kind): _facts(row.leaf) for row in came}


def _facts(leaf: bytes) -> Mapping[str, Value]:
    try:
        return read_leaf(leaf)
    except ValueError:
        return _UNREADABLE


def _opened(row: Row[Any], keys: Keys, came: _CameOf) -> Opened:
    facts = _facts(row.leaf)
    outcome, link, follow_up = (came.get((row.record_id, kind.value)) for kind in _LATER)
    person = keys.person_of(row.record_id, row.writer_id, facts)
    nobody = person if isinstance(person, Nobody) else None
    found = Found(
        record_id=row.record_id,
        recorded_at=row.recorded_at,
        facts=facts,
        outcome=outcome,
        link=link,
        citizen=masked(person) if person is not None and not isinstance(person, Nobody) else None,
        is_readable=_UNREADABLE not in (facts, outcome, link, follow_up),
        follow_up=follow_up,
        citizen_because=nobody.because if nobody is not None else None,
        key_destroyed_at=nobody.destroyed_at if nobody is not None else None,
    )
    return Opened(found, person)


def _with_person(row: Row[Any], keys: Keys) -> OpenedRecord:
    facts = _facts(row.leaf)
    person = keys.person_of(row.record_id, row.writer_id, facts)
    known = person if not isinstance(person, Nobody) else None
    return OpenedRecord(row.record_id, row.recorded_at, row.leaf, facts, known)
