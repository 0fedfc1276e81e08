"""What tests of the sequencer start from: a signer, records, and a look at tree and checkpoint."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from uuid_utils.compat import uuid7

from app.audit.sealing import RootKey
from app.audit.tree.sequencer import Connect, Sequencer
from app.audit.tree.signer import CheckpointSigner, FileSigner, create_signer
from app.audit.tree.witness import Witnesses
from app.cli import invented
from app.clock import Clock, SystemClock
from app.database.connect import connector
from tests.audit.tree.plain import plain_root
from tests.audit.workbench import fetch
from tests.world import ROOT_KEY, Database

ADD_CHAIN = """
insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)
select (lpad(to_hex((extract(epoch from $3::timestamptz) * 1000)::bigint), 12, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid, 'test.record', $1::uuid, sequence, '{}',
    sha256(($1::uuid::text || '/' || sequence)::bytea), $3
from unnest($2::bigint[]) as sequence
"""
"""Records of one writer, as the sequencer sees them."""
_NUMBER = 2**62 - 1
_NOW = uuid7().int & ~_NUMBER


def a_signer(folder: Path) -> FileSigner:
    return create_signer(folder / "signer", RootKey.from_text(ROOT_KEY), invented.AUTHORITY)


@asynccontextmanager
async def a_sequencer(
    place: Database | Connect,
    signer: CheckpointSigner,
    *,
    clock: Clock | None = None,
    witnesses: Witnesses | None = None,
) -> AsyncIterator[Sequencer]:
    """Give a sequencer that goes round only when told."""
    connect = (
        connector(place.sequencing_url, synchronous_commit="on") if isinstance(place, Database) else place
    )
    sequencer = Sequencer(connect, signer, clock or SystemClock(), every_seconds=60, witnesses=witnesses)
    try:
        yield sequencer
    finally:
        await sequencer.__aexit__()


def a_writer_id(number: int) -> UUID:
    """Return the id of a writer that began just now."""
    return UUID(int=_NOW | number)


async def add_chain(database: Database, writer: int, *sequences: int, at: datetime | None = None) -> None:
    """Put records of one writer there, with these sequences, as of now or another time."""
    time = at or SystemClock().now()
    await fetch(database.owner_url, ADD_CHAIN, a_writer_id(writer), list(sequences), time)


async def sequenced(database: Database) -> list[tuple[int, int]]:
    """Return writer and sequence of every leaf, in the tree's order, which has no hole."""
    rows = await fetch(
        database.owner_url,
        "select leaf_index, writer_id, writer_sequence, leaf.leaf_hash = r.leaf_hash as same"
        " from audit_leaf leaf join audit_record r using (record_id) order by leaf_index",
    )
    assert [row["leaf_index"] for row in rows] == list(range(len(rows)))
    assert all(row["same"] for row in rows)
    return [(row["writer_id"].int & _NUMBER, row["writer_sequence"]) for row in rows]


async def check_tree(database: Database, signer: FileSigner) -> int:
    """Check that the newest checkpoint is signed and says the root of its leaves; return their number."""
    rows = await fetch(database.owner_url, "select * from audit_checkpoint order by tree_size desc limit 1")
    (checkpoint,) = rows
    size = int(checkpoint["tree_size"])
    leaves = await fetch(
        database.owner_url, "select leaf_hash from audit_leaf where leaf_index < $1 order by leaf_index", size
    )
    assert checkpoint["root_hash"] == plain_root([row["leaf_hash"] for row in leaves])
    text, _, line = checkpoint["note"].partition("\n\n")
    assert text == f"dancu/{invented.AUTHORITY}\n{size}\n{base64.b64encode(checkpoint['root_hash']).decode()}"
    name, key_id, key = signer.verifier.split("+", maxsplit=2)
    signature = base64.b64decode(line.removeprefix(f"— {name} "))
    assert signature[:4].hex() == key_id
    public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
    public_key.verify(signature[4:], f"{text}\n".encode())
    return size


class DyingConnection:
    """A connection whose process is killed after it sent a given number of statements."""

    def __init__(self, connection: asyncpg.Connection, left: list[int]) -> None:
        self._connection = connection
        self._left = left

    async def fetch(self, *arguments: Any) -> Any:
        return await self._sent(await self._connection.fetch(*arguments))

    async def fetchval(self, *arguments: Any) -> Any:
        return await self._sent(await self._connection.fetchval(*arguments))

    async def execute(self, *arguments: Any) -> Any:
        return await self._sent(await self._connection.execute(*arguments))

    def add_log_listener(self, listener: Any) -> None:
        self._connection.add_log_listener(listener)

    def is_closed(self) -> bool:
        return bool(self._connection.is_closed())

    def terminate(self) -> None:
        self._connection.terminate()

    async def _sent(self, answer: Any) -> Any:
        self._left[0] -= 1
        if self._left[0] == 0:
            self._connection.terminate()
            raise ConnectionResetError
        return answer


class BusyConnection(DyingConnection):
    """A connection beside which another record is there after each commit, as long as lookups are made."""

    def __init__(self, connection: asyncpg.Connection, arrive: Callable[[], Awaitable[None]]) -> None:
        super().__init__(connection, [-1])
        self._arrive = arrive

    async def execute(self, *arguments: Any) -> Any:
        done = await super().execute(*arguments)
        if arguments == ("commit",):
            await self._arrive()
        return done
