"""Exports out of a real database: what was written is what a verifier finds sound, and what it must find."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.audit.tree.notes import VerifierKey
from app.audit.tree.policy import read_policy
from app.audit.tree.signer import FileSigner
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.export_files import LEAVES_FILE
from app.audit.verifying.findings import Check, Gap, Kind, Ledger
from app.audit.verifying.heads import Trust
from app.auditing.export import Exported, Wanted, write_export
from app.auditing.export_folder import ExportWriter
from app.auditing.export_queries import LATEST
from app.auditing.proofs import proof_of
from app.clock import SystemClock
from app.errors import ConfigurationError
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.audit.verifying.exports import AUTHORITY, Witness
from tests.audit.workbench import a_claim, a_draft, a_writer, an_intent, an_outcome, execute, fetch
from tests.world import AUDIT_ROOT_KEY, Database


@pytest.fixture
async def auditing(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.auditing_url)
    yield connection
    await connection.close()


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return a_signer(tmp_path)


async def take_in(database: Database, signer: FileSigner) -> None:
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()


async def exported(connection: asyncpg.Connection, folder: Path, wanted: Wanted | None = None) -> Exported:
    with ExportWriter(folder) as writer:
        found = await write_export(
            connection, writer, AUTHORITY, wanted or Wanted(with_keys=True), lambda *_: None
        )
        writer.publish()
    return found


async def verified(database: Database, folder: Path, signer: FileSigner, **trust: Any) -> Ledger:
    (key,) = await fetch(database.owner_url, "select key_id from audit_writer_key")
    asked = Examination(
        folder,
        Trust(VerifierKey.from_text(signer.verifier), **trust),
        SystemClock().now(),
        (key[0],),
        RootKey.from_text(AUDIT_ROOT_KEY),
    )
    return examine(asked)


def signer_folder(folder: Path) -> list[Path]:
    """Return what stands beside the signer, and itself."""
    return list(folder.iterdir())


def kinds(ledger: Ledger) -> dict[Kind, int]:
    return {kind: count for kind, count in ledger.totals.items() if count}


async def test_what_writer_and_sequencer_made_is_sound_and_a_tampered_row_is_not(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner, tmp_path: Path
) -> None:
    async with a_writer(database) as writer:
        intent = an_intent(a_claim(), officer_id="00000000-0000-0000-0000-000000000007", dossier_code="H19-1")
        await writer.append(intent)
        await writer.append(an_outcome(intent.record_id))
        await writer.append(a_draft(RecordKind.SIGN_IN_FAILED, problem_code="x", client_id="mot-cua"))
        await take_in(database, signer)
        await writer.append(a_draft())
    witness = Witness()
    (checkpoint,) = await fetch(database.owner_url, "select * from audit_checkpoint where tree_size > 0")
    text = checkpoint["note"].partition("\n\n")[0] + "\n"
    await execute(
        database.owner_url,
        "insert into audit_cosignature values ($1, $2, $3, now())",
        checkpoint["tree_size"],
        "w",
        witness.line(text, SystemClock().now()),
    )
    found = await exported(auditing, tmp_path / "a")
    policy = read_policy(f"witness w {witness.verifier}\nquorum w\n".encode())
    ledger = await verified(database, tmp_path / "a", signer, policy=policy, max_age=timedelta(minutes=1))
    assert kinds(ledger) == {Kind.ROW_FRESH: 2}
    assert (found.first, found.end, found.rows) == (0, 4, 4)
    assert ledger.facts["manifest_digest"] == found.manifest_digest == found.facts["manifest_digest"]
    assert [ledger.looked_at[check] for check in (Check.BYTES, Check.SUBJECTS, Check.TAGS)] == [6, 1, 1]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "a").iterdir()} == {0o600}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700

    await execute(database.owner_url, "alter table audit_record disable trigger all")
    await execute(
        database.owner_url,
        "update audit_record set recorded_at = 'infinity', leaf = '\\xff00' where kind = 'sign_in.failed'",
    )
    await execute(database.owner_url, "alter table audit_search_tag disable trigger all")
    await execute(database.owner_url, "delete from audit_search_tag")
    await execute(
        database.owner_url,
        "insert into audit_search_tag values ($1, 'H19/2026-05', sha256('x'), now())",
        uuid7(),
    )
    await exported(auditing, tmp_path / "b")
    assert set(kinds(await verified(database, tmp_path / "b", signer))) == {
        Kind.BYTES_DIFFER,
        Kind.BYTES_UNREADABLE,
        Kind.CHAIN_LINK,
        Kind.SIGNATURE_HEAD,
        Kind.ROW_FRESH,  # that its chain ended
        Kind.ROW_OUTSIDE,  # its own time is not readable
        Kind.TAG_MISSING,
        Kind.TAG_STRAY,
    }


class Watched:
    """A connection, and what somebody else does once the export has seen which checkpoint is the latest."""

    def __init__(self, connection: asyncpg.Connection, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._connection = connection
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchval(self, query: str) -> Any:
        value = await self._connection.fetchval(query)
        if query == LATEST:
            await self._meanwhile()
        return value


async def test_no_month_is_dropped_between_what_an_export_sees_and_its_first_leaves(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner, tmp_path: Path
) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())
    await take_in(database, signer)
    owner, refused = await asyncpg.connect(database.owner_url), list[str]()

    async def drop() -> None:
        for table in ("audit_record", "audit_search_tag"):
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with owner.transaction():
                    await owner.execute(f"lock table {table} in access exclusive mode nowait")
            refused.append(table)

    with ExportWriter(tmp_path / "e") as writing:
        watched: Any = Watched(auditing, drop)
        await write_export(watched, writing, AUTHORITY, Wanted(), lambda *_: None)
    await owner.close()
    assert refused == ["audit_record", "audit_search_tag"]


async def test_a_log_of_several_slices_is_exported_in_its_order_and_told_slice_by_slice(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner, tmp_path: Path
) -> None:
    async with a_writer(database) as writer, asyncio.TaskGroup() as tasks:
        for _ in range(2_001):
            tasks.create_task(writer.append(a_draft()))
    await take_in(database, signer)
    told = list[tuple[int, int]]()
    with ExportWriter(tmp_path / "e") as writing:
        wanted = Wanted(first=1, end=2_002, with_keys=True)
        await write_export(auditing, writing, AUTHORITY, wanted, lambda *said: told.append(said))
        writing.publish()
    lines = (tmp_path / "e" / LEAVES_FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["index"] for line in lines] == list(range(1, 2_002))
    assert told == [(1_000, 2_001), (2_000, 2_001), (2_001, 2_001)]
    ledger = await verified(database, tmp_path / "e", signer)
    assert not ledger.is_broken, kinds(ledger)


async def test_any_part_of_the_log_leads_to_the_same_root(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner, tmp_path: Path
) -> None:
    async with a_writer(database) as writer:
        for _ in range(10):
            await writer.append(an_intent())
    await take_in(database, signer)
    for first, end in ((0, 12), (3, 8), (0, 1), (11, 12)):
        folder = tmp_path / f"{first}-{end}"
        found = await exported(auditing, folder, Wanted(first, end))
        assert found.facts["exported_range"] == f"{first}-{end}"
        assert "exported_by" not in found.facts
        ledger = await verified(database, folder, signer)
        assert not ledger.is_broken, kinds(ledger)
        assert (Gap.PART_OF_THE_LOG in ledger.gaps) is ((first, end) != (0, 12))
        assert "private_key" not in (folder / "month_keys.jsonl").read_text()


@pytest.mark.parametrize(("first", "end"), [(2, 2), (0, 4), (3, 2)])
async def test_a_range_that_is_none_is_refused_and_leaves_nothing(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner, tmp_path: Path, first: int, end: int
) -> None:
    with pytest.raises(ConfigurationError, match="no checkpoint"):
        await exported(auditing, tmp_path / "x")
    async with a_writer(database) as writer:
        await writer.append(a_draft())
    await take_in(database, signer)
    with pytest.raises(ConfigurationError, match="range"):
        await exported(auditing, tmp_path / "x", Wanted(first, end))
    assert {path.name for path in signer_folder(tmp_path)} == {"signer"}


async def test_a_proof_is_under_the_newest_checkpoint_that_was_witnessed(
    database: Database, auditing: asyncpg.Connection, signer: FileSigner
) -> None:
    draft = a_draft()
    async with a_writer(database) as writer:
        await writer.append(draft)
        await take_in(database, signer)
        await execute(database.owner_url, "insert into audit_cosignature values (2, 'w', '— w AAAA', now())")
        later = a_draft()
        await writer.append(later)
        assert await proof_of(auditing, later.record_id) is None
        await take_in(database, signer)
    proof = await proof_of(auditing, draft.record_id)
    assert proof is not None
    assert proof.note.endswith("\n— w AAAA\n")
    assert proof.note.split("\n")[1] == "2"
    after = await proof_of(auditing, later.record_id)
    assert after is not None
    assert after.note.split("\n")[1] == "3"
    assert after.trouble(VerifierKey.from_text(signer.verifier), None) is None
    await execute(database.owner_url, "alter table audit_checkpoint disable trigger all")
    await execute(database.owner_url, "delete from audit_checkpoint")
    assert await proof_of(auditing, draft.record_id) is None


def test_an_export_is_never_written_over_another_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(FileExistsError):
        ExportWriter(tmp_path / "a")
    with ExportWriter(tmp_path / "b") as writer:
        writer.add("leaves.jsonl", {})
        manifest = writer.seal({"authority_code": AUTHORITY})
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "mine").touch()
        with pytest.raises(OSError, match="not empty"):
            writer.publish()
    assert len(manifest) == 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
