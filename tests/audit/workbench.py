"""What the tests of the evidence share: drafts, a writer, and a look at what it left."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.batches import batch_text
from app.audit.chain import GENESIS
from app.audit.keyring import Keyring, load_month_secrets, month_of
from app.audit.record import Claim, Draft, Outcome, RecordKind, Value, leaf_hash, read_leaf
from app.audit.sealing import MonthSecret, RootKey
from app.audit.writer import AuditWriter
from app.cli import invented
from app.clock import Clock, SystemClock
from app.database.address import sqlalchemy_address
from app.database.connect import connector
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database

NOON = datetime(2026, 5, 6, 5, 4, 3, 210_000, tzinfo=UTC)
NUMBER = "099190000017"


def a_draft(kind: RecordKind = RecordKind.SIGN_IN_FAILED, /, **facts: Value) -> Draft:
    return Draft(kind, SystemClock().now(), facts)


def an_intent(claim: Claim | None = None, **facts: Value) -> Draft:
    return Draft(
        RecordKind.LOOKUP_INTENT,
        SystemClock().now(),
        facts,
        subject=f'{{"id_number":"{NUMBER}"}}'.encode(),
        searched_number=NUMBER,
        claim=claim,
    )


def an_outcome(lookup_id: UUID | None = None, outcome: Outcome = Outcome.NOT_FOUND) -> Draft:
    return a_draft(RecordKind.LOOKUP_OUTCOME, lookup_id=str(lookup_id or uuid4()), outcome=outcome.value)


def a_claim(key: int = 1, request: int = 1) -> Claim:
    return Claim(bytes([key]) * 32, bytes([request]) * 32)


async def fetch(url: str, query: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def execute(url: str, statement: str, *values: object) -> None:
    await fetch(url, statement, *values)


async def until(is_so: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait for a condition that nobody announces."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - nothing to await
            await asyncio.sleep(0.01)


async def until_found(url: str, query: str, *values: object) -> None:
    """Wait until *query* finds something; each look has a connection of its own."""
    async with asyncio.timeout(5):
        while not await fetch(url, query, *values):
            pass


class Line:
    """Opens a writer's connections: leads where `url` says and counts what callers had written over it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened: list[asyncpg.Connection] = []
        self.inserts = 0

    async def connect(self) -> asyncpg.Connection:
        connection = await connector(self.url, synchronous_commit="on")()
        connection.add_query_logger(self._count)
        self.opened.append(connection)
        return connection

    @property
    def pid(self) -> int:
        return int(self.opened[-1].get_server_pid())

    def _count(self, query: Any) -> None:
        is_closing = "insert into audit_record" in query.query and query.args[8] == '["writer.closed"]'
        self.inserts += "insert into audit_record" in query.query and not is_closing


@asynccontextmanager
async def a_writer(
    place: Database | Line,
    *,
    clock: Clock | None = None,
    root: str = ROOT_KEY,
    wait_seconds: float = 5,
    keyring: Any = None,
    heartbeat_seconds: float = 30,
) -> AsyncIterator[AuditWriter]:
    line = place if isinstance(place, Line) else Line(place.serving_url)
    async with AuditWriter(
        line.connect,
        keyring or Keyring(RootKey.from_text(root)),
        clock or SystemClock(),
        authority_code=invented.AUTHORITY,
        wait_seconds=wait_seconds,
        heartbeat_seconds=heartbeat_seconds,
    ) as writer:
        yield writer


@asynccontextmanager
async def writes_held(database: Database) -> AsyncIterator[Callable[[], Any]]:
    """Hold every insert in its tracks; gives a function that waits until one is held."""
    owner = await asyncpg.connect(database.owner_url)
    try:
        holding = owner.transaction()
        await holding.start()
        await owner.execute("lock table audit_record in share mode")

        async def is_held() -> None:
            await until_found(
                database.owner_url,
                "select 1 from pg_stat_activity where datname = current_database()"
                " and usename = 'gateway' and wait_event_type = 'Lock'",
            )

        yield is_held
        await holding.rollback()
    finally:
        await owner.close()


async def leaves(database: Database) -> list[dict[str, Value]]:
    """Return what is on record, chain by chain in the order they were opened, but not that they ended."""
    rows = await fetch(
        database.owner_url,
        "select leaf from audit_record where kind <> 'writer.closed' order by writer_id, writer_sequence",
    )
    return [read_leaf(row["leaf"]) for row in rows]


async def chains(database: Database) -> list[list[dict[str, Value]]]:
    """Return the chains as `whole_chains` does, each without the record of its end in good order."""
    whole = await whole_chains(database)
    assert all(facts["kind"] != "writer.closed" for chain in whole for facts in chain[:-1])
    return [chain[:-1] if chain[-1]["kind"] == "writer.closed" else chain for chain in whole]


async def whole_chains(database: Database) -> list[list[dict[str, Value]]]:
    """Return the chains in the order they were opened, each checked link by link and without a gap.

    Every record is under one signature, by the key that the chain's first record names.
    """
    by_writer: dict[Value, list[dict[str, Value]]] = {}
    rows = await fetch(database.owner_url, "select * from audit_record order by writer_id, writer_sequence")
    last = dict[Value, bytes]()
    for row in rows:
        facts = read_leaf(row["leaf"])
        chain = by_writer.setdefault(facts["writer_id"], [])
        chain.append(facts)
        assert leaf_hash(row["leaf"]) == row["leaf_hash"]
        assert facts["writer_sequence"] == row["writer_sequence"] == len(chain)
        assert facts["previous_hash"] == last.get(facts["writer_id"], GENESIS).hex()
        last[facts["writer_id"]] = row["leaf_hash"]
    await _check_signatures(database, by_writer, {row["record_id"]: row["leaf_hash"] for row in rows})
    return list(by_writer.values())


async def _check_signatures(
    database: Database, by_writer: dict[Value, list[dict[str, Value]]], hashes: dict[UUID, bytes]
) -> None:
    signed = dict.fromkeys(by_writer, 0)
    for row in await fetch(
        database.owner_url, "select * from audit_batch order by writer_id, first_sequence"
    ):
        writer_id, first, last = row["writer_id"], row["first_sequence"], row["last_sequence"]
        chain = by_writer[str(writer_id)]
        records = [UUID(str(facts["record_id"])) for facts in chain[first - 1 : last]]
        assert first == signed[str(writer_id)] + 1
        assert row["newest_record_id"] == max(records)
        assert row["chain_head"] == hashes[records[-1]]
        assert row["writer_key_id"] == chain[0]["writer_key"]
        text = batch_text(invented.AUTHORITY, writer_id, first, last, row["chain_head"])
        public_key(row["writer_key_id"]).verify(row["signature"], text)
        signed[str(writer_id)] = last
    assert signed == {writer_id: len(chain) for writer_id, chain in by_writer.items()}


def public_key(key_id: str) -> Ed25519PublicKey:
    """Return the public key that a writer key's id is (C2SP: a name, four bytes of hash, the key)."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key_id.split("+", 2)[2])[1:])


async def month_secret(database: Database) -> MonthSecret:
    """Return what auditing holds of this month."""
    engine = create_async_engine(sqlalchemy_address(database.auditing_url))
    try:
        async with engine.connect() as connection:
            month = month_of(SystemClock().now())
            return (await load_month_secrets(connection, RootKey.from_text(AUDIT_ROOT_KEY), [month]))[0]
    finally:
        await engine.dispose()
