"""One-time codes and recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_second_factor_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_recovery_code_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", "code_digest", name=op.f("pk_recovery_code")),
    )
    op.execute("grant select, insert, update on second_factor to dancu_serving")
    op.execute("grant select, insert, update, delete on recovery_code to dancu_serving")
    # Only whether one is confirmed matters to the directory; a code used up does not.
    op.execute(
        "create trigger second_factor_directory_changed after insert or delete or update of confirmed_at"
        " on second_factor for each statement execute function directory_changed()"
    )
    # What was begun with another factor, or with none, ends: records say what each session was begun with.
    op.execute(
        "create trigger second_factor_ends_sessions after delete or update of confirmed_at"
        " on second_factor for each row execute function officer_credential_changed()"
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
