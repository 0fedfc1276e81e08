"""Reports of faulty records in the database; they name lookups and fields, never persons or values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from app.lookup.data_fault_values import FaultReport, FaultResult, FaultStatus
from app.lookup.data_faults import FaultClass
from app.lookup.table import DATA_FAULT
from app.procedures.fields import Field

_COLUMN: Final = {
    FaultStatus.SENT: DATA_FAULT.c.sent_at,
    FaultStatus.ANSWERED: DATA_FAULT.c.answered_at,
    FaultStatus.CLOSED: DATA_FAULT.c.closed_at,
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose reports somebody may see: an officer's own, those of units, or all of them (both None)."""

    officer_id: UUID | None = None
    unit_ids: frozenset[UUID] | None = None

    def narrowed(self, unit_ids: Iterable[UUID]) -> "Reach":
        """Return what of it lies in these units."""
        wanted = frozenset(unit_ids)
        return Reach(self.officer_id, wanted if self.unit_ids is None else wanted & self.unit_ids)

    def condition(self) -> ColumnElement[bool]:
        """Return it as a condition on reports."""
        columns = DATA_FAULT.c
        return and_(
            true() if self.officer_id is None else columns.officer_id == self.officer_id,
            true() if self.unit_ids is None else columns.unit_id.in_(self.unit_ids),
        )


@dataclass(frozen=True, slots=True)
class FaultFilter:
    """What a list is narrowed to; None narrows nothing."""

    status: FaultStatus | None = None
    fault_class: FaultClass | None = None

    def condition(self) -> ColumnElement[bool]:
        """Return it as a condition on reports."""
        columns = DATA_FAULT.c
        return and_(
            true() if self.status is None else columns.status == self.status.value,
            true() if self.fault_class is None else columns.fault_class == self.fault_class.value,
        )


async def add_report(connection: AsyncConnection, report: FaultReport) -> bool:
    """Store a new report; False where the lookup has one of this class already."""
    row = insert(DATA_FAULT).values(
        fault_id=report.fault_id,
        lookup_id=report.lookup_id,
        fault_class=report.fault_class.value,
        fields=[field.value for field in report.fields],
        officer_id=report.officer_id,
        unit_id=report.unit_id,
        status=report.status.value,
        filed_at=report.filed_at,
    )
    same = row.on_conflict_do_nothing(constraint="uq_data_fault_lookup")
    return (await connection.execute(same)).rowcount == 1


async def find_report(
    connection: AsyncConnection, fault_id: UUID, reach: Reach, *, is_held: bool = False
) -> FaultReport | None:
    """Return a report within *reach*, or None; held until the transaction ends where *is_held*."""
    query = select(DATA_FAULT).where(DATA_FAULT.c.fault_id == fault_id, reach.condition())
    row = (await connection.execute(query.with_for_update() if is_held else query)).one_or_none()
    return _report(row) if row is not None else None


async def list_reports(
    connection: AsyncConnection, reach: Reach, asked: FaultFilter, *, before: UUID | None, most: int
) -> list[FaultReport]:
    """Return at most *most* reports, the newest first, that are older than *before*."""
    older = true() if before is None else DATA_FAULT.c.fault_id < before
    query = select(DATA_FAULT).where(reach.condition(), asked.condition(), older)
    rows = await connection.execute(query.order_by(DATA_FAULT.c.fault_id.desc()).limit(most))
    return [_report(row) for row in rows]


async def set_status(
    connection: AsyncConnection,
    report: FaultReport,
    status: FaultStatus,
    result: FaultResult | None,
    now: datetime,
) -> FaultReport:
    """Let a held report go on to *status*, dated *now*, and return what it says then."""
    changed: dict[Any, Any] = {
        DATA_FAULT.c.status: status.value,
        DATA_FAULT.c.version: DATA_FAULT.c.version + 1,
        _COLUMN[status]: now,
    }
    if result is not None:
        changed[DATA_FAULT.c.result] = result.value
    statement = update(DATA_FAULT).where(DATA_FAULT.c.fault_id == report.fault_id).values(changed)
    return _report((await connection.execute(statement.returning(DATA_FAULT))).one())


def _report(row: Row[Any]) -> FaultReport:
    return FaultReport(
        fault_id=row.fault_id,
        lookup_id=row.lookup_id,
        fault_class=FaultClass(row.fault_class),
        fields=tuple(map(Field, row.fields)),
        officer_id=row.officer_id,
        unit_id=row.unit_id,
        status=FaultStatus(row.status),
        result=FaultResult(row.result) if row.result else None,
        version=row.version,
        filed_at=row.filed_at,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
    )
