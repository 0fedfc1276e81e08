"""A signer that comes back: what it forgot is proven to it, or it does not come back."""

import json
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.sealing import RootKey, SealBrokenError
from app.audit.tree.checkpoint import NoteKey, checkpoint_text, log_epoch, log_origin
from app.audit.tree.merkle import EMPTY_TREE, TreeHead
from app.audit.tree.signer import (
    FileSigner,
    SignerStateError,
    copy_signer,
    create_signer,
    open_log_key,
    origin_of,
    put_signer,
    rewrap_signer,
    signed_head,
)
from app.audit.tree.signer_backup import (
    BackupBrokenError,
    NotACheckpointError,
    RestoreRefusedError,
    SignerBackup,
    prove_newest,
    signed_by,
    stated_head,
)
from tests.audit.tree.ground import a_sequencer, a_signer, add_chain
from tests.world import Database

ROOT = RootKey(bytes(range(32)))
HEAD = TreeHead(7, bytes([7] * 32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_signer(tmp_path / "signer", ROOT, "H19")
    return tmp_path / "signer"


def key_in(folder: Path) -> NoteKey:
    return open_log_key(copy_signer(folder), ROOT, "H19")


async def test_a_signer_comes_back_with_its_key_and_goes_on_from_the_head_it_is_given(
    folder: Path, tmp_path: Path
) -> None:
    before = FileSigner(folder, ROOT, "H19")
    backup = SignerBackup.from_text(SignerBackup(copy_signer(folder)).text)
    put_signer(tmp_path / "next", backup.files, HEAD)
    after = FileSigner(tmp_path / "next", ROOT, "H19")
    assert (after.verifier, await after.last()) == (before.verifier, HEAD)
    assert await before.last() == EMPTY_TREE
    with pytest.raises(FileExistsError):
        put_signer(tmp_path / "next", backup.files, EMPTY_TREE)
    assert await after.last() == HEAD


def test_a_backup_that_was_changed_is_none(folder: Path) -> None:
    whole = json.loads(SignerBackup(copy_signer(folder)).text)
    changed = [
        "no json",
        "[]",
        json.dumps({**whole, "files": {}}),
        json.dumps({**whole, "files": "log.key"}),
        json.dumps({**whole, "format": "dancu signer 2"}),
        json.dumps({"files": whole["files"]}),
        SignerBackup({"../../etc/passwd": "x"}).text,
    ]
    for text in changed:
        with pytest.raises(BackupBrokenError):
            SignerBackup.from_text(text)


def test_a_checkpoint_counts_where_the_logs_key_signed_it(folder: Path) -> None:
    key = key_in(folder)
    note = key.sign(checkpoint_text(key.name, HEAD))
    assert signed_by(key, note) == HEAD
    assert signed_by(key, note + "— witness.example AAAA\n") == HEAD
    assert stated_head(note).origin == "dancu/H19"
    stranger = NoteKey(key.name, Ed25519PrivateKey.generate())
    elsewhere = key.sign(checkpoint_text("dancu/H20", HEAD))
    for forged in (note.replace("\n7\n", "\n8\n"), stranger.sign(checkpoint_text(key.name, HEAD)), elsewhere):
        with pytest.raises(RestoreRefusedError):
            signed_by(key, forged)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "dancu/H19",
        "dancu/H19\nmany\nAAAA\n\n",
        "dancu/H19\n7\n!\n\n",
        "dancu/H19\n7\nAAAA\n\n",
        f"\n{checkpoint_text('x', HEAD)[2:]}\n",
        f"{checkpoint_text('x', HEAD).replace('7', '+7', 1)}\n",
        f"{checkpoint_text('x', TreeHead(-7, HEAD.root))}\n",
        f"{checkpoint_text('x', HEAD)}more",
    ],
)
def test_what_is_no_checkpoint_says_none(note: str) -> None:
    with pytest.raises(NotACheckpointError):
        stated_head(note)


def test_a_log_key_is_wrapped_anew_and_stays_the_key(folder: Path) -> None:
    verifier, new = FileSigner(folder, ROOT, "H19").verifier, RootKey(bytes(32))
    rewrap_signer(folder, ROOT, new, "H19")
    assert FileSigner(folder, new, "H19").verifier == verifier
    with pytest.raises(SealBrokenError):
        rewrap_signer(folder, ROOT, new, "H19")
    assert FileSigner(folder, new, "H19").verifier == verifier


def test_a_later_log_has_a_name_of_its_own(tmp_path: Path) -> None:
    second = create_signer(tmp_path / "second", ROOT, "H19", epoch=2)
    assert second.verifier.startswith("dancu/H19/2+")
    assert FileSigner(tmp_path / "second", ROOT, "H19").verifier == second.verifier
    assert origin_of(copy_signer(tmp_path / "second"), "H19") == "dancu/H19/2"
    (tmp_path / "second" / "origin").unlink()
    with pytest.raises(SealBrokenError):
        FileSigner(tmp_path / "second", ROOT, "H19")
    (tmp_path / "second" / "origin").write_text("dancu/H20/2", encoding="utf-8")
    with pytest.raises(SignerStateError):
        FileSigner(tmp_path / "second", ROOT, "H19")


@pytest.mark.parametrize(
    ("origin", "epoch"),
    [
        ("dancu/H19", 1),
        ("dancu/H19/2", 2),
        ("dancu/H19/12", 12),
        ("dancu/H19/1", None),
        ("dancu/H19/02", None),
        ("dancu/H19/٣", None),
        ("dancu/H19/1234567", None),
        ("dancu/H19/", None),
        ("dancu/H20/2", None),
        ("7", None),
    ],
)
def test_origins_say_which_of_the_installations_logs_they_are(origin: str, epoch: int | None) -> None:
    assert log_epoch(origin, "H19") == epoch
    assert epoch is None or log_origin("H19", epoch) == origin


async def test_the_newest_head_is_believed_where_the_tree_continues_them_all(
    database: Database, tmp_path: Path
) -> None:
    signer, heads = a_signer(tmp_path), [EMPTY_TREE]
    async with a_sequencer(database, signer) as sequencer:
        for writer in (1, 2, 3):
            await add_chain(database, writer, 1, 2, 3)
            head = await sequencer.sequence()
            assert head is not None
            heads.append(head)
    forged = TreeHead(5, bytes(32))
    connection = await asyncpg.connect(database.sequencing_url)
    try:
        assert await prove_newest(connection, heads[:3]) == heads[2]
        assert await prove_newest(connection, [heads[3], heads[1], heads[1]]) == heads[3]
        for unprovable in ([TreeHead(10, bytes(32))], [TreeHead(9, bytes(32))], [heads[3], forged]):
            with pytest.raises(RestoreRefusedError):
                await prove_newest(connection, unprovable)
    finally:
        await connection.close()
    assert signed_head(copy_signer(tmp_path / "signer")) == heads[3]
