"""Count verifications of one citizen by one officer on one day, under keyed digests."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification_guess",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.CheckConstraint("asked >= 0", name=op.f("ck_verification_guess_asked")),
        sa.CheckConstraint(
            "octet_length(subject_digest) = 32", name=op.f("ck_verification_guess_subject_digest")
        ),
        sa.PrimaryKeyConstraint("day", "subject_digest", name=op.f("pk_verification_guess")),
    )
    op.execute("grant select, insert, update (asked), delete on verification_guess to dancu_serving")


def downgrade() -> None:
    op.drop_table("verification_guess")
