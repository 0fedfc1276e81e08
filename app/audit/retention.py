"""How long the evidence is kept: what may be dropped, what is held, and how a month ends.

The database decides (migrations 0026, 0035): nothing here can end a month that its functions do not find old
enough, approved, ordered by a record under a checkpoint, whole in the tree and held by nobody. A month ends
in two steps, each of which may be repeated: its keys are destroyed, then its partitions are dropped.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.audit.keyring import months_from
from app.audit.partitions import month_ids
from app.audit.record import Value, read_leaf
from app.audit.retention_table import AUDIT_DROPPED_MONTH, AUDIT_LEGAL_HOLD

LEAST_MONTHS: Final = 12
_STOCK: Final = text("""
select replace(right(child.relname, 7), '_', '-') as month,
    sum(pg_total_relation_size(child.oid))::bigint as bytes,
    coalesce(sum(child.reltuples) filter (where inhparent = 'audit_record'::regclass), 0)::bigint as records
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent in (select format('public.%I', name)::regclass from audit_partitioned() as name)
    and child.relkind = 'r'
group by 1 order by 1
""")
_COUNT: Final = text("select count(*) from audit_record where record_id >= :low and record_id < :high")
_COUNT_LEAVES: Final = text("select count(*) from audit_leaf where record_id >= :low and record_id < :high")
_DROPS: Final = text(
    "select record_id, leaf from audit_record where kind = 'retention.drop' and record_id >= :low"
    " order by record_id"
)


class Hindrance(StrEnum):
    """Why the database keeps a month."""

    NOT_A_MONTH = "not_a_month"
    YOUNG = "younger_than_12_months"
    HELD = "legal_hold"
    NO_DROP = "drop_not_under_a_checkpoint"
    NOT_NAMED = "month_not_in_the_drop"
    NOT_APPROVED = "not_approved_by_a_second_person"
    STILL_OPEN = "lookups_still_open"
    NOT_IN_TREE = "records_not_under_a_checkpoint"


@dataclass(frozen=True, slots=True)
class StoredMonth:
    """A month of the evidence: how large it is, and about how many records it has."""

    month: str
    bytes: int
    records: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Months, from the first through the last, that are kept because somebody needs them."""

    hold_id: UUID
    case_number: str
    first_month: str
    last_month: str
    reason: str = field(repr=False)
    set_by: str
    set_at: datetime

    @classmethod
    def new(
        cls, case_number: str, months: tuple[str, str], reason: str, operator: str, now: datetime
    ) -> "Hold":
        """Return a hold set now by *operator*."""
        return cls(uuid7(), case_number, *months, reason, operator, now)

    def covers(self, month: str) -> bool:
        """Whether *month* is kept by it."""
        return self.first_month <= month <= self.last_month

    def facts(self) -> dict[str, Value]:
        """Return what records say of it."""
        return {
            "hold_id": str(self.hold_id),
            "case_number": self.case_number,
            "months": f"{self.first_month} {self.last_month}",
        }


