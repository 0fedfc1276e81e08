"""Tables of what administrators do together, and of what the person concerned is told about it."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from app.database.metadata import METADATA

APPROVAL = Table(
    "approval",
    METADATA,
    Column("approval_id", Uuid, primary_key=True),
    Column("action", Text, nullable=False),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id")),
    Column("months", Text),
    Column("role", Text),
    Column("person_code", Text),
    Column("reason", Text, nullable=False),
    Column("requested_by", Uuid, ForeignKey("officer.officer_id")),
    Column("operator", Text),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("decided_by", Uuid, ForeignKey("officer.officer_id")),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("action in ('unlock', 'reset_second_factor', 'appoint', 'drop_months')", name="action"),
    CheckConstraint(
        "(action = 'drop_months') = (months is not null) and (months is null) = (officer_id is not null)",
        name="subject",
    ),
    CheckConstraint("(action = 'appoint') = (role is not null)", name="role"),
    CheckConstraint("length(reason) between 1 and 200", name="reason"),
    CheckConstraint("(requested_by is null) <> (operator is null)", name="requester"),
    CheckConstraint("state in ('open', 'approved', 'refused')", name="state"),
    CheckConstraint(
        "(state = 'open') = (decided_by is null) and (decided_by is null) = (decided_at is null)",
        name="decision",
    ),
    CheckConstraint(
        "requested_by <> officer_id and decided_by <> officer_id and decided_by <> requested_by",
        name="persons",
    ),
    Index("ix_approval_open", "expires_at", postgresql_where=text("state = 'open'")),
)
"""What one administrator, or the server's operator, asked for; it happens where another one approves."""

SECOND_FACTOR_RESET = Table(
    "second_factor_reset",
    METADATA,
    Column("approval_id", Uuid, ForeignKey("approval.approval_id"), primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("effective_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("close_reason", Text),
    CheckConstraint("close_reason in ('applied', 'cancelled')", name="close_reason"),
    CheckConstraint("(closed_at is null) = (close_reason is null)", name="close"),
    Index(
        "uq_second_factor_reset_pending",
        "officer_id",
        unique=True,
        postgresql_where=text("closed_at is null"),
    ),
)
"""Second factors of administrators and auditors that will be taken off, unless somebody objects."""

ACCOUNT_NOTICE = Table(
    "account_notice",
    METADATA,
    Column("notice_id", Uuid, primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Index("ix_account_notice_unread", "officer_id", postgresql_where=text("acknowledged_at is null")),
)
"""What was done to an account, shown to its officer until they have read it."""

BOOTSTRAP = Table(
    "bootstrap",
    METADATA,
    Column("only_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("officer_id", Uuid, nullable=False),
    Column("operator", Text, nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("only_row = 1", name="only_row"),
)
"""That the first department administrator was made; without a foreign key, so that it outlives them."""
