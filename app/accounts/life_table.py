"""Tables of an account's life: activity, first access, reviews, notices to units, what units asked for."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.database.metadata import METADATA

OFFICER_ACTIVITY = Table(
    "officer_activity",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("last_active_on", Date, nullable=False),
)
"""The last day, in Vietnam, on which an officer did anything; not in `officer`, which is dear to reload."""

UNIT_REGISTRATION = Table(
    "unit_registration",
    METADATA,
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("requested_at", DateTime(timezone=True), primary_key=True),
    Column("declared_officers", Integer, nullable=False),
    Column("request_document", Text, nullable=False),
    CheckConstraint("declared_officers >= 0", name="declared_officers"),
    CheckConstraint("length(request_document) between 1 and 200", name="request_document"),
)
"""What a unit asked for and when; the latest request counts, the earlier ones stay."""

HANDOVER = Table(
    "handover",
    METADATA,
    Column("batch_id", Uuid, primary_key=True),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("issued_by", Uuid, ForeignKey("officer.officer_id")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("code_count", Integer, nullable=False),
    Column("document_number", Text),
    Column("received_by", Text),
    Column("received_at", DateTime(timezone=True)),
    CheckConstraint("code_count > 0", name="code_count"),
    CheckConstraint("expires_at > issued_at", name="times"),
    CheckConstraint("length(document_number) between 1 and 200", name="document_number"),
    CheckConstraint("length(received_by) between 1 and 200", name="received_by"),
    CheckConstraint("(received_by is null) = (received_at is null)", name="receipt"),
    Index("ix_handover_unit_id", "unit_id"),
)
"""One batch of sealed slips (R11); `issued_by` is nobody where a command on the server made it."""

ACTIVATION_CODE = Table(
    "activation_code",
    METADATA,
    Column("code_digest", LargeBinary, primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("batch_id", Uuid, ForeignKey("handover.batch_id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(code_digest) = 32", name="code_digest"),
    CheckConstraint("purpose in ('first_access', 'reset')", name="purpose"),
    CheckConstraint("expires_at > issued_at", name="times"),
    CheckConstraint("used_at is null or revoked_at is null", name="end"),
    Index(
        "uq_activation_code_live",
        "officer_id",
        unique=True,
        postgresql_where=text("used_at is null and revoked_at is null"),
    ),
    Index("ix_activation_code_batch_id", "batch_id"),
)
"""One-time codes as SHA-256 of 89 random bits; at most one that works per officer."""

UNIT_NOTICE = Table(
    "unit_notice",
    METADATA,
    Column("notice_id", Uuid, primary_key=True),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    CheckConstraint(
        "code in ('officer_unused', 'officer_not_attested', 'auditor_reads_one_officer')", name="code"
    ),
    Index("ix_unit_notice_unread", "unit_id", postgresql_where=text("read_at is null")),
)
"""What a unit's administrator should know of its officers' accounts."""

REVIEW_ROUND = Table(
    "review_round",
    METADATA,
    Column("round_id", Uuid, primary_key=True),
    Column("opened_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("closed_on", Date),
    CheckConstraint("due_on > opened_on", name="dates"),
    CheckConstraint("closed_on > due_on", name="closed_on"),
)
"""One review of all accounts (R18); it is answered through its last day, `due_on`."""

REVIEW_ANSWER = Table(
    "review_answer",
    METADATA,
    Column("round_id", Uuid, ForeignKey("review_round.round_id"), primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("answer", Text),
    Column("answered_by", Uuid, ForeignKey("officer.officer_id")),
    Column("answered_at", DateTime(timezone=True)),
    CheckConstraint("answer in ('keep', 'remove')", name="answer"),
    CheckConstraint("num_nonnulls(answer, answered_by, answered_at) in (0, 3)", name="whole"),
    CheckConstraint("answered_by <> officer_id", name="not_oneself"),
    Index("ix_review_answer_unit", "round_id", "unit_id"),
)
"""Everybody a round asks about, with the unit of its first day; no answer yet is silence."""