def old_enough(months: Iterable[str], now: datetime, keep_months: int) -> list[str]:
    """Return those that ended at least *keep_months* before *now*, and a year in any case, oldest first."""
    here = now.astimezone(UTC)
    span = max(keep_months, LEAST_MONTHS)
    first_kept = here.year * 12 + here.month - 1 - span
    (oldest_kept,) = months_from(
        here.date().replace(year=first_kept // 12, month=first_kept % 12 + 1, day=1), 1
    )
    return sorted(month for month in set(months) if month < oldest_kept)


async def stored_months(connection: AsyncConnection) -> list[StoredMonth]:
    """Return every month that has partitions, oldest first; as the owner."""
    return [
        StoredMonth(row.month, row.bytes, max(row.records, 0)) for row in await connection.execute(_STOCK)
    ]


async def count_records(connection: AsyncConnection, month: str) -> int:
    """Return exactly how many records *month* has."""
    low, high = month_ids(month)
    return int(await connection.scalar(_COUNT, {"low": low, "high": high}) or 0)


async def count_leaves(connection: AsyncConnection, month: str) -> int:
    """Return exactly how many leaves of the tree are records of *month*."""
    low, high = month_ids(month)
    return int(await connection.scalar(_COUNT_LEAVES, {"low": low, "high": high}) or 0)


async def ended_months(connection: AsyncConnection) -> list[str]:
    """Return the months whose keys are destroyed, oldest first."""
    query = select(AUDIT_DROPPED_MONTH.c.month).order_by(AUDIT_DROPPED_MONTH.c.month)
    return list((await connection.execute(query)).scalars())


async def add_hold(connection: AsyncConnection, hold: Hold) -> None:
    """Keep the hold's months until it is lifted."""
    await connection.execute(
        insert(AUDIT_LEGAL_HOLD).values(
            hold_id=hold.hold_id,
            case_number=hold.case_number,
            first_month=hold.first_month,
            last_month=hold.last_month,
            reason=hold.reason,
            set_by=hold.set_by,
            set_at=hold.set_at,
        )
    )


async def open_holds(connection: AsyncConnection, hold_id: UUID | None = None) -> list[Hold]:
    """Return the holds that are not lifted, oldest first; only that of *hold_id* where it is given."""
    table = AUDIT_LEGAL_HOLD.c
    query = select(AUDIT_LEGAL_HOLD).where(table.lifted_at.is_(None)).order_by(table.set_at, table.hold_id)
    if hold_id is not None:
        query = query.where(table.hold_id == hold_id).with_for_update()
    return [
        Hold(
            row.hold_id, row.case_number, row.first_month, row.last_month, row.reason, row.set_by, row.set_at
        )
        for row in await connection.execute(query)
    ]


async def lift_hold(
    connection: AsyncConnection, hold: Hold, operator: str, reason: str, now: datetime
) -> None:
    """Let the hold's months go."""
    await connection.execute(
        update(AUDIT_LEGAL_HOLD)
        .where(AUDIT_LEGAL_HOLD.c.hold_id == hold.hold_id)
        .values(lifted_by=operator, lifted_because=reason, lifted_at=now)
    )


async def find_drop(connection: AsyncConnection, approval_id: UUID) -> UUID | None:
    """Return the record `retention.drop` that this approval led to, None where there is none yet."""
    # The approval's id is a UUIDv7 of its request, and the record is younger.
    low = UUID(int=approval_id.int >> 80 << 80)
    for row in await connection.execute(_DROPS, {"low": low}):
        with contextlib.suppress(ValueError):  # what is none of our records orders nothing
            if read_leaf(row.leaf).get("approval_id") == str(approval_id):
                return UUID(str(row.record_id))
    return None


async def hindrance(connection: AsyncConnection, month: str, drop_record_id: UUID) -> Hindrance | None:
    """Return what stands against ending *month* by that record, None where nothing does."""
    query = text("select audit_drop_hindrance(:month, :record)")
    found = await connection.scalar(query, {"month": month, "record": drop_record_id})
    return Hindrance(found) if found is not None else None


async def destroy_keys(connection: AsyncConnection, month: str, drop_record_id: UUID) -> bool:
    """Destroy the keys of *month* for good; False where they are gone already.

    Raises DBAPIError (insufficient privilege) where the database finds a hindrance.
    """
    query = text("select audit_destroy_month_keys(:month, :record)")
    return bool(await connection.scalar(query, {"month": month, "record": drop_record_id}))


async def drop_month(connection: AsyncConnection, month: str, tries: int = 60) -> int:
    """Drop the partitions of *month*, whose keys are gone, and return how many there still were.

    Waits for those who read the evidence at most a tenth of a second each time, since lookups wait behind
    it, and tries again every half second: DBAPIError (lock not available) after so many *tries*, and
    (insufficient privilege) where the month has its keys or is held.
    """
    query = text("select audit_drop_month(:month, :tries)")
    return int(await connection.scalar(query, {"month": month, "tries": tries}) or 0)
