"""Tables of agencies: surrogate ids never reused, everything else dated."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

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
    Column("ward_code", Text),
    Column("legacy_ward_code", Text),
    Column("deciding_document", Text),
    Column("ending_document", Text),
    Column("serves", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    CheckConstraint("parent_id is null or parent_id <> unit_id", name="parent"),
    CheckConstraint("agency_code ~ '^([A-Y][0-9]{2}|Z[0-9]{2})([.][0-9A-Z]+)*$'", name="agency_code"),
    CheckConstraint(
        "kind in ('department', 'commune', 'former_district', 'vertical_central', 'party', 'front',"
        " 'public_service')",
        name="kind",
    ),
    CheckConstraint("level in ('province', 'district', 'commune')", name="level"),
    CheckConstraint("ward_code ~ '^[0-9]{5}$'", name="ward_code"),
    CheckConstraint("legacy_ward_code ~ '^[0-9]{5}$'", name="legacy_ward_code"),
    ExcludeConstraint(
        ("unit_id", "="),
        (func.daterange(text("valid_from"), text("valid_to")), "&&"),
        name="ex_unit_version_unit",
        deferrable=True,
        initially="deferred",
    ),
    ExcludeConstraint(
        ("agency_code", "="),
        (func.daterange(text("valid_from"), text("valid_to")), "&&"),
        name="ex_unit_version_code",
        deferrable=True,
        initially="deferred",
    ),
    Index("ix_unit_version_parent", "parent_id", postgresql_where=text("parent_id is not null")),
)
"""Besides, a trigger sees to it at commit that no unit stands below itself on any day."""

UNIT_SUCCESSION = Table(
    "unit_succession",
    METADATA,
    Column("former_unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("successor_unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("on_date", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("deciding_document", Text, nullable=False),
    CheckConstraint("kind in ('merge', 'split')", name="kind"),
    CheckConstraint("former_unit_id <> successor_unit_id", name="units"),
)
"""Who took whose place; of a split nothing says which successor has what."""
