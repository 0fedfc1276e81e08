"""Tiles: their paths, their hashes, and what is stored when leaves come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit.record import leaf_hash
from app.audit.tree.merkle import fold, perfect_parts
from app.audit.tree.tiles import StoredRun, Tile, edge_of, grow, root_of, run_of
from tests.audit.tree.plain import plain_root

HASHES = [leaf_hash(str(number).encode()) for number in range(70_000)]


class Shelf:
    """Stored hashes in memory."""

    def __init__(self) -> None:
        self.hashes: dict[tuple[int, int], bytes] = {}
        self.size = 0

    def read(self, run: StoredRun) -> list[bytes]:
        return [self.hashes[run.level, at] for at in range(run.first, run.last)]

    def add(self, leaves: list[bytes]) -> None:
        for stored in grow(self.size, [self.read(run) for run in edge_of(self.size)], leaves):
            assert (stored.level, stored.position) not in self.hashes
            self.hashes[stored.level, stored.position] = stored.hash
        self.size += len(leaves)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(0, 1234067), "0/x001/x234/067"),
        (Tile(3, 999), "3/999"),
        (Tile(63, 1000, 1), "63/x001/000.p/1"),
        (Tile(1, 0, 255), "1/000.p/255"),
    ],
)
def test_paths_are_written_and_read_as_specified(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.from_path(*path.split("/", maxsplit=1)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "64/000",
        "00/000",
        "-1/000",
        "x/000",
        "0/",
        "0/0",
        "0/0000",
        "0/x000/000",
        "0/001/000",
        "0/x001/x067",
        "0/x001/000/",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/07",
        "0/000.p/999",
        "0/000.p",
        "entries/000",
        "0/٠٠٠",
        "0/000\n",
        "0/" + "x001/" * 7 + "000",
    ],
)
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="tile"):
        Tile.from_path(*path.split("/", maxsplit=1))


@given(level=st.integers(0, 63), position=st.integers(0, 10**20), width=st.integers(1, 256))
def test_every_tile_is_read_back_from_its_path(level: int, position: int, width: int) -> None:
    tile = Tile(level, position, width)
    assert Tile.from_path(*tile.path.split("/", maxsplit=1)) == tile


def test_a_tree_of_seventy_thousand_has_the_specifications_tiles() -> None:
    there = [Tile(0, 272), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert all(tile.is_part_of(70_000) for tile in there)
    beyond = [Tile(0, 273), Tile(0, 273, 113), Tile(1, 1, 18), Tile(1, 1), Tile(2, 0, 2), Tile(3, 0, 1)]
    assert not any(tile.is_part_of(70_000) for tile in beyond)


def test_roots_and_tiles_of_a_tree_that_grew_in_portions() -> None:
    shelf = Shelf()
    for count in (1, 254, 1, 1, 255, 256, 1000, 63_767, 1, 4464):
        shelf.add(HASHES[shelf.size : shelf.size + count])
        if shelf.size < 2000 or shelf.size == len(HASHES):  # the plain way is slow
            parts = [root_of(shelf.read(run_of(part))) for part in perfect_parts((0, shelf.size))]
            assert fold(parts) == plain_root(HASHES[: shelf.size])
    assert shelf.size == 70_000
    assert shelf.hashes[1, 272] == plain_root(HASHES[272 * 256 : 273 * 256])
    assert shelf.hashes[2, 0] == plain_root(HASHES[:65_536])
    assert (1, 273) not in shelf.hashes


@settings(max_examples=30)
@given(st.lists(st.integers(0, 600), max_size=4))
def test_what_is_stored_does_not_depend_on_the_portions(counts: list[int]) -> None:
    shelf, at_once = Shelf(), Shelf()
    for count in counts:
        shelf.add(HASHES[shelf.size : shelf.size + count])
    at_once.add(HASHES[: shelf.size])
    assert shelf.hashes == at_once.hashes
