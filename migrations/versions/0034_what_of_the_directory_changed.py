"""Say what of the directory changed, so that a gateway reads one officer again and not fifty thousand."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_ONCE = " where xmin <> pg_current_xact_id()::xid"
_STATEMENT = {
    "directory_changed": f"version = version + 1{_ONCE}",
    "catalogue_changed": "version = version + 1, catalogue = catalogue + 1",
}
_ROWS = {
    "officer": ("officer", "officer_id", "insert or update or delete"),
    "officer_posting": ("officer", "officer_id", "insert or update or delete"),
    "second_factor": ("officer", "officer_id", "insert or delete or update of confirmed_at"),
    "permission_grant": ("unit_grants", "unit_id", "insert or update or delete"),
}
"""Tables too large to be read anew: what is marked, the column that says which, and when."""
_MARK = """
            insert into public.directory_change (kind, changed_id, version)
            select {what} from public.directory_version{whose}
            on conflict (kind, changed_id) do update set version = excluded.version
            where directory_change.version <> excluded.version;"""
_WHOLE = "tg_table_name, '00000000-0000-0000-0000-000000000000'::uuid, version"


def upgrade() -> None:
    op.create_table(
        "directory_change",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("changed_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "changed_id", name=op.f("pk_directory_change")),
    )
    op.create_index("ix_directory_change_version", "directory_change", ["version"])
    op.execute("grant select on directory_change to dancu_serving")
    for function in _STATEMENT:
        _count_up(function, _MARK.format(what=_WHOLE, whose=""))
    _mark_rows()


def _mark_rows() -> None:
    # The version is raised first, and by that one row held until the transaction ends: whoever reads a
    # version sees every mark up to it.
    mark = _MARK.format(
        what="tg_argv[0], changed::uuid, version",
        whose=", unnest(array[after, case when before is distinct from after then before end]) as changed"
        " where changed is not null",
    )
    op.execute(
        f"""
        create function directory_row_changed() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp as $$
        declare
            before text := to_jsonb(old) ->> tg_argv[1];
            after text := to_jsonb(new) ->> tg_argv[1];
        begin
            update public.directory_version set version = version + 1{_ONCE};{mark}
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function directory_row_changed() from public")
    for table, (kind, column, events) in _ROWS.items():
        op.execute(
            f"create trigger {table}_row_changed after {events} on {table}"
            f" for each row execute function directory_row_changed('{kind}', '{column}')"
        )


def downgrade() -> None:
    for table in _ROWS:
        op.execute(f"drop trigger {table}_row_changed on {table}")
    op.execute("drop function directory_row_changed()")
    for function in _STATEMENT:
        _count_up(function, "")
    op.drop_table("directory_change")


def _count_up(function: str, mark: str) -> None:
    op.execute(
        f"""
        create or replace function {function}() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp as $$
        begin
            update public.directory_version set {_STATEMENT[function]};{mark}
            perform pg_notify('dancu_directory', '');
            return null;
        end $$
        """
    )
