"""A log of invented lookups in a file of its own: found page by page and proven, in flat memory."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.audit.batches import batch_text
from app.audit.chain import Chain, Record
from app.audit.record import Draft, RecordKind, Value, read_leaf
from app.audit.sealing import MonthKey
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.growing import GrowingTree
from app.audit.tree.merkle import Leaves, TreeHead, fold, inclusion_leaves, node_hash, perfect_parts
from app.auditing.criteria import Position, Search
from app.auditing.reader import AuditReader, Found
from app.auditing.search import AuditSearcher
from app.auditing.search_evidence import Batch, ExportCheckpoint, RecordEvidence, SearchEvidence
from app.auditing.search_export import ExportMeans
from app.auditing.search_package import Bounds
from app.clock import SystemClock, rfc3339
from app.errors import AuditUnavailableError
from tests.fakes import FakeAuditLog
from tests.lookup_fakes import StandingClock

AUTHORITY = "H19"
OFFICER = UUID(int=7)
BEGAN = datetime(2026, 5, 6, 1, tzinfo=UTC)
EVERY = timedelta(milliseconds=100)
IN_A_BATCH = 4
_TABLES = """
create table lookup (at text, id blob, outcome blob, primary key (at, id)) without rowid;
create table record (
    id blob primary key, leaf blob, place integer, first integer, last integer, head blob, signature blob
) without rowid;
create table node (level integer, place integer, hash blob, primary key (level, place)) without rowid;
"""


@dataclass
class InventedLog:
    """Chain, signatures and tree are real, the people are not; *file* holds it all."""

    file: str = ":memory:"
    log_key: NoteKey = field(
        default_factory=lambda: NoteKey(f"dancu/{AUTHORITY}", Ed25519PrivateKey.generate())
    )
    writer_key: NoteKey = field(
        default_factory=lambda: NoteKey(f"dancu/{AUTHORITY}/writer", Ed25519PrivateKey.generate())
    )
    time: datetime = BEGAN

    def __post_init__(self) -> None:
        private_key = X25519PrivateKey.generate()
        self._month = MonthKey(f"{AUTHORITY}/2026-05", "2026-05", private_key.public_key(), b"i" * 32)
        self._chain, self._tree = Chain(AUTHORITY), GrowingTree()
        # Exports compress in threads; these never use it at the same time.
        self.database = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        self.database.executescript(_TABLES)

    def fill(self, count: int) -> None:
        """Add lookups, four in a batch, their outcomes in another."""
        self.database.execute("begin")
        for first in range(0, count, IN_A_BATCH):
            intents = [self._intent(number) for number in range(first, min(first + IN_A_BATCH, count))]
            self._commit(intents)
            outcomes = [self._outcome(intent) for intent in intents]
            self._commit(outcomes)
            for intent, outcome in zip(intents, outcomes, strict=True):
                self.database.execute(
                    "insert into lookup values (?, ?, ?)",
                    (rfc3339(intent.time), intent.record_id.bytes, outcome.record_id.bytes),
                )
        self.database.execute("commit")

    def _intent(self, number: int) -> Draft:
        self.time += EVERY
        subject = json.dumps({"id_number": f"{99_190_000_000 + number:012d}"}).encode()
        facts: dict[str, Value] = {
            "officer_id": str(OFFICER),
            "unit_code": "H19.34.12",
            "client_id": "mot-cua",
            "procedure_code": "1.004194",
            "dossier_code": f"000.12.34.H19-260506-{number:04d}",
        }
        return Draft(RecordKind.LOOKUP_INTENT, self.time, facts, subject=subject)

    def _outcome(self, intent: Draft) -> Draft:
        facts: dict[str, Value] = {
            "lookup_id": str(intent.record_id),
            "outcome": "found",
            "fields_disclosed": "full_name permanent_residence",
            "paper_may_ask": 0,
        }
        return Draft(RecordKind.LOOKUP_OUTCOME, self.time, facts)

    def _commit(self, drafts: list[Draft]) -> None:
        self._chain, records = self._chain.extend(drafts, self._month, self.time)
        first, last, head = records[0].sequence, records[-1].sequence, records[-1].leaf_hash
        text = batch_text(AUTHORITY, self._chain.writer_id, first, last, head)
        signature = self.writer_key.private_key.sign(text)
        for record in records:
            self._place(record, (first, last, head, signature))

    def _place(self, record: Record, batch: tuple[int, int, bytes, bytes]) -> None:
        self.database.execute(
            "insert into record values (?, ?, ?, ?, ?, ?, ?)",
            (record.draft.record_id.bytes, record.leaf, self._tree.size, *batch),
        )
        level, place, hashed = 0, self._tree.size, record.leaf_hash
        self._tree.append(hashed)
        self.database.execute("insert into node values (?, ?, ?)", (level, place, hashed))
        while place % 2:
            hashed = node_hash(self._node(level, place - 1), hashed)
            level, place = level + 1, place // 2
            self.database.execute("insert into node values (?, ?, ?)", (level, place, hashed))

    def _node(self, level: int, place: int) -> bytes:
        query = "select hash from node where level = ? and place = ?"
        return bytes(self.database.execute(query, (level, place)).fetchone()[0])

    def hash_of(self, leaves: Leaves) -> bytes:
        """Return the Merkle tree hash of a stretch."""
        parts = perfect_parts(leaves)
        return fold(
            [self._node((last - first).bit_length() - 1, first // (last - first)) for first, last in parts]
        )

    def published(self) -> ExportCheckpoint:
        """Return the checkpoint of all there is."""
        text = checkpoint_text(self.log_key.name, TreeHead(self._tree.size, self._tree.root()))
        return ExportCheckpoint(self._tree.size, self.log_key.sign(text), rfc3339(self.time))


class InventedReader(AuditReader):
    """Finds them all, whatever is searched for; `asked` says how many at a time, `failing_at` when not."""

    def __init__(self, log: InventedLog) -> None:
        self._invented = log
        self.asked = list[int]()
        self.failing_at: int | None = None

    async def find(self, search: Search) -> list[Found]:
        self.asked.append(search.page_size)
        if len(self.asked) == self.failing_at:
            raise AuditUnavailableError
        after = search.after or Position(datetime.max.replace(tzinfo=UTC), UUID(int=0))
        rows = self._invented.database.execute(
            "select l.at, l.id, i.leaf, o.leaf from lookup l join record i on i.id = l.id"
            " left join record o on o.id = l.outcome where (l.at, l.id) < (?, ?)"
            " order by l.at desc, l.id desc limit ?",
            (rfc3339(after.recorded_at), after.record_id.bytes, search.page_size),
        )
        return [self._found(*row) for row in rows]

    def _found(self, at: str, lookup_id: bytes, leaf: bytes, outcome: bytes | None) -> Found:
        return Found(
            record_id=UUID(bytes=lookup_id),
            recorded_at=datetime.fromisoformat(at),
            facts=read_leaf(leaf),
            outcome=read_leaf(outcome) if outcome is not None else None,
            link=None,
            citizen="*********017",
            is_readable=True,
        )


class InventedEvidence(SearchEvidence):
    """Proves them; the checkpoint is of what there was when it was made."""

    def __init__(self, log: InventedLog) -> None:
        self._invented = log
        self.newest = log.published()

    async def checkpoint(self) -> ExportCheckpoint:
        return self.newest

    async def writer_keys(self) -> list[dict[str, str | None]]:
        return [{"key_id": self._invented.writer_key.verifier, "created_at": None, "retired_at": None}]

    async def of(self, record_ids: Iterable[UUID], size: int) -> Mapping[UUID, RecordEvidence]:
        return {each: self._of(each, size) for each in record_ids}

    def _of(self, record_id: UUID, size: int) -> RecordEvidence:
        query = "select leaf, place, first, last, head, signature from record where id = ?"
        leaf, place, first, last, head, signature = self._invented.database.execute(
            query, (record_id.bytes,)
        ).fetchone()
        batch = Batch(first, last, head, self._invented.writer_key.verifier, signature)
        if place >= size:
            return RecordEvidence(leaf, None, (), batch)
        proof = [self._invented.hash_of(leaves) for leaves in inclusion_leaves(place, size)]
        return RecordEvidence(leaf, place, proof, batch)


class InventedSearcher(AuditSearcher):
    """Knows one officer, whose login name a spreadsheet would compute."""

    def __init__(self) -> None:
        pass

    def officer_names(self) -> Mapping[str, str]:
        return {str(OFFICER): "=tiepnhan"}


@dataclass
class Ground:
    """What a test exports from, and what it looks at afterwards."""

    log: InventedLog
    reader: InventedReader
    evidence: InventedEvidence
    records: FakeAuditLog
    means: ExportMeans


def a_ground(
    log: InventedLog, *, records: FakeAuditLog | None = None, page_size: int = 3, **bounds: Any
) -> Ground:
    """Return means of export over *log* as it is now, a minute after its last record."""
    reader, evidence, kept = InventedReader(log), InventedEvidence(log), records or FakeAuditLog()
    clock = StandingClock(log.time + timedelta(minutes=1))
    means = ExportMeans(
        reader, evidence, InventedSearcher(), kept, clock, AUTHORITY, page_size, Bounds(**bounds)
    )
    return Ground(log, reader, evidence, kept, means)


def a_search(**changes: Any) -> Search:
    """Return a search by officer."""
    today = SystemClock().now().date()
    values: dict[str, Any] = {
        "case_number": "TTr-12/2026",
        "number": None,
        "officer_id": OFFICER,
        "first_day": today,
        "last_day": today,
        "page_size": 50,
    }
    return Search(**(values | changes))
