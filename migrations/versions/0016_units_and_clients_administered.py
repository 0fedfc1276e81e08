"""Let the serving role change units, their grants and client software, for administrators."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_GRANTS = {
    "unit": "insert",
    # The whole of "update", not columns: without it nobody may lock the table against a second change.
    "unit_version": "insert, update",
    "unit_succession": "insert",
    "permission_grant": "insert, update (valid_to), delete",
    "client": "insert, update (status, grants, networks, procedures, expires_at)",
    "client_credential": "insert, update (expires_at, ended_at)",
}


def upgrade() -> None:
    for table, rights in _GRANTS.items():
        op.execute(f"grant {rights} on {table} to dancu_serving")


def downgrade() -> None:
    for table, rights in _GRANTS.items():
        op.execute(f"revoke {rights} on {table} from dancu_serving")
