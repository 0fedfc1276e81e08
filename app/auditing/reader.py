"""Reads lookups out of the evidence with the auditing role; the only place where persons are decrypted."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.keyring import load_month_secrets
from app.audit.partitions import first_id
from app.audit.record import RecordKind, Value, read_leaf
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.sealing import DataKey, MonthSecret, RootKey, SealBrokenError, SealedSubject, sealed_bytes
from app.audit.table import AUDIT_RECORD, AUDIT_SEARCH_TAG
from app.auditing.criteria import Search
from app.auditing.evidence_trouble import evidence_trouble
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

_ASKED: Final = (RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_REFUSED.value)
_KEY_RECORDS: Final = (RecordKind.WRITER_OPENED.value, RecordKind.WRITER_KEY.value)
_OUTCOME: Final = AUDIT_RECORD.alias("outcome")
_LINK: Final = AUDIT_RECORD.alias("link")
_SHOWN_DIGITS: Final = 3
_ID_SLACK: Final = timedelta(days=1)
_MAX_DATA_KEYS: Final = 10_000
_UNREADABLE: Final[Mapping[str, Value]] = {}
_log = get_logger(__name__)

_KeyName = tuple[UUID, str]
"""A writer's data key of a month: writer id and the month key's id."""


@dataclass(frozen=True, slots=True)
class Found:
    """One lookup as an auditor sees it: names of fields, no values; the citizen's number masked.

    `citizen` is None where this month's key is gone or the record's seal is broken. A stored record that is
    none of ours is not `is_readable`, and says nothing but its id and time: a search must not end at it.
    """

    record_id: UUID
    recorded_at: datetime
    facts: Mapping[str, Value]
    outcome: Mapping[str, Value] | None
    link: Mapping[str, Value] | None
    citizen: str | None
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One record with its exact bytes, and whom it is about where a key still opens that."""

    record_id: UUID
    recorded_at: datetime
    leaf: bytes = field(repr=False)
    facts: Mapping[str, Value] = field(repr=False)
    person: Mapping[str, object] | None = field(repr=False)


