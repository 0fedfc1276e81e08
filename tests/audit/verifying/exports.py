"""Exports made by hand: real chains, real signatures, invented people; what a test changes stands here."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.accounts.approvals import Approval
from app.audit.batches import batch_text
from app.audit.chain import Chain, Record
from app.audit.key_names import index_key_name, private_key_name
from app.audit.record import Draft, RecordKind, Value, read_leaf
from app.audit.sealing import MonthKey, RootKey
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.cosignature import cosigned_message
from app.audit.tree.growing import GrowingTree
from app.audit.tree.merkle import TreeHead
from app.audit.verifying.columns import projected_columns
from app.audit.verifying.export_files import (
    BATCHES_FILE,
    CHECKPOINTS_FILE,
    LEAVES_FILE,
    MONTH_KEYS_FILE,
    OUTSIDE_FILE,
    STRAY_TAGS_FILE,
    WRITER_KEYS_FILE,
    leaf_fields,
)
from app.auditing.export import export_time
from app.auditing.export_folder import ExportWriter

AUTHORITY = "H19"
NOW = datetime(2026, 5, 6, 5, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=2)
NUMBER = "099190000017"


class WriterKind(StrEnum):
    """Kinds that only writers and retention use."""

    CLOSED = "writer.closed"
    DROP = "retention.drop"
    DESTROYED = "month_key.destroyed"


def a_note_key(name: str) -> NoteKey:
    return NoteKey(name, Ed25519PrivateKey.generate())


@dataclass
class Witness:
    """Somebody who cosigns what is shown to it."""

    name: str = "witness.example/w1"
    private_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def _material(self) -> bytes:
        return b"\x04" + self.private_key.public_key().public_bytes_raw()

    @property
    def _key_id(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + self._material).digest()[:4]

    @property
    def verifier(self) -> str:
        return f"{self.name}+{self._key_id.hex()}+{base64.b64encode(self._material).decode()}"

    def line(self, text: str, at: datetime) -> str:
        return self.line_at(text, int(at.timestamp()))

    def line_at(self, text: str, seconds: int) -> str:
        signature = self.private_key.sign(cosigned_message(text, seconds))
        data = self._key_id + seconds.to_bytes(8, "big") + signature
        return f"\N{EM DASH} {self.name} {base64.b64encode(data).decode()}\n"


@dataclass
class Month:
    """A month's keys, all of them."""

    key_id: str
    private_key: X25519PrivateKey
    key: MonthKey

    @classmethod
    def made(cls, month: str) -> "Month":
        private_key, key_id = X25519PrivateKey.generate(), f"{AUTHORITY}/{month}"
        return cls(key_id, private_key, MonthKey(key_id, month, private_key.public_key(), b"i" * 32))


