"""A signer's backup, and the way back from it without ever signing two trees.

A backup remembers less than was signed since. What it forgot is learnt from checkpoints that others hold,
and believed only with a proof that they continue what the backup remembers.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import asyncpg

from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import HASH_BYTES, TreeHead, consistency_leaves, continues
from app.audit.tree.signer import SIGNER_FILES
from app.audit.tree.store import hashes_of, head_at, tree_size

_FORMAT: Final = "dancu signer 1"
_LINES: Final = 3


class BackupBrokenError(ValueError):
    """This is not a signer's backup, or not as it was written."""


class NotACheckpointError(ValueError):
    """This text says no checkpoint."""


class RestoreRefusedError(Exception):
    """Who restored this signer now would sign what does not continue what was signed before."""


@dataclass(frozen=True, slots=True)
class SignerBackup:
    """The signer's files by name; the log key among them is wrapped."""

    files: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `text` wrote; BackupBrokenError."""
        try:
            said = json.loads(text)
            backup, digest = cls({name: str(each) for name, each in said["files"].items()}), said["sha256"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupBrokenError("this is not a signer's backup") from None
        if said.get("format") != _FORMAT or digest != backup._digest or set(backup.files) - {*SIGNER_FILES}:
            raise BackupBrokenError("this backup is not as it was written")
        return backup

    @property
    def text(self) -> str:
        """The backup as one file."""
        return json.dumps({"format": _FORMAT, "files": dict(self.files), "sha256": self._digest}, indent=1)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(json.dumps(dict(self.files), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StatedHead:
    """What a checkpoint says, before anybody asked who signed it."""

    origin: str
    head: TreeHead


def stated_head(note: str) -> StatedHead:
    """Return what *note* says; NotACheckpointError."""
    lines = note.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError):
        raise NotACheckpointError("this is not a checkpoint") from None
    head = TreeHead(size, root)
    if not origin or size < 0 or len(root) != HASH_BYTES:
        raise NotACheckpointError("this is not a checkpoint")
    if lines[:_LINES] != checkpoint_text(origin, head).split("\n")[:_LINES] or lines[_LINES] != "":
        raise NotACheckpointError("this is not how a checkpoint is written")
    return StatedHead(origin, head)


def signed_by(key: NoteKey, note: str) -> TreeHead:
    """Return the head that *note* says and *key* signed; RestoreRefusedError, NotACheckpointError."""
    stated = stated_head(note)
    # Ed25519 signs one text in one way only (RFC 8032): what the key signed it can sign again and compare.
    line = key.sign(checkpoint_text(stated.origin, stated.head)).split("\n")[-2]
    if stated.origin != key.name or line not in note.split("\n"):
        raise RestoreRefusedError(f"the checkpoint of {stated.origin} was not signed by the key {key.name}")
    return stated.head


async def prove_newest(connection: asyncpg.Connection, heads: Sequence[TreeHead]) -> TreeHead:
    """Return the newest of *heads*, all of which the database's tree continues, one into the next.

    Raises RestoreRefusedError where it does not, TreeBrokenError.
    """
    newest = max(heads, key=lambda head: head.size)
    size = await tree_size(connection)
    if size < newest.size:
        raise RestoreRefusedError(
            f"the database's tree has {size} leaves and {newest.size} were signed: rows are missing"
        )
    if await head_at(connection, newest.size) != newest:
        raise RestoreRefusedError(f"the database's tree of {newest.size} leaves is not the one signed")
    for head in heads:
        proof = await hashes_of(connection, consistency_leaves(head.size, newest.size))
        if not continues(head, newest, proof):
            raise RestoreRefusedError(
                f"the tree of {newest.size} leaves does not continue that of {head.size}"
            )
    return newest
