"""Persons behind accounts, what two administrators do together, and word of it to the officer."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_persons()
    _add_version()
    _add_approvals()
    _add_resets()
    _add_notices()
    op.create_table(
        "bootstrap",
        sa.Column("only_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("only_row = 1", name=op.f("ck_bootstrap_only_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_bootstrap")),
    )
    op.execute("grant update (role, status, person_code) on officer to dancu_serving")
    op.execute("grant delete on second_factor to dancu_serving")


def _add_persons() -> None:
    op.add_column("officer", sa.Column("person_code", sa.Text(), nullable=True))
    # Nobody knows whose the present accounts are: each is taken for a person of its own, under its own id
    # without hyphens, until the operator says who it is ("dancu officers person").
    op.execute(
        "update officer set person_code = upper(replace(officer_id::text, '-', ''))"
        " where role not in ('reception', 'processing')"
    )
    op.create_check_constraint(
        op.f("ck_officer_person_code"), "officer", "person_code ~ '^[A-Z0-9./-]{1,32}$'"
    )
    op.create_check_constraint(
        op.f("ck_officer_person_code_needed"),
        "officer",
        "person_code is not null or role in ('reception', 'processing')",
    )
    op.create_index(
        "uq_officer_person_single",
        "officer",
        ["person_code"],
        unique=True,
        postgresql_where=sa.text("status = 'active' and role <> 'unit_administrator'"),
    )
    op.create_index(
        "uq_officer_person_privileged",
        "officer",
        ["person_code"],
        unique=True,
        postgresql_where=sa.text("status = 'active' and role not in ('reception', 'processing')"),
    )


def _add_version() -> None:
    op.add_column(
        "officer", sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.execute(
        """
        create function officer_versioned() returns trigger language plpgsql as $$
        begin
            new.version := old.version + 1;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger officer_versioned before update on officer"
        " for each row execute function officer_versioned()"
    )


def _add_approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("person_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "action in ('unlock', 'reset_second_factor', 'appoint')", name=op.f("ck_approval_action")
        ),
        sa.CheckConstraint("(action = 'appoint') = (role is not null)", name=op.f("ck_approval_role")),
        sa.CheckConstraint("length(reason) between 1 and 200", name=op.f("ck_approval_reason")),
        sa.CheckConstraint(
            "(requested_by is null) <> (operator is null)", name=op.f("ck_approval_requester")
        ),
        sa.CheckConstraint("state in ('open', 'approved', 'refused')", name=op.f("ck_approval_state")),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by is null) and (decided_by is null) = (decided_at is null)",
            name=op.f("ck_approval_decision"),
        ),
        sa.CheckConstraint(
            "requested_by <> officer_id and decided_by <> officer_id and decided_by <> requested_by",
            name=op.f("ck_approval_persons"),
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["officer.officer_id"], name=op.f("fk_approval_decided_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.officer_id"], name=op.f("fk_approval_officer_id")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["officer.officer_id"], name=op.f("fk_approval_requested_by")
        ),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approval")),
    )
    op.create_index(
        "ix_approval_open", "approval", ["expires_at"], postgresql_where=sa.text("state = 'open'")
    )
    op.execute("grant select, insert, update (state, decided_by, decided_at) on approval to dancu_serving")


def _add_resets() -> None:
    op.create_table(
        "second_factor_reset",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "close_reason in ('applied', 'cancelled')", name=op.f("ck_second_factor_reset_close_reason")
        ),
        sa.CheckConstraint(
            "(closed_at is null) = (close_reason is null)", name=op.f("ck_second_factor_reset_close")
        ),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.approval_id"], name=op.f("fk_second_factor_reset_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_second_factor_reset_officer_id")
        ),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_second_factor_reset")),
    )
    op.create_index(
        "uq_second_factor_reset_pending",
        "second_factor_reset",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.execute(
        "grant select, insert, update (closed_at, close_reason) on second_factor_reset to dancu_serving"
    )


def _add_notices() -> None:
    op.create_table(
        "account_notice",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_account_notice_officer_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_account_notice")),
    )
    op.create_index(
        "ix_account_notice_unread",
        "account_notice",
        ["officer_id"],
        postgresql_where=sa.text("acknowledged_at is null"),
    )
    op.execute("grant select, insert, update (acknowledged_at) on account_notice to dancu_serving")


def downgrade() -> None:
    op.execute("revoke delete on second_factor from dancu_serving")
    op.execute("revoke update (role, status) on officer from dancu_serving")
    for table in ("bootstrap", "account_notice", "second_factor_reset", "approval"):
        op.drop_table(table)
    op.execute("drop trigger officer_versioned on officer")
    op.execute("drop function officer_versioned()")
    op.drop_index("uq_officer_person_privileged", "officer")
    op.drop_index("uq_officer_person_single", "officer")
    op.drop_constraint(op.f("ck_officer_person_code_needed"), "officer")
    op.drop_constraint(op.f("ck_officer_person_code"), "officer")
    op.drop_column("officer", "version")
    op.drop_column("officer", "person_code")
