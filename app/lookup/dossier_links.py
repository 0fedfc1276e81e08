"""Lookups made before there was a dossier: which wait, and the one link that ends it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.trouble import database_trouble
from app.lookup.dossier import NoDossierReason
from app.lookup.table import LOOKUP_WITHOUT_DOSSIER

_TABLE: Final = LOOKUP_WITHOUT_DOSSIER.c


@dataclass(frozen=True, slots=True)
class DossierLink:
    """A lookup made without a dossier, and the dossier it was linked to since, if any."""

    lookup_id: UUID
    officer_id: UUID
    unit_id: UUID
    procedure_code: str
    reason: NoDossierReason
    asked_at: datetime
    dossier_code: str | None
    linked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Which waiting lookups: None leaves a condition out, so that `unit_ids` None has those of every unit."""

    unit_ids: Collection[UUID] | None
    reason: NoDossierReason | None
    asked_before: datetime


class DossierLinks:
    """Reads what the database keeps of lookups without dossier; AuditUnavailableError without database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine

    async def find(self, lookup_id: UUID) -> DossierLink | None:
        """Return the lookup, or None where it had a dossier from the start, or never was."""
        async with self._connection() as connection:
            rows = await connection.execute(
                select(LOOKUP_WITHOUT_DOSSIER).where(_TABLE.lookup_id == lookup_id)
            )
            row = rows.one_or_none()
        return _link(row) if row is not None else None

    async def waiting(self, wanted: Unlinked, *, after: UUID | None, most: int) -> list[DossierLink]:
        """Return at most *most* that still wait, the oldest first, those that follow *after*."""
        query = (
            select(LOOKUP_WITHOUT_DOSSIER)
            .where(_TABLE.linked_at.is_(None), _TABLE.asked_at < wanted.asked_before)
            .order_by(_TABLE.lookup_id)  # its first half is the time
            .limit(most)
        )
        if after is not None:
            query = query.where(_TABLE.lookup_id > after)
        if wanted.unit_ids is not None:
            query = query.where(_TABLE.unit_id == any_(literal(sorted(wanted.unit_ids), ARRAY(Uuid))))
        if wanted.reason is not None:
            query = query.where(_TABLE.reason == wanted.reason.value)
        async with self._connection() as connection:
            return [_link(row) for row in await connection.execute(query)]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        with database_trouble():
            async with self._engine.connect() as connection:
                yield connection


async def note_link(
    connection: AsyncConnection, lookup_id: UUID, dossier_code: str, officer_id: UUID, now: datetime
) -> bool:
    """Link the lookup, and return whether it was still waiting."""
    linked = await connection.execute(
        update(LOOKUP_WITHOUT_DOSSIER)
        .where(_TABLE.lookup_id == lookup_id, _TABLE.linked_at.is_(None))
        .values(dossier_code=dossier_code, linked_at=now, linked_by=officer_id)
    )
    return linked.rowcount == 1


def _link(row: Row[Any]) -> DossierLink:
    return DossierLink(
        lookup_id=row.lookup_id,
        officer_id=row.officer_id,
        unit_id=row.unit_id,
        procedure_code=row.procedure_code,
        reason=NoDossierReason(row.reason),
        asked_at=row.asked_at,
        dossier_code=row.dossier_code,
        linked_at=row.linked_at,
    )
