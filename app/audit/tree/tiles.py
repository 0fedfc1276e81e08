"""Where a tree's hashes are stored and how they are cut into tiles of 256 (C2SP tlog-tiles)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from app.audit.tree.merkle import Leaves, node_hash

TILE_WIDTH: Final = 256
_TILE_BITS: Final = 8
_MAX_LEVEL: Final = 63
_ELEMENT: Final = 1000  # a path names a tile by three digits at a time
_PATH: Final = re.compile(
    r"(?P<high>(?:x[0-9]{3}/){0,6})(?P<low>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Neighbouring hashes of one level: each the root of a perfect tree of 256^level leaves."""

    level: int
    first: int
    last: int
    """Position after the last one."""

    @property
    def count(self) -> int:
        """How many hashes these are."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class StoredHash:
    """One hash, and where it stands."""

    level: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Tile:
    """Up to 256 neighbouring hashes of a level, as clients ask for them."""

    level: int
    position: int
    width: int = TILE_WIDTH

    @classmethod
    def from_path(cls, level: str, path: str) -> Self:
        """Read `<L>` and `<N>[.p/<W>]`; ValueError for what the specification would not write so."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise ValueError("this is not a tile's path")
        width = int(match["width"]) if match["width"] else TILE_WIDTH
        digits = match["high"].replace("x", "").replace("/", "") + match["low"]
        tile = cls(_level(level), int(digits), width)
        if tile.path != f"{level}/{path}":
            raise ValueError("this is not how a tile's path is written")
        return tile

    @property
    def path(self) -> str:
        """The tile's path after `tile/`."""
        high, low = divmod(self.position, _ELEMENT)
        path = f"{low:03d}"
        while high:
            high, low = divmod(high, _ELEMENT)
            path = f"x{low:03d}/{path}"
        return f"{self.level}/{path}" + (f".p/{self.width}" if self.width < TILE_WIDTH else "")

    @property
    def run(self) -> StoredRun:
        """The hashes it holds."""
        first = self.position * TILE_WIDTH
        return StoredRun(self.level, first, first + self.width)

    def is_part_of(self, size: int) -> bool:
        """Whether a tree of *size* leaves has all its hashes."""
        return self.run.last <= size >> (_TILE_BITS * self.level)


def run_of(part: Leaves) -> StoredRun:
    """Return the stored hashes that make up the root of a perfect part of a tree."""
    first, last = part
    level = ((last - first).bit_length() - 1) // _TILE_BITS
    return StoredRun(level, first >> (_TILE_BITS * level), last >> (_TILE_BITS * level))


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a perfect tree over these hashes, a power of two of them."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def edge_of(size: int) -> list[StoredRun]:
    """Return, level by level from the leaves, the hashes of the tile that is not yet full; some are empty."""
    runs = list[StoredRun]()
    while size:
        runs.append(StoredRun(len(runs), size // TILE_WIDTH * TILE_WIDTH, size))
        size >>= _TILE_BITS
    return runs


def grow(size: int, edge: Sequence[Sequence[bytes]], leaves: Sequence[bytes]) -> list[StoredHash]:
    """Return what is to be stored, leaves first, when *leaves* come behind *size* others.

    *edge* has the hashes of `edge_of(size)`.
    """
    stored, level, added = list[StoredHash](), 0, list(leaves)
    while added:
        stored += [StoredHash(level, size + at, each) for at, each in enumerate(added)]
        known = list(edge[level]) if level < len(edge) else []
        known += added
        full = range(0, len(known) - TILE_WIDTH + 1, TILE_WIDTH)
        added = [root_of(known[at : at + TILE_WIDTH]) for at in full]
        level, size = level + 1, size >> _TILE_BITS
    return stored


def _level(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]?", text) or int(text) > _MAX_LEVEL:
        raise ValueError("this is not a tile's level")
    return int(text)
