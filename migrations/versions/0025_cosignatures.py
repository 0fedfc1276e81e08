"""Witnesses' cosignatures of checkpoints, and since when the evidence stands under enough of them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_cosignature",
        sa.Column("tree_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness_name", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tree_size >= 0", name=op.f("ck_audit_cosignature_tree_size")),
        sa.PrimaryKeyConstraint("tree_size", "witness_name", name=op.f("pk_audit_cosignature")),
    )
    op.execute(
        "create trigger audit_cosignature_append_only before update or delete or truncate on audit_cosignature"
        " for each statement execute function audit_is_append_only()"
    )
    op.execute("alter table audit_cosignature enable always trigger audit_cosignature_append_only")
    op.execute("grant select, insert on audit_cosignature to dancu_sequencing")
    op.execute("grant select on audit_cosignature to dancu_serving, dancu_auditing")
    op.add_column("audit_sequencing", sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("grant update (anchored_at) on audit_sequencing to dancu_sequencing")


def downgrade() -> None:
    op.drop_column("audit_sequencing", "anchored_at")
    op.drop_table("audit_cosignature")
