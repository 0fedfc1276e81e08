"""The writers' signatures over their batches, and the keys they sign with."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_batch",
        sa.Column("newest_record_id", sa.Uuid(), nullable=False),
        sa.Column("writer_id", sa.Uuid(), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("chain_head", sa.LargeBinary(), nullable=False),
        sa.Column("writer_key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "first_sequence between 1 and last_sequence", name=op.f("ck_audit_batch_sequences")
        ),
        sa.CheckConstraint("octet_length(chain_head) = 32", name=op.f("ck_audit_batch_chain_head")),
        sa.CheckConstraint("octet_length(signature) = 64", name=op.f("ck_audit_batch_signature")),
        sa.PrimaryKeyConstraint("newest_record_id", name=op.f("pk_audit_batch")),
    )
    op.create_index("ix_audit_batch_writer", "audit_batch", ["writer_id", "first_sequence"], unique=False)
    op.create_table(
        "audit_writer_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(retired_at is null) = (private_key is not null)", name=op.f("ck_audit_writer_key_private_key")
        ),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("ck_audit_writer_key_public_key")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_audit_writer_key")),
    )
    op.create_index(
        "uq_audit_writer_key_current",
        "audit_writer_key",
        [sa.literal_column("(retired_at is null)")],
        unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )
    op.execute(
        "create trigger audit_batch_append_only before update or delete or truncate on audit_batch"
        " for each statement execute function audit_is_append_only()"
    )
    op.execute("alter table audit_batch enable always trigger audit_batch_append_only")
    op.execute("grant insert on audit_batch to dancu_serving")
    op.execute("grant select on audit_writer_key to dancu_serving")
    op.execute("grant select on audit_batch to dancu_auditing")
    # Whoever reads the audit must not be able to sign as a writer.
    op.execute(
        "grant select (key_id, public_key, created_at, retired_at) on audit_writer_key to dancu_auditing"
    )


def downgrade() -> None:
    op.drop_table("audit_writer_key")
    op.drop_table("audit_batch")
