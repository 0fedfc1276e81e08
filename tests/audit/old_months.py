"""Months of long ago, with records as they would have been written then, and what ends them."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.approvals import Approval, add_approval
from app.audit.batches import sign_batch
from app.audit.chain import Chain, Record
from app.audit.insert import INSERT_BATCH, batch_arguments
from app.audit.keyring import Keyring, MonthKeyMaker
from app.audit.record import Draft, Outcome, RecordKind
from app.audit.sealing import DataKey, RootKey
from app.cli import invented
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.audit.workbench import NUMBER, a_claim, a_writer, execute, fetch
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database

OLD: str = "2020-01"
ALSO_OLD: str = "2020-02"


def an_old_id(at: datetime) -> UUID:
    """Return a UUIDv7 as it would have been made then."""
    return UUID(
        int=int(at.timestamp() * 1000) << 80
        | 7 << 76
        | secrets.randbits(12) << 64
        | 2 << 62
        | secrets.randbits(62)
    )


async def write_month(
    database: Database, month: str, *, outcome: bool = True, opened: bool = False
) -> list[Record]:
    """Write one lookup, question and outcome, as a gateway of that month would have; return its records.

    Only where *opened* stands the writer's sealed key before them, so that auditing can read the person.
    """
    await execute(database.owner_url, f"select audit_make_month('{month}-01')")
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.begin() as connection:
        maker = MonthKeyMaker(
            invented.AUTHORITY, RootKey.from_text(ROOT_KEY), RootKey.from_text(AUDIT_ROOT_KEY)
        )
        await maker.make(connection, [month])
    await engine.dispose()
    gateway = await asyncpg.connect(database.serving_url)
    try:
        key = await Keyring(RootKey.from_text(ROOT_KEY)).load(gateway, month)
        assert key is not None
        then = datetime.fromisoformat(f"{month}-15T08:00:00Z")
        chain, records = Chain(invented.AUTHORITY, writer_id=an_old_id(then)), list[Record]()
        if opened:
            chain, first = chain.opened(key, then)
            records.append(first)
        else:
            chain = replace(chain, month=key, data_key=DataKey.generate())
        for draft in _drafts(then, outcome=outcome):
            chain, record = chain.appended(draft)
            records.append(record)
        signs = await Keyring(RootKey.from_text(ROOT_KEY)).load_writer_key(gateway, None)
        assert signs is not None
        for part in filter(None, (records[:-1], records[-1:])):
            batch = sign_batch(signs, invented.AUTHORITY, chain.writer_id, part)
            await gateway.execute(INSERT_BATCH, *batch_arguments(batch, key.key_id, part))
    finally:
        await gateway.close()
    return records


def _drafts(then: datetime, *, outcome: bool) -> list[Draft]:
    number = int(then.timestamp()) % 251
    asked = Draft(
        RecordKind.LOOKUP_INTENT,
        then,
        {"dossier_code": "H19.34.12-200115-0001"},
        subject=f'{{"id_number":"{NUMBER}"}}'.encode(),
        searched_number=NUMBER,
        claim=a_claim(number),
        record_id=an_old_id(then),
    )
    later = then + timedelta(seconds=1)
    facts = {"lookup_id": str(asked.record_id), "outcome": Outcome.NOT_FOUND.value}
    closed = Draft(RecordKind.LOOKUP_OUTCOME, later, facts, record_id=an_old_id(later))
    return [asked, closed] if outcome else [asked]


@dataclass(frozen=True)
class Order:
    """An order to drop months: what was approved, and its record."""

    approval: Approval
    record_id: UUID


async def a_request(database: Database, months: str, *, approved: bool = True) -> Approval:
    """Let the operator ask for the months' end, and an administrator approve it."""
    approval = Approval.of_months(months, "hết thời hạn lưu trữ", SystemClock().now(), "operator")
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.begin() as connection:
        await add_approval(connection, approval)
    await engine.dispose()
    if approved:
        await execute(
            database.owner_url,
            "update approval set state = 'approved', decided_at = now(),"
            " decided_by = (select officer_id from officer limit 1) where approval_id = $1",
            approval.approval_id,
        )
    return approval


async def an_order(database: Database, months: str, *, approved: bool = True) -> Order:
    """Let the months be approved, and put the order to drop them on record."""
    approval = await a_request(database, months, approved=approved)
    draft = Draft(RecordKind.RETENTION_DROP, SystemClock().now(), approval.facts())
    async with a_writer(database) as writer:
        await writer.append(draft)
    return Order(approval, draft.record_id)


async def checkpointed(database: Database, folder: Path) -> None:
    """Take every record into the tree, and have its head signed."""
    async with a_sequencer(database, a_signer(folder)) as sequencer:
        await sequencer.sequence()


async def hindrance_of(database: Database, month: str, order: Order) -> str | None:
    (row,) = await fetch(
        database.owner_url, "select audit_drop_hindrance($1, $2) as why", month, order.record_id
    )
    return None if row["why"] is None else str(row["why"])
