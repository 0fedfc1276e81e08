"""Keys that sign access tokens, wrapped under the root key."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verifies_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("kid ~ '^[0-9a-f]{16}$'", name=op.f("ck_token_key_kid")),
        sa.CheckConstraint("octet_length(wrapped_key) = 60", name=op.f("ck_token_key_wrapped_key")),
        sa.CheckConstraint("verifies_until > signs_from", name=op.f("ck_token_key_times")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_token_key")),
    )
    op.execute("grant select on token_key to dancu_serving")
    op.execute(
        "create trigger token_key_directory_changed after insert or update or delete on token_key"
        " for each statement execute function directory_changed()"
    )


def downgrade() -> None:
    op.drop_table("token_key")
