"""Reads lookups out of the evidence with the auditing role; the only place where persons are decrypted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.keyring import load_month_secrets
from app.audit.record import RecordKind, Value, read_leaf
from app.audit.sealing import DataKey, MonthSecret, RootKey, SealBrokenError, SealedSubject, sealed_bytes
from app.audit.table import AUDIT_RECORD, AUDIT_SEARCH_TAG
from app.auditing.criteria import Search
from app.errors import AuditUnavailableError

_ASKED: Final = (RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_REFUSED.value)
_KEY_RECORDS: Final = (RecordKind.WRITER_OPENED.value, RecordKind.WRITER_KEY.value)
_OUTCOME: Final = AUDIT_RECORD.alias("outcome")
_SHOWN_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One lookup as an auditor sees it: names of fields, no values; the citizen's number masked.

    `citizen` is None where this month's key is gone or the record's seal is broken.
    """

    record_id: UUID
    recorded_at: datetime
    facts: dict[str, Value]
    outcome: dict[str, Value] | None
    citizen: str | None


class AuditReader:
    """Holds the auditing connection and root key."""

    def __init__(self, engine: AsyncEngine, root: RootKey) -> None:
        """Read through *engine*, unwrap month keys with *root*."""
        self._engine = engine
        self._root = root
        self._data_keys: dict[tuple[UUID, str], DataKey | None] = {}

    async def find(self, search: Search) -> list[Found]:
        """Return one page of matching lookups, newest first; AuditUnavailableError without database."""
        try:
            async with self._engine.connect() as connection:
                secrets = await load_month_secrets(connection, self._root, search.months)
                rows = (await connection.execute(_query(search, secrets))).all()
                await self._load_data_keys(connection, rows, secrets)
        except (OSError, SQLAlchemyError, SealBrokenError):
            raise AuditUnavailableError from None
        return [self._found(row) for row in rows]

    async def _load_data_keys(
        self, connection: AsyncConnection, rows: Sequence[Row[Any]], secrets: Sequence[MonthSecret]
    ) -> None:
        by_key_id = {secret.key_id: secret for secret in secrets}
        needed = {(row.writer_id, str(read_leaf(row.leaf)["key_id"])) for row in rows}
        query = select(AUDIT_RECORD.c.writer_id, AUDIT_RECORD.c.leaf).where(
            AUDIT_RECORD.c.writer_id.in_({writer_id for writer_id, _ in needed - self._data_keys.keys()}),
            AUDIT_RECORD.c.kind.in_(_KEY_RECORDS),
        )
        for row in await connection.execute(query):
            facts = read_leaf(row.leaf)
            key_id = str(facts["key_id"])
            if key_id in by_key_id:
                self._data_keys[row.writer_id, key_id] = _open(by_key_id[key_id], facts, row.writer_id)

    def _found(self, row: Row[Any]) -> Found:
        facts = read_leaf(row.leaf)
        data_key = self._data_keys.get((row.writer_id, str(facts["key_id"])))
        return Found(
            record_id=row.record_id,
            recorded_at=row.recorded_at,
            facts=facts,
            outcome=read_leaf(row.outcome_leaf) if row.outcome_leaf is not None else None,
            citizen=_masked(facts, row.record_id, data_key),
        )


def _query(search: Search, secrets: Sequence[MonthSecret]) -> Select[Any]:
    record = AUDIT_RECORD.c
    query = (
        select(
            record.record_id,
            record.recorded_at,
            record.writer_id,
            record.leaf,
            _OUTCOME.c.leaf.label("outcome_leaf"),
        )
        .select_from(
            AUDIT_RECORD.outerjoin(
                _OUTCOME,
                and_(
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
    query = query.where(at >= search.starts_at, at < search.ends_at)
    if search.after is not None:
        query = query.where(tuple_(at, record_id) < (search.after.recorded_at, search.after.record_id))
    return query.order_by(at.desc(), record_id.desc())


def _open(secret: MonthSecret, facts: dict[str, Value], writer_id: UUID) -> DataKey | None:
    try:
        return DataKey(secret.open_data_key(sealed_bytes(str(facts["sealed_key"])), writer_id))
    except SealBrokenError:
        return None


def _masked(facts: dict[str, Value], record_id: UUID, data_key: DataKey | None) -> str | None:
    if data_key is None or "subject" not in facts:
        return None
    sealed = SealedSubject(str(facts["subject"]), str(facts["subject_commitment"]))
    try:
        number = str(json.loads(data_key.open(record_id, sealed))["id_number"])
    except SealBrokenError:
        return None
    return "*" * (len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:]
