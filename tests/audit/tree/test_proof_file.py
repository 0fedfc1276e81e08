"""Proofs as files: what was written is read back, and holds for one record in one log only."""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.audit.record import leaf_hash
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.growing import GrowingTree, aligned_parts
from app.audit.tree.merkle import TreeHead, inclusion_leaves
from app.audit.tree.notes import NoteError, VerifierKey
from app.audit.tree.proof_file import ProofFile
from tests.audit.tree.plain import plain_root

KEY = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
HASHES = [leaf_hash(bytes([number])) for number in range(5)]


def a_proof(index: int = 3) -> ProofFile:
    note = KEY.sign(checkpoint_text(KEY.name, TreeHead(5, plain_root(HASHES))))
    hashes = [plain_root(HASHES[first:last]) for first, last in inclusion_leaves(index, 5)]
    return ProofFile(UUID(int=9), HASHES[index], index, hashes, note)


def test_a_proof_is_read_back_as_written_and_holds() -> None:
    proof = ProofFile.from_text(a_proof().text())
    assert proof == a_proof()
    assert proof.text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    key = VerifierKey.from_text(KEY.verifier)
    assert proof.trouble(key, None) is None
    assert proof.trouble(key, bytes([3])) is None
    assert "another record" in str(proof.trouble(key, bytes([4])))


def test_a_proof_moved_or_under_another_key_does_not_hold() -> None:
    key = VerifierKey.from_text(KEY.verifier)
    moved = a_proof().text().replace("index 3", "index 2")
    assert ProofFile.from_text(moved).trouble(key, None) == "the record is not in this tree"
    other = VerifierKey.from_text(NoteKey("dancu/H19", Ed25519PrivateKey.generate()).verifier)
    assert a_proof().trouble(other, None) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [("proof@v1", "proof@v2"), ("extra ", "other "), ("index 3", "index 03"), ("extra ", "extra AAAA")],
)
def test_what_is_no_proof_is_not_read(old: str, new: str) -> None:
    with pytest.raises(NoteError):
        ProofFile.from_text(a_proof().text().replace(old, new))


def test_a_hash_of_another_length_is_not_read() -> None:
    text = a_proof().text().replace("index 3\n", "index 3\nAAAA\n")
    with pytest.raises(NoteError):
        ProofFile.from_text(text)
    with pytest.raises(NoteError):
        ProofFile.from_text("c2sp.org/tlog-proof@v1")


@given(st.integers(0, 70), st.integers(0, 70), st.integers(0, 70))
def test_parts_of_a_tree_make_the_root_that_its_leaves_make(first: int, second: int, third: int) -> None:
    first, second, size = sorted((first, second, third))
    hashes = [leaf_hash(bytes([number])) for number in range(size)]
    tree = GrowingTree()
    for start, end in aligned_parts((0, first)):
        tree.append(plain_root(hashes[start:end]), end - start)
    for each in hashes[first:second]:
        tree.append(each)
    for start, end in aligned_parts((second, size)):
        tree.append(plain_root(hashes[start:end]), end - start)
    assert (tree.size, tree.root()) == (size, plain_root(hashes))


@pytest.mark.parametrize("width", [0, 2, 3, -1])
def test_a_part_that_cannot_stand_somewhere_is_refused(width: int) -> None:
    tree = GrowingTree()
    tree.append(HASHES[0])
    with pytest.raises(ValueError, match="stand here"):
        tree.append(HASHES[1], width)
