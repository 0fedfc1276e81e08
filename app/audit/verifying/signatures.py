"""Batch signatures: every record under exactly one, by a writer's key that is known to be one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.audit.batches import batch_text
from app.audit.leaf import Value
from app.audit.tree.notes import SIGNS_NOTES, NoteError, VerifierKey
from app.audit.verifying.export_files import BATCHES_FILE, Line, read_hash, read_number, read_text
from app.audit.verifying.findings import CannotCheckError, Check, Kind, Ledger, Place
from app.audit.verifying.kinds import KEYS_MADE, KEYS_ROTATED, WRITER_KEY_CHANGE
from app.audit.verifying.spill import Spill

_RETIRING: Final = timedelta(hours=1)  # a writer that runs takes the next key well within it
_MOST_KEYS: Final = 1000
_MOST_LOOKED_AT: Final = 100  # of batches, to find one; where more overlap, that is a finding
_MOST_INTRODUCTIONS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One signature: the sequences of a writer it covers, and the last one's leaf hash."""

    writer_id: UUID
    first: int
    last: int
    head: bytes
    key_id: str

    def covers(self, sequence: int) -> bool:
        """Whether the record of this sequence is one of them."""
        return self.first <= sequence <= self.last


@dataclass(frozen=True, slots=True)
class _Introduction:
    key_id: str
    before: str | None
    by: str
    time: str


