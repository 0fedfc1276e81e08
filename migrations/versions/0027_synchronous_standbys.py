"""How many synchronous standbys stream, for roles that may not see who replicates."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # pg_stat_replication shows its columns only to members of pg_read_all_stats. The owner of the database is
    # made one by the superuser, where standbys are wanted; the roles that write learn a number and no more.
    op.execute(
        """
        create function audit_synchronous_standbys() returns integer language sql stable security definer
        set search_path = pg_catalog as $$
            select case when pg_has_role(current_user, 'pg_read_all_stats', 'usage') then (
                select count(*)::integer from pg_stat_replication
                where state = 'streaming' and sync_state in ('sync', 'quorum')
            ) end
        $$
        """
    )
    op.execute("revoke execute on function audit_synchronous_standbys() from public")
    op.execute("grant execute on function audit_synchronous_standbys() to dancu_serving, dancu_sequencing")


def downgrade() -> None:
    op.execute("drop function audit_synchronous_standbys()")
