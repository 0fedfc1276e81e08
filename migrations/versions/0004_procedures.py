"""The procedure catalogue and which unit handles what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procedure",
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=True),
        sa.Column("is_decree_104", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "roles <@ array['reception', 'processing']::text[] and cardinality(roles) > 0",
            name=op.f("ck_procedure_roles"),
        ),
        sa.CheckConstraint("length(service_code) between 1 and 20", name=op.f("ck_procedure_service_code")),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_procedure_dates")),
        sa.PrimaryKeyConstraint("procedure_code", name=op.f("pk_procedure")),
    )
    op.create_table(
        "procedure_field",
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["procedure_code"], ["procedure.procedure_code"], name=op.f("fk_procedure_field_procedure_code")
        ),
        sa.PrimaryKeyConstraint("procedure_code", "field", name=op.f("pk_procedure_field")),
    )
    op.create_table(
        "permission_grant",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_permission_grant_dates")
        ),
        sa.ForeignKeyConstraint(
            ["procedure_code"], ["procedure.procedure_code"], name=op.f("fk_permission_grant_procedure_code")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_permission_grant_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "procedure_code", "valid_from", name=op.f("pk_permission_grant")),
    )
    op.create_index(
        "uq_permission_grant_current",
        "permission_grant",
        ["unit_id", "procedure_code"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    for table in ("procedure", "procedure_field", "permission_grant"):
        op.execute(f"grant select on {table} to dancu_serving, dancu_auditing")
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete on {table}"
            " for each statement execute function directory_changed()"
        )


def downgrade() -> None:
    op.drop_table("permission_grant")
    op.drop_table("procedure_field")
    op.drop_table("procedure")
