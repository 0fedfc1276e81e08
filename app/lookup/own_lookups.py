"""An officer's own lookups, so that whoever owns an account notices that somebody else uses it.

Nothing of a citizen is in them: a serving process cannot read whom a record is about.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, Subquery, and_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.trouble import database_trouble
from app.audit.partitions import first_id
from app.audit.record import Outcome, RecordKind
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.table import AUDIT_RECORD
from app.lookup.table import LOOKUP_WITHOUT_DOSSIER

_ASKED: Final = (RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_REFUSED.value)
_ID_SLACK: Final = timedelta(days=1)
_ENDED: Final = AUDIT_RECORD.alias("ended")

Place = tuple[datetime, UUID]
"""Where a page ends: when, and which lookup."""


@dataclass(frozen=True, slots=True)
class OwnLookup:
    """One lookup or verification; `outcome` is None while it runs, a dossier may have come later."""

    lookup_id: UUID
    asked_at: datetime
    unit_id: UUID | None
    client_id: str | None
    address: str | None
    procedure_code: str | None
    dossier_code: str | None
    outcome: str | None
    problem_code: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant up to, not including, another; the newest first, older than *after*."""

    since: datetime
    before: datetime
    after: Place | None = None


async def own_lookups(engine: AsyncEngine, officer_id: UUID, span: Span, *, most: int) -> list[OwnLookup]:
    """Return at most *most* of the officer's lookups; AuditUnavailableError without database."""
    query = _with_endings(_asked(officer_id, span).limit(most).subquery("asked"))
    with database_trouble():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    return [_read(row) for row in rows]


def _asked(officer_id: UUID, span: Span) -> Select[Any]:
    record = AUDIT_RECORD.c
    query = (
        select(
            record.record_id, record.recorded_at, record.unit_id, record.client_id, record.procedure_code,
            record.dossier_code, record.kind, record.problem_code,
        )
        .where(
            record.officer_id == officer_id,
            record.kind.in_(_ASKED),
            record.recorded_at >= span.since,
            record.recorded_at < span.before,
            # An id is as old as its record: these say in which months' partitions to look.
            record.record_id >= first_id(span.since, -_ID_SLACK),
            record.record_id < first_id(span.before, _ID_SLACK),
        )
        .order_by(record.recorded_at.desc(), record.record_id.desc())
    )  # fmt: skip
    if span.after is not None:
        place = tuple_(literal(span.after[0]), literal(span.after[1]))
        query = query.where(tuple_(record.recorded_at, record.record_id) < place)
    return query


def _with_endings(asked: Subquery) -> Select[Any]:
    """Return the query for what was asked, how it ended, the dossier that came later, and from where."""
    linked = LOOKUP_WITHOUT_DOSSIER.c
    its_outcome = and_(
        _ENDED.c.record_id == AUDIT_OUTCOME.c.record_id, _ENDED.c.lookup_id == asked.c.record_id
    )
    return (
        select(
            asked,
            func.lookup_address(asked.c.record_id).label("address"),
            linked.dossier_code.label("linked_dossier_code"),
            _ENDED.c.outcome,
            _ENDED.c.problem_code.label("ended_problem_code"),
        )
        .select_from(
            asked.outerjoin(AUDIT_OUTCOME, AUDIT_OUTCOME.c.lookup_id == asked.c.record_id)
            .outerjoin(_ENDED, its_outcome)
            .outerjoin(LOOKUP_WITHOUT_DOSSIER, linked.lookup_id == asked.c.record_id)
        )
        .order_by(asked.c.recorded_at.desc(), asked.c.record_id.desc())
    )


def _read(row: Row[Any]) -> OwnLookup:
    is_refused = row.kind == RecordKind.LOOKUP_REFUSED.value
    return OwnLookup(
        lookup_id=row.record_id,
        asked_at=row.recorded_at,
        unit_id=row.unit_id,
        client_id=row.client_id,
        address=row.address,
        procedure_code=row.procedure_code,
        dossier_code=row.dossier_code or row.linked_dossier_code,
        outcome=Outcome.NOT_PERMITTED.value if is_refused else row.outcome,
        problem_code=row.ended_problem_code or row.problem_code,
    )
