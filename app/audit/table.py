"""Tables of the evidence; insert-only for the serving role, which cannot read search tags."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.database.metadata import METADATA

_SEARCHED: Final = {
    "officer": "officer_id",
    "unit": "unit_id",
    "client": "client_id",
    "procedure": "procedure_code",
}
"""Columns by which auditors page through months, newest first; what says nothing of one costs it nothing."""

AUDIT_RECORD = Table(
    "audit_record",
    METADATA,
    Column("record_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("writer_id", Uuid, nullable=False),
    Column("writer_sequence", BigInteger, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("officer_id", Uuid),
    Column("unit_id", Uuid),
    Column("client_id", Text),
    Column("procedure_code", Text),
    Column("dossier_code", Text),
    Column("lookup_id", Uuid),
    Column("outcome", Text),
    Column("problem_code", Text),
    CheckConstraint("writer_sequence > 0", name="sequence"),
    CheckConstraint("octet_length(leaf) between 2 and 32768", name="leaf"),
    CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),
    CheckConstraint(
        "(kind = 'lookup.outcome') = (outcome is not null) and (outcome is null or lookup_id is not null)",
        name="outcome",
    ),
    *(
        Index(
            f"ix_audit_record_{name}",
            column,
            text("recorded_at desc"),
            text("record_id desc"),
            postgresql_where=text(f"{column} is not null"),
        )
        for name, column in _SEARCHED.items()
    ),
    Index(
        "ix_audit_record_asked",
        text("recorded_at desc"),
        text("record_id desc"),
        postgresql_where=text("kind in ('lookup.intent', 'lookup.refused')"),
    ),
    Index(
        "ix_audit_record_not_found",
        "outcome",
        text("recorded_at desc"),
        text("record_id desc"),
        postgresql_where=text("kind = 'lookup.outcome' and outcome <> 'found'"),
    ),
    Index(
        "ix_audit_record_later",
        "lookup_id",
        postgresql_where=text("kind in ('lookup.dossier_linked', 'lookup.follow_up')"),
    ),
    Index(
        "ix_audit_record_key_records",
        "writer_id",
        postgresql_where=text("kind in ('writer.opened', 'writer.key')"),
    ),
    Index("ix_audit_record_dossier", "dossier_code", postgresql_where=text("dossier_code is not null")),
    Index(
        "ix_audit_record_dossier_link",
        "lookup_id",
        postgresql_where=text("kind = 'lookup.dossier_linked'"),
    ),
    Index(
        "ix_audit_record_retention",
        "record_id",
        postgresql_where=text("kind = 'retention.drop'"),
    ),
    Index(
        "ix_audit_record_audit_looks",
        "record_id",
        postgresql_where=text(
            "kind in ('audit.searched', 'audit.unmasked', 'audit.search_exported', 'subject_report.made')"
        ),
    ),
    postgresql_partition_by="range (record_id)",
)
"""The leaf's exact bytes are the evidence; every other column is projected from them.

A partition a month of the id's own time. A writer's sequences are unique within each partition only, and a
lookup has one outcome by AUDIT_OUTCOME, because no index spans partitions.
"""

AUDIT_SEARCH_TAG = Table(
    "audit_search_tag",
    METADATA,
    Column("record_id", Uuid, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("tag", LargeBinary, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(tag) = 32", name="tag"),
    Index("ix_audit_search_tag_tag", "tag", text("recorded_at desc"), text("record_id desc")),
    postgresql_partition_by="range (record_id)",
)
"""Outside the tree, so that destroying a month's keys can end it."""

AUDIT_OPEN_INTENT = Table(
    "audit_open_intent",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_audit_open_intent_opened_at", "opened_at"),
)
"""Intents without an outcome: a work list for the reconciler, not evidence."""

AUDIT_CLAIM = Table(
    "audit_claim",
    METADATA,
    Column("key_digest", LargeBinary, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("lookup_id", Uuid, nullable=False),
    CheckConstraint("octet_length(key_digest) = 32 and octet_length(request_digest) = 32", name="digests"),
)
"""Which lookup an Idempotency-Key led to; keyed digests only."""

AUDIT_BATCH = Table(
    "audit_batch",
    METADATA,
    Column("newest_record_id", Uuid, primary_key=True),
    Column("writer_id", Uuid, nullable=False),
    Column("first_sequence", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("chain_head", LargeBinary, nullable=False),
    Column("writer_key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    CheckConstraint("first_sequence between 1 and last_sequence", name="sequences"),
    CheckConstraint("octet_length(chain_head) = 32", name="chain_head"),
    CheckConstraint("octet_length(signature) = 64", name="signature"),
    Index("ix_audit_batch_writer", "writer_id", "first_sequence"),
    postgresql_partition_by="range (newest_record_id)",
)
"""What a writer signed of each stretch of its chain that became durable at once."""

AUDIT_WRITER_KEY = Table(
    "audit_writer_key",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("private_key", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("retired_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(public_key) = 32", name="public_key"),
    CheckConstraint("(retired_at is null) = (private_key is not null)", name="private_key"),
    Index(
        "uq_audit_writer_key_current",
        text("(retired_at is null)"),
        unique=True,
        postgresql_where=text("retired_at is null"),
    ),
)
"""Keys that sign batches, one of them current; its private half is wrapped under the serving root key."""

AUDIT_MONTH_KEY = Table(
    "audit_month_key",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("key_id", Text, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("serving_index_key", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="month"),
    CheckConstraint("octet_length(public_key) = 32", name="public_key"),
)
"""What writing needs of a month; the index key is wrapped under the serving root key.

Once the month is dropped it is null, and nothing else of the row ever changes.
"""

AUDIT_MONTH_SECRET = Table(
    "audit_month_secret",
    METADATA,
    Column("key_id", Text, ForeignKey("audit_month_key.key_id"), primary_key=True),
    Column("private_key", LargeBinary, nullable=False),
    Column("auditing_index_key", LargeBinary, nullable=False),
)
"""What reading needs of a month, wrapped under the auditing root key; closed to the serving role."""
