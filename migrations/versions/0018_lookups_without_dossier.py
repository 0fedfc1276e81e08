"""Lookups made before there is a dossier wait until one is linked."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLE = "lookup_without_dossier"
_OPEN = sa.text("linked_at is null")


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dossier_code", sa.Text(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(dossier_code is null) = (linked_at is null) and (linked_at is null) = (linked_by is null)",
            name=op.f("ck_lookup_without_dossier_link"),
        ),
        sa.PrimaryKeyConstraint("lookup_id", name=op.f("pk_lookup_without_dossier")),
    )
    op.create_index(f"ix_{_TABLE}_open", _TABLE, ["unit_id", "lookup_id"], postgresql_where=_OPEN)
    op.create_index(f"ix_{_TABLE}_all_open", _TABLE, ["lookup_id"], postgresql_where=_OPEN)
    op.create_index(
        "ix_audit_record_dossier_link",
        "audit_record",
        ["lookup_id"],
        postgresql_where=sa.text("kind = 'lookup.dossier_linked'"),
    )
    # Whoever serves may link; which lookups wait is what the evidence says, and nobody else.
    op.execute(f"grant select, update (dossier_code, linked_at, linked_by) on {_TABLE} to dancu_serving")
    # The reason stands in the leaf only. Canonical JSON escapes every quotation mark inside a text, so that
    # this is its key wherever it occurs.
    op.execute(
        f"""
        create function lookup_waits_for_dossier() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        declare
            reason constant text :=
                substring(encode(new.leaf, 'escape') from '"no_dossier_reason":"([a-z_]+)"');
        begin
            if reason is not null then
                insert into public.{_TABLE} (lookup_id, officer_id, unit_id, procedure_code, reason, asked_at)
                values (new.record_id, new.officer_id, new.unit_id, new.procedure_code, reason, new.recorded_at);
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger audit_record_without_dossier after insert on audit_record for each row"
        " when (new.kind = 'lookup.intent' and new.dossier_code is null)"
        " execute function lookup_waits_for_dossier()"
    )
    op.execute(
        """
        create function dossier_is_linked_once() returns trigger language plpgsql as $$
        begin
            raise exception 'this lookup has its dossier' using errcode = 'insufficient_privilege';
        end $$
        """
    )
    op.execute(
        f"create trigger {_TABLE}_linked_once before update on {_TABLE} for each row"
        " when (old.linked_at is not null) execute function dossier_is_linked_once()"
    )


def downgrade() -> None:
    op.execute("drop trigger audit_record_without_dossier on audit_record")
    op.drop_index("ix_audit_record_dossier_link", table_name="audit_record")
    op.drop_table(_TABLE)
    op.execute("drop function lookup_waits_for_dossier()")
    op.execute("drop function dossier_is_linked_once()")
