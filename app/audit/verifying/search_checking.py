"""The check of an exported search: every record's proof and signature, and the list against the records."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from app.audit.leaf import Value, leaf_hash, read_leaf
from app.audit.tree.merkle import TreeHead, includes
from app.audit.tree.notes import NoteError, strict_base64
from app.audit.verifying.checking import Examination
from app.audit.verifying.export_files import Line, leaf_of, read_number, read_text
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind, Ledger, Place
from app.audit.verifying.kinds import DOSSIER_LINKED, LOOKUP_FOLLOW_UP, LOOKUP_OUTCOME, TAGGED_KINDS
from app.audit.verifying.search_batches import SearchBatches
from app.audit.verifying.search_files import (
    RECORDS_ENDING,
    RECORDS_STEM,
    SEARCH_CHECKPOINT,
    SEARCH_FORMAT,
    SEARCH_MANIFEST,
    SearchPackage,
)
from app.audit.verifying.search_heads import check_head, is_fresh
from app.audit.verifying.search_lists import LIST_TEXTS, XLSX_LIST, sheet_titles
from app.audit.verifying.search_rows import LookupRecords
from app.sheets.workbook_parts import other_parts, sheet_part

_LOOKUP, _OUTCOME, _LINK, _FOLLOW_UP = "lookup", "outcome", "link", "follow_up"
_KINDS: Final = {
    _LOOKUP: TAGGED_KINDS,
    _OUTCOME: {LOOKUP_OUTCOME},
    _LINK: {DOSSIER_LINKED},
    _FOLLOW_UP: {LOOKUP_FOLLOW_UP},
}
_THIS_VERSION: Final = 1
_LONGEST_ROW: Final = 1024 * 1024
_LARGEST_SAID: Final = 1024 * 1024
_SHEET_ENDS: Final = b"</sheetData>"


def is_search_export(path: Path) -> bool:
    """Whether there stands the package of a search at *path*, packed or not, and no other export."""
    if path.is_file():
        return True
    try:
        with (path / SEARCH_MANIFEST).open("rb") as file:
            said = json.loads(file.read(_LARGEST_SAID))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("format") == SEARCH_FORMAT


def examine_search(asked: Examination) -> Ledger:
    """Return all that was found; CannotCheckError where the package or what was given is not readable."""
    ledger = Ledger()
    with ExitStack() as closing:
        package = SearchPackage(asked.folder, ledger, closing)
        _SearchExaminer(asked, package, ledger).run()
    return ledger


class _SearchExaminer:
    def __init__(self, asked: Examination, package: SearchPackage, ledger: Ledger) -> None:
        self._asked, self._package, self._ledger = asked, package, ledger
        self._manifest = package.manifest
        self._batches = SearchBatches(self._manifest.authority_code, asked.writer_keys, ledger)
        self._head: TreeHead | None = None
        self._before: tuple[str, str] | None = None

    def run(self) -> None:
        manifest, ledger = self._manifest, self._ledger
        ledger.leave_out(Gap.PART_OF_THE_LOG)
        ledger.leave_out(Gap.NO_ROOT_KEY if self._asked.root is None else Gap.NO_KEYS_IN_EXPORT)
        ledger.facts |= {
            "made_at": manifest.made_at,
            "manifest_digest": manifest.digest,
            "lookups": manifest.lookups,
        }
        if self._asked.manifest_digest is None:
            ledger.leave_out(Gap.NO_MANIFEST_DIGEST)
        elif self._asked.manifest_digest != manifest.digest:
            ledger.find(Kind.MANIFEST_DIFFERS, detail=manifest.digest)
        note = self._package.text(SEARCH_CHECKPOINT).decode("utf-8", "replace")
        self._head = check_head(note, manifest, self._asked.trust, self._asked.now, ledger)
        self._package.check_digests()
        self._check_lookups()
        self._batches.finish()

    def _check_lookups(self) -> None:
        text, count = LIST_TEXTS[self._manifest.list_format], 0
        rows = ListRows(self._package, self._ledger)
        for number, (line, row) in enumerate(zip_longest(self._package.record_lines(), rows.all()), start=1):
            if line is None:
                self._ledger.find(Kind.LIST_DIFFERS, detail=str(number))
                continue
            count, records = number, self._lookup(number, line)
            self._ledger.looked_at[Check.ROWS] += 1
            if row is None or row[1] != text.row(row[0], number, records):
                self._ledger.find(Kind.LIST_DIFFERS, Place(record_id=records.lookup_id), str(number))
        said = sum(
            self._manifest.files[name].rows for name in self._manifest.parts(RECORDS_STEM, RECORDS_ENDING)
        )
        if not count == said == self._manifest.lookups:
            self._ledger.find(Kind.LIST_DIFFERS, detail=f"{count} / {said} / {self._manifest.lookups}")

    def _lookup(self, number: int, line: Line) -> LookupRecords:
        """Return what a line holds, each of its records checked; CannotCheckError for a line that is none."""
        try:
            return self._read_lookup(line)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CannotCheckError(f"{RECORDS_STEM}: the line of lookup {number} is not readable") from None

    def _read_lookup(self, line: Line) -> LookupRecords:
        lookup_id, recorded_at = str(UUID(line["lookup_id"])), read_text(line["recorded_at"])
        place = Place(record_id=lookup_id, time=recorded_at)
        if self._before is not None and (recorded_at, lookup_id) >= self._before:
            self._ledger.find(Kind.LIST_DIFFERS, place, "order")
        self._before = recorded_at, lookup_id
        facts = dict[str, Mapping[str, Value]]()
        for each in line["records"]:
            role = read_text(each["role"])
            if role not in _KINDS or role in facts:
                raise ValueError("this is no record of a lookup")
            facts[role] = self._record(role, lookup_id, each)
        if not facts.get(_LOOKUP) or line["is_readable"] is not True or not all(facts.values()):
            self._ledger.find(Kind.BYTES_UNREADABLE, place)
        elif facts[_LOOKUP].get("time") != recorded_at:
            self._ledger.find(Kind.COLUMNS_DIFFER, place, "recorded_at")
        return LookupRecords(
            lookup_id=lookup_id,
            recorded_at=recorded_at,
            lookup=facts.get(_LOOKUP, {}),
            outcome=facts.get(_OUTCOME),
            link=facts.get(_LINK),
            follow_up=facts.get(_FOLLOW_UP),
            citizen=_optional(line["citizen"]),
            officer_login=_optional(line["officer_login"]),
            is_readable=line["is_readable"] is True,
        )

    def _record(self, role: str, lookup_id: str, said: Line) -> Mapping[str, Value]:
        """Check a record's tree place and signature; return its facts, none where it is not readable."""
        leaf, record_id = leaf_of(said), str(UUID(said["record_id"]))
        try:
            facts = read_leaf(leaf)
        except ValueError:
            facts = {}
        index = read_number(said["index"]) if said["index"] is not None else None
        place = Place(index, record_id, str(facts.get("time")) if facts else None)
        self._ledger.looked_at[Check.BYTES] += 1
        self._prove(leaf_hash(leaf), index, said["proof"], place)
        if not facts:
            return facts
        belongs = facts.get("lookup_id", record_id if role == _LOOKUP else None)
        known = facts.get("version"), facts.get("authority_code"), facts.get("record_id"), belongs
        wanted = _THIS_VERSION, self._manifest.authority_code, record_id, lookup_id
        if known != wanted or facts.get("kind") not in _KINDS[role]:
            self._ledger.find(Kind.FOREIGN_RECORD, place, role)
        self._batches.meet(facts, leaf_hash(leaf), said["batch"], place)
        return facts

    def _prove(self, hashed: bytes, index: int | None, said: list[str], place: Place) -> None:
        if index is None:
            fresh = is_fresh(place.time or "", self._manifest)
            self._ledger.looked_at[Check.OUTSIDE] += 1
            return self._ledger.find(Kind.ROW_FRESH if fresh else Kind.ROW_OUTSIDE, place)
        if self._head is None:
            return None  # told once: no key given signed the checkpoint
        self._ledger.looked_at[Check.PROOFS] += 1
        try:
            proof = [strict_base64(read_text(each)) for each in said]
        except NoteError:
            proof = []
        if not includes(self._head, index, hashed, proof):
            self._ledger.find(Kind.NOT_IN_TREE, place)
        return None


