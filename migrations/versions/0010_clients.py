"""What client software is for, whom it serves, its credentials, and the assertions that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("kind", sa.Text(), server_default=sa.text("'service'"), nullable=False))
    op.add_column(
        "client", sa.Column("grants", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("client", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.add_column("client", sa.Column("procedures", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("client", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_client_unit_id"), "client", "unit", ["unit_id"], ["unit_id"])
    op.create_check_constraint(
        op.f("ck_client_grants"),
        "client",
        "kind = 'service' and grants <@ array['password', 'jwt_bearer']::text[]"
        " or kind = 'technical' and grants <@ array['client_credentials']::text[]",
    )
    op.create_check_constraint(
        op.f("ck_client_procedures"),
        "client",
        "procedures is null or kind = 'service' and cardinality(procedures) > 0",
    )
    _create_tables()
    op.execute(
        "insert into client_credential (credential_id, client_id, kind, digest, created_at)"
        " select gen_random_uuid(), client_id, 'secret', secret_digest, created_at from client"
    )
    op.execute("update client set grants = '{password}' where may_use_passwords")
    op.drop_column("client", "secret_digest")
    op.drop_column("client", "may_use_passwords")
    op.execute("grant select on client_credential to dancu_serving")
    # A used assertion is found by its key's conflict; nobody reads which ones there are.
    op.execute("grant insert, delete on used_assertion to dancu_serving")
    op.execute("grant select (expires_at) on used_assertion to dancu_serving")
    op.execute(
        "create trigger client_credential_directory_changed after insert or update or delete"
        " on client_credential for each statement execute function directory_changed()"
    )


def downgrade() -> None:
    """Go back to one secret per client: the newest. Who has none gets one that nobody knows."""
    op.add_column("client", sa.Column("secret_digest", sa.LargeBinary(), nullable=True))
    op.add_column(
        "client",
        sa.Column("may_use_passwords", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(
        "update client set may_use_passwords = 'password' = any (grants), secret_digest = coalesce("
        "(select c.digest from client_credential c where c.client_id = client.client_id and c.kind = 'secret'"
        " and c.ended_at is null and (c.expires_at is null or c.expires_at > clock_timestamp())"
        " order by c.created_at desc limit 1),"
        " sha256(gen_random_uuid()::text::bytea))"
    )
    op.alter_column("client", "secret_digest", nullable=False)
    op.create_check_constraint(op.f("ck_client_secret_digest"), "client", "octet_length(secret_digest) = 32")
    op.drop_table("used_assertion")
    op.drop_table("client_credential")
    op.drop_constraint("ck_client_grants", "client")
    op.drop_constraint("ck_client_procedures", "client")
    for column in ("kind", "grants", "unit_id", "procedures", "expires_at"):
        op.drop_column("client", column)


def _create_tables() -> None:
    op.create_table(
        "client_credential",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=True),
        sa.Column("public_jwk", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('secret', 'key', 'certificate')", name=op.f("ck_client_credential_kind")
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_client_credential_digest")),
        sa.CheckConstraint(
            "(kind = 'key') = (kid is not null) and (kind = 'key') = (public_jwk is not null)",
            name=op.f("ck_client_credential_key"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_client_credential_client_id")
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_client_credential")),
    )
    op.create_index(
        "uq_client_credential_digest",
        "client_credential",
        ["client_id", "kind", "digest"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "uq_client_credential_kid",
        "client_credential",
        ["client_id", "kid"],
        unique=True,
        postgresql_where=sa.text("ended_at is null and kid is not null"),
    )
    op.create_table(
        "used_assertion",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_used_assertion_digest")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_assertion")),
    )
    op.create_index("ix_used_assertion_expires_at", "used_assertion", ["expires_at"], unique=False)
