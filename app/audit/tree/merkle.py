"""The Merkle tree of RFC 6962 as arithmetic: what a root or a proof is made of, and whether a proof holds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_NODE_PREFIX: Final = b"\x01"

Leaves = tuple[int, int]
"""Leaves from the first up to, and without, the second; their hash is the Merkle tree hash of just them."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """How many leaves a tree has, and its root."""

    size: int
    root: bytes


EMPTY_TREE: Final = TreeHead(0, EMPTY_ROOT)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node (RFC 6962 section 2.1)."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


def fold(parts: Sequence[bytes]) -> bytes:
    """Return the hash of the leaves whose perfect parts have these hashes, left to right."""
    *rest, result = parts
    for part in reversed(rest):
        result = node_hash(part, result)
    return result


def perfect_parts(leaves: Leaves) -> list[Leaves]:
    """Return the fewest runs of a power of two that make up *leaves*, left to right, none larger than before.

    The first leaf's position must be a multiple of the largest run, as in every root and proof.
    """
    first, last = leaves
    parts = []
    while first < last:
        width = 1 << ((last - first).bit_length() - 1)
        parts.append((first, first + width))
        first += width
    return parts


def inclusion_leaves(index: int, size: int) -> list[Leaves]:
    """Return which leaves each hash of the proof stands for that leaf *index* is in the tree of *size*.

    RFC 6962 section 2.1.1, nearest to the leaf first. Raises ValueError where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    path, first, last = list[Leaves](), 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency_leaves(earlier: int, later: int) -> list[Leaves]:
    """Return which leaves each hash of the proof stands for that the tree of *later* continues *earlier*.

    RFC 6962 section 2.1.2; nothing needs proving of the empty tree and of a tree with itself. Raises
    ValueError where *later* is the smaller one.
    """
    if not 0 <= earlier <= later:
        raise ValueError("a tree only grows")
    if earlier in {0, later}:
        return []
    path, first, last = list[Leaves](), 0, later
    is_whole = True  # whether the earlier tree is what `first` begins: its root is known without proof
    while earlier != last:
        middle = first + _split(last - first)
        if earlier <= middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first, is_whole = middle, False
    own = [] if is_whole else [(first, last)]
    return own + path[::-1]


def includes(head: TreeHead, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether *proof* shows the hash *leaf* at *index* of the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < head.size:
        return False
    at, last, root = index, head.size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            root = node_hash(part, root)
            at, last = _up_to_right_child(at, last)
        else:
            root = node_hash(root, part)
        at, last = at >> 1, last >> 1
    return last == 0 and root == head.root


def continues(earlier: TreeHead, later: TreeHead, proof: Sequence[bytes]) -> bool:
    """Whether *proof* shows that *later* has all of *earlier* and more behind it (RFC 9162 section 2.1.4.2).

    Every tree continues the empty one, and itself, without a proof.
    """
    if earlier.size == later.size:
        return earlier.root == later.root and not proof
    if earlier.size == 0:
        return earlier.root == EMPTY_ROOT and not proof
    if not 0 < earlier.size < later.size:
        return False
    is_perfect = earlier.size & (earlier.size - 1) == 0
    parts = [earlier.root, *proof] if is_perfect else list(proof)
    return bool(parts) and _roots_of(parts, earlier.size, later.size) == (earlier.root, later.root)


def _roots_of(parts: Sequence[bytes], earlier: int, later: int) -> tuple[bytes, bytes] | None:
    """Return the roots of both trees that the parts of a proof lead to; None where they lead nowhere."""
    at, last = earlier - 1, later - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    first = second = parts[0]
    for part in parts[1:]:
        if last == 0:
            return None
        if at % 2 or at == last:
            first, second = node_hash(part, first), node_hash(part, second)
            at, last = _up_to_right_child(at, last)
        else:
            second = node_hash(second, part)
        at, last = at >> 1, last >> 1
    return (first, second) if last == 0 else None


def _up_to_right_child(at: int, last: int) -> tuple[int, int]:
    """Go up past the levels at which the tree's edge has no sibling."""
    while at % 2 == 0 and at != 0:
        at, last = at >> 1, last >> 1
    return at, last


def _split(count: int) -> int:
    """Return the largest power of two below *count*."""
    return 1 << ((count - 1).bit_length() - 1)
