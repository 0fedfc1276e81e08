"""An export of any size with invented lookups, written as it is made, to see what checking it costs."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.audit.batches import batch_text
from app.audit.chain import Chain, Record
from app.audit.key_names import index_key_name, private_key_name
from app.audit.record import Draft, Outcome, RecordKind, read_leaf
from app.audit.sealing import MonthKey, RootKey
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.growing import GrowingTree
from app.audit.tree.merkle import TreeHead
from app.audit.verifying.columns import projected_columns
from app.audit.verifying.export_files import (
    BATCHES_FILE,
    CHECKPOINTS_FILE,
    LEAVES_FILE,
    MONTH_KEYS_FILE,
    leaf_fields,
)
from app.auditing.export import export_time
from app.auditing.export_folder import ExportWriter

_AUTHORITY: Final = "H19"
_WRITERS: Final = 4
_IN_A_BATCH: Final = 4  # about what 64 callers make of it
_BEGAN: Final = datetime(2026, 5, 6, 1, tzinfo=UTC)
_EVERY: Final = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class Made:
    """What checking the export needs."""

    log_key: str
    root_key: str


@dataclass(slots=True)
class _Log:
    writer: ExportWriter
    month: MonthKey
    writer_key: NoteKey
    tree: GrowingTree
    time: datetime = _BEGAN

    def commit(self, chain: Chain, drafts: list[Draft]) -> Chain:
        """Write one batch with its signature; return its chain after it."""
        chain, records = chain.extend(drafts, self.month, self.time)
        for record in records:
            self.writer.add(LEAVES_FILE, {"index": self.tree.size} | _line(record))
            self.tree.append(record.leaf_hash)
        first, last, head = records[0].sequence, records[-1].sequence, records[-1].leaf_hash
        text = batch_text(_AUTHORITY, chain.writer_id, first, last, head)
        batch = {
            "newest_record_id": str(max(record.draft.record_id for record in records)),
            "writer_id": str(chain.writer_id),
            "first_sequence": first,
            "last_sequence": last,
            "chain_head": head.hex(),
            "writer_key_id": self.writer_key.verifier,
            "signature": self.writer_key.private_key.sign(text).hex(),
        }
        self.writer.add(BATCHES_FILE, batch)
        return chain

    def intents(self, number: int) -> list[Draft]:
        """Return the questions of one batch."""
        self.time += _EVERY
        return [self._intent(f"{90_000_000_000 + number + at:012d}") for at in range(_IN_A_BATCH)]

    def _intent(self, id_number: str) -> Draft:
        subject = json.dumps({"id_number": id_number, "full_name": "Trần Văn Thử"}).encode()
        facts = {"officer_id": "00000000-0000-0000-0000-000000000007", "procedure_code": "1.004194"}
        return Draft(RecordKind.LOOKUP_INTENT, self.time, facts, subject=subject, searched_number=id_number)

    def outcomes(self, intents: list[Draft]) -> list[Draft]:
        """Return their answers."""
        kind, said = RecordKind.LOOKUP_OUTCOME, Outcome.FOUND.value
        return [Draft(kind, self.time, {"lookup_id": str(i.record_id), "outcome": said}) for i in intents]


def write_invented_log(folder: Path, records: int) -> Made:
    """Write an export of about that many records to a new folder."""
    root_text = RootKey.generate_text()
    root, private_key = RootKey.from_text(root_text), X25519PrivateKey.generate()
    month = MonthKey(f"{_AUTHORITY}/2026-05", "2026-05", private_key.public_key(), b"i" * 32)
    log_key = NoteKey(f"dancu/{_AUTHORITY}", Ed25519PrivateKey.generate())
    writer_key = NoteKey(f"dancu/{_AUTHORITY}/writer", Ed25519PrivateKey.generate())
    with ExportWriter(folder) as writer:
        log = _Log(writer, month, writer_key, GrowingTree())
        chains = [Chain(_AUTHORITY) for _ in range(_WRITERS)]
        number = 0
        while log.tree.size < records:
            intents = log.intents(number := number + _IN_A_BATCH)
            at = number // _IN_A_BATCH % _WRITERS
            chains[at] = log.commit(log.commit(chains[at], intents), log.outcomes(intents))
        keys = {
            "key_id": month.key_id,
            "month": month.month,
            "private_key": root.wrap(private_key_name(month.key_id), private_key.private_bytes_raw()).hex(),
            "index_key": root.wrap(index_key_name(month.key_id), month.index_key).hex(),
        }
        writer.add(MONTH_KEYS_FILE, keys)
        _seal(log, log_key)
        writer.publish()
    return Made(log_key.verifier, base64.b64encode(root.secret).decode())


def _seal(log: _Log, log_key: NoteKey) -> None:
    note = log_key.sign(checkpoint_text(log_key.name, TreeHead(log.tree.size, log.tree.root())))
    at = export_time(log.time)
    checkpoint = {"tree_size": log.tree.size, "signed_at": at, "note": note, "cosignatures": list[str]()}
    log.writer.add(CHECKPOINTS_FILE, checkpoint)
    said: dict[str, Any] = {"tree_size": log.tree.size, "first_index": 0, "end_index": log.tree.size}
    log.writer.seal(
        {"authority_code": _AUTHORITY, "made_at": at, **said, "before": [], "after": [], "with_keys": True}
    )


def _line(record: Record) -> dict[str, Any]:
    facts, hashed = read_leaf(record.leaf), record.leaf_hash.hex()
    columns = projected_columns(facts)
    row = {**leaf_fields(record.leaf), "leaf_hash": hashed, "columns": columns}
    line = {"record_id": str(record.draft.record_id), "leaf_hash": hashed, "row": row}
    if record.tag is None:
        return line
    time = export_time(record.draft.time)
    return line | {"tag": {"key_id": facts["key_id"], "tag": record.tag.hex(), "recorded_at": time}}
