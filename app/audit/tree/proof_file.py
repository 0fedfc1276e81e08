"""A proof that a record is in the log, as a file that stands alone (C2SP tlog-proof)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from app.audit.leaf import leaf_hash
from app.audit.tree.checkpoint import as_text
from app.audit.tree.merkle import HASH_BYTES, includes
from app.audit.tree.notes import NoteError, VerifierKey, strict_base64, verified_head

_HEADING: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,17})")
_OURS: Final = re.compile(r"dancu record ([0-9a-f-]{36}) ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class ProofFile:
    """Record and leaf hash, its place, the hashes up to the root, and a checkpoint with its cosignatures.

    Record and hash stand in the line of extra data, which no signature covers: that the hash is in the tree
    is what is proven, and whoever has the record's bytes can compute it.
    """

    record_id: UUID
    leaf_hash: bytes
    index: int
    hashes: Sequence[bytes]
    note: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a proof that `text` wrote; NoteError for what is none."""
        above, _, note = text.partition("\n\n")
        heading, *lines = above.split("\n")
        if heading != _HEADING or len(lines) < 2 or not lines[0].startswith(_EXTRA):  # noqa: PLR2004 - extra, index
            raise NoteError("this is not a proof of a record")
        extra = _OURS.fullmatch(strict_base64(lines[0].removeprefix(_EXTRA)).decode("ascii", "replace"))
        index = _INDEX.fullmatch(lines[1])
        hashes = [strict_base64(line) for line in lines[2:]]
        if extra is None or index is None or any(len(each) != HASH_BYTES for each in hashes):
            raise NoteError("this is not a proof of a record")
        return cls(UUID(extra[1]), bytes.fromhex(extra[2]), int(index[1]), hashes, note)

    def text(self) -> str:
        """Return the proof as it is kept, best in a file that ends in `.tlog-proof`."""
        extra = f"dancu record {self.record_id} {self.leaf_hash.hex()}\n".encode()
        lines = [_HEADING, _EXTRA + as_text(extra), f"index {self.index}", *map(as_text, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.note}"

    def trouble(self, log_key: VerifierKey, leaf: bytes | None) -> str | None:
        """Return why it does not hold, for the record's bytes where they are given; None where it does."""
        if leaf is not None and leaf_hash(leaf) != self.leaf_hash:
            return "it is about another record than these bytes"
        try:
            head = verified_head(self.note, [log_key])
        except NoteError as error:
            return str(error)
        if not includes(head, self.index, self.leaf_hash, self.hashes):
            return "the record is not in this tree"
        return None
