"""`dancu keys backup-signer|restore-signer|new-log`, rehearsed: what would fork the log stays away."""

import asyncio
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.audit.sealing import RootKey
from app.audit.tree.merkle import TreeHead
from app.audit.tree.signer import FileSigner, SignerRefusedError
from tests.audit.tree.ground import a_sequencer, add_chain
from tests.cli.commands import ask, dancu
from tests.cluster import PostgresCluster
from tests.world import Database

SIGNER_KEY = RootKey.generate_text()
_NOTE = "select note from audit_checkpoint order by tree_size desc limit 1"
_LEAF = "select leaf from audit_record where kind = $1 order by record_id desc limit 1"
_BROUGHT_OVER = {
    "audit_record": "record_id",
    "audit_batch": "newest_record_id",
    "audit_search_tag": "record_id",
}


@dataclass(frozen=True)
class Ground:
    """An installation whose log has begun: its database, the signer's folder and the test's own."""

    database: Database
    folder: Path
    files: Path

    def sequence(self, folder: Path | None = None) -> TreeHead:
        """Take in what waits and have it signed, as a worker with that folder does."""

        async def work() -> TreeHead | None:
            signer = FileSigner(folder or self.folder, RootKey.from_text(SIGNER_KEY), "H19")
            async with a_sequencer(self.database, signer) as sequencer:
                return await sequencer.sequence()

        head = asyncio.run(work())
        assert head is not None
        return head

    def record(self, writer: int) -> None:
        asyncio.run(add_chain(self.database, writer, 1, 2, 3))

    def checkpoint(self, name: str) -> str:
        """Return a file with the newest checkpoint, as an auditor keeps it."""
        file = self.files / name
        file.write_text(ask(self.database.owner_url, _NOTE), encoding="utf-8")
        return str(file)

    def facts(self, kind: str) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(ask(self.database.owner_url, _LEAF, kind))
        return facts


