"""What outsiders are asked to judge: what a gateway published, and the same with one thing wrong in it."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

_SIGNED_END: Final = "\n\n"


class Kind(StrEnum):
    """What a claim says."""

    CHECKPOINT = "checkpoint"
    INCLUSION = "inclusion"
    CONSISTENCY = "consistency"
    TILES = "tiles"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A record's exact bytes, and where in the tree they are said to stand."""

    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing to be judged; `must_hold` is ours alone, the judges are not told."""

    name: str
    kind: Kind
    note: str
    must_hold: bool = True
    earlier: str = ""
    leaves: tuple[Leaf, ...] = ()
    hashes: tuple[bytes, ...] = ()
    tiles: str = ""
    flip_tile: bool = False


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf is in the tree of a checkpoint."""

    leaf: Leaf
    hashes: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Published:
    """What was fetched of one log: two checkpoints, what proves that they are of one tree, proofs, tiles."""

    verifier: str
    earlier: str
    latest: str
    consistency: tuple[bytes, ...]
    proofs: Sequence[InclusionProof]
    leaves: tuple[Leaf, ...]
    """All there are under the latest checkpoint."""
    tiles: str
    forged: str = field(repr=False, default="")
    """A head of another tree, of the latest's size, signed with the log's own key."""


def all_claims(published: Published) -> list[Claim]:
    """Return what must hold and what must not."""
    return [
        *_about_checkpoints(published),
        *_about_inclusion(published),
        *_about_consistency(published),
        *_about_tiles(published),
    ]


def write_claims(path: Path, verifier: str, claims: Sequence[Claim]) -> None:
    """Write what the judges read; bytes are base64."""
    content = {"verifier": verifier, "claims": [_told(claim) for claim in claims]}
    path.write_text(json.dumps(content, default=_text_of), encoding="utf-8")


def _told(claim: Claim) -> dict[str, Any]:
    return {name: value for name, value in asdict(claim).items() if name != "must_hold"}


def _text_of(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _about_checkpoints(published: Published) -> Iterator[Claim]:
    signed = Claim("the checkpoint's signature", Kind.CHECKPOINT, published.latest)
    yield signed
    yield _wrong(signed, "a bit of the signature flipped", note=_with_signature_flipped(signed.note))
    yield _wrong(signed, "one leaf more than was signed", note=_with_other_size(signed.note))


def _about_inclusion(published: Published) -> Iterator[Claim]:
    claims = [
        Claim(
            f"a record is leaf {proof.leaf.index}",
            Kind.INCLUSION,
            proof.note,
            leaves=(proof.leaf,),
            hashes=proof.hashes,
        )
        for proof in published.proofs
    ]
    yield from claims
    one = claims[0]
    (leaf,) = one.leaves
    other = replace(leaf, data=_flipped(leaf.data))
    yield _wrong(one, "a bit of the record flipped", leaves=(other,))
    yield _wrong(one, "a bit of the proof flipped", hashes=(_flipped(one.hashes[0]), *one.hashes[1:]))
    yield _wrong(one, "a hash of the proof left out", hashes=one.hashes[1:])
    yield _wrong(one, "the next place", leaves=(replace(leaf, index=leaf.index ^ 1),))
    yield _wrong(one, "under a flipped signature", note=_with_signature_flipped(one.note))


def _about_consistency(published: Published) -> Iterator[Claim]:
    name = "the log only grew"
    one = Claim(
        name, Kind.CONSISTENCY, published.latest, earlier=published.earlier, hashes=published.consistency
    )
    yield one
    yield _wrong(one, "a bit of the proof flipped", hashes=(_flipped(one.hashes[0]), *one.hashes[1:]))
    yield _wrong(one, "a hash of the proof left out", hashes=one.hashes[:-1])
    yield _wrong(one, "the checkpoints exchanged", note=one.earlier, earlier=one.note)
    if published.forged:
        yield _wrong(one, "rewritten, and signed with the log's key", note=published.forged)


def _about_tiles(published: Published) -> Iterator[Claim]:
    name = f"tiles, and all {len(published.leaves)} records in them"
    one = Claim(name, Kind.TILES, published.latest, leaves=published.leaves, tiles=published.tiles)
    yield one
    first, *others = one.leaves
    changed = replace(first, data=_flipped(first.data))
    yield _wrong(one, "a bit of a record flipped", leaves=(changed, *others))
    yield _wrong(one, "a bit of each tile flipped", flip_tile=True)
    if published.forged:
        yield _wrong(one, "of a rewritten log", note=published.forged)


def _wrong(claim: Claim, how: str, **changes: Any) -> Claim:
    return replace(claim, name=f"{claim.name}: {how}", must_hold=False, **changes)


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def _with_signature_flipped(note: str) -> str:
    text, _, lines = note.partition(_SIGNED_END)
    own, _, others = lines.partition("\n")  # the log's own line comes first
    head, _, signature = own.rpartition(" ")
    flipped = bytearray(base64.b64decode(signature))
    flipped[-8] ^= 1  # a bit of the signature itself, behind the four bytes that name the key
    return f"{text}{_SIGNED_END}{head} {base64.b64encode(flipped).decode()}\n{others}"


def _with_other_size(note: str) -> str:
    origin, size, rest = note.split("\n", 2)
    return f"{origin}\n{int(size) + 1}\n{rest}"
