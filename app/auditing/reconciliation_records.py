"""Streams lookups of ours out of the evidence for a reconciliation, with the auditing role."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from app.audit.partitions import first_id
from app.audit.record import Value, read_leaf
from app.auditing.reconciliation_spill import Spill
from app.auditing.reconciliation_times import read_instant
from app.auditing.reconciliation_values import MILLISECONDS, Period, Recorded
from app.errors import ConfigurationError

MARGIN: Final = timedelta(days=1)
"""So far beyond the period's ends is a row's record looked for."""
_ROWS_AT_ONCE: Final = 1_000
_LOOKUPS: Final = """
select r.record_id, r.leaf, o.leaf as outcome_leaf
from audit_record r
left join audit_outcome a on a.lookup_id = r.record_id and a.lookup_id >= $1 and a.lookup_id < $2
left join audit_record o on o.record_id = a.record_id and o.lookup_id = r.record_id
    and o.kind = 'lookup.outcome' and o.record_id >= $1 and o.record_id < $3
where r.kind in ('lookup.intent', 'upstream.check_asked') and r.record_id >= $1 and r.record_id < $2
"""
_DROPPED: Final = "select month from audit_dropped_month where month between $1 and $2 order by month"


@dataclass(slots=True)
class Taken:
    """How many lookups were taken in, and how many stored ones say nothing that can be compared."""

    records: int = 0
    unreadable: int = 0


async def take_records(connection: asyncpg.Connection, spill: Spill, period: Period) -> AsyncIterator[Taken]:
    """Put every lookup of *period*, and a day around it, into *spill*; yield the counts so far, ever again.

    Everything is seen at one moment. Raises ConfigurationError where the period's evidence has ended
    (retention), and what asyncpg raises.
    """
    starts_at, ends_at = _instant(period.start), _instant(period.end)
    ids = (
        first_id(starts_at, -MARGIN),
        first_id(ends_at, MARGIN),
        first_id(ends_at, 2 * MARGIN),
    )
    taken = Taken()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await _check_kept(connection, starts_at, ends_at)
        batch: list[Recorded] = []
        async for row in connection.cursor(_LOOKUPS, *ids, prefetch=_ROWS_AT_ONCE):
            recorded = _recorded(row)
            if recorded is None:
                taken.unreadable += 1
            else:
                batch.append(recorded)
            if len(batch) == _ROWS_AT_ONCE:
                _put(spill, batch, taken)
                yield taken
        _put(spill, batch, taken)
    yield taken


def _put(spill: Spill, batch: list[Recorded], taken: Taken) -> None:
    spill.take_records(batch)
    taken.records += len(batch)
    batch.clear()


async def _check_kept(connection: asyncpg.Connection, starts_at: datetime, ends_at: datetime) -> None:
    last = ends_at - timedelta(milliseconds=1)
    dropped = await connection.fetch(_DROPPED, f"{starts_at:%Y-%m}", f"{last:%Y-%m}")
    if dropped:
        months = ", ".join(row["month"] for row in dropped)
        raise ConfigurationError(f"the evidence of {months} has ended; name a later --from")


def _recorded(row: asyncpg.Record) -> Recorded | None:
    try:
        facts = read_leaf(row["leaf"])
        outcome = read_leaf(row["outcome_leaf"]) if row["outcome_leaf"] is not None else {}
        at = read_instant(str(facts["time"]))
        request_id = str(facts["national_request_id"]).casefold()
    except (ValueError, KeyError):
        return None

    def text(name: str, of: Mapping[str, Value] = facts) -> str:
        return str(of.get(name, ""))

    return (
        Recorded(
            request_id,
            at,
            str(row["record_id"]),
            text("officer_id"),
            text("upstream_officer_code"),
            text("unit_code"),
            text("client_id"),
            text("procedure_code"),
            text("road", outcome) or text("road"),  # it may have gone another way than meant
            text("outcome", outcome),
        )
        if request_id
        else None
    )


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / MILLISECONDS, UTC)
