"""The signer: it remembers, and signs nothing that does not continue what it signed."""

import asyncio
import stat
from pathlib import Path

import pytest

from app.audit.record import leaf_hash
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.tree.checkpoint import checkpoint_text
from app.audit.tree.merkle import EMPTY_TREE, TreeHead, consistency_leaves
from app.audit.tree.signer import (
    FileSigner,
    SignerRefusedError,
    SignerStateError,
    create_signer,
    discard_signer,
)
from tests.audit.tree.plain import plain_root

ROOT = RootKey(bytes(32))
HASHES = [leaf_hash(str(number).encode()) for number in range(20)]


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return create_signer(tmp_path / "signer", ROOT, "H19")


def head(size: int) -> TreeHead:
    return TreeHead(size, plain_root(HASHES[:size]))


def proof(earlier: int, later: int) -> list[bytes]:
    return [plain_root(HASHES[first:last]) for first, last in consistency_leaves(earlier, later)]


async def test_a_signer_signs_what_continues_its_last_head_and_remembers_it(signer: FileSigner) -> None:
    assert await signer.last() == EMPTY_TREE
    for earlier, later in ((0, 5), (5, 5), (5, 13)):
        note = await signer.sign(head(later), proof(earlier, later))
        assert note.startswith(checkpoint_text("dancu/H19", head(later)) + "\n— dancu/H19 ")
        assert await signer.last() == head(later)


@pytest.mark.parametrize(
    ("refused", "shown"),
    [
        (head(4), []),
        (EMPTY_TREE, []),
        (TreeHead(5, plain_root(HASHES[1:6])), []),
        (TreeHead(9, plain_root(HASHES[1:10])), proof(5, 9)),
        (head(9), []),
        (head(9), proof(4, 9)),
    ],
    ids=["smaller", "empty", "same size, other root", "rewritten", "without proof", "wrong proof"],
)
async def test_a_signer_refuses_all_else_and_remembers_what_it_did(
    signer: FileSigner, refused: TreeHead, shown: list[bytes]
) -> None:
    await signer.sign(head(5), [])
    with pytest.raises(SignerRefusedError):
        await signer.sign(refused, shown)
    assert await signer.last() == head(5)
    await signer.sign(head(9), proof(5, 9))


async def test_a_signer_remembers_across_processes(signer: FileSigner, tmp_path: Path) -> None:
    first = await signer.sign(head(5), [])
    again = FileSigner(tmp_path / "signer", ROOT, "H19")
    assert await again.sign(head(5), []) == first
    with pytest.raises(SignerRefusedError):
        await again.sign(head(4), [])


async def test_two_signers_of_one_folder_never_sign_two_trees(signer: FileSigner, tmp_path: Path) -> None:
    other = FileSigner(tmp_path / "signer", ROOT, "H19")
    forks = [signer.sign(head(3), []), other.sign(TreeHead(3, plain_root(HASHES[1:4])), [])]
    results = await asyncio.gather(*forks, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["SignerRefusedError", "str"]


def test_a_signer_is_made_once_and_for_its_owner_only(signer: FileSigner, tmp_path: Path) -> None:
    folder = tmp_path / "signer"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "log.key": 0o600,
        "signed.json": 0o600,
    }
    with pytest.raises(FileExistsError):
        create_signer(folder, ROOT, "H19")
    assert FileSigner(folder, ROOT, "H19").verifier == signer.verifier


def test_a_key_opens_under_its_root_key_and_for_its_log_only(signer: FileSigner, tmp_path: Path) -> None:
    for root, authority in ((RootKey(bytes([1]) * 32), "H19"), (ROOT, "H20")):
        with pytest.raises(SealBrokenError):
            FileSigner(tmp_path / "signer", root, authority)


@pytest.mark.parametrize("name", ["log.key", "signed.json"])
@pytest.mark.parametrize(
    "content", [None, "", "{}", "ü", '{"size": 1, "root": "AAAA"}', '{"size": "1", "root": ""}']
)
def test_without_its_files_a_signer_does_not_begin_anew(
    signer: FileSigner, tmp_path: Path, name: str, content: str | None
) -> None:
    path = tmp_path / "signer" / name
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises((SignerStateError, SealBrokenError)):
        FileSigner(tmp_path / "signer", ROOT, "H19")


async def test_a_memory_lost_while_it_runs_ends_the_signing(signer: FileSigner, tmp_path: Path) -> None:
    (tmp_path / "signer" / "signed.json").unlink()
    with pytest.raises(SignerStateError):
        await signer.sign(head(1), [])


async def test_another_key_goes_on_from_what_the_one_before_it_signed(
    signer: FileSigner, tmp_path: Path
) -> None:
    await signer.sign(head(5), [])
    discard_signer(tmp_path / "signer")
    another = create_signer(tmp_path / "signer", ROOT, "H19")
    assert another.verifier != signer.verifier
    with pytest.raises(SignerRefusedError):
        await another.sign(head(4), [])
