"""Roles for serving and auditing, and the version of what is kept in memory."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for role in ("dancu_serving", "dancu_auditing"):
        # Roles belong to the whole server: another database of it, or its operator, may have made them.
        op.execute(
            f"do $$ begin if not exists (select from pg_roles where rolname = '{role}')"
            f" then create role {role} nologin; end if;"
            " exception when duplicate_object then null; end $$"
        )
    op.execute("revoke create on schema public from public")
    op.execute("grant usage on schema public to dancu_serving, dancu_auditing")
    op.create_table(
        "directory_version",
        sa.Column("only_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("only_row = 1", name=op.f("ck_directory_version_only_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_directory_version")),
    )
    op.execute("insert into directory_version (only_row, version) values (1, 1)")
    op.execute("grant select on directory_version to dancu_serving")
    op.execute("grant select on alembic_version to dancu_serving")  # for "dancu check"
    op.execute(
        """
        create function directory_changed() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        begin
            update public.directory_version set version = version + 1;
            perform pg_notify('dancu_directory', '');
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function directory_changed() from public")


def downgrade() -> None:
    op.execute("drop function directory_changed()")
    op.drop_table("directory_version")
    op.execute("revoke select on alembic_version from dancu_serving")
    op.execute("revoke usage on schema public from dancu_serving, dancu_auditing")
    # The roles stay: other databases of the server may use them.
