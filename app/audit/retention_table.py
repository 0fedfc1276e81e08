"""Tables of what the evidence keeps, and until when: outcomes by lookup, legal holds, months that ended."""

from sqlalchemy import CheckConstraint, Column, DateTime, Table, Text, Uuid, func

from app.database.metadata import METADATA

AUDIT_OUTCOME = Table(
    "audit_outcome",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("record_id", Uuid, nullable=False),
)
"""The one outcome of a lookup, and the month it is in; a trigger fills it where the record is inserted."""

AUDIT_LEGAL_HOLD = Table(
    "audit_legal_hold",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("case_number", Text, nullable=False),
    Column("first_month", Text, nullable=False),
    Column("last_month", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("lifted_by", Text),
    Column("lifted_because", Text),
    Column("lifted_at", DateTime(timezone=True)),
    CheckConstraint(
        "first_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' and last_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"
        " and first_month <= last_month",
        name="months",
    ),
    CheckConstraint(
        "(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_because is null)",
        name="lifted",
    ),
)
"""Months whose evidence somebody needs; none of them ends before the hold is lifted."""

AUDIT_DROPPED_MONTH = Table(
    "audit_dropped_month",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("drop_record_id", Uuid, nullable=False),
    Column("dropped_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)
"""Months whose keys are destroyed, by which record; what they opened may be taken away."""
