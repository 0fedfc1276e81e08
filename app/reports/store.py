"""Reads sums of the figures, all of one moment."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    any_,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.trouble import database_trouble
from app.audit.tree.table import AUDIT_LEAF
from app.reports.table import USAGE_CURSOR, USAGE_FIGURE
from app.reports.values import Cell, Figures, Trend, Wanted

_FIGURE: Final = USAGE_FIGURE.c
_PERIODS: Final[Mapping[Trend, ColumnElement[str]]] = {
    trend: literal_column(f"'{trend.value}'", Text) for trend in Trend
}


class UsageStore:
    """Reads figures as the serving role; AuditUnavailableError without database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine

    async def read(self, wanted: Wanted) -> Figures:
        """Return the sums that *wanted* names."""
        with database_trouble():
            async with self._engine.connect() as connection:
                # One moment for all: sums of one report must agree.
                await connection.execution_options(isolation_level="REPEATABLE READ")
                return await _figures(connection, wanted)


async def _figures(connection: AsyncConnection, wanted: Wanted) -> Figures:
    end = select(func.coalesce(func.max(AUDIT_LEAF.c.leaf_index) + 1, 0)).scalar_subquery()
    cursor = (
        await connection.execute(select(USAGE_CURSOR.c.counted_at, end - USAGE_CURSOR.c.next_leaf))
    ).one()
    period = cast(func.date_trunc(_PERIODS[wanted.trend], cast(_FIGURE.day, DateTime)), Date)
    return Figures(
        by_unit=await _cells(connection, wanted, _FIGURE.unit_id),
        by_period=await _cells(connection, wanted, period),
        by_procedure=await _cells(connection, wanted, _FIGURE.procedure_code),
        by_channel=await _cells(connection, wanted, _FIGURE.reception_channel),
        counted_at=cursor[0],
        uncounted_records=max(0, cursor[1]),
    )


async def _cells(connection: AsyncConnection, wanted: Wanted, of: ColumnElement[Any]) -> tuple[Cell, ...]:
    rows = await connection.execute(_sums(wanted, of))
    return tuple(Cell(row.of, row.unit_level, row.kind, row.outcome, int(row.count)) for row in rows)


def _sums(wanted: Wanted, of: ColumnElement[Any]) -> Select[Any]:
    named = cast(of, Text).label("of")
    shared = (named, _FIGURE.unit_level, _FIGURE.kind, _FIGURE.outcome)
    query = (
        select(*shared, func.sum(_FIGURE.lookups).label("count"))
        .where(_FIGURE.day.between(wanted.first_day, wanted.last_day))
        .group_by(*shared)
        .order_by(*shared)
    )
    if wanted.unit_ids is not None:
        query = query.where(_FIGURE.unit_id == any_(literal(sorted(wanted.unit_ids), ARRAY(Uuid))))
    if wanted.level is not None:
        query = query.where(_FIGURE.unit_level == wanted.level.value)
    return query
