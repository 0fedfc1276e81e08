"""The table of unmaskings: whose person one auditor asked to see, and what another one decided."""

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

AUDIT_UNMASKING = Table(
    "audit_unmasking",
    METADATA,
    Column("unmasking_id", Uuid, primary_key=True),
    Column("lookup_id", Uuid, nullable=False),
    Column("looked_up_by", Uuid),
    Column("case_number", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_by", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("decided_by", Uuid, ForeignKey("officer.officer_id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("readable_until", DateTime(timezone=True)),
    Column("readings_left", SmallInteger, nullable=False, server_default=text("0")),
    CheckConstraint("state in ('open', 'approved', 'refused')", name="state"),
    CheckConstraint("length(case_number) between 1 and 80 and length(reason) between 1 and 200", name="why"),
    CheckConstraint("expires_at > requested_at", name="expiry"),
    CheckConstraint(
        "(state = 'open') = (decided_by is null) and (decided_by is null) = (decided_at is null)",
        name="decision",
    ),
    CheckConstraint(
        "(state = 'approved') = (readable_until is not null)"
        " and readings_left >= 0 and (state = 'approved' or readings_left = 0)",
        name="reading",
    ),
    CheckConstraint(
        "decided_by <> requested_by and requested_by <> looked_up_by and decided_by <> looked_up_by",
        name="persons",
    ),
    Index("ix_audit_unmasking_requested_at", "requested_at"),
)
"""Nothing of the person stands here: a reading opens the lookup's own record."""
