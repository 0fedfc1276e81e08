"""The whole check of an export, in one pass over its files and in memory that does not grow with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit.leaf import Value, leaf_hash, read_leaf
from app.audit.sealing import RootKey
from app.audit.verifying.approvals import DropChecker
from app.audit.verifying.chains import ChainChecker, ChainState, Met
from app.audit.verifying.columns import check_columns
from app.audit.verifying.export_files import (
    BATCHES_FILE,
    CHECKPOINTS_FILE,
    LEAVES_FILE,
    MONTH_KEYS_FILE,
    OUTSIDE_FILE,
    STRAY_TAGS_FILE,
    WRITER_KEYS_FILE,
    Entry,
    ExportFolder,
    Row,
)
from app.audit.verifying.findings import CannotCheckError, Check, Gap, Kind, Ledger, Place
from app.audit.verifying.heads import HeadChecker, Trust
from app.audit.verifying.lookups import LookupChecker
from app.audit.verifying.persons import PersonChecker
from app.audit.verifying.retention import RetentionChecker
from app.audit.verifying.signatures import SignatureChecker
from app.audit.verifying.spill import Spill

_FRESH: Final = timedelta(minutes=1)
_RECORD_VERSION: Final = 1
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Examination:
    """What to check, and by what: nothing in `trust` and the keys comes from the export itself."""

    folder: Path
    trust: Trust
    now: datetime
    writer_keys: tuple[str, ...] = ()
    root: RootKey | None = field(default=None, repr=False)
    orphan_age: timedelta = timedelta(minutes=10)
    manifest_digest: str | None = None
    """What the log's record of an exported search says of its manifest."""


def examine(asked: Examination) -> Ledger:
    """Return all that was found; CannotCheckError where the export or what was given is not readable."""
    ledger = Ledger()
    with Spill() as spill:
        folder = ExportFolder.open(asked.folder, ledger)
        _Examiner(asked, folder, spill, ledger).run()
    return ledger


