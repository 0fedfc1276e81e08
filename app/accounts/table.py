"""Tables of officers and client software."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)

from app.database.metadata import METADATA

OFFICER = Table(
    "officer",
    METADATA,
    Column("officer_id", Uuid, primary_key=True),
    Column("login_name", Text, nullable=False, unique=True),
    Column("full_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("upstream_officer_code", Text),
    Column("status", Text, nullable=False),
    Column("password_hash", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint(
        "login_name = lower(login_name) and login_name ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'", name="login_name"
    ),
    CheckConstraint(
        "role in ('reception', 'processing', 'unit_administrator', 'department_administrator', 'auditor')",
        name="role",
    ),
    CheckConstraint("status in ('active', 'suspended')", name="status"),
    CheckConstraint("length(upstream_officer_code) between 1 and 20", name="upstream_officer_code"),
    Index(
        "uq_officer_upstream_officer_code",
        "upstream_officer_code",
        unique=True,
        postgresql_where=text("upstream_officer_code is not null"),
    ),
)
"""One upstream code belongs to one person, or the national side's own log could not name anybody (R22)."""

OFFICER_POSTING = Table(
    "officer_posting",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    Index("uq_officer_posting_current", "officer_id", unique=True, postgresql_where=text("valid_to is null")),
)

CLIENT = Table(
    "client",
    METADATA,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("may_use_passwords", Boolean, nullable=False, server_default=false()),
    Column("networks", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("client_id ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="client_id"),
    CheckConstraint("octet_length(secret_digest) = 32", name="secret_digest"),
    CheckConstraint("status in ('active', 'suspended')", name="status"),
    CheckConstraint("cardinality(networks) > 0", name="networks"),
)

NOTICE_ACCEPTANCE = Table(
    "notice_acceptance",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("record_id", Uuid, nullable=False),
)
"""That an officer accepted the confidentiality notice on a day (R86); the evidence is the record."""