class AuditReader:
    """Holds the auditing connection and root key."""

    def __init__(self, engine: AsyncEngine, root: RootKey, *, max_data_keys: int = _MAX_DATA_KEYS) -> None:
        """Read through *engine*, unwrap month keys with *root*, keep *max_data_keys* writers' keys."""
        self._engine = engine
        self._root = root
        self._max_data_keys = max_data_keys
        self._data_keys: dict[_KeyName, DataKey] = {}

    async def find(self, search: Search) -> list[Found]:
        """Return one page of matching lookups, newest first; AuditUnavailableError without database."""
        try:
            async with self._engine.connect() as connection:
                secrets = await load_month_secrets(connection, self._root, search.months)
                rows = (await connection.execute(_query(search, secrets))).all()
                data_keys = await self._data_keys_of(connection, rows, secrets)
        except (
            OSError,
            SQLAlchemyError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            SealBrokenError,
        ) as error:
            _log.error(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
            raise AuditUnavailableError from None
        return [_found(row, data_keys) for row in rows]

    async def open(self, *conditions: ColumnElement[bool]) -> list[Opened]:
        """Return the records that meet *conditions*, oldest first, persons opened; AuditUnavailableError."""
        record = AUDIT_RECORD.c
        columns = (record.record_id, record.recorded_at, record.writer_id, record.leaf)
        query: Select[Any] = (
            select(*columns).where(*conditions).order_by(record.recorded_at, record.record_id)
        )
        with evidence_trouble():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
                months = {str(_facts(row.leaf).get("key_id")).rpartition("/")[2] for row in rows}
                secrets = await load_month_secrets(connection, self._root, months)
                data_keys = await self._data_keys_of(connection, rows, secrets)
        return [_opened(row, data_keys) for row in rows]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection of the auditing role; AuditUnavailableError for what goes wrong with it."""
        with evidence_trouble():
            async with self._engine.connect() as connection:
                yield connection

    async def _data_keys_of(
        self, connection: AsyncConnection, rows: Sequence[Row[Any]], secrets: Sequence[MonthSecret]
    ) -> dict[_KeyName, DataKey]:
        """Return the keys under which these rows' persons were sealed, where *secrets* still open them."""
        by_key_id = {secret.key_id: secret for secret in secrets}
        needed = {
            name for row in rows if (name := _key_name(row.writer_id, _facts(row.leaf)))[1] in by_key_id
        }
        found = {name: self._data_keys[name] for name in needed & self._data_keys.keys()}
        query = (
            select(AUDIT_RECORD.c.writer_id, AUDIT_RECORD.c.leaf)
            .where(
                AUDIT_RECORD.c.writer_id.in_({writer_id for writer_id, _ in needed - found.keys()}),
                AUDIT_RECORD.c.kind.in_(_KEY_RECORDS),
            )
            .order_by(AUDIT_RECORD.c.writer_id, AUDIT_RECORD.c.writer_sequence)
        )
        for row in await connection.execute(query):
            facts = _facts(row.leaf)
            name = _key_name(row.writer_id, facts)
            if name in needed - found.keys() and (
                data_key := _open(by_key_id[name[1]], facts, row.writer_id)
            ):
                found[name] = data_key
        self._remember(found)
        return found

    def _remember(self, data_keys: Mapping[_KeyName, DataKey]) -> None:
        """Keep what opened, the latest only; what did not open may do so next time."""
        self._data_keys |= data_keys
        while len(self._data_keys) > self._max_data_keys:
            del self._data_keys[next(iter(self._data_keys))]


_LINK_LEAF: Final = (
    select(_LINK.c.leaf)
    .where(_LINK.c.lookup_id == AUDIT_RECORD.c.record_id, _LINK.c.kind == RecordKind.DOSSIER_LINKED.value)
    .order_by(_LINK.c.recorded_at.desc())
    .limit(1)
    .scalar_subquery()
)
"""The dossier a lookup was linked to later; a link whose change failed may have left a record too."""


def _query(search: Search, secrets: Sequence[MonthSecret]) -> Select[Any]:
    record = AUDIT_RECORD.c
    query = (
        select(
            record.record_id,
            record.recorded_at,
            record.writer_id,
            record.leaf,
            _OUTCOME.c.leaf.label("outcome_leaf"),
            _LINK_LEAF.label("link_leaf"),
        )
        .select_from(
            AUDIT_RECORD.outerjoin(AUDIT_OUTCOME, AUDIT_OUTCOME.c.lookup_id == record.record_id).outerjoin(
                _OUTCOME,
                and_(
                    _OUTCOME.c.record_id == AUDIT_OUTCOME.c.record_id,
                    _OUTCOME.c.lookup_id == record.record_id,
                    _OUTCOME.c.kind == RecordKind.LOOKUP_OUTCOME.value,
                ),
            )
        )
        .where(record.kind.in_(_ASKED))
        .limit(search.page_size)
    )
    at, record_id = record.recorded_at, record.record_id
    if search.officer_id is not None:
        query = query.where(record.officer_id == search.officer_id)
    if search.number is not None:
        tags = [secret.search_tag(search.number) for secret in secrets]
        tag = AUDIT_SEARCH_TAG.c
        query = query.join(AUDIT_SEARCH_TAG, tag.record_id == record.record_id).where(tag.tag.in_(tags))
        at, record_id = tag.recorded_at, tag.record_id
    query = query.where(at >= search.starts_at, at < search.ends_at).where(
        # An id is as old as its record: these say in which months' partitions to look.
        record_id >= first_id(search.starts_at, -_ID_SLACK),
        record_id < first_id(search.ends_at, _ID_SLACK),
    )
    if search.after is not None:
        query = query.where(tuple_(at, record_id) < (search.after.recorded_at, search.after.record_id))
    return query.order_by(at.desc(), record_id.desc())


def _facts(leaf: bytes) -> Mapping[str, Value]:
    try:
        return read_leaf(leaf)
    except ValueError:
        return _UNREADABLE


def _key_name(writer_id: UUID, facts: Mapping[str, Value]) -> _KeyName:
    return writer_id, str(facts.get("key_id"))


def _open(secret: MonthSecret, facts: Mapping[str, Value], writer_id: UUID) -> DataKey | None:
    try:
        return DataKey(secret.open_data_key(sealed_bytes(str(facts.get("sealed_key"))), writer_id))
    except SealBrokenError:
        return None


def _found(row: Row[Any], data_keys: Mapping[_KeyName, DataKey]) -> Found:
    facts = _facts(row.leaf)
    outcome = _facts(row.outcome_leaf) if row.outcome_leaf is not None else None
    link = _facts(row.link_leaf) if row.link_leaf is not None else None
    return Found(
        record_id=row.record_id,
        recorded_at=row.recorded_at,
        facts=facts,
        outcome=outcome,
        link=link,
        citizen=_masked(facts, row.record_id, data_keys.get(_key_name(row.writer_id, facts))),
        is_readable=_UNREADABLE not in (facts, outcome, link),
    )


def _opened(row: Row[Any], data_keys: Mapping[_KeyName, DataKey]) -> Opened:
    facts = _facts(row.leaf)
    data_key = data_keys.get(_key_name(row.writer_id, facts))
    person = _person(facts, row.record_id, data_key) if data_key is not None else None
    return Opened(row.record_id, row.recorded_at, row.leaf, facts, person)


def _person(facts: Mapping[str, Value], record_id: UUID, data_key: DataKey) -> Mapping[str, object] | None:
    sealed = SealedSubject(str(facts.get("subject")), str(facts.get("subject_commitment")))
    try:
        person = json.loads(data_key.open(record_id, sealed))
    except (SealBrokenError, ValueError):
        return None
    return person if isinstance(person, dict) else None


def _masked(facts: Mapping[str, Value], record_id: UUID, data_key: DataKey | None) -> str | None:
    if data_key is None:
        return None
    sealed = SealedSubject(str(facts.get("subject")), str(facts.get("subject_commitment")))
    try:
        number = str(json.loads(data_key.open(record_id, sealed))["id_number"])
    except SealBrokenError:
        return None
    return "*" * (len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:]
