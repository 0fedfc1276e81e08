"""Let administrators register officers by list: inserting them, and what else a list may correct."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# No password, hash or epoch: who is registered by list gets a password by an activation code.
_NEW = (
    "officer_id, login_name, full_name, role, position, upstream_officer_code, person_code, status,"
    " status_changed_at, created_at, active_from, active_until"
)
_CORRECTED = "full_name, upstream_officer_code"


def upgrade() -> None:
    op.execute(f"grant insert ({_NEW}), update ({_CORRECTED}) on officer to dancu_serving")
    # Once a transaction is enough, and all that a list of 20,000 officers can afford: each new version of
    # that one row is found by passing all that the same transaction made before.
    _count_up(" where xmin <> pg_current_xact_id()::xid")


def downgrade() -> None:
    _count_up("")
    op.execute(f"revoke insert ({_NEW}), update ({_CORRECTED}) on officer from dancu_serving")


def _count_up(condition: str) -> None:
    op.execute(
        f"""
        create or replace function directory_changed() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        begin
            update public.directory_version set version = version + 1{condition};
            perform pg_notify('dancu_directory', '');
            return null;
        end $$
        """
    )
