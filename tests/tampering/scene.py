"""A small log as a province has it, and what the database's superuser may do, with the log key or without."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.batches import sign_batch
from app.audit.chain import Chain, Record
from app.audit.insert import INSERT_BATCH, batch_arguments
from app.audit.keyring import Keyring, month_of
from app.audit.record import Draft, RecordKind
from app.audit.sealing import RootKey
from app.audit.tree.merkle import EMPTY_TREE, TreeHead, consistency_leaves, continues
from app.audit.tree.notes import VerifierKey
from app.audit.tree.signer import FileSigner, copy_signer, put_signer
from app.audit.tree.store import TreeBrokenError, hashes_of, head_at, tree_size
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.findings import Ledger
from app.audit.verifying.heads import Trust
from app.audit.writer_keys import WriterKey
from app.auditing.export import Wanted, write_export
from app.auditing.export_folder import ExportWriter
from app.cli import invented
from app.clock import SystemClock
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.audit.workbench import a_draft, a_writer, an_intent, an_outcome
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database

_TABLES = (
    "audit_record",
    "audit_batch",
    "audit_search_tag",
    "audit_leaf",
    "audit_subtree",
    "audit_checkpoint",
    "audit_writer_key",
    "audit_dropped_month",
)


class Witness:
    """Another agency's: remembers the last head it saw and refuses whatever does not continue it."""

    def __init__(self) -> None:
        self.head = EMPTY_TREE

    async def takes(self, connection: asyncpg.Connection, head: TreeHead) -> bool:
        """Whether it co-signs *head*, given the best proof that the database has."""
        if head.size < self.head.size:
            return False
        try:
            proof = await hashes_of(connection, consistency_leaves(self.head.size, head.size))
        except TreeBrokenError:
            return False
        if not continues(self.head, head, proof):
            return False
        self.head = head
        return True


@dataclass
class Scene:
    """The log: one chain that ended, one that goes on, and a newest record that is not in the tree yet."""

    database: Database
    superuser: asyncpg.Connection
    signer: FileSigner
    folder: Path
    writer_key: str
    witness: Witness = field(default_factory=Witness)
    old_checkpoint: str = ""
    newest_checkpoint: str = ""

    async def do(self, *statements: str) -> None:
        """Run each as the superuser, whom no trigger holds back."""
        for statement in statements:
            await self.superuser.execute(statement)

    async def value(self, query: str, *values: object) -> Any:
        return await self.superuser.fetchval(query, *values)

    async def take_in(self) -> str:
        """Take what is there into the tree, have the witness see its head, and return the checkpoint."""
        async with a_sequencer(self.database, self.signer) as sequencer:
            head = await sequencer.sequence()
        assert head is not None
        assert await self.witness.takes(self.superuser, head)
        return await self.checkpoint()

    async def checkpoint(self) -> str:
        note: str = await self.value("select note from audit_checkpoint order by tree_size desc limit 1")
        return note

    async def sign_again(self) -> bool:
        """Sign the tree as it is with the stolen log key; return whether the witness takes that head."""
        await self.do("delete from audit_checkpoint")
        size = await tree_size(self.superuser)
        head = await head_at(self.superuser, size)
        stolen = self.folder / "stolen"
        put_signer(stolen, copy_signer(self.folder / "signer"), EMPTY_TREE)
        forger = FileSigner(stolen, RootKey.from_text(ROOT_KEY), invented.AUTHORITY)
        note = await forger.sign(head, [])
        await self.superuser.execute(
            "insert into audit_checkpoint (tree_size, root_hash, note, signed_at) values ($1, $2, $3, now())",
            size,
            head.root,
            note,
        )
        return await self.witness.takes(self.superuser, head)

    async def verified(self, *, since: str | None = None) -> Ledger:
        """Export as an auditor and check it with the keys and the checkpoint that an outsider kept."""
        folder = self.folder / "export"
        auditor = await asyncpg.connect(self.database.auditing_url)
        try:
            with ExportWriter(folder) as writer:
                await write_export(auditor, writer, invented.AUTHORITY, Wanted(with_keys=True), _silent)
                writer.publish()
        finally:
            await auditor.close()
        kept = self.newest_checkpoint if since is None else since
        trust = Trust(VerifierKey.from_text(self.signer.verifier), since=[("kept", kept)])
        root = RootKey.from_text(AUDIT_ROOT_KEY)
        return examine(Examination(folder, trust, SystemClock().now(), (self.writer_key,), root))

    async def forge(self, key: WriterKey | None = None) -> list[Record]:
        """Put a record of a new chain there, an hour old, signed by *key* or a key of one's own."""
        month = await Keyring(RootKey.from_text(ROOT_KEY)).load(self.superuser, month_of(SystemClock().now()))
        assert month is not None
        signs = key or WriterKey.of(invented.AUTHORITY, Ed25519PrivateKey.generate())
        an_hour_ago = SystemClock().now() - timedelta(hours=1)
        draft = Draft(RecordKind.SIGN_IN_FAILED, an_hour_ago, {"problem_code": "forged"})
        chain, records = Chain(invented.AUTHORITY).under(signs).extend([draft], month, an_hour_ago)
        batch = sign_batch(signs, invented.AUTHORITY, chain.writer_id, records)
        await self.superuser.execute(INSERT_BATCH, *batch_arguments(batch, month.key_id, records))
        return records

    async def write_a_chain(self) -> None:
        """Let another gateway write some records."""
        async with a_writer(self.database) as writer:
            await _write(writer)

    async def add_leaves(self, records: Sequence[Record]) -> None:
        """Put records at the end of the tree, as a sequencer would."""
        for record in records:
            await self.superuser.execute(
                "insert into audit_leaf (leaf_index, record_id, leaf_hash)"
                " select max(leaf_index) + 1, $1, $2 from audit_leaf",
                record.draft.record_id,
                record.leaf_hash,
            )


def _silent(_count: int, _total: int) -> None:
    pass


@asynccontextmanager
async def a_scene(database: Database, folder: Path) -> AsyncIterator[Scene]:
    """Give a log of two chains, 11 records of them in the tree, whose checkpoints a witness has seen."""
    superuser = await asyncpg.connect(database.owner_url)
    key: str = await superuser.fetchval("select key_id from audit_writer_key")
    scene = Scene(database, superuser, a_signer(folder), folder, key)
    try:
        async with a_writer(database) as writer:
            await _write(writer)
        scene.old_checkpoint = await scene.take_in()
        async with a_writer(database) as writer:
            await _write(writer)
            scene.newest_checkpoint = await scene.take_in()
            await writer.append(a_draft())
            await writer.append(a_draft())
            for table in _TABLES:
                await superuser.execute(f"alter table {table} disable trigger user")
            yield scene
    finally:
        await superuser.close()


async def _write(writer: Any) -> None:
    intent = an_intent(officer_id="00000000-0000-0000-0000-000000000007", dossier_code="H19-1")
    await writer.append(intent)
    await writer.append(an_outcome(intent.record_id))
    for _ in range(2):
        await writer.append(a_draft())
