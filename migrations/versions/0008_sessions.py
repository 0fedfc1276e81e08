"""Sessions, refresh tokens, and word of a session that ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("assurance", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at is null) = (end_reason is null)", name=op.f("ck_session_end")),
        sa.ForeignKeyConstraint(["client_id"], ["client.client_id"], name=op.f("fk_session_client_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.officer_id"], name=op.f("fk_session_officer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_session_unit_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_session")),
    )
    op.create_index(
        "ix_session_ended_at",
        "session",
        ["ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at is not null"),
    )
    op.create_index(
        "ix_session_officer", "session", ["officer_id", sa.literal_column("started_at desc")], unique=False
    )
    op.create_table(
        "refresh_token",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(token_digest) = 32", name=op.f("ck_refresh_token_token_digest")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.session_id"], name=op.f("fk_refresh_token_session_id")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_refresh_token")),
    )
    op.create_index("ix_refresh_token_session", "refresh_token", ["session_id"], unique=False)
    op.create_table(
        "session_version",
        sa.Column("only_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("only_row = 1", name=op.f("ck_session_version_only_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_session_version")),
    )
    op.execute("insert into session_version (only_row, version) values (1, 1)")
    op.execute(
        """
        create function session_ended() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        begin
            update public.session_version set version = version + 1;
            perform pg_notify('dancu_sessions', '');
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function session_ended() from public")
    op.execute(
        "create trigger session_ended after update of ended_at on session"
        " for each statement execute function session_ended()"
    )
    op.execute("grant select, insert, update on session, refresh_token to dancu_serving")
    op.execute("grant select on session_version to dancu_serving")
    op.execute("grant select on session to dancu_auditing")


def downgrade() -> None:
    op.drop_table("refresh_token")
    op.drop_table("session")
    op.drop_table("session_version")
    op.execute("drop function session_ended()")
