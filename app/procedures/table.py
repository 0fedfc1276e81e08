"""Tables of procedures, what the catalogue said of each on which days, and the units that handle them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from app.database.metadata import METADATA

PROCEDURE = Table(
    "procedure",
    METADATA,
    Column("procedure_code", Text, primary_key=True),
    CheckConstraint(
        "procedure_code ~ '^[0-9][.][0-9]{6}([.][0-9A-Z]{3}([.][0-9A-Z]{2}){2}[.][A-Y][0-9]{2})?$'",
        name="procedure_code",
    ),
)

PROCEDURE_VERSION = Table(
    "procedure_version",
    METADATA,
    Column("procedure_code", Text, ForeignKey("procedure.procedure_code"), primary_key=True),
    Column("holds_from", Date, primary_key=True),
    Column("holds_to", Date),
    Column("name", Text, nullable=False),
    Column("field_of_work", Text, nullable=False, server_default=""),
    Column("legal_basis", Text, nullable=False),
    Column("service_code", Text),
    Column("is_decree_104", Boolean, nullable=False, server_default=false()),
    Column("roles", ARRAY(Text), nullable=False),
    Column("question_types", ARRAY(Text), nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("deciding_document", Text),
    CheckConstraint("holds_to is null or holds_to > holds_from", name="days"),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    CheckConstraint(
        "roles <@ array['reception', 'processing']::text[] and cardinality(roles) > 0", name="roles"
    ),
    CheckConstraint(
        "question_types <@ array['lookup', 'verification', 'household']::text[]"
        " and cardinality(question_types) > 0",
        name="question_types",
    ),
    CheckConstraint("length(service_code) between 1 and 20", name="service_code"),
    CheckConstraint(
        "jsonb_typeof(fields) = 'object'"
        """ and not jsonb_path_exists(fields, '$.* ? (@.type() != "string" || @ == "")')""",
        name="fields",
    ),
    ExcludeConstraint(
        ("procedure_code", "="),
        (func.daterange(text("holds_from"), text("holds_to")), "&&"),
        name="ex_procedure_version_procedure",
        deferrable=True,
        initially="deferred",
    ),
)
"""What the catalogue says from `holds_from` up to, not including, `holds_to`; past days are not rewritten.

`valid_from` and `valid_to` are part of what it says: when the procedure itself is in force by law. `fields`
has the legal basis of each field by its name.
"""

PERMISSION_GRANT = Table(
    "permission_grant",
    METADATA,
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("procedure_code", Text, ForeignKey("procedure.procedure_code"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("deciding_document", Text),
    Column("ending_document", Text),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    ExcludeConstraint(
        ("unit_id", "="),
        ("procedure_code", "="),
        (func.daterange(text("valid_from"), text("valid_to")), "&&"),
        name="ex_permission_grant_period",
    ),
)
"""At most one row holds for a unit and a procedure on any day."""
