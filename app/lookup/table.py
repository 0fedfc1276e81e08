"""Tables of lookups that wait for something; none holds anything about a citizen."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Table, Text, Uuid, text

from app.database.metadata import METADATA

LOOKUP_WITHOUT_DOSSIER = Table(
    "lookup_without_dossier",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("officer_id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("procedure_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("dossier_code", Text),
    Column("linked_at", DateTime(timezone=True)),
    Column("linked_by", Uuid),
    CheckConstraint(
        "(dossier_code is null) = (linked_at is null) and (linked_at is null) = (linked_by is null)",
        name="link",
    ),
    Index(
        "ix_lookup_without_dossier_open",
        "unit_id",
        "lookup_id",
        postgresql_where=text("linked_at is null"),
    ),
    Index("ix_lookup_without_dossier_all_open", "lookup_id", postgresql_where=text("linked_at is null")),
)
"""Kept by the database itself, in the transaction of the intent's record: none is missed, none invented."""
