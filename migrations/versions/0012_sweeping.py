"""Let the serving role take away what sign-ins left behind long ago."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SWEPT = "sign_in_guard, refresh_token, session, password_history"


def upgrade() -> None:
    op.create_index("ix_refresh_token_expires_at", "refresh_token", ["expires_at"], unique=False)
    op.execute(f"grant delete on {_SWEPT} to dancu_serving")


def downgrade() -> None:
    op.execute(f"revoke delete on {_SWEPT} from dancu_serving")
    op.drop_index("ix_refresh_token_expires_at", table_name="refresh_token")
