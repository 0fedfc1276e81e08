"""Functions of the owner find no table, view or type of their caller's before those that are meant."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_FUNCTIONS = {
    "directory_changed": "pg_catalog, public",
    "officer_credential_changed": "pg_catalog, public",
    "session_ended": "pg_catalog, public",
    "lookup_waits_for_dossier": "pg_catalog, public",
    "catalogue_changed": "pg_catalog, public",
    "audit_synchronous_standbys": "pg_catalog",
}
"""Those whose search path did not say where temporary names stand: then they stand first."""


def upgrade() -> None:
    # Everybody may make temporary views and types. A view in the place of pg_stat_replication, or a domain
    # called text, had its functions run as the owner.
    for function, path in _FUNCTIONS.items():
        op.execute(f"alter function {function}() set search_path = {path}, pg_temp")


def downgrade() -> None:
    for function, path in _FUNCTIONS.items():
        op.execute(f"alter function {function}() set search_path = {path}")
