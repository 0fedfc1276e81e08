"""Random records of lookups in the database, committed when a test says, and a count of them by hand."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
from uuid_utils.compat import uuid7

from app.audit.leaf import canonical, leaf_hash, read_leaf
from app.audit.tree.taking import take
from app.clock import SystemClock
from tests.audit.workbench import fetch
from tests.world import Database

UNITS = [UUID(int=number << 64) for number in range(1, 5)]
_INSERT = """
insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at, unit_id,
    procedure_code, lookup_id, outcome) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
Key = tuple[date, UUID, str, str, str, str, str]


@dataclass
class Chain:
    """One writer's records, in a transaction of their own until it is committed."""

    connection: asyncpg.Connection
    writer_id: UUID = field(default_factory=uuid7)
    sequence: int = 0

    async def add(self, kind: str, facts: dict[str, Any], at: datetime, *, leaf: bytes | None = None) -> UUID:
        record_id = uuid7()
        said = {name: value for name, value in facts.items() if value is not None}
        words = leaf or canonical(said | {"record_id": str(record_id), "kind": kind})
        self.sequence += 1
        unit_id = UUID(facts["unit_id"]) if "unit_id" in facts else None
        lookup_id = UUID(facts["lookup_id"]) if "lookup_id" in facts else record_id
        await self.connection.execute(
            _INSERT, record_id, kind, self.writer_id, self.sequence, words, leaf_hash(words), at, unit_id,
            facts.get("procedure_code"), lookup_id, facts.get("outcome"),
        )  # fmt: skip
        return record_id

    async def add_lookups(self, chance: random.Random, count: int) -> None:
        """Ask so many times: most are answered, some refused, some still run."""
        for _ in range(count):
            at = SystemClock().now() - timedelta(hours=chance.randrange(24 * 400))
            facts = {
                "unit_id": str(chance.choice(UNITS)),
                "unit_level": chance.choice(["province", "district", "commune"]),
                "procedure_code": chance.choice(["1.004194", "2.000815"]),
                "reception_channel": chance.choice(["counter", "online", "postal"]),
                "claims_asked": chance.choice(["household_head", None]),
            }
            if chance.random() < 0.2:
                await self.add("lookup.refused", facts, at)
                continue
            lookup_id = await self.add("lookup.intent", facts, at)
            if chance.random() < 0.9:
                outcome = {"lookup_id": str(lookup_id), "outcome": chance.choice(["found", "mismatch"])}
                await self.add("lookup.outcome", outcome, at + timedelta(hours=chance.randrange(48)))
            if chance.random() < 0.2:
                await self.add("sign_in.failed", {"unit_id": str(UNITS[0])}, at)


async def take_all(database: Database) -> None:
    """Give every committed record its place in the tree."""
    connection = await asyncpg.connect(database.sequencing_url)
    try:
        taken = 1
        while taken:
            async with connection.transaction():
                taken = (await take(connection, thoroughly=True)).count
    finally:
        await connection.close()


async def count_by_hand(database: Database) -> Counter[Key]:
    """Return what the figures must be, from the words of all records alone."""
    rows = await fetch(database.owner_url, "select record_id, recorded_at, leaf from audit_record")
    read = {row["record_id"]: (row["recorded_at"], read_leaf(row["leaf"])) for row in rows}
    figures: Counter[Key] = Counter()
    for record_id, (_, facts) in read.items():
        if facts["kind"] not in {"lookup.outcome", "lookup.refused"}:
            continue
        is_refused = facts["kind"] == "lookup.refused"
        at, asked = read[record_id if is_refused else UUID(str(facts["lookup_id"]))]
        kind = "refused" if is_refused else "verification" if "claims_asked" in asked else "lookup"
        key = (
            at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date(),
            UUID(str(asked["unit_id"])),
            str(asked["unit_level"]),
            str(asked["procedure_code"]),
            str(facts.get("outcome", "not_permitted")),
            str(asked["reception_channel"]),
            kind,
        )
        figures[key] += 1
    return figures


async def kept_figures(database: Database) -> Counter[Key]:
    """Return the figures as they are kept."""
    rows = await fetch(database.owner_url, "select * from usage_figure")
    return Counter({tuple(row.values())[:-1]: row["lookups"] for row in rows})


async def add_figure(database: Database, day: date, unit_id: UUID | None = None, **changes: Any) -> None:
    """Put a figure there that no record stands behind."""
    row = {
        "unit_level": "commune",
        "procedure_code": "1.004194",
        "outcome": "found",
        "reception_channel": "counter",
        "kind": "lookup",
        "lookups": 1,
    } | changes
    await fetch(
        database.owner_url,
        "insert into usage_figure values ($1, $2, $3, $4, $5, $6, $7, $8)",
        day,
        unit_id or uuid4(),
        *row.values(),
    )
