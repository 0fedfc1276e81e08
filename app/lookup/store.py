"""What became of an earlier lookup: kinds, codes and times, never a person."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Integer, LargeBinary, bindparam, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.table import NOTICE_ACCEPTANCE
from app.accounts.trouble import database_trouble
from app.audit.record import Outcome, RecordKind
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.table import AUDIT_RECORD
from app.lookup.guess_batches import GuessBatches
from app.lookup.table import VERIFICATION_GUESS

# Sorted, so that two processes that count the same guesses cannot deadlock.
_COUNT_ALL: Final = text(
    """
    insert into verification_guess as known (day, subject_digest, asked)
    select :day, digest, 1 from unnest(:digests) as told (digest) order by digest
    on conflict (day, subject_digest) do update set asked = known.asked + 1 where known.asked < :most
    returning subject_digest
    """
).bindparams(
    bindparam("day", type_=Date),
    bindparam("digests", type_=ARRAY(LargeBinary)),
    bindparam("most", type_=Integer),
)
_UNCOUNT: Final = (
    update(VERIFICATION_GUESS)
    .where(
        VERIFICATION_GUESS.c.day == bindparam("of_day"),
        VERIFICATION_GUESS.c.subject_digest == bindparam("of_digest"),
        VERIFICATION_GUESS.c.asked > 0,
    )
    .values(asked=VERIFICATION_GUESS.c.asked - 1)
)


@dataclass(frozen=True, slots=True)
class LookupState:
    """An earlier lookup; `outcome` is None while it runs, `problem_code` says why it was refused."""

    lookup_id: UUID
    officer_id: UUID
    procedure_code: str | None
    dossier_code: str | None
    asked_at: datetime
    outcome: Outcome | None
    problem_code: str | None


class LookupStore:
    """Reads what the serving role may read of the evidence; AuditUnavailableError without database."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read through *engine*."""
        self._engine = engine
        # One round trip, after which nothing is locked: a process that hangs holds up no other's batch.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._guesses = GuessBatches(self._count_verifications)

    async def find(self, lookup_id: UUID) -> LookupState | None:
        """Return the lookup's state, or None where there is no such lookup."""
        columns = AUDIT_RECORD.c
        closing = select(AUDIT_OUTCOME.c.record_id).where(AUDIT_OUTCOME.c.lookup_id == lookup_id)
        query = select(
            columns.kind, columns.officer_id, columns.procedure_code, columns.dossier_code,
            columns.recorded_at, columns.outcome, columns.problem_code,
        ).where(
            # By ids alone, which say in which month's partition to look.
            columns.record_id.in_([lookup_id, closing.scalar_subquery()]),
            columns.lookup_id == lookup_id,
        )  # fmt: skip
        async with self._transaction() as connection:
            rows = {row.kind: row for row in await connection.execute(query)}
        asked = rows.get(RecordKind.LOOKUP_INTENT.value) or rows.get(RecordKind.LOOKUP_REFUSED.value)
        if asked is None:
            return None
        closed = rows.get(RecordKind.LOOKUP_OUTCOME.value)
        return LookupState(
            lookup_id=lookup_id,
            officer_id=asked.officer_id,
            procedure_code=asked.procedure_code,
            dossier_code=asked.dossier_code,
            asked_at=asked.recorded_at,
            outcome=_outcome(asked.kind, closed.outcome if closed else None),
            problem_code=closed.problem_code if closed else asked.problem_code,
        )

    async def has_accepted_notice(self, officer_id: UUID, day: date) -> bool:
        """Whether the officer accepted the confidentiality notice on *day*."""
        accepted = exists().where(
            NOTICE_ACCEPTANCE.c.officer_id == officer_id, NOTICE_ACCEPTANCE.c.day == day
        )
        async with self._transaction() as connection:
            return bool(await connection.scalar(select(accepted)))

    async def add_notice_acceptance(self, officer_id: UUID, day: date, record_id: UUID) -> None:
        """Note that the officer accepted; doing so twice changes nothing."""
        row = insert(NOTICE_ACCEPTANCE).values(officer_id=officer_id, day=day, record_id=record_id)
        async with self._transaction() as connection:
            await connection.execute(row.on_conflict_do_nothing())

    async def count_verification(self, day: date, digest: bytes, most: int) -> bool:
        """Count one more verification under *digest*; False where that day already has *most* of them.

        Whoever counts at the same time shares a statement and its commit.
        """
        return await self._guesses.count(day, digest, most)

    async def uncount_verification(self, day: date, digest: bytes) -> None:
        """Take one back that was counted and came to nothing."""
        with database_trouble():
            async with self._single.connect() as connection:
                await connection.execute(_UNCOUNT, {"of_day": day, "of_digest": digest})

    async def _count_verifications(self, day: date, most: int, digests: Sequence[bytes]) -> frozenset[bytes]:
        values = {"day": day, "most": most, "digests": digests}
        with database_trouble():
            async with self._single.connect() as connection:
                return frozenset((await connection.execute(_COUNT_ALL, values)).scalars())

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with database_trouble():
            async with self._engine.begin() as connection:
                yield connection


def _outcome(kind: str, outcome: str | None) -> Outcome | None:
    if kind == RecordKind.LOOKUP_REFUSED.value:
        return Outcome.NOT_PERMITTED
    return Outcome(outcome) if outcome else None
