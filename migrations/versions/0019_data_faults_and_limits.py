"""Reports of faulty national records, and what limits count."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_CHANGED = "status, result, version, sent_at, answered_at, closed_at"


def upgrade() -> None:
    _add_data_fault()
    _add_counts()
    op.execute(f"grant select, insert, update ({_CHANGED}) on data_fault to dancu_serving")
    op.execute("grant select, insert, update (count), delete on lookup_usage to dancu_serving")
    op.execute("grant select, insert, delete on lookup_citizen to dancu_serving")


def _add_data_fault() -> None:
    op.create_table(
        "data_fault",
        sa.Column("fault_id", sa.Uuid(), nullable=False),
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("fault_class", sa.Text(), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "fault_class in ('duplicate_person', 'household_head', 'missing_fields', 'missing_old_id_number', 'id_number_reissued')",
            name=op.f("ck_data_fault_fault_class"),
        ),
        sa.CheckConstraint(
            "cardinality(fields) <= 30 and array_to_string(fields, ' ', '0') ~ '^[a-z_ ]*$'",
            name=op.f("ck_data_fault_fields"),
        ),
        sa.CheckConstraint(
            "case status when 'new' then num_nonnulls(sent_at, answered_at, closed_at) = 0"
            " when 'sent' then sent_at is not null and num_nonnulls(answered_at, closed_at) = 0"
            " when 'answered' then num_nulls(sent_at, answered_at) = 0 and closed_at is null"
            " when 'closed' then closed_at is not null else false end",
            name=op.f("ck_data_fault_status"),
        ),
        sa.CheckConstraint(
            "result in ('corrected', 'no_fault', 'citizen_needed')", name=op.f("ck_data_fault_result")
        ),
        sa.CheckConstraint("(result is null) = (answered_at is null)", name=op.f("ck_data_fault_answer")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_data_fault_officer_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_data_fault_unit_id")),
        sa.PrimaryKeyConstraint("fault_id", name=op.f("pk_data_fault")),
        sa.UniqueConstraint("lookup_id", "fault_class", name="uq_data_fault_lookup"),
    )
    for name in ("unit", "officer"):
        columns = [f"{name}_id", sa.literal_column("fault_id desc")]
        op.create_index(f"ix_data_fault_{name}", "data_fault", columns, unique=False)


def _add_counts() -> None:
    op.create_table(
        "lookup_usage",
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(subject_digest) = 32", name=op.f("ck_lookup_usage_subject_digest")),
        sa.CheckConstraint("count > 0", name=op.f("ck_lookup_usage_count")),
        sa.PrimaryKeyConstraint("subject_digest", name=op.f("pk_lookup_usage")),
    )
    op.create_table(
        "lookup_citizen",
        sa.Column("officer_digest", sa.LargeBinary(), nullable=False),
        sa.Column("citizen_digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(officer_digest) = 32 and octet_length(citizen_digest) = 16",
            name=op.f("ck_lookup_citizen_digests"),
        ),
        sa.PrimaryKeyConstraint("officer_digest", "citizen_digest", name=op.f("pk_lookup_citizen")),
    )
    for table in ("lookup_usage", "lookup_citizen"):
        op.create_index(f"ix_{table}_ends_at", table, ["ends_at"], unique=False)


def downgrade() -> None:
    for table in ("lookup_citizen", "lookup_usage", "data_fault"):
        op.drop_table(table)
