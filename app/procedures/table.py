"""Tables of procedures, the fields they need and the units that handle them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Table,
    Text,
    Uuid,
    false,
    text,
)

from app.database.metadata import METADATA

PROCEDURE = Table(
    "procedure",
    METADATA,
    Column("procedure_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("service_code", Text),
    Column("is_decree_104", Boolean, nullable=False, server_default=false()),
    Column("roles", ARRAY(Text), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("field_of_work", Text, nullable=False, server_default=""),
    Column("question_types", ARRAY(Text), nullable=False, server_default="{lookup}"),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    CheckConstraint(
        "question_types <@ array['lookup', 'verification', 'household']::text[]"
        " and cardinality(question_types) > 0",
        name="question_types",
    ),
    CheckConstraint(
        "roles <@ array['reception', 'processing']::text[] and cardinality(roles) > 0", name="roles"
    ),
    CheckConstraint("length(service_code) between 1 and 20", name="service_code"),
)

PROCEDURE_FIELD = Table(
    "procedure_field",
    METADATA,
    Column("procedure_code", Text, ForeignKey("procedure.procedure_code"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("legal_basis", Text, nullable=False),
)

PERMISSION_GRANT = Table(
    "permission_grant",
    METADATA,
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), primary_key=True),
    Column("procedure_code", Text, ForeignKey("procedure.procedure_code"), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    CheckConstraint("valid_to is null or valid_to > valid_from", name="dates"),
    Index(
        "uq_permission_grant_current",
        "unit_id",
        "procedure_code",
        unique=True,
        postgresql_where=text("valid_to is null"),
    ),
)
