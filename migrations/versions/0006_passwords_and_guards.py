"""Passwords that end, and guards against guessing them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("officer", sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "officer",
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("officer", sa.Column("first_password_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "officer", sa.Column("session_epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "password_history",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_password_history_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", "changed_at", name=op.f("pk_password_history")),
    )
    op.create_table(
        "sign_in_guard",
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lock_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0 and lock_count >= 0", name=op.f("ck_sign_in_guard_counts")),
        sa.CheckConstraint("octet_length(subject_digest) = 32", name=op.f("ck_sign_in_guard_subject_digest")),
        sa.PrimaryKeyConstraint("subject_digest", name=op.f("pk_sign_in_guard")),
    )
    # Who has a password already is taken to have chosen it now: nobody is locked out by this change.
    op.execute("update officer set password_changed_at = clock_timestamp() where password_hash is not null")
    op.execute(
        "grant update (password_hash, password_changed_at, must_change_password, first_password_until,"
        " session_epoch) on officer to dancu_serving"
    )
    op.execute("grant select, insert on password_history to dancu_serving")
    op.execute("grant select, insert, update on sign_in_guard to dancu_serving")
    _end_sessions_by_trigger()


def _end_sessions_by_trigger() -> None:
    """Let a changed role, status, password or posting end sessions, whoever changes it, by hand too."""
    op.execute(
        """
        create function officer_changed() returns trigger language plpgsql as $$
        begin
            new.session_epoch := old.session_epoch + 1;
            return new;
        end $$
        """
    )
    # A hash raised to today's parameters is the same password: only its date tells a new one.
    op.execute(
        """
        create trigger officer_ends_sessions before update of role, status, password_changed_at on officer
        for each row when (
            (old.role, old.status, old.password_changed_at)
            is distinct from (new.role, new.status, new.password_changed_at)
        ) execute function officer_changed()
        """
    )
    op.execute(
        """
        create function officer_credential_changed() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        begin
            update public.officer set session_epoch = session_epoch + 1
            where officer_id in (old.officer_id, new.officer_id);
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function officer_credential_changed() from public")
    op.execute(
        "create trigger posting_ends_sessions after insert or update or delete on officer_posting"
        " for each row execute function officer_credential_changed()"
    )


def downgrade() -> None:
    op.execute("drop trigger posting_ends_sessions on officer_posting")
    op.execute("drop trigger officer_ends_sessions on officer")
    op.execute("drop function officer_credential_changed()")
    op.execute("drop function officer_changed()")
    op.execute("revoke update (password_hash) on officer from dancu_serving")
    op.drop_table("sign_in_guard")
    op.drop_table("password_history")
    for column in (
        "session_epoch",
        "first_password_until",
        "must_change_password",
        "password_changed_at",
    ):
        op.drop_column("officer", column)
