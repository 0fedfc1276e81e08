"""What tests of the verifier share: check a log that was made by hand, and tamper with its records."""

from pathlib import Path
from typing import Any
from uuid import UUID

from app.audit.chain import Chain, ChainEnd
from app.audit.record import canonical, leaf_hash, read_leaf
from app.audit.tree.notes import VerifierKey
from app.audit.verifying.checking import Examination, examine
from app.audit.verifying.columns import projected_columns
from app.audit.verifying.findings import Kind, Ledger
from app.audit.verifying.heads import Trust
from tests.audit.verifying.exports import AUTHORITY, NOW, Log, Writer


def checked(log: Log, folder: Path, *, with_keys: bool = True, **options: Any) -> Ledger:
    trust = {
        name: options.pop(name)
        for name in ("policy", "since", "max_age", "former_log_keys")
        if name in options
    }
    options.setdefault("writer_keys", (log.writer_key.verifier,))
    options.setdefault("root", log.root)
    options.setdefault("now", max(NOW, log.time))
    log_key = VerifierKey.from_text(options.pop("log_key", log.log_key.verifier))
    written = log.write(folder / "export", with_keys=with_keys)
    return examine(Examination(written, Trust(log_key, **trust), **options))


def kinds(ledger: Ledger) -> dict[Kind, int]:
    return {kind: count for kind, count in ledger.totals.items() if count}


def rewrite(row: dict[str, Any], **facts: Any) -> None:
    """Change what a record says, and the columns and the hash beside it; the tree's hash stays."""
    changed = read_leaf(row["row"]["leaf"].encode()) | facts
    leaf = canonical({name: value for name, value in changed.items() if value is not None})
    row["row"] |= {"leaf": leaf.decode(), "columns": projected_columns(read_leaf(leaf))}
    row["row"]["leaf_hash"] = leaf_hash(leaf).hex()


def rewrite_wholly(row: dict[str, Any], **facts: Any) -> None:
    """Do the same with the tree's hash."""
    rewrite(row, **facts)
    row["leaf_hash"] = row["row"]["leaf_hash"]


def drop(log: Log, index: int) -> None:
    del log.rows[index]


def successor(log: Log, writer: Writer, sequence: int, *doubtful: UUID) -> Writer:
    return Writer(log, chain=Chain(AUTHORITY, follows=ChainEnd(writer.writer_id, sequence, doubtful)))
