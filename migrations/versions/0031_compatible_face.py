"""What old one-stop software proves itself with, and the keys by which it names its officers."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_TABLES = ("compatible_credential", "lookup_key")
_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_credentials()
    _create_keys()
    for table in _TABLES:
        op.execute(f"grant select, insert, update (ended_at) on {table} to dancu_serving")
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete"
            f" on {table} for each statement execute function directory_changed()"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _create_credentials() -> None:
    op.create_table(
        "compatible_credential",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_secret", sa.LargeBinary(), nullable=True),
        sa.Column("signed_addresses", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=True),
        sa.Column("no_dossier_reason", sa.Text(), nullable=True),
        sa.Column("repeats_request_ids", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=True),
        sa.Column("ended_at", _WHEN, nullable=True),
        sa.CheckConstraint("profile in ('lgsp', 'vdxp')", name=op.f("ck_compatible_credential_profile")),
        sa.CheckConstraint(
            "name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'", name=op.f("ck_compatible_credential_name")
        ),
        sa.CheckConstraint(
            "(profile = 'lgsp') = (digest is not null) and (profile = 'vdxp') = (wrapped_secret is not null)",
            name=op.f("ck_compatible_credential_secret"),
        ),
        sa.CheckConstraint(
            "digest is null or octet_length(digest) = 32", name=op.f("ck_compatible_credential_digest")
        ),
        sa.CheckConstraint(
            "no_dossier_reason in ('guidance_before_receipt', 'one_stop_software_down', 'completing_papers')",
            name=op.f("ck_compatible_credential_no_dossier_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_compatible_credential_client_id")
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_compatible_credential")),
    )
    op.create_index(
        "uq_compatible_credential_name",
        "compatible_credential",
        ["name"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )


def _create_keys() -> None:
    op.create_table(
        "lookup_key",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("ended_at", _WHEN, nullable=True),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_lookup_key_digest")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_lookup_key_expires_at")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_lookup_key_officer_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_lookup_key_unit_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.client_id"], name=op.f("fk_lookup_key_client_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_lookup_key")),
    )
    op.create_index("uq_lookup_key_name", "lookup_key", ["name"], unique=True)
    op.create_index("ix_lookup_key_officer_id", "lookup_key", ["officer_id"], unique=False)
