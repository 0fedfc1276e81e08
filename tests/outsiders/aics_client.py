"""Judges what a gateway published with PyPI's aics-tlog; runs under a Python of its own (3.12 or newer).

Reads a file of claims (claims.py) and prints for each whether it holds, as a line of JSON.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import aics_tlog as tlog  # type: ignore[import-not-found]  # only its own environment has it


class _FlippedTiles:
    """Tiles as they come, one bit changed in each."""

    def __init__(self, tiles: Any) -> None:
        self._tiles = tiles

    def read_tile(self, level: int, index: int, width: int | None) -> bytes | None:
        data: bytes | None = self._tiles.read_tile(level, index, width)
        return data[:-1] + bytes([data[-1] ^ 1]) if data else data

    def read_entry_bundle(self, _index: int, _width: int | None) -> bytes | None:
        return None


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    key = tlog.parse_vkey(given["verifier"])
    for claim in given["claims"]:
        try:
            why = "ok" if _holds(claim, key) else "it does not hold"
        except (ValueError, OSError) as error:
            why = f"{type(error).__name__}: {error}"
        print(json.dumps({"name": claim["name"], "holds": why == "ok", "why": why}))  # noqa: T201 - its answer


def _holds(claim: dict[str, Any], key: Any) -> bool:
    size, root = _head(claim["note"], key)
    hashes = [base64.b64decode(text) for text in claim["hashes"]]
    leaves = [(leaf["index"], base64.b64decode(leaf["data"])) for leaf in claim["leaves"]]
    match claim["kind"]:
        case "checkpoint":
            return True
        case "inclusion":
            ((index, data),) = leaves
            return bool(tlog.verify_leaf_inclusion(data, index, size, hashes, root))
        case "consistency":
            earlier, earlier_root = _head(claim["earlier"], key)
            return bool(tlog.verify_consistency(earlier, size, earlier_root, root, hashes))
        case "tiles":
            tiles = tlog.HttpTileReader(claim["tiles"].removesuffix("tile/"), proxies={})
            return _are_in(_FlippedTiles(tiles) if claim["flip_tile"] else tiles, size, root, leaves)
    raise ValueError("unknown kind of claim")


def _head(text: str, key: Any) -> tuple[int, bytes]:
    """Return size and root of a checkpoint that the log's key signed; ValueError otherwise."""
    judged = tlog.verify_checkpoint(tlog.parse_note(text), key, expected_origin=key.name)
    if not judged.ok:
        raise ValueError(judged.error)
    return judged.size, judged.root


def _are_in(tiles: Any, size: int, root: bytes, leaves: list[tuple[int, bytes]]) -> bool:
    """Whether all tiles are the tree's, and every leaf stands in them where it should."""
    tlog.audit_tiles(tiles, size, root, entries=False)
    proven = tlog.VerifiedTileReader(tiles, size, root)
    return all(proven.leaf_hash(index) == tlog.leaf_hash(data) for index, data in leaves)


if __name__ == "__main__":
    main()
