"""What the database holds on the lookups of a measurement, once none of them is open."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg

from app.accounts.lookup_keys import ASSURANCE_LOOKUP_KEY
from app.audit.record import Outcome, RecordKind
from app.procedures.values import QuestionType
from bench.failure import BenchError

_CLOSING_SECONDS: Final = 30
_KINDS: Final = (RecordKind.LOOKUP_INTENT.value, RecordKind.LOOKUP_OUTCOME.value, Outcome.FOUND.value)
_OPEN: Final = "select count(*) from audit_open_intent"
_TOTAL: Final = """
select count(*) filter (where kind = $1) as intents, count(*) filter (where kind = $2) as outcomes,
    count(*) filter (where outcome = $3) as found from audit_record
"""
_BY_WAY: Final = """
with said as (
    select record_id, convert_from(leaf, 'UTF8')::jsonb as leaf from audit_record where kind = $1
), asked as (
    select record_id, case when leaf ->> 'question_type' = $4 then $5
        when leaf ->> 'assurance' = $6 then $7 else $8 end as way from said
)
select way, count(*) as intents, count(answered.lookup_id) as outcomes,
    count(*) filter (where answered.outcome = $3) as found
from asked left join audit_record as answered
    on answered.kind = $2 and answered.lookup_id = asked.record_id group by way
"""


class Asked(StrEnum):
    """How a lookup was asked for, as its intent says it."""

    LOOKUP = "lookup"
    VERIFICATION = "verification"
    OLD_CALL = "old_call"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the database holds on lookups."""

    intents: int
    outcomes: int
    found: int


async def count_evidence(database_url: str) -> Evidence:
    """Count all records of lookups, once none is open; BenchError where one stays open."""
    connection = await asyncpg.connect(database_url)
    try:
        await _wait_until_closed(connection)
        row = await connection.fetchrow(_TOTAL, *_KINDS)
    finally:
        await connection.close()
    return _evidence(row)


async def count_by_way(database_url: str) -> Mapping[Asked, Evidence]:
    """Count likewise, for each way to ask: an outcome counts for its own intent only."""
    connection = await asyncpg.connect(database_url)
    try:
        await _wait_until_closed(connection)
        verification = (QuestionType.VERIFICATION.value, Asked.VERIFICATION.value)
        old_call = (ASSURANCE_LOOKUP_KEY, Asked.OLD_CALL.value)
        rows = await connection.fetch(_BY_WAY, *_KINDS, *verification, *old_call, Asked.LOOKUP.value)
    finally:
        await connection.close()
    counted = {Asked(row["way"]): _evidence(row) for row in rows}
    return {asked: counted.get(asked, Evidence(0, 0, 0)) for asked in Asked}


async def _wait_until_closed(connection: asyncpg.Connection) -> None:
    """Return once what was in flight when the load stopped is answered and recorded."""
    deadline = time.monotonic() + _CLOSING_SECONDS
    while await connection.fetchval(_OPEN):
        if time.monotonic() > deadline:
            raise BenchError("a lookup's intent stays without an outcome")
        await asyncio.sleep(0.1)


def _evidence(row: asyncpg.Record) -> Evidence:
    return Evidence(row["intents"], row["outcomes"], row["found"])
