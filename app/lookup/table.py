"""Tables of what follows a lookup and of what limits count; none holds anything about a citizen."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

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

DATA_FAULT = Table(
    "data_fault",
    METADATA,
    Column("fault_id", Uuid, primary_key=True),
    Column("lookup_id", Uuid, nullable=False),
    Column("fault_class", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'new'")),
    Column("result", Text),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    UniqueConstraint("lookup_id", "fault_class", name="uq_data_fault_lookup"),
    CheckConstraint(
        "fault_class in ('duplicate_person', 'household_head', 'missing_fields', 'missing_old_id_number',"
        " 'id_number_reissued')",
        name="fault_class",
    ),
    CheckConstraint(
        "cardinality(fields) <= 30 and array_to_string(fields, ' ', '0') ~ '^[a-z_ ]*$'", name="fields"
    ),
    CheckConstraint(
        "case status when 'new' then num_nonnulls(sent_at, answered_at, closed_at) = 0"
        " when 'sent' then sent_at is not null and num_nonnulls(answered_at, closed_at) = 0"
        " when 'answered' then num_nulls(sent_at, answered_at) = 0 and closed_at is null"
        " when 'closed' then closed_at is not null else false end",
        name="status",
    ),
    CheckConstraint("result in ('corrected', 'no_fault', 'citizen_needed')", name="result"),
    CheckConstraint("(result is null) = (answered_at is null)", name="answer"),
    Index("ix_data_fault_unit", "unit_id", text("fault_id desc")),
    Index("ix_data_fault_officer", "officer_id", text("fault_id desc")),
)
"""Field names and dates only: digits or capitals among `fields` are refused."""

LOOKUP_USAGE = Table(
    "lookup_usage",
    METADATA,
    Column("subject_digest", LargeBinary, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(subject_digest) = 32", name="subject_digest"),
    CheckConstraint("count > 0", name="count"),
    Index("ix_lookup_usage_ends_at", "ends_at"),
)
"""Lookups of an officer, unit or client software in one hour or day, under keyed digests."""

LOOKUP_CITIZEN = Table(
    "lookup_citizen",
    METADATA,
    Column("officer_digest", LargeBinary, primary_key=True),
    Column("citizen_digest", LargeBinary, primary_key=True),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(
        "octet_length(officer_digest) = 32 and octet_length(citizen_digest) = 16", name="digests"
    ),
    Index("ix_lookup_citizen_ends_at", "ends_at"),
)
"""Whom an officer has looked up today; both digests are keyed and another officer's or day's are others."""

VERIFICATION_GUESS = Table(
    "verification_guess",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("subject_digest", LargeBinary, primary_key=True),
    Column("asked", Integer, nullable=False),
    CheckConstraint("octet_length(subject_digest) = 32", name="subject_digest"),
    CheckConstraint("asked >= 0", name="asked"),
)
"""How often an officer verified claims about a citizen on a day, both only as a digest of that day."""

FIRST_ENTRY = Table(
    "first_entry",
    METADATA,
    Column("lookup_id", Uuid, primary_key=True),
    Column("number_digest", LargeBinary, nullable=False),
    Column("name_and_birth_digest", LargeBinary, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(
        "octet_length(number_digest) = 32 and octet_length(name_and_birth_digest) = 32", name="digests"
    ),
    Index("ix_first_entry_ends_at", "ends_at"),
)
"""What was entered when nobody was found, for a day; keyed for each lookup apart, so that none look equal."""
