"""Tables of agencies: surrogate ids never reused, everything else dated."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, Uuid, text

from app.database.metadata import METADATA

UNIT = Table("unit", METADATA, Column("unit_id", Uuid, primary_key=True))

UNIT_VERSION = Table(
    "unit_version",
    METADATA,
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("name", Text, nullable=False),
    Column("agency_code", Text, nullable=False),
    Column("legacy_agency_code", Text),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent_id", Uuid, ForeignKey("unit.unit_id")),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    CheckConstraint("parent_id is null or parent_id <> unit_id", name="parent"),
    CheckConstraint("agency_code ~ '^([A-Y][0-9]{2}|Z[0-9]{2})([.][0-9A-Z]+)*$'", name="agency_code"),
    CheckConstraint(
        "kind in ('department', 'commune', 'former_district', 'vertical_central', 'party', 'front',"
        " 'public_service')",
        name="kind",
    ),
    CheckConstraint("level in ('province', 'district', 'commune')", name="level"),
    Index("uq_unit_version_current", "unit_id", unique=True, postgresql_where=text("valid_to is null")),
    Index("uq_unit_version_code", "agency_code", unique=True, postgresql_where=text("valid_to is null")),
)

UNIT_SERVED_AGENCY = Table(
    "unit_served_agency",
    METADATA,
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("agency_code", Text, primary_key=True),
)
"""Agencies whose dossiers this unit's desk also takes, such as departments at the provincial centre."""
