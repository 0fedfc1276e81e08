"""Tables of officers, what they sign in with, and their sessions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

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
    Column("password_changed_at", DateTime(timezone=True)),
    Column("must_change_password", Boolean, nullable=False, server_default=false()),
    Column("first_password_until", DateTime(timezone=True)),
    Column("session_epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("person_code", Text),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("position", Text),
    Column("status_reason", Text),
    Column(
        "status_changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()
    ),
    Column("activated_at", DateTime(timezone=True)),
    Column("deactivated_at", DateTime(timezone=True)),
    Column("active_from", Date),
    Column("active_until", Date),
    CheckConstraint(
        "login_name = lower(login_name) and login_name ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'", name="login_name"
    ),
    CheckConstraint(
        "role in ('reception', 'processing', 'unit_administrator', 'department_administrator', 'auditor')",
        name="role",
    ),
    CheckConstraint("status in ('active', 'suspended')", name="status"),
    CheckConstraint("length(upstream_officer_code) between 1 and 20", name="upstream_officer_code"),
    CheckConstraint("person_code ~ '^[A-Z0-9./-]{1,32}$'", name="person_code"),
    CheckConstraint(
        "person_code is not null or role in ('reception', 'processing')", name="person_code_needed"
    ),
    Index(
        "uq_officer_person_single",
        "person_code",
        unique=True,
        postgresql_where=text("status = 'active' and role <> 'unit_administrator'"),
    ),
    Index(
        "uq_officer_person_privileged",
        "person_code",
        unique=True,
        postgresql_where=text("status = 'active' and role not in ('reception', 'processing')"),
    ),
    CheckConstraint("length(position) between 1 and 200", name="position"),
    CheckConstraint(
        "status_reason in ('administrator', 'unused', 'not_attested', 'review_removed', 'left')",
        name="status_reason",
    ),
    CheckConstraint("(status = 'suspended') = (status_reason is not null)", name="suspension"),
    CheckConstraint("active_until > active_from", name="term"),
    Index(
        "uq_officer_upstream_officer_code",
        "upstream_officer_code",
        unique=True,
        postgresql_where=text("upstream_officer_code is not null"),
    ),
)
"""One upstream code belongs to one person, or the national side's own log could not name anybody (R22).

`session_epoch` rises, by trigger, with a change of role, status, password, posting or second factor: sessions
of earlier epochs are over, whatever any clock says. `version` rises, by trigger, with any change, and one
gives every suspension a reason and a time. On a day before `active_from`, or on `active_until` and after, an
active account is not in use.

The two indexes over `person_code` leave one person at most a business account and a unit administrator's:
whoever administers the department, or audits, holds no other account that is active.
"""

OFFICER_POSTING = Table(
    "officer_posting",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'appointment'")),
    Column("document_number", Text),
    Column("document_date", Date),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    CheckConstraint("kind in ('appointment', 'transfer', 'secondment', 'return')", name="kind"),
    CheckConstraint("length(document_number) between 1 and 200", name="document_number"),
    CheckConstraint("document_date is null or document_number is not null", name="document_date"),
    ExcludeConstraint(
        ("officer_id", "="),
        (text("daterange(valid_from, valid_to)"), "&&"),
        name="ex_officer_posting_overlap",
    ),
    Index("uq_officer_posting_current", "officer_id", unique=True, postgresql_where=text("valid_to is null")),
)
"""Where an officer works, by the day; nobody stands in two units at once, and unwritten days are none."""

PASSWORD_HISTORY = Table(
    "password_history",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("changed_at", DateTime(timezone=True), primary_key=True),
    Column("password_hash", Text, nullable=False),
)
"""Former passwords, so that they are not taken again."""

SECOND_FACTOR = Table(
    "second_factor",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("wrapped_secret", LargeBinary, nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("last_used_step", BigInteger, nullable=False, server_default=text("0")),
)
"""A TOTP secret, wrapped under the root key; a step counts once (RFC 6238 section 5.2)."""

RECOVERY_CODE = Table(
    "recovery_code",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("code_digest", LargeBinary, primary_key=True),
    Column("used_at", DateTime(timezone=True)),
)

SIGN_IN_GUARD = Table(
    "sign_in_guard",
    METADATA,
    Column("subject_digest", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("lock_count", Integer, nullable=False, server_default=text("0")),
    Column("last_failure_at", DateTime(timezone=True), nullable=False),
    Column("locked_until", DateTime(timezone=True)),
    CheckConstraint("octet_length(subject_digest) = 32", name="subject_digest"),
    CheckConstraint("failures >= 0 and lock_count >= 0", name="counts"),
)
"""Wrong sign-ins by keyed digest of login name or address, whether or not anybody bears the name."""

SESSION = Table(
    "session",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("client_id", Text, ForeignKey("client.client_id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("assurance", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("last_active_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    CheckConstraint("(ended_at is null) = (end_reason is null)", name="end"),
    Index("ix_session_officer", "officer_id", text("started_at desc")),
    Index("ix_session_ended_at", "ended_at", postgresql_where=text("ended_at is not null")),
)

REFRESH_TOKEN = Table(
    "refresh_token",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey("session.session_id"), nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(token_digest) = 32", name="token_digest"),
    Index("ix_refresh_token_session", "session_id"),
    Index("ix_refresh_token_expires_at", "expires_at"),
)
"""256 random bits each, stored as SHA-256; using one twice ends its session."""

SESSION_VERSION = Table(
    "session_version",
    METADATA,
    Column("only_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("only_row = 1", name="only_row"),
)
"""Raised when a session ends; apart from the directory's, which is dear to reload."""

TOKEN_KEY = Table(
    "token_key",
    METADATA,
    Column("kid", Text, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("signs_from", DateTime(timezone=True), nullable=False),
    Column("verifies_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("kid ~ '^[0-9a-f]{16}$'", name="kid"),
    CheckConstraint("octet_length(wrapped_key) = 60", name="wrapped_key"),
    CheckConstraint("verifies_until > signs_from", name="times"),
)
"""P-256 keys that sign access tokens: 32 bytes each, wrapped under the root key and bound to their id."""

NOTICE_ACCEPTANCE = Table(
    "notice_acceptance",
    METADATA,
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("record_id", Uuid, nullable=False),
)
"""That an officer accepted the confidentiality notice on a day (R86); the evidence is the record."""
