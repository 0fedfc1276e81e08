"""Whom a lookup that found nobody was about, as digests kept for a day: the next entry must be about them."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Delete, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.sweeping import Purge
from app.accounts.trouble import database_trouble
from app.lookup.names import unaccented
from app.lookup.table import FIRST_ENTRY
from app.lookup.values import Question

_KEPT: Final = timedelta(hours=1)  # longer than any two processes' clocks are apart


@dataclass(frozen=True, slots=True)
class EntryDigests:
    """What was entered, under a key of one lookup's own: its number, and its name with the birth date."""

    number: bytes = field(repr=False)
    name_and_birth: bytes = field(repr=False)

    @classmethod
    def of(cls, question: Question, secret: bytes, lookup_id: UUID) -> "EntryDigests":
        """Return the digests of *question* as *lookup_id* would keep them; no two lookups' look equal."""
        key = hmac.digest(secret, lookup_id.bytes, hashlib.sha256)
        named = f"named|{unaccented(question.full_name.text)}|{question.birth_date.iso}"
        return cls(_digest(key, f"number|{question.id_number.digits}"), _digest(key, named))

    def may_be_of(self, other: "EntryDigests") -> bool:
        """Whether both can be entries about one person: of number and name with birth date one is the same.

        Who corrects a typing error changes the one or the other.
        """
        same_number = hmac.compare_digest(self.number, other.number)
        same_named = hmac.compare_digest(self.name_and_birth, other.name_and_birth)
        return same_number or same_named


class FirstEntryStore:
    """Keeps digests in PostgreSQL while a second entry may follow; AuditUnavailableError without database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use *engine*; each call is one statement."""
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def add(self, lookup_id: UUID, digests: EntryDigests, ends_at: datetime) -> None:
        """Keep the digests of a lookup until *ends_at*."""
        row = insert(FIRST_ENTRY).values(
            lookup_id=lookup_id,
            number_digest=digests.number,
            name_and_birth_digest=digests.name_and_birth,
            ends_at=ends_at,
        )
        with database_trouble():
            async with self._single.connect() as connection:
                await connection.execute(row)

    async def find(self, lookup_id: UUID) -> EntryDigests | None:
        """Return what is kept of a lookup, None where nothing is."""
        entry = FIRST_ENTRY.c
        query = select(entry.number_digest, entry.name_and_birth_digest).where(entry.lookup_id == lookup_id)
        with database_trouble():
            async with self._single.connect() as connection:
                row = (await connection.execute(query)).first()
        return EntryDigests(row.number_digest, row.name_and_birth_digest) if row is not None else None


def first_entries_long_over() -> Purge:
    """Return the purge of digests that no second entry can follow any more."""

    def statement(now: datetime, most: int) -> Delete:
        entry = FIRST_ENTRY.c
        old = select(entry.lookup_id).where(entry.ends_at < now - _KEPT).limit(most)
        return delete(FIRST_ENTRY).where(entry.lookup_id.in_(old))

    return Purge("first_entry", statement)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)