class _Examiner:
    def __init__(self, asked: Examination, folder: ExportFolder, spill: Spill, ledger: Ledger) -> None:
        manifest = folder.manifest
        self._asked, self._folder, self._manifest, self._ledger = asked, folder, manifest, ledger
        self._heads = HeadChecker(asked.trust, manifest, ledger)
        self._signatures = SignatureChecker(manifest.authority_code, asked.writer_keys, spill, ledger)
        self._chains = ChainChecker(self._signatures, spill, ledger, starts_at=manifest.first)
        self._persons = PersonChecker(asked.root, ledger)
        self._lookups = LookupChecker(spill, ledger)
        self._retention = RetentionChecker(spill, ledger)
        self._drops = DropChecker(spill, ledger)
        self._newest = _instant(manifest.made_at)

    def run(self) -> None:
        self._describe()
        self._heads.load(self._folder.lines(CHECKPOINTS_FILE))
        self._persons.load(self._folder.lines(MONTH_KEYS_FILE), with_keys=self._manifest.with_keys)
        self._signatures.load(self._folder.lines(BATCHES_FILE))
        for _ in self._folder.lines(WRITER_KEYS_FILE):
            pass  # told for readers; which keys are valid the records say
        for entry in self._folder.entries(LEAVES_FILE):
            self._meet_leaf(entry)
        for entry in self._folder.entries(OUTSIDE_FILE):
            self._meet_outside(entry)
        self._persons.stray(self._folder.lines(STRAY_TAGS_FILE))
        self._finish()

    def _describe(self) -> None:
        manifest = self._manifest
        if not manifest.is_whole:
            self._ledger.leave_out(Gap.PART_OF_THE_LOG)
        self._ledger.facts |= {
            "origin": self._asked.trust.log_key.name,
            "size": manifest.size,
            "first": manifest.first,
            "end": manifest.end,
            "made_at": manifest.made_at,
            "manifest_digest": manifest.digest,
        }

    def _meet_leaf(self, entry: Entry) -> None:
        self._heads.append(entry.index, entry.leaf_hash)
        if entry.row is None:
            self._retention.dropped(entry)
            if entry.tag is not None:
                self._ledger.find(Kind.TAG_STRAY, Place(entry.index, str(entry.record_id)))
        else:
            self._meet_record(entry, entry.row)

    def _meet_outside(self, entry: Entry) -> None:
        self._ledger.looked_at[Check.OUTSIDE] += 1
        if entry.row is None:
            raise CannotCheckError(f"{OUTSIDE_FILE}: a row is missing")
        place = self._meet_record(entry, entry.row)
        is_fresh = _is_within(place.time, self._manifest.made_at)
        self._ledger.find(Kind.ROW_FRESH if is_fresh else Kind.ROW_OUTSIDE, place)

    def _meet_record(self, entry: Entry, row: Row) -> Place:
        self._ledger.looked_at[Check.BYTES] += 1
        facts = _facts(row.leaf)
        time = (facts or row.columns).get("time" if facts else "recorded_at")
        place = Place(entry.index, str(entry.record_id), str(time))
        self._newest = max(self._newest, _instant(str(time)))
        if not leaf_hash(row.leaf) == row.leaf_hash == entry.leaf_hash:
            self._ledger.find(Kind.BYTES_DIFFER, place)
        chain = self._meet_chain(entry, row, facts, place)
        if facts is None:
            self._ledger.find(Kind.BYTES_UNREADABLE, place)
            return place
        said = facts.get("version"), facts.get("authority_code")
        if said != (_RECORD_VERSION, self._manifest.authority_code):
            self._ledger.find(Kind.FOREIGN_RECORD, place)
        check_columns(entry.record_id, row, facts, place, self._ledger)
        self._lookups.meet(entry.record_id, facts, place)
        self._retention.meet(facts)
        self._drops.meet(facts, place)
        if chain is not None:
            self._persons.meet(entry, facts, chain, place)
        return place

    def _meet_chain(
        self, entry: Entry, row: Row, facts: Mapping[str, Value] | None, place: Place
    ) -> ChainState | None:
        """Let the record's chain meet it; where its bytes are not readable by what its columns say."""
        said = facts if facts is not None else row.columns
        try:
            writer_id, sequence = UUID(str(said.get("writer_id"))), said.get("writer_sequence")
            if type(sequence) is not int or not 0 < sequence < 2**62:
                raise ValueError("this is no sequence")
        except ValueError:
            self._ledger.find(Kind.CHAIN_START, place)
            return None
        return self._chains.meet(Met(writer_id, sequence, entry.record_id, leaf_hash(row.leaf), facts, place))

    def _finish(self) -> None:
        is_whole, made_at = self._manifest.is_whole, self._made_at()
        self._heads.finish(self._asked.now)
        self._chains.finish(made_at, self._retention.has_ended, is_whole=is_whole)
        self._signatures.finish(is_whole=is_whole)
        self._lookups.finish(made_at, self._asked.orphan_age, is_whole=is_whole)
        self._retention.finish(self._asked.now, is_whole=is_whole)
        self._drops.finish(self._asked.now, self._retention.has_ended, starts_at=self._manifest.first)
        self._persons.finish(self._retention.has_ended, is_whole=is_whole)

    def _made_at(self) -> str:
        """Return when the export was made: as it says, but not before its newest record.

        A manifest that says an earlier time would have every lookup be without its outcome for good.
        """
        if self._newest <= _instant(self._manifest.made_at):
            return self._manifest.made_at
        return min(self._newest, self._asked.now).isoformat()


def _instant(text: str) -> datetime:
    """Return the instant that *text* says; the beginning of all time where it says none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    return instant if instant.tzinfo is not None else _NEVER


def _facts(leaf: bytes) -> Mapping[str, Value] | None:
    try:
        return read_leaf(leaf)
    except ValueError:
        return None


def _is_within(time: str | None, made_at: str) -> bool:
    try:
        return abs(datetime.fromisoformat(str(time)) - datetime.fromisoformat(made_at)) < _FRESH
    except (ValueError, TypeError):
        return False
