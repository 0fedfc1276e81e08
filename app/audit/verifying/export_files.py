"""An export's files, read line by line: what each must look like, and whether it is as the manifest says."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from app.audit.verifying.findings import CannotCheckError, Check, Kind, Ledger

EXPORT_FORMAT: Final = "dancu audit export v1"
MANIFEST_FILE: Final = "manifest.json"
LEAVES_FILE: Final = "leaves.jsonl"
OUTSIDE_FILE: Final = "outside.jsonl"
STRAY_TAGS_FILE: Final = "stray_tags.jsonl"
BATCHES_FILE: Final = "batches.jsonl"
CHECKPOINTS_FILE: Final = "checkpoints.jsonl"
WRITER_KEYS_FILE: Final = "writer_keys.jsonl"
MONTH_KEYS_FILE: Final = "month_keys.jsonl"
EXPORT_FILES: Final = (
    LEAVES_FILE,
    OUTSIDE_FILE,
    STRAY_TAGS_FILE,
    BATCHES_FILE,
    CHECKPOINTS_FILE,
    WRITER_KEYS_FILE,
    MONTH_KEYS_FILE,
)
_LONGEST_LINE: Final = 1024 * 1024
_LARGEST: Final = 2**63 - 1
_LARGEST_MANIFEST: Final = 1024 * 1024

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tag:
    """A search tag as it is stored beside its record."""

    key_id: str
    tag: bytes
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Row:
    """A stored record: its bytes, the hash beside them, and the other columns as text and numbers."""

    leaf: bytes
    leaf_hash: bytes
    columns: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of the tree with its record, where that is still there; or a record that is not in the tree."""

    index: int | None
    record_id: UUID
    leaf_hash: bytes
    row: Row | None
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export says it holds: leaves from `first` up to, and without, `end` of a tree of `size`."""

    authority_code: str
    made_at: str
    size: int
    first: int
    end: int
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    with_keys: bool
    digests: Mapping[str, tuple[str, int]]
    digest: str
    """SHA-256 of the manifest itself, as the record of the export says it."""

    @property
    def is_whole(self) -> bool:
        """Whether no leaf of the tree is left out."""
        return self.first == 0 and self.end == self.size

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a manifest; CannotCheckError for what is none."""
        try:
            said = json.loads(content)
            if said["format"] != EXPORT_FORMAT:
                raise CannotCheckError("the manifest is of another format")
            manifest = cls(
                authority_code=read_text(said["authority_code"]),
                made_at=read_text(said["made_at"]),
                size=read_number(said["tree_size"]),
                first=read_number(said["first_index"]),
                end=read_number(said["end_index"]),
                before=tuple(read_hash(each) for each in said["before"]),
                after=tuple(read_hash(each) for each in said["after"]),
                with_keys=said["with_keys"] is True,
                digests={
                    name: (read_text(each["sha256"]), read_number(each["lines"]))
                    for name, each in said["files"].items()
                },
                digest=hashlib.sha256(content).hexdigest(),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CannotCheckError("the manifest is not readable") from None
        if not 0 <= manifest.first <= manifest.end <= manifest.size:
            raise CannotCheckError("the manifest's range is none")
        return manifest


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """The folder of an export."""

    path: Path
    manifest: Manifest
    ledger: Ledger

    @classmethod
    def open(cls, path: Path, ledger: Ledger) -> Self:
        """Read the manifest; CannotCheckError where it or a file is missing."""
        manifest_file = path / MANIFEST_FILE
        if not manifest_file.is_file() or manifest_file.stat().st_size > _LARGEST_MANIFEST:
            raise CannotCheckError(f"{path}: there is no {MANIFEST_FILE}")
        folder = cls(path, Manifest.from_bytes(manifest_file.read_bytes()), ledger)
        for name in EXPORT_FILES:
            if name not in folder.manifest.digests or not (path / name).is_file():
                raise CannotCheckError(f"{path}: there is no {name}")
        return folder

    def lines(self, name: str) -> Iterator[Line]:
        """Return a file's lines; at its end the file must be the one the manifest says.

        Raises CannotCheckError for a line that is none.
        """
        digest, count = hashlib.sha256(), 0
        with (self.path / name).open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                digest.update(line)
                count += 1
                yield _line(name, count, line)
        self.ledger.looked_at[Check.FILES] += 1
        if (digest.hexdigest(), count) != self.manifest.digests[name]:
            self.ledger.find(Kind.FILE_CHANGED, detail=name)

    def entries(self, name: str) -> Iterator[Entry]:
        """Return the leaves or rows of a file; CannotCheckError as above."""
        for number, line in enumerate(self.lines(name), start=1):
            try:
                yield _entry(line)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise CannotCheckError(f"{name}: line {number} is not readable") from None


def _line(name: str, number: int, line: bytes) -> Line:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not line.endswith(b"\n"):
        raise CannotCheckError(f"{name}: line {number} is not readable")
    return said


def _entry(line: Line) -> Entry:
    row, tag, index = line.get("row"), line.get("tag"), line.get("index")
    return Entry(
        index=read_number(index) if index is not None else None,
        record_id=UUID(line["record_id"]),
        leaf_hash=read_hash(line["leaf_hash"]),
        row=_row(row) if row is not None else None,
        tag=Tag(read_text(tag["key_id"]), bytes.fromhex(tag["tag"]), read_text(tag["recorded_at"]))
        if tag is not None
        else None,
    )


def _row(row: Line) -> Row:
    columns: dict[str, str | int | None] = row["columns"]
    if not all(isinstance(value, str | int | None) for value in columns.values()):
        raise ValueError("a column is text or a number")
    return Row(leaf_of(row), read_hash(row["leaf_hash"]), columns)


def leaf_of(row: Line) -> bytes:
    """Return a record's exact bytes; ValueError, KeyError, TypeError for what holds none."""
    if "leaf" in row:
        return read_text(row["leaf"]).encode()
    try:
        return base64.b64decode(row["leaf_base64"], validate=True)
    except binascii.Error:
        raise ValueError("these are no bytes") from None


def leaf_fields(leaf: bytes) -> dict[str, str]:
    """Return how a record's bytes are written: as text, or in base64 where they are none."""
    try:
        return {"leaf": leaf.decode()}
    except UnicodeDecodeError:
        return {"leaf_base64": base64.b64encode(leaf).decode()}


def read_text(value: object) -> str:
    """Return *value*, which must be text; TypeError."""
    if not isinstance(value, str):
        raise TypeError("this is no text")
    return value


def read_number(value: object) -> int:
    """Return *value*, which must be a whole number from zero on; TypeError."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise TypeError("this is no number")
    return value


def read_hash(value: object) -> bytes:
    """Return the 32 bytes that *value* says in hexadecimal; TypeError, ValueError."""
    data = bytes.fromhex(read_text(value))
    if len(data) != hashlib.sha256().digest_size:
        raise ValueError("a hash has 32 bytes")
    return data
