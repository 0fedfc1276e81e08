"""Receipts in the database, and what became of the lookup that one is asked for: never a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.trouble import database_trouble
from app.audit.record import Outcome, RecordKind
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.table import AUDIT_RECORD
from app.lookup.receipt_table import RECEIPT
from app.lookup.receipt_values import Receipt, ReceiptKind


@dataclass(frozen=True, slots=True)
class EndedLookup:
    """An earlier lookup as its records have it; `outcome` is None while it runs.

    `may_ask` is what was ruled of paper at the time, with all that was known then.
    """

    lookup_id: UUID
    officer_id: UUID
    unit_id: UUID
    procedure_code: str | None
    dossier_code: str | None
    asked_at: datetime
    outcome: Outcome | None
    may_ask: bool


class ReceiptStore:
    """Reads receipts and lookups; AuditUnavailableError without database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine

    async def find(self, id_digest: bytes) -> Receipt | None:
        """Return the receipt whose id has this digest, or None."""
        query = select(RECEIPT).where(RECEIPT.c.id_digest == id_digest)
        with database_trouble():
            async with self._engine.connect() as connection:
                row = (await connection.execute(query)).first()
        if row is None:
            return None
        return Receipt(
            row.id_digest,
            row.content_digest,
            ReceiptKind(row.kind),
            row.lookup_id,
            row.unit_name,
            row.issued_at,
        )

    async def find_lookup(self, lookup_id: UUID) -> EndedLookup | None:
        """Return the lookup, allowed or refused, or None where there is none of this id."""
        asked, closed = AUDIT_RECORD.alias("asked"), AUDIT_RECORD.alias("closed")
        is_closing = and_(
            closed.c.record_id == AUDIT_OUTCOME.c.record_id,
            closed.c.lookup_id == asked.c.record_id,
            closed.c.kind == RecordKind.LOOKUP_OUTCOME.value,
        )
        kinds = (RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_REFUSED.value)
        query = (
            select(
                asked.c.kind, asked.c.officer_id, asked.c.unit_id, asked.c.procedure_code,
                asked.c.dossier_code, asked.c.recorded_at, closed.c.outcome,
                func.lookup_opens_paper(asked.c.record_id).label("may_ask"),
            )
            .select_from(
                asked.outerjoin(AUDIT_OUTCOME, AUDIT_OUTCOME.c.lookup_id == asked.c.record_id)
                .outerjoin(closed, is_closing)
            )
            .where(asked.c.record_id == lookup_id, asked.c.kind.in_(kinds))
        )  # fmt: skip
        with database_trouble():
            async with self._engine.connect() as connection:
                row = (await connection.execute(query)).first()
        if row is None:
            return None
        is_refused = row.kind == RecordKind.LOOKUP_REFUSED.value
        outcome = Outcome(row.outcome) if row.outcome is not None else None
        return EndedLookup(
            lookup_id=lookup_id,
            officer_id=row.officer_id,
            unit_id=row.unit_id,
            procedure_code=row.procedure_code,
            dossier_code=row.dossier_code,
            asked_at=row.recorded_at,
            outcome=Outcome.NOT_PERMITTED if is_refused else outcome,
            may_ask=bool(row.may_ask),
        )


async def add_receipt(connection: AsyncConnection, receipt: Receipt) -> None:
    """Store what is kept of a receipt."""
    await connection.execute(
        insert(RECEIPT).values(
            id_digest=receipt.id_digest,
            content_digest=receipt.content_digest,
            kind=receipt.kind.value,
            lookup_id=receipt.lookup_id,
            unit_name=receipt.unit_name,
            issued_at=receipt.issued_at,
        )
    )
