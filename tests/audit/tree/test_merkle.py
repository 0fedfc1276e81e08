"""The tree's arithmetic: reference roots of RFC 6962, and proofs that hold for one tree only."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.record import leaf_hash
from app.audit.tree.merkle import (
    EMPTY_ROOT,
    EMPTY_TREE,
    Leaves,
    TreeHead,
    consistency_leaves,
    continues,
    fold,
    includes,
    inclusion_leaves,
    node_hash,
    perfect_parts,
)
from tests.audit.tree.plain import plain_root

# The leaves and roots by which implementations of Certificate Transparency (RFC 6962) are compared.
REFERENCE_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(str(number).encode()) for number in range(300)]
SIZES = st.integers(min_value=1, max_value=len(HASHES))


def root(size: int) -> bytes:
    return plain_root(HASHES[:size])


def head(size: int) -> TreeHead:
    return TreeHead(size, root(size))


def proof(wanted: list[Leaves]) -> list[bytes]:
    return [plain_root(HASHES[first:last]) for first, last in wanted]


@pytest.mark.parametrize("size", range(len(REFERENCE_ROOTS)))
def test_roots_are_those_of_the_reference_tree(size: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES[:size]]
    parts = [plain_root(hashes[first:last]) for first, last in perfect_parts((0, size))]
    assert (fold(parts) if parts else EMPTY_ROOT).hex() == REFERENCE_ROOTS[size]


def test_reference_inclusion_proof_of_the_first_of_eight_leaves() -> None:
    hashes = [leaf_hash(leaf) for leaf in REFERENCE_LEAVES]
    assert [plain_root(hashes[first:last]).hex() for first, last in inclusion_leaves(0, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_a_leaf_never_passes_for_an_inner_node() -> None:
    left, right = HASHES[:2]
    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()


@given(size=SIZES, data=st.data())
def test_every_leaf_has_a_proof_and_it_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    good = proof(inclusion_leaves(index, size))
    assert includes(head(size), index, HASHES[index], good)
    assert len(good) <= (size - 1).bit_length()
    other = data.draw(st.integers(-1, len(HASHES)).filter(lambda at: at != index))
    assert not includes(head(size), other, HASHES[index], good)
    assert not includes(head(size), index, leaf_hash(b"another"), good)
    assert not includes(TreeHead(size, bytes(32)), index, HASHES[index], good)
    assert not includes(head(size), index, HASHES[index], [*good, bytes(32)])
    assert not includes(head(size), index, HASHES[index], good[:-1]) or not good
    at = data.draw(st.integers(0, len(good)))
    if at < len(good):
        assert not includes(head(size), index, HASHES[index], [*good[:at], bytes(32), *good[at + 1 :]])


@given(sizes=st.tuples(SIZES, SIZES).map(sorted), data=st.data())
def test_a_tree_continues_the_earlier_one_by_its_proof_and_by_no_other(
    sizes: list[int], data: st.DataObject
) -> None:
    earlier, later = sizes
    good = proof(consistency_leaves(earlier, later))
    assert continues(head(earlier), head(later), good)
    assert not continues(TreeHead(earlier, bytes(32)), head(later), good)
    assert not continues(head(earlier), TreeHead(later, bytes(32)), good)
    assert not continues(head(earlier), head(later), [*good, bytes(32)])
    if good:
        assert not continues(head(later), head(earlier), good)
        assert not continues(head(earlier), head(later), good[:-1])
        at = data.draw(st.integers(0, len(good) - 1))
        assert not continues(head(earlier), head(later), [*good[:at], bytes(32), *good[at + 1 :]])


@given(earlier=SIZES, later=SIZES, forged=st.lists(st.sampled_from([*HASHES[:8], bytes(32)]), max_size=9))
def test_no_proof_makes_a_rewritten_tree_continue_the_earlier_one(
    earlier: int, later: int, forged: list[bytes]
) -> None:
    rewritten = [leaf_hash(b"rewritten"), *HASHES[1:later]]
    assert not continues(head(earlier), TreeHead(later, plain_root(rewritten)), forged)


@given(size=SIZES)
def test_every_tree_continues_the_empty_one_without_proof(size: int) -> None:
    assert continues(EMPTY_TREE, head(size), [])
    assert not continues(EMPTY_TREE, head(size), [bytes(32)])
    assert not continues(TreeHead(0, bytes(32)), head(size), [])
    assert not continues(head(size), EMPTY_TREE, [])
    assert consistency_leaves(0, size) == []


def test_there_is_no_proof_of_what_is_not_there() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_leaves(index, size)
    for earlier, later in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="only grows"):
            consistency_leaves(earlier, later)


def test_a_proof_in_a_large_tree_is_short() -> None:
    assert len(inclusion_leaves(10**9 - 1, 10**9)) <= 30
    assert len(consistency_leaves(10**8 + 1, 10**9)) <= 31
