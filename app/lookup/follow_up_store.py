"""Statements about paper in the database: added, and listed by unit from the newest on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Uuid, any_, literal, not_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.record import Outcome
from app.lookup.receipt_table import PAPER_FOLLOW_UP

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What was asked of the citizen after a lookup, and what the lookup had ruled; no citizen in it."""

    lookup_id: UUID
    officer_id: UUID
    unit_id: UUID
    procedure_code: str | None
    dossier_code: str | None
    outcome: Outcome
    may_ask: bool
    paper_asked: bool
    which: str | None
    why: str | None
    asked_at: datetime
    recorded_at: datetime

    @property
    def is_against_ruling(self) -> bool:
        """Whether paper was asked for though it must not have been (R42)."""
        return self.paper_asked and not self.may_ask


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements: of these units (None: all), between these instants, or only those against rulings."""

    unit_ids: frozenset[UUID] | None = None
    since: datetime | None = None
    before: datetime | None = None
    against_ruling: bool = False


Place = tuple[datetime, UUID]
"""Where a page ends: when, and which lookup."""


async def add_follow_up(connection: AsyncConnection, follow_up: FollowUp) -> bool:
    """Add it; a "yes" takes the place of a "no", nothing else of anything. Return whether it was added."""
    table = PAPER_FOLLOW_UP
    values = {column.name: getattr(follow_up, column.name) for column in table.columns}
    statement = insert(table).values(values | {"outcome": follow_up.outcome.value})
    changed = {name: statement.excluded[name] for name in ("paper_asked", "which", "why", "recorded_at")}
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.lookup_id],
        set_=changed,
        where=not_(table.c.paper_asked) & statement.excluded.paper_asked,
    )
    result = await connection.execute(statement.returning(table.c.lookup_id))
    return result.first() is not None


async def list_asked(
    connection: AsyncConnection, wanted: Wanted, *, after: Place | None = None, most: int
) -> list[FollowUp]:
    """Return at most *most* statements that paper was asked for, the newest first, older than *after*."""
    query = _query(wanted)
    place = tuple_(PAPER_FOLLOW_UP.c.recorded_at, PAPER_FOLLOW_UP.c.lookup_id)
    if after is not None:
        query = query.where(place < tuple_(literal(after[0]), literal(after[1])))
    newest = (PAPER_FOLLOW_UP.c.recorded_at.desc(), PAPER_FOLLOW_UP.c.lookup_id.desc())
    return [_read(row) for row in await connection.execute(query.order_by(*newest).limit(most))]


async def every_asked(engine: AsyncEngine, wanted: Wanted) -> AsyncIterator[FollowUp]:
    """Yield all of them, read page by page."""
    after: Place | None = None
    while True:
        # A connection for each page: a reader who is slow must not keep one.
        async with engine.connect() as connection:
            page = await list_asked(connection, wanted, after=after, most=_PAGE)
        if not page:
            return
        for follow_up in page:
            yield follow_up
        after = (page[-1].recorded_at, page[-1].lookup_id)


def _query(wanted: Wanted) -> Select[Any]:
    columns = PAPER_FOLLOW_UP.c
    query = select(PAPER_FOLLOW_UP).where(columns.paper_asked)
    if wanted.unit_ids is not None:
        query = query.where(columns.unit_id == any_(literal(sorted(wanted.unit_ids), ARRAY(Uuid))))
    if wanted.since is not None:
        query = query.where(columns.recorded_at >= wanted.since)
    if wanted.before is not None:
        query = query.where(columns.recorded_at < wanted.before)
    if wanted.against_ruling:
        query = query.where(not_(columns.may_ask))
    return query


def _read(row: Row[Any]) -> FollowUp:
    return FollowUp(**(dict(row._mapping) | {"outcome": Outcome(row.outcome)}))  # noqa: SLF001 - SQLAlchemy's way to a mapping
