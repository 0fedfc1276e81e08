"""Tables of receipts, the certificates that sign them, and what was asked of citizens after a lookup."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.database.metadata import METADATA

SIGNING_CERTIFICATE = Table(
    "signing_certificate",
    METADATA,
    Column("fingerprint", Text, primary_key=True),
    Column("certificate", LargeBinary, nullable=False),
    Column("chain", ARRAY(LargeBinary), nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name="fingerprint"),
    CheckConstraint("octet_length(wrapped_key) = 60", name="wrapped_key"),
    Index(
        "uq_signing_certificate_signing",
        text("(wrapped_key is not null)"),
        unique=True,
        postgresql_where=text("wrapped_key is not null"),
    ),
)
"""The certificate that signs has its key, wrapped under the root key; earlier ones stay to check by."""

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("id_digest", LargeBinary, primary_key=True),
    Column("content_digest", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lookup_id", Uuid, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(id_digest) = 32 and octet_length(content_digest) = 32", name="digests"),
    CheckConstraint("kind in ('confirmation', 'refusal')", name="kind"),
)
"""What a check of a receipt needs; the serving role adds and reads, and changes nothing."""

PAPER_FOLLOW_UP = Table(
    "paper_follow_up",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("officer_id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("procedure_code", Text),
    Column("dossier_code", Text),
    Column("outcome", Text, nullable=False),
    Column("may_ask", Boolean, nullable=False),
    Column("paper_asked", Boolean, nullable=False),
    Column("which", Text),
    Column("why", Text),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(
        "paper_asked = (which is not null) and paper_asked = (why is not null)", name="paper_asked"
    ),
    Index(
        "ix_paper_follow_up_asked",
        text("recorded_at desc"),
        text("lookup_id desc"),
        postgresql_where=text("paper_asked"),
    ),
)
"""What officers said they asked for; the evidence is their record `lookup.follow_up`."""