class SignatureChecker:
    """Knows every batch of the export; told of each record in its chain's order."""

    def __init__(self, authority_code: str, pinned: Sequence[str], spill: Spill, ledger: Ledger) -> None:
        """Trust *pinned* keys, and those that records under a trusted key introduce."""
        self._authority_code = authority_code
        self._pinned = pinned
        self._spill = spill
        self._ledger = ledger
        self._keys = dict[str, VerifierKey | None]()
        self._first_key: str | None = None
        self._newest = ""
        """The latest time that a record said so far: when those met next entered the tree, or later."""
        self._introductions = list[_Introduction]()

    def load(self, lines: Iterable[Line]) -> None:
        """Take the batches, each with its signature checked; CannotCheckError for a line that is none."""
        for number, line in enumerate(lines, start=1):
            try:
                self._take(line)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise CannotCheckError(f"{BATCHES_FILE}: line {number} is not readable") from None

    def _take(self, line: Line) -> None:
        newest, signature = UUID(line["newest_record_id"]), bytes.fromhex(line["signature"])
        batch = Batch(
            UUID(line["writer_id"]),
            read_number(line["first_sequence"]),
            read_number(line["last_sequence"]),
            read_hash(line["chain_head"]),
            read_text(line["writer_key_id"]),
        )
        self._ledger.looked_at[Check.SIGNATURES] += 1
        key = self._key(batch.key_id)
        text = batch_text(self._authority_code, batch.writer_id, batch.first, batch.last, batch.head)
        place, span = Place(record_id=str(newest)), _span(batch.writer_id, batch.first, batch.last)
        if key is None or not key.accepts(signature, text):
            return self._ledger.find(Kind.SIGNATURE_INVALID, place, span)
        is_new = self._spill.put(
            "insert or ignore into batch (writer, first, last, head, key, newest) values (?, ?, ?, ?, ?, ?)",
            batch.writer_id.bytes,
            batch.first,
            batch.last,
            batch.head,
            batch.key_id,
            newest.bytes,
        )
        return None if is_new else self._ledger.find(Kind.SIGNATURE_TWICE, place, span)

    def _key(self, key_id: str) -> VerifierKey | None:
        """Return the key that an id is; None for one that no writer of this installation has."""
        if key_id not in self._keys:
            if len(self._keys) >= _MOST_KEYS:
                self._keys.clear()
            self._keys[key_id] = _writer_key(key_id, f"dancu/{self._authority_code}/writer")
        return self._keys[key_id]

    def batch_of(self, writer_id: UUID, sequence: int, place: Place) -> Batch | None:
        """Return the signed batch that a record stands in, which is a finding where there is none."""
        found = self._spill.one(
            "select first, last, head, key from (select * from batch where writer = ? and first <= ?"
            " order by first desc limit ?) where last >= ? order by first desc limit 1",
            writer_id.bytes,
            sequence,
            _MOST_LOOKED_AT,
            sequence,
        )
        if found is None:
            self._ledger.find(Kind.SIGNATURE_MISSING, place, _span(writer_id, sequence, sequence))
            return None
        batch = Batch(writer_id, *found)
        self._first_key = self._first_key or batch.key_id
        self._newest = max(self._newest, place.time or "")
        self._spill.put(
            "insert into writer_key (key, uses, at, record, time, met) values (?, 1, ?, ?, ?, ?)"
            " on conflict (key) do update set uses = uses + 1, time = max(time, excluded.time),"
            " met = excluded.met",
            batch.key_id,
            place.index,
            place.record_id,
            place.time,
            self._newest,
        )
        return batch

    def met(self, batch: Batch, sequence: int, leaf_hash: bytes, place: Place) -> None:
        """Take note of a record of *batch*; the last one must be what was signed."""
        if sequence != batch.last:
            return
        self._spill.put(
            "update batch set met = 1 where writer = ? and first = ? and last = ?",
            batch.writer_id.bytes,
            batch.first,
            batch.last,
        )
        if leaf_hash != batch.head:
            self._ledger.find(Kind.SIGNATURE_HEAD, place, _span(batch.writer_id, batch.first, batch.last))

    def introduce(self, facts: Mapping[str, Value], batch: Batch | None) -> None:
        """Take note of a key that a record introduces."""
        is_about_keys = facts.get("kind") in {KEYS_MADE, KEYS_ROTATED}
        if not is_about_keys or facts.get("change") != WRITER_KEY_CHANGE or batch is None:
            return
        if len(self._introductions) >= _MOST_INTRODUCTIONS:
            raise CannotCheckError("more records introduce writers' keys than there can be keys")
        before = facts.get("before")
        self._introductions.append(
            _Introduction(
                str(facts.get("after")),
                str(before) if before is not None else None,
                batch.key_id,
                str(facts.get("time")),
            )
        )

    def finish(self, *, is_whole: bool) -> None:
        """Say which keys were nobody's, which signatures are without their records or twice."""
        trusted = self._trusted()
        retired = {
            each.before: each.time
            for each in self._introductions
            if each.by in trusted and each.before is not None
        }
        for key_id, uses, at, record, last_time, met in self._spill.rows(
            "select key, uses, at, record, time, met from writer_key order by key"
        ):
            place = Place(at, record, last_time)
            if key_id not in trusted:
                # In a part of the log the record that introduced it may stand elsewhere.
                kind = Kind.WRITER_KEY_UNKNOWN if is_whole else Kind.WRITER_KEY_UNPINNED
                self._ledger.find(kind, place, f"{key_id} x {uses}")
            elif key_id in retired and _is_long_after(last_time, retired[key_id]):
                self._ledger.find(Kind.WRITER_KEY_RETIRED, place, key_id)
            elif key_id in retired and _is_long_after(met, retired[key_id]):
                self._ledger.find(Kind.WRITER_KEY_LATE, place, key_id)
        self._find_overlaps()
        if is_whole:
            self._find_unmet()

    def _trusted(self) -> set[str]:
        trusted = set(self._pinned)
        if not trusted and self._first_key is not None:
            trusted.add(self._first_key)
            self._ledger.find(Kind.WRITER_KEY_UNPINNED, detail=self._first_key)
        while further := {
            each.key_id for each in self._introductions if each.by in trusted and each.key_id not in trusted
        }:
            trusted |= further
        return trusted

    def _find_overlaps(self) -> None:
        query = (
            "select writer, first, last, newest from (select writer, first, last, newest,"
            " max(last) over (partition by writer order by first, last rows between unbounded preceding"
            " and 1 preceding) as before from batch) where before >= first"
        )
        for writer, first, last, newest in self._spill.rows(query):
            place = Place(record_id=str(UUID(bytes=newest)))
            self._ledger.find(Kind.SIGNATURE_TWICE, place, _span(UUID(bytes=writer), first, last))

    def _find_unmet(self) -> None:
        query = (
            "select writer, first, last, newest from batch where met = 0"
            " and not exists (select 1 from dropped where hash = head)"
        )
        for writer, first, last, newest in self._spill.rows(query):
            place = Place(record_id=str(UUID(bytes=newest)))
            self._ledger.find(Kind.SIGNED_RECORDS_MISSING, place, _span(UUID(bytes=writer), first, last))


def _writer_key(key_id: str, name: str) -> VerifierKey | None:
    try:
        key = VerifierKey.from_text(key_id)
    except NoteError:
        return None
    return key if (key.name, key.algorithm) == (name, SIGNS_NOTES) else None


def _is_long_after(last: str | None, rotated: str) -> bool:
    try:
        return datetime.fromisoformat(str(last)) > datetime.fromisoformat(rotated) + _RETIRING
    except (ValueError, TypeError):
        return True


def _span(writer_id: UUID, first: int, last: int) -> str:
    return f"{writer_id}: {first}-{last}"
