"""Officers, their postings, client software and the daily notice."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("login_name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("upstream_officer_code", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "login_name = lower(login_name) and login_name ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'",
            name=op.f("ck_officer_login_name"),
        ),
        sa.CheckConstraint(
            "role in ('reception', 'processing', 'unit_administrator', 'department_administrator', 'auditor')",
            name=op.f("ck_officer_role"),
        ),
        sa.CheckConstraint("status in ('active', 'suspended')", name=op.f("ck_officer_status")),
        sa.CheckConstraint(
            "length(upstream_officer_code) between 1 and 20", name=op.f("ck_officer_upstream_officer_code")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer")),
        sa.UniqueConstraint("login_name", name=op.f("uq_officer_login_name")),
    )
    op.create_index(
        "uq_officer_upstream_officer_code",
        "officer",
        ["upstream_officer_code"],
        unique=True,
        postgresql_where=sa.text("upstream_officer_code is not null"),
    )
    op.create_table(
        "officer_posting",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_officer_posting_dates")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_officer_posting_officer_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_officer_posting_unit_id")),
        sa.PrimaryKeyConstraint("officer_id", "valid_from", name=op.f("pk_officer_posting")),
    )
    op.create_index(
        "uq_officer_posting_current",
        "officer_posting",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "client",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("may_use_passwords", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("networks", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("client_id ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name=op.f("ck_client_client_id")),
        sa.CheckConstraint("status in ('active', 'suspended')", name=op.f("ck_client_status")),
        sa.CheckConstraint("cardinality(networks) > 0", name=op.f("ck_client_networks")),
        sa.CheckConstraint("octet_length(secret_digest) = 32", name=op.f("ck_client_secret_digest")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client")),
    )
    op.create_table(
        "notice_acceptance",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_notice_acceptance_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", "day", name=op.f("pk_notice_acceptance")),
    )
    op.execute("grant select, insert on notice_acceptance to dancu_serving")
    # Auditing names people; it has no use for what they sign in with.
    op.execute("grant select (officer_id, login_name, full_name, role, status) on officer to dancu_auditing")
    op.execute("grant select (client_id, name, status) on client to dancu_auditing")
    op.execute("grant select on officer_posting to dancu_auditing")
    for table in ("officer", "officer_posting", "client"):
        op.execute(f"grant select on {table} to dancu_serving")
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete on {table}"
            " for each statement execute function directory_changed()"
        )


def downgrade() -> None:
    op.drop_table("notice_acceptance")
    op.drop_table("client")
    op.drop_table("officer_posting")
    op.drop_table("officer")
