"""The evidence, its search tags and its keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_record",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("writer_id", sa.Uuid(), nullable=False),
        sa.Column("writer_sequence", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("procedure_code", sa.Text(), nullable=True),
        sa.Column("dossier_code", sa.Text(), nullable=True),
        sa.Column("lookup_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("problem_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'lookup.outcome') = (outcome is not null) and (outcome is null or lookup_id is not null)",
            name=op.f("ck_audit_record_outcome"),
        ),
        sa.CheckConstraint("octet_length(leaf) between 2 and 32768", name=op.f("ck_audit_record_leaf")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_audit_record_leaf_hash")),
        sa.CheckConstraint("writer_sequence > 0", name=op.f("ck_audit_record_sequence")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_audit_record")),
        sa.UniqueConstraint("writer_id", "writer_sequence", name="uq_audit_record_writer"),
    )
    op.create_index(
        "ix_audit_record_dossier",
        "audit_record",
        ["dossier_code"],
        unique=False,
        postgresql_where=sa.text("dossier_code is not null"),
    )
    op.create_index(
        "ix_audit_record_key_records",
        "audit_record",
        ["writer_id"],
        unique=False,
        postgresql_where=sa.text("kind in ('writer.opened', 'writer.key')"),
    )
    op.create_index(
        "ix_audit_record_officer",
        "audit_record",
        ["officer_id", sa.literal_column("recorded_at desc"), sa.literal_column("record_id desc")],
        unique=False,
    )
    op.create_index(
        "uq_audit_record_one_outcome",
        "audit_record",
        ["lookup_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'lookup.outcome'"),
    )
    op.create_table(
        "audit_search_tag",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(tag) = 32", name=op.f("ck_audit_search_tag_tag")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_audit_search_tag")),
    )
    op.create_index(
        "ix_audit_search_tag_tag",
        "audit_search_tag",
        ["tag", sa.literal_column("recorded_at desc"), sa.literal_column("record_id desc")],
        unique=False,
    )
    op.create_table(
        "audit_open_intent",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lookup_id", name=op.f("pk_audit_open_intent")),
    )
    op.create_index("ix_audit_open_intent_opened_at", "audit_open_intent", ["opened_at"], unique=False)
    op.create_table(
        "audit_claim",
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "octet_length(key_digest) = 32 and octet_length(request_digest) = 32",
            name=op.f("ck_audit_claim_digests"),
        ),
        sa.PrimaryKeyConstraint("key_digest", name=op.f("pk_audit_claim")),
    )
    op.create_table(
        "audit_month_key",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("serving_index_key", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name=op.f("ck_audit_month_key_month")),
        sa.CheckConstraint("octet_length(public_key) = 32", name=op.f("ck_audit_month_key_public_key")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_audit_month_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_audit_month_key_key_id")),
    )
    op.create_table(
        "audit_month_secret",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("auditing_index_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["audit_month_key.key_id"], name=op.f("fk_audit_month_secret_key_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_audit_month_secret")),
    )
    op.execute(
        """
        create function audit_is_append_only() returns trigger language plpgsql as $$
        begin
            raise exception '% on % is refused: evidence is only ever added', tg_op, tg_table_name
                using errcode = 'insufficient_privilege';
        end $$
        """
    )
    for table in ("audit_record", "audit_search_tag", "audit_claim"):
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function audit_is_append_only()"
        )
        # ALWAYS: also when session_replication_role is set to replica.
        op.execute(f"alter table {table} enable always trigger {table}_append_only")
    op.execute(
        "grant insert on audit_record, audit_search_tag, audit_claim, audit_open_intent to dancu_serving"
    )
    op.execute("grant select, delete on audit_open_intent to dancu_serving")
    op.execute("grant select on audit_claim, audit_month_key to dancu_serving")
    # Enough to answer "what became of lookup X?"; never the leaf, never a tag.
    op.execute(
        "grant select (record_id, kind, recorded_at, officer_id, client_id, procedure_code, dossier_code,"
        " lookup_id, outcome, problem_code) on audit_record to dancu_serving"
    )
    op.execute(
        "grant select on audit_record, audit_search_tag, audit_open_intent, audit_month_key, audit_month_secret"
        " to dancu_auditing"
    )


def downgrade() -> None:
    op.drop_table("audit_month_secret")
    op.drop_table("audit_month_key")
    op.drop_table("audit_claim")
    op.drop_table("audit_open_intent")
    op.drop_table("audit_search_tag")
    op.drop_table("audit_record")
    op.execute("drop function audit_is_append_only()")
