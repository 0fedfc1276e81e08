"""The tree over the records, its checkpoints, and the role that takes records into it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ADDED_ONLY = ("audit_leaf", "audit_subtree", "audit_checkpoint")


def upgrade() -> None:
    # Roles belong to the whole server: another database of it, or its operator, may have made it.
    op.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'dancu_sequencing')"
        " then create role dancu_sequencing nologin; end if;"
        " exception when duplicate_object then null; end $$"
    )
    op.execute("grant usage on schema public to dancu_sequencing")
    _create_tree()
    _create_progress()
    for table in _ADDED_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function audit_is_append_only()"
        )
        op.execute(f"alter table {table} enable always trigger {table}_append_only")
    # A place in a chain and a hash: what a record says is none of the sequencer's business.
    op.execute(
        "grant select (record_id, writer_id, writer_sequence, leaf_hash) on audit_record to dancu_sequencing"
    )
    op.execute("grant select, insert on audit_leaf, audit_subtree, audit_checkpoint to dancu_sequencing")
    op.execute("grant select, insert, update on audit_chain to dancu_sequencing")
    op.execute("grant select, insert, delete on audit_gap to dancu_sequencing")
    op.execute("grant select, update (looked_at, covered_at) on audit_sequencing to dancu_sequencing")
    op.execute(
        "grant select on audit_leaf, audit_subtree, audit_checkpoint, audit_sequencing"
        " to dancu_serving, dancu_auditing"
    )
    op.execute("grant select on audit_chain, audit_gap to dancu_auditing")


def _create_tree() -> None:
    op.create_table(
        "audit_leaf",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("leaf_index >= 0", name=op.f("ck_audit_leaf_leaf_index")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_audit_leaf_leaf_hash")),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("record_id", name="uq_audit_leaf_record"),
    )
    op.create_table(
        "audit_subtree",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level between 1 and 7", name=op.f("ck_audit_subtree_level")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_audit_subtree_position")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_audit_subtree_hash")),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_audit_subtree")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("tree_size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tree_size >= 0", name=op.f("ck_audit_checkpoint_tree_size")),
        sa.CheckConstraint("octet_length(root_hash) = 32", name=op.f("ck_audit_checkpoint_root_hash")),
        sa.PrimaryKeyConstraint("tree_size", name=op.f("pk_audit_checkpoint")),
    )


def _create_progress() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("writer_id", sa.Uuid(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("advanced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("last_sequence > 0", name=op.f("ck_audit_chain_last_sequence")),
        sa.PrimaryKeyConstraint("writer_id", name=op.f("pk_audit_chain")),
    )
    op.create_table(
        "audit_gap",
        sa.Column("writer_id", sa.Uuid(), nullable=False),
        sa.Column("first_sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_sequence between 1 and last_sequence", name=op.f("ck_audit_gap_sequences")),
        sa.PrimaryKeyConstraint("writer_id", "first_sequence", name=op.f("pk_audit_gap")),
    )
    op.create_table(
        "audit_sequencing",
        sa.Column("only_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("covered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("only_row = 1", name=op.f("ck_audit_sequencing_only_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_audit_sequencing")),
    )
    op.execute("insert into audit_sequencing (only_row) values (1)")


def downgrade() -> None:
    for table in (
        "audit_sequencing",
        "audit_gap",
        "audit_chain",
        "audit_checkpoint",
        "audit_subtree",
        "audit_leaf",
    ):
        op.drop_table(table)
    op.execute(
        "revoke select (record_id, writer_id, writer_sequence, leaf_hash) on audit_record from dancu_sequencing"
    )
    op.execute("revoke usage on schema public from dancu_sequencing")
    # The role stays: other databases of the server may use it.