class ListRows:
    """The list's lines as they stand in its files; what surrounds them is checked on the way."""

    def __init__(self, package: SearchPackage, ledger: Ledger) -> None:
        """Read out of *package*."""
        self._package, self._ledger = package, ledger
        self._format = package.manifest.list_format
        self._text = LIST_TEXTS[self._format]

    def all(self) -> Iterator[tuple[int, bytes]]:
        """Return each row with its number in its file or sheet; CannotCheckError for a damaged file."""
        for name in self._package.manifest.list_parts:
            with self._package.open(name) as file:
                yield from self._sheets(name, file) if self._format == XLSX_LIST else self._rows(name, file)

    def _sheets(self, name: str, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        with zipfile.ZipFile(file) as workbook:
            names = workbook.namelist()
            count = sum(each.startswith("xl/worksheets/") for each in names)
            others = other_parts(sheet_titles(count))
            wanted = [*map(sheet_part, range(1, count + 1)), *others]
            if sorted(names) != sorted(wanted):
                return self._ledger.find(Kind.LIST_DIFFERS, detail=name)
            for part, content in others.items():
                with workbook.open(part) as opened:
                    if opened.read(len(content) + 1) != content:
                        self._ledger.find(Kind.LIST_DIFFERS, detail=f"{name}: {part}")
            for number in range(1, count + 1):
                with workbook.open(sheet_part(number)) as sheet:
                    yield from self._rows(f"{name}: {number}", sheet)
        return None

    def _rows(self, name: str, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        start, count, end = self._text.start(), 0, b""
        if file.read(len(start)) != start:
            self._ledger.find(Kind.LIST_DIFFERS, detail=f"{name}: 1")
        while line := file.readline(_LONGEST_ROW):
            if line.startswith(_SHEET_ENDS):
                end = line
                break
            count += 1
            yield count, line
        if end != self._text.end(count) or file.read(1):
            self._ledger.find(Kind.LIST_DIFFERS, detail=f"{name}: {count + 1}")


def _optional(value: object) -> str | None:
    return None if value is None else read_text(value)
