"""The package of an exported search as it is made: list, records, proofs, manifest in one ZIP, streamed."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from app.audit.verifying.export_files import leaf_fields
from app.audit.verifying.search_files import (
    RECORDS_ENDING,
    RECORDS_STEM,
    SEARCH_FORMAT,
    SEARCH_MANIFEST,
)
from app.audit.verifying.search_lists import LIST_STEM, LIST_TEXTS, XLSX_LIST, part_name, sheet_titles
from app.audit.verifying.search_rows import LookupRecords
from app.auditing.search_evidence import RecordEvidence
from app.sheets.workbook_parts import MOST_SHEET_ROWS, other_parts, sheet_part
from app.sheets.zip_stream import LARGEST_MEMBER, ZipStream


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a file's part or a sheet ends and the next begins."""

    rows: int = MOST_SHEET_ROWS - 1  # beside the headings
    size: int = LARGEST_MEMBER


@dataclass(slots=True)
class _Member:
    size: int = 0
    rows: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


class SearchZip:
    """The ZIP, and what its manifest says of each file."""

    def __init__(self, made_at: datetime) -> None:
        """Say *made_at*, as local time, of every file."""
        self._zip = ZipStream(made_at)
        self._members = dict[str, _Member]()
        self._open = _Member()

    @property
    def size(self) -> int:
        """Bytes of the file that is open."""
        return self._open.size

    def begin(self, name: str) -> None:
        """Begin a file."""
        self._zip.begin(name)
        self._open = self._members[name] = _Member()

    def write(self, content: bytes, *, rows: int = 0) -> None:
        """Add to the file what holds that many rows."""
        self._zip.write(content)
        self._open.digest.update(content)
        self._open.size += len(content)
        self._open.rows += rows

    def add(self, name: str, content: bytes, *, rows: int = 0) -> None:
        """Add a whole file."""
        self.begin(name)
        self.write(content, rows=rows)

    def taken(self) -> bytes:
        """Return the bytes that can be sent."""
        return self._zip.taken()

    def seal(self, said: Mapping[str, Any]) -> str:
        """Add the manifest with what is *said* of the search, and end; return the manifest's SHA-256."""
        files = {
            name: {"sha256": each.digest.hexdigest(), "bytes": each.size, "rows": each.rows}
            for name, each in self._members.items()
        }
        manifest = {"format": SEARCH_FORMAT, **said, "files": files}
        content = json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n"
        self._zip.begin(SEARCH_MANIFEST)
        self._zip.write(content)
        self._zip.close()
        return hashlib.sha256(content).hexdigest()


class ListWriter(Protocol):
    """Writes the list, a row for each lookup."""

    def add(self, number: int, records: LookupRecords) -> None:
        """Add a row."""
        ...

    def finish(self) -> None:
        """End the list."""
        ...


def list_writer(package: SearchZip, list_format: str, made_at: datetime, bounds: Bounds) -> ListWriter:
    """Return what writes the list in that format into *package*, its first file begun."""
    if list_format == XLSX_LIST:
        return _WorkbookWriter(package, made_at, bounds)
    return _TextWriter(package, list_format, bounds)


class _TextWriter:
    """CSV or JSON lines, in a further file where one would grow too large."""

    def __init__(self, package: SearchZip, list_format: str, bounds: Bounds) -> None:
        self._package, self._format, self._bounds = package, list_format, bounds
        self._text = LIST_TEXTS[list_format]
        self._parts = self._rows = 0
        self._begin()

    def add(self, number: int, records: LookupRecords) -> None:
        if self._package.size >= self._bounds.size:
            self._begin()
        self._rows += 1
        self._package.write(self._text.row(self._rows, number, records), rows=1)

    def finish(self) -> None:
        self._package.write(self._text.end(self._rows))

    def _begin(self) -> None:
        self._parts, self._rows = self._parts + 1, 0
        self._package.begin(part_name(LIST_STEM, self._format, self._parts))
        self._package.write(self._text.start())


class _WorkbookWriter:
    """A workbook inside the ZIP, made as a stream too; a further sheet where one is full."""

    def __init__(self, package: SearchZip, made_at: datetime, bounds: Bounds) -> None:
        self._package, self._bounds = package, bounds
        self._text = LIST_TEXTS[XLSX_LIST]
        self._workbook = ZipStream(made_at)
        self._sheets = self._rows = self._size = 0
        package.begin(part_name(LIST_STEM, XLSX_LIST, 1))
        self._begin()

    def add(self, number: int, records: LookupRecords) -> None:
        if self._rows >= self._bounds.rows or self._size >= self._bounds.size:
            self._write(self._text.end(self._rows))
            self._begin()
        self._rows += 1
        self._write(self._text.row(self._rows, number, records))
        self._package.write(self._workbook.taken(), rows=1)

    def finish(self) -> None:
        self._write(self._text.end(self._rows))
        for name, content in other_parts(sheet_titles(self._sheets)).items():
            self._workbook.begin(name)
            self._workbook.write(content)
        self._workbook.close()
        self._package.write(self._workbook.taken())

    def _begin(self) -> None:
        self._sheets, self._rows, self._size = self._sheets + 1, 0, 0
        self._workbook.begin(sheet_part(self._sheets))
        self._write(self._text.start())

    def _write(self, content: bytes) -> None:
        self._workbook.write(content)
        self._size += len(content)


class RecordsWriter:
    """Writes the records of each lookup with their evidence, a line each."""

    def __init__(self, package: SearchZip, bounds: Bounds) -> None:
        """Begin the first file."""
        self._package, self._bounds = package, bounds
        self._parts = self.records = self.not_in_tree = 0
        self._begin()

    def add(
        self,
        number: int,
        shown: LookupRecords,
        records: Sequence[tuple[str, UUID]],
        evidence: Mapping[UUID, RecordEvidence],
    ) -> None:
        """Add a lookup: what the list takes from elsewhere than records, and its records by role."""
        if self._package.size >= self._bounds.size:
            self._begin()
        there = [(role, each, evidence[each]) for role, each in records if each in evidence]
        self.records += len(there)
        self.not_in_tree += sum(found.index is None for _, _, found in there)
        line = {
            "number": number,
            "lookup_id": shown.lookup_id,
            "recorded_at": shown.recorded_at,
            "citizen": shown.citizen,
            "officer_login": shown.officer_login,
            "is_readable": shown.is_readable,
            "records": [_record(role, record_id, found) for role, record_id, found in there],
        }
        self._package.write(json_line(line), rows=1)

    def _begin(self) -> None:
        self._parts += 1
        self._package.begin(part_name(RECORDS_STEM, RECORDS_ENDING, self._parts))


def json_line(said: Mapping[str, Any]) -> bytes:
    """Return a line of JSON."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def json_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return lines of JSON."""
    return b"".join(map(json_line, lines))


def _record(role: str, record_id: UUID, found: RecordEvidence) -> dict[str, Any]:
    batch = found.batch
    signed = batch and {
        "first_sequence": batch.first_sequence,
        "last_sequence": batch.last_sequence,
        "chain_head": batch.chain_head.hex(),
        "writer_key_id": batch.writer_key_id,
        "signature": batch.signature.hex(),
    }
    return {
        "role": role,
        "record_id": str(record_id),
        **leaf_fields(found.leaf),
        "index": found.index,
        "in_tree": found.index is not None,
        "proof": [base64.b64encode(each).decode() for each in found.proof],
        "batch": signed,
    }