class Writer:
    """A writer's chain that grows by committed batches."""

    def __init__(self, log: "Log", key: NoteKey | None = None, chain: Chain | None = None) -> None:
        self.log = log
        self.key = key or log.writer_key
        self.chain = chain or Chain(AUTHORITY)

    @property
    def writer_id(self) -> UUID:
        return self.chain.writer_id

    def commit(self, *drafts: Draft, to: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Commit a batch: into the tree, or beside it; return its lines."""
        self.chain, records = self.chain.extend(drafts, self.log.month.key, self.log.time)
        lines = [self.log.line(record) for record in records]
        self.log.batches.append(self.log.batch(self.writer_id, records, self.key))
        (self.log.rows if to is None else to).extend(lines)
        return lines

    def close(self) -> None:
        self.commit(self.log.draft(cast("RecordKind", WriterKind.CLOSED)))


@dataclass
class Log:
    """All that an export is made of; `publish` signs what is in the tree, `write` writes it down."""

    log_key: NoteKey = field(default_factory=lambda: a_note_key(f"dancu/{AUTHORITY}"))
    writer_key: NoteKey = field(default_factory=lambda: a_note_key(f"dancu/{AUTHORITY}/writer"))
    root: RootKey = field(default_factory=lambda: RootKey.from_text(RootKey.generate_text()))
    month: Month = field(default_factory=lambda: Month.made("2026-05"))
    time: datetime = BEGAN
    made_at: datetime = NOW
    rows: list[dict[str, Any]] = field(default_factory=list)
    outside: list[dict[str, Any]] = field(default_factory=list)
    stray_tags: list[dict[str, Any]] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    has_month_keys: bool = True
    said: dict[str, Any] = field(default_factory=dict)

    def draft(self, kind: RecordKind, /, **facts: Value) -> Draft:
        self.time += timedelta(milliseconds=10)
        return Draft(kind, self.time, facts)

    def intent(self, number: str = NUMBER) -> Draft:
        self.time += timedelta(milliseconds=10)
        subject = json.dumps({"id_number": number}).encode()
        facts: dict[str, Value] = {"officer_id": str(UUID(int=7)), "procedure_code": "1.004194"}
        return Draft(RecordKind.LOOKUP_INTENT, self.time, facts, subject=subject, searched_number=number)

    def outcome(self, intent: Draft, said: str = "found") -> Draft:
        return self.draft(RecordKind.LOOKUP_OUTCOME, lookup_id=str(intent.record_id), outcome=said)

    def lookups(self, writer: Writer, count: int) -> None:
        """Commit *count* lookups, each in two batches."""
        for _ in range(count):
            intent = self.intent()
            writer.commit(intent)
            writer.commit(self.outcome(intent))

    def line(self, record: Record) -> dict[str, Any]:
        facts = read_leaf(record.leaf)
        line: dict[str, Any] = {
            "record_id": str(record.draft.record_id),
            "leaf_hash": record.leaf_hash.hex(),
            "row": {
                **leaf_fields(record.leaf),
                "leaf_hash": record.leaf_hash.hex(),
                "columns": projected_columns(facts),
            },
        }
        if record.tag is not None:
            line["tag"] = {
                "key_id": str(facts["key_id"]),
                "tag": record.tag.hex(),
                "recorded_at": export_time(record.draft.time),
            }
        return line

    def batch(self, writer_id: UUID, records: list[Record], key: NoteKey) -> dict[str, Any]:
        first, last, head = records[0].sequence, records[-1].sequence, records[-1].leaf_hash
        signature = key.private_key.sign(batch_text(AUTHORITY, writer_id, first, last, head))
        return {
            "newest_record_id": str(max(record.draft.record_id for record in records)),
            "writer_id": str(writer_id),
            "first_sequence": first,
            "last_sequence": last,
            "chain_head": head.hex(),
            "writer_key_id": key.verifier,
            "signature": signature.hex(),
        }

    def publish(self, *witnesses: Witness, at: datetime = NOW) -> str:
        """Sign the tree as it is; return the note."""
        tree = GrowingTree()
        for row in self.rows:
            tree.append(bytes.fromhex(row["leaf_hash"]))
        text = checkpoint_text(self.log_key.name, TreeHead(tree.size, tree.root()))
        lines = [witness.line(text, at) for witness in witnesses]
        note = self.log_key.sign(text)
        self.checkpoints.insert(
            0, {"tree_size": tree.size, "signed_at": export_time(at), "note": note, "cosignatures": lines}
        )
        return note + "".join(lines)

    def write(self, folder: Path, *, with_keys: bool = True) -> Path:
        """Write the export to a new folder."""
        with ExportWriter(folder) as writer:
            for index, row in enumerate(self.rows):
                writer.add(LEAVES_FILE, {"index": index} | row)
            for name, lines in self._others(with_keys=with_keys):
                for line in lines:
                    writer.add(name, line)
            manifest = {
                "authority_code": AUTHORITY,
                "made_at": export_time(self.made_at),
                "tree_size": len(self.rows),
                "first_index": 0,
                "end_index": len(self.rows),
                "before": [],
                "after": [],
                "with_keys": with_keys,
            }
            writer.seal(manifest | self.said)
            writer.publish()
        return folder

    def _others(self, *, with_keys: bool) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
        yield OUTSIDE_FILE, self.outside
        yield STRAY_TAGS_FILE, self.stray_tags
        yield BATCHES_FILE, self.batches
        yield CHECKPOINTS_FILE, self.checkpoints
        yield WRITER_KEYS_FILE, [{"key_id": self.writer_key.verifier}]
        month: dict[str, Any] = {"key_id": self.month.key_id, "month": self.month.key.month}
        if with_keys:
            private = self.month.private_key.private_bytes_raw()
            month["private_key"] = self.root.wrap(private_key_name(self.month.key_id), private).hex()
            index = self.root.wrap(index_key_name(self.month.key_id), self.month.key.index_key)
            month["index_key"] = index.hex()
        yield MONTH_KEYS_FILE, [month] if self.has_month_keys else []


def a_log(lookups: int = 3) -> tuple[Log, Writer]:
    """Return a log with one writer and some lookups, not published yet."""
    log = Log()
    writer = Writer(log)
    log.lookups(writer, lookups)
    return log, writer


@dataclass
class Drop:
    """The road of a drop, as the gateway and its operator put it on record; a test plants its faults here."""

    months: str
    request: Approval
    asked: dict[str, Value]
    given: dict[str, Value]
    ordered: dict[str, Value]
    counts: dict[str, int | None]
    steps: tuple[str, ...] = ("asked", "given", "ordered", "ended")

    @classmethod
    def of(cls, log: "Log", *months: str) -> "Drop":
        """Return a drop that two persons agreed on, of months of which nothing is left to count."""
        named = " ".join(months)
        request = Approval.of_months(named, "hết thời hạn lưu trữ", log.time, "van.hanh")
        asked = request.requested_facts() | {"operator": "van.hanh", "retention_months": 60}
        given = request.facts() | {"officer_id": str(UUID(int=9)), "role": "department_administrator"}
        ordered = request.facts() | {"operator": "van.hanh"}
        return cls(named, request, asked, given, ordered, dict.fromkeys(months, 0))

    def commit(self, log: "Log", writer: Writer) -> None:
        """Put each step on record, in a batch of its own."""
        order = log.draft(cast("RecordKind", WriterKind.DROP), **self.ordered)
        for step in self.steps:
            writer.commit(*self._drafts(log, step, order))

    def _drafts(self, log: "Log", step: str, order: Draft) -> list[Draft]:
        if step == "asked":
            return [log.draft(RecordKind.APPROVAL_REQUESTED, **self.asked)]
        if step == "given":
            return [log.draft(RecordKind.APPROVAL_GIVEN, **self.given)]
        if step == "ordered":
            return [order]
        named: dict[str, Value] = {
            "approval_id": str(self.request.approval_id),
            "drop_record_id": str(order.record_id),
        }
        return [
            log.draft(
                cast("RecordKind", WriterKind.DESTROYED),
                months=month,
                **named,
                **({"dropped_records": count} if count is not None else {}),
            )
            for month, count in self.counts.items()
        ]


def end_month(
    log: Log, writer: Writer, month: str, count: int | None, *others: str, at: datetime | None = None
) -> None:
    """Put on record that two persons ended months, and that one ended of so many records; *at* some time."""
    log.time = at or log.time
    drop = Drop.of(log, *others, month)
    drop.asked["retention_months"] = 12
    drop.counts = {month: count}
    drop.commit(log, writer)