@pytest.fixture
def ground(recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv("DANCU_LOG_SIGNER_FOLDER", str(tmp_path / "signer"))
    monkeypatch.setenv("DANCU_SIGNER_KEY", SIGNER_KEY)
    assert dancu("keys", "create-log", str(tmp_path / "signer")).code == 0
    return Ground(recordable, tmp_path / "signer", tmp_path)


@pytest.fixture
def older(
    ground: Ground, postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    """The same, with a copy of its database from before the last three records that were signed."""
    ground.record(1)
    ground.sequence()
    assert dancu("keys", "backup-signer", str(ground.files / "backup")).code == 0
    name = asyncio.run(postgres_cluster.create_database(ground.database.name))
    ground.record(2)
    ground.sequence()
    ground.checkpoint("held")
    urls = {field: getattr(ground.database, field) for field in ("owner_url", "serving_url", "auditing_url")}
    copied = {field: url.replace(ground.database.name, name) for field, url in urls.items()}
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", copied["owner_url"])
    yield replace(ground, database=Database(name=name, **copied))
    asyncio.run(postgres_cluster.drop_database(name))


def test_a_signer_that_was_lost_comes_back_and_remembers_what_others_hold(ground: Ground) -> None:
    ground.record(1)
    knew, backup = ground.sequence(), str(ground.files / "backup")
    assert f"has signed {knew.size} leaves" in dancu("keys", "backup-signer", backup).out
    assert dancu("keys", "backup-signer", backup).refuses("backup")  # never over an older one
    ground.record(2)
    signed = ground.sequence()
    verifier = dancu("keys", "show-log").out
    shutil.rmtree(ground.folder)

    assert dancu("keys", "restore-signer", backup, str(ground.folder)).refuses("--checkpoint", "--none-held")
    done = dancu(
        "keys", "restore-signer", backup, str(ground.folder), "--checkpoint", ground.checkpoint("held")
    )
    assert (done.code, done.err) == (0, "")
    assert (f"from {signed.size} leaves" in done.out, f"knew of {knew.size}" in done.out) == (True, True)
    assert dancu("keys", "show-log").out == verifier
    facts = ground.facts("keys.restored")
    assert facts["before"].startswith(f"dancu/H19 {knew.size} ")
    assert facts["after"].startswith(f"dancu/H19 {signed.size} ")
    assert (
        ground.sequence().size == signed.size + 3
    )  # the restoring, between its chain's first record and last
    again = dancu("keys", "restore-signer", backup, str(ground.folder), "--none-held")
    assert again.refuses("log key already")


def test_a_signer_that_forgot_does_not_come_back_beside_an_older_database(older: Ground) -> None:
    backup, folder, held = (str(older.files / name) for name in ("backup", "next", "held"))
    refused = dancu("keys", "restore-signer", backup, folder, "--checkpoint", held)
    assert refused.refuses("rows are missing")
    assert not (older.files / "next").exists()
    with pytest.raises(SignerRefusedError):
        older.sequence()


def test_what_was_recorded_into_an_older_copy_gets_later_places_in_the_better_one(
    ground: Ground, older: Ground
) -> None:
    begun = ask(older.database.owner_url, "select clock_timestamp()")
    assert dancu("keys", "rotate-token", "--now").code == 0  # a record, by a command that met the older copy
    signed = json.loads((ground.folder / "signed.json").read_text(encoding="utf-8"))["size"]

    async def bring_over() -> None:
        source = await asyncpg.connect(older.database.owner_url)
        target = await asyncpg.connect(ground.database.owner_url)
        try:
            late = "select record_id from audit_record where recorded_at >= $1"
            for table, key in _BROUGHT_OVER.items():
                rows = io.BytesIO()
                query = f"select * from {table} where {key} in ({late})"  # noqa: S608 - named here
                await source.copy_from_query(query, begun, output=rows)
                rows.seek(0)
                await target.copy_to_table(table, source=rows)
        finally:
            await source.close()
            await target.close()

    asyncio.run(bring_over())
    assert ground.sequence().size == signed + 3  # what it says, between its chain's first record and last
    assert ground.facts("keys.rotated")["operator"]


def test_a_memory_that_outlived_its_key_is_not_forgotten(ground: Ground) -> None:
    backup = str(ground.files / "backup")
    dancu("keys", "backup-signer", backup)
    signed = ground.sequence()
    (ground.folder / "log.key").unlink()
    done = dancu("keys", "restore-signer", backup, str(ground.folder), "--none-held")
    assert f"from {signed.size} leaves; the backup knew of 0" in done.out


@pytest.mark.parametrize("content", ["", "no checkpoint", "\udcff"])
def test_what_is_no_checkpoint_is_named(ground: Ground, content: str) -> None:
    backup, file = str(ground.files / "backup"), ground.files / "held"
    dancu("keys", "backup-signer", backup)
    file.write_bytes(content.encode(errors="surrogateescape"))
    refused = dancu("keys", "restore-signer", backup, str(ground.files / "next"), "--checkpoint", str(file))
    assert refused.refuses("checkpoint")


def test_a_signer_that_cannot_be_put_on_record_does_not_come_back(ground: Ground) -> None:
    backup = str(ground.files / "backup")
    dancu("keys", "backup-signer", backup)
    shutil.rmtree(ground.folder)
    ask(ground.database.owner_url, "alter table audit_record rename to away")
    refused = dancu("keys", "restore-signer", backup, str(ground.folder), "--none-held")
    assert refused.refuses("could not be recorded")
    assert not (ground.folder / "log.key").exists()


def test_a_database_that_lost_rows_for_good_goes_on_under_a_new_log_that_says_so(
    older: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = json.loads((older.folder / "signed.json").read_text(encoding="utf-8"))
    next_folder = older.files / "second"
    made = dancu("keys", "new-log", str(next_folder), "--reason", "mất dữ liệu, biên bản 12/BB-STTTT")
    assert (made.code, made.err) == (0, "")
    facts = older.facts("keys.rotated")
    assert (facts["change"], facts["before"]) == ("log origin", f"dancu/H19 {lost['size']} {lost['root']}")
    assert facts["reason"] == "mất dữ liệu, biên bản 12/BB-STTTT"
    assert facts["after"] in made.out

    head = older.sequence(next_folder)
    assert head.size == ask(older.database.owner_url, "select count(*) from audit_record")
    note: str = ask(older.database.owner_url, _NOTE)
    assert note.startswith(f"dancu/H19/2\n{head.size}\n")
    monkeypatch.setenv("DANCU_LOG_SIGNER_FOLDER", str(next_folder))
    assert dancu("keys", "show-log").out.strip() == facts["after"]
    assert dancu("keys", "new-log", str(next_folder), "--reason", "x").refuses("not empty")
    third = dancu("keys", "new-log", str(older.files / "third"), "--reason", "khóa bị lộ")
    assert "dancu/H19/3+" in third.out


def test_a_new_log_needs_to_know_the_old_one_and_hides_no_missing_leaves(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("keys", "new-log", str(ground.files / "second"), "--reason", "x")
    (ground.folder / "signed.json").unlink()
    assert dancu(*arguments).refuses("there was no log before")
    held = ground.files / "held"
    held.write_text(f"dancu/H20\n1\n{'A' * 43}=\n\n", encoding="utf-8")
    assert dancu(*arguments, "--checkpoint", str(held)).refuses("another installation")
    ask(
        ground.database.owner_url,
        "insert into audit_checkpoint values (9, sha256(''), $1, now())",
        f"dancu/H19\n9\n{'A' * 43}=\n\n",
    )
    assert dancu(*arguments).refuses("somebody took them away")
    monkeypatch.delenv("DANCU_LOG_SIGNER_FOLDER")
    assert dancu("keys", "backup-signer", str(ground.files / "backup")).refuses("DANCU_LOG_SIGNER_FOLDER")


def test_a_new_log_that_cannot_be_put_on_record_is_not_made(ground: Ground) -> None:
    ask(ground.database.owner_url, "alter table audit_record rename to away")
    refused = dancu("keys", "new-log", str(ground.files / "second"), "--reason", "x")
    assert refused.refuses("could not be recorded")
    assert not list((ground.files / "second").iterdir())


def test_the_log_key_follows_the_key_that_wraps_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    new, file = RootKey.generate_text(), ground.files / "new.key"
    file.write_text(new, encoding="utf-8")
    verifier = dancu("keys", "show-log").out
    assert dancu("keys", "rewrap-log", str(file)).code == 0
    monkeypatch.setenv("DANCU_SIGNER_KEY", new)
    assert dancu("keys", "show-log").out == verifier
    (ground.folder / "log.key").unlink()
    assert dancu("keys", "rewrap-log", str(file)).refuses("log.key")


def test_the_key_that_wraps_the_log_key_anew_is_made_where_it_is_missing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ground.files / "next.key"
    verifier, old = dancu("keys", "show-log").out, os.environ["DANCU_SIGNER_KEY"]
    assert f"made {file}" in dancu("keys", "rewrap-log", str(file)).out
    assert dancu("keys", "show-log").refuses("log.key does not open with DANCU_SIGNER_KEY")
    assert dancu("keys", "rewrap-log", str(ground.files / "third.key")).refuses("DANCU_SIGNER_KEY")
    assert not (ground.files / "third.key").exists()
    assert dancu("keys", "backup-signer", str(ground.files / "b")).refuses("DANCU_SIGNER_KEY")
    monkeypatch.setenv("DANCU_SIGNER_KEY", file.read_text())
    assert dancu("keys", "show-log").out == verifier
    monkeypatch.setenv("DANCU_SIGNER_KEY", old)
    assert dancu("keys", "rewrap-log", str(file)).refuses("DANCU_SIGNER_KEY")
    assert file.exists()
