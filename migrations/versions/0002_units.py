"""Agencies with dated names, codes and parents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit")),
    )
    op.create_table(
        "unit_version",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("legacy_agency_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "agency_code ~ '^([A-Y][0-9]{2}|Z[0-9]{2})([.][0-9A-Z]+)*$'",
            name=op.f("ck_unit_version_agency_code"),
        ),
        sa.CheckConstraint(
            "kind in ('department', 'commune', 'former_district', 'vertical_central', 'party', 'front', 'public_service')",
            name=op.f("ck_unit_version_kind"),
        ),
        sa.CheckConstraint(
            "level in ('province', 'district', 'commune')", name=op.f("ck_unit_version_level")
        ),
        sa.CheckConstraint("parent_id is null or parent_id <> unit_id", name=op.f("ck_unit_version_parent")),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_unit_version_dates")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.unit_id"], name=op.f("fk_unit_version_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_version_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "valid_from", name=op.f("pk_unit_version")),
    )
    op.create_index(
        "uq_unit_version_code",
        "unit_version",
        ["agency_code"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_index(
        "uq_unit_version_current",
        "unit_version",
        ["unit_id"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "unit_served_agency",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_served_agency_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "agency_code", name=op.f("pk_unit_served_agency")),
    )
    for table in ("unit", "unit_version", "unit_served_agency"):
        op.execute(f"grant select on {table} to dancu_serving, dancu_auditing")
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete on {table}"
            " for each statement execute function directory_changed()"
        )


def downgrade() -> None:
    op.drop_table("unit_served_agency")
    op.drop_table("unit_version")
    op.drop_table("unit")
