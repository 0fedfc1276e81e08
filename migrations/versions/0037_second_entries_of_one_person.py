"""What was entered when nobody was found, as digests for a day: a second entry must be about that person."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_entry",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("number_digest", sa.LargeBinary(), nullable=False),
        sa.Column("name_and_birth_digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(number_digest) = 32 and octet_length(name_and_birth_digest) = 32",
            name=op.f("ck_first_entry_digests"),
        ),
        sa.PrimaryKeyConstraint("lookup_id", name=op.f("pk_first_entry")),
    )
    op.create_index("ix_first_entry_ends_at", "first_entry", ["ends_at"], unique=False)
    op.execute("grant select, insert, delete on first_entry to dancu_serving")


def downgrade() -> None:
    op.drop_table("first_entry")
