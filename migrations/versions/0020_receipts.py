"""Receipts, the certificates that sign them, and what was asked of citizens after a lookup."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_certificate",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("fingerprint ~ '^[0-9a-f]{64}$'", name=op.f("ck_signing_certificate_fingerprint")),
        sa.CheckConstraint("octet_length(wrapped_key) = 60", name=op.f("ck_signing_certificate_wrapped_key")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_signing_certificate")),
    )
    op.create_index(
        "uq_signing_certificate_signing",
        "signing_certificate",
        [sa.text("(wrapped_key is not null)")],
        unique=True,
        postgresql_where=sa.text("wrapped_key is not null"),
    )
    op.create_table(
        "receipt",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(id_digest) = 32 and octet_length(content_digest) = 32",
            name=op.f("ck_receipt_digests"),
        ),
        sa.CheckConstraint("kind in ('confirmation', 'refusal')", name=op.f("ck_receipt_kind")),
        sa.PrimaryKeyConstraint("id_digest", name=op.f("pk_receipt")),
    )
    op.create_table(
        "paper_follow_up",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=True),
        sa.Column("dossier_code", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("may_ask", sa.Boolean(), nullable=False),
        sa.Column("paper_asked", sa.Boolean(), nullable=False),
        sa.Column("which", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "paper_asked = (which is not null) and paper_asked = (why is not null)",
            name=op.f("ck_paper_follow_up_paper_asked"),
        ),
        sa.PrimaryKeyConstraint("lookup_id", name=op.f("pk_paper_follow_up")),
    )
    op.create_index(
        "ix_paper_follow_up_asked",
        "paper_follow_up",
        [sa.literal_column("recorded_at desc"), sa.literal_column("lookup_id desc")],
        unique=False,
        postgresql_where=sa.text("paper_asked"),
    )
    # The paper ruling stands in the leaf, which the serving role never reads: this tells that one bit of it.
    op.execute(
        """
        create function lookup_opens_paper(asked uuid) returns boolean
        language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
            select convert_from(leaf, 'UTF8')::jsonb ->> 'paper_may_ask' = '1'
            from public.audit_record where lookup_id = asked and kind = 'lookup.outcome'
        $$
        """
    )
    op.execute("revoke execute on function lookup_opens_paper(uuid) from public")
    op.execute("grant execute on function lookup_opens_paper(uuid) to dancu_serving")
    op.execute("grant select (unit_id) on audit_record to dancu_serving")
    op.execute("grant select on signing_certificate to dancu_serving")
    op.execute("grant select, insert on receipt to dancu_serving")
    op.execute("grant select, insert on paper_follow_up to dancu_serving")
    op.execute("grant update (paper_asked, which, why, recorded_at) on paper_follow_up to dancu_serving")
    op.execute(
        "create trigger signing_certificate_directory_changed after insert or update or delete"
        " on signing_certificate for each statement execute function directory_changed()"
    )


def downgrade() -> None:
    op.execute("revoke select (unit_id) on audit_record from dancu_serving")
    op.execute("drop function lookup_opens_paper(uuid)")
    op.drop_table("paper_follow_up")
    op.drop_table("receipt")
    op.drop_table("signing_certificate")
