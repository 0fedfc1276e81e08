"""The evidence by months, which end together with their keys; legal holds that stand against it."""

import sqlalchemy as sa
from alembic import op

from migrations.retention_0026 import ENDING, FOR_NOBODY, GUARDS, MAKING, MONTHS, PARTITIONED

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_MONTHS_AHEAD = 13
_TRIGGERED = "for each statement execute function audit_is_append_only()"
_IS_DROP = sa.text("kind = 'retention.drop'")
_LOOKUP_OPENS_PAPER = """
    create or replace function lookup_opens_paper(asked uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $${}$$
"""


def upgrade() -> None:
    # Copying takes up to a minute for a million records; gateways answer audit_unavailable meanwhile.
    op.execute("set local statement_timeout = '2h'")
    _create_role()
    _create_retention()
    for function in (*MONTHS, *MAKING, *ENDING, *GUARDS):
        op.execute(function)
    for function in FOR_NOBODY:
        op.execute(f"revoke all on function {function} from public")
    _let_approvals_name_months()
    for table in PARTITIONED:
        _into_months(table)
    op.execute(f"select audit_make_partitions({_MONTHS_AHEAD})")
    op.create_index("ix_audit_record_retention", "audit_record", ["record_id"], postgresql_where=_IS_DROP)
    _keep_dossiers_waiting()
    _create_outcomes()
    _guard_what_ends()
    op.execute(
        "grant execute on function audit_make_partitions(integer) to dancu_sequencing, dancu_maintenance"
    )
    for function in ("drop_hindrance(text, uuid)", "destroy_month_keys(text, uuid)", "drop_month(text)"):
        op.execute(f"grant execute on function audit_{function} to dancu_maintenance")


def _create_role() -> None:
    # As for dancu_sequencing: another database of the server, or its operator, may have made it.
    op.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'dancu_maintenance')"
        " then create role dancu_maintenance nologin; end if;"
        " exception when duplicate_object then null; end $$"
    )
    op.execute("grant usage on schema public to dancu_maintenance")


def _create_retention() -> None:
    op.create_table(
        "audit_dropped_month",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("drop_record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "dropped_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_audit_dropped_month")),
    )
    op.create_table(
        "audit_legal_hold",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Text(), nullable=False),
        sa.Column("last_month", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "first_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' and last_month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"
            " and first_month <= last_month",
            name=op.f("ck_audit_legal_hold_months"),
        ),
        sa.CheckConstraint(
            "(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_because is null)",
            name=op.f("ck_audit_legal_hold_lifted"),
        ),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_audit_legal_hold")),
    )
    _append_only("audit_dropped_month")
    op.execute("grant select on audit_dropped_month, audit_legal_hold to dancu_auditing")


def _let_approvals_name_months() -> None:
    op.drop_constraint("ck_approval_action", "approval")
    op.alter_column("approval", "officer_id", nullable=True)
    op.add_column("approval", sa.Column("months", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_approval_action"),
        "approval",
        "action in ('unlock', 'reset_second_factor', 'appoint', 'drop_months')",
    )
    op.create_check_constraint(
        op.f("ck_approval_subject"),
        "approval",
        "(action = 'drop_months') = (months is not null) and (months is null) = (officer_id is not null)",
    )


def _into_months(table: str) -> None:
    """Replace *table* by one with a partition a month, every row as it was."""
    key = _key_of(table)
    indexes, grants = _indexes_of(table), _grants_on(table)
    op.execute(f"alter table {table} rename to {table}_whole")
    op.execute(
        f"create table {table} (like {table}_whole including defaults including constraints)"
        f" partition by range ({key})"
    )
    op.execute(
        f"select audit_make_month((month || '-01')::date)"
        f" from (select distinct audit_month_of({key}) as month from {table}_whole) as present"
    )
    _fill(table, f"{table}_whole", key, indexes, grants)


def _into_one(table: str) -> None:
    """Put the months of *table* together again."""
    key = _key_of(table)
    indexes, grants = _indexes_of(table), _grants_on(table)
    op.execute(f"alter table {table} rename to {table}_months")
    op.execute(f"create table {table} (like {table}_months including defaults including constraints)")
    _fill(table, f"{table}_months", key, indexes, grants)


def _fill(table: str, former: str, key: str, indexes: list[str], grants: list[str]) -> None:
    op.execute(f"insert into {table} select * from {former}")
    op.execute(f"drop table {former}")
    op.create_primary_key(f"pk_{table}", table, [key])
    _append_only(table)
    for statement in (*indexes, *grants):
        op.execute(statement)


def _key_of(table: str) -> str:
    return _asked(
        "select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)"
        " where indrelid = to_regclass(:name) and indisprimary",
        table,
    )[0]


def _indexes_of(table: str) -> list[str]:
    """Return what makes the indexes that are not unique; the others cannot stay as they are."""
    return _asked(
        "select replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') from pg_index"
        " where indrelid = to_regclass(:name) and not indisunique order by indexrelid::regclass::text",
        table,
    )


def _grants_on(table: str) -> list[str]:
    return _asked(
        "select format('grant %s on %s to %I', privilege_type, relname, pg_get_userbyid(grantee))"
        " from pg_class cross join lateral aclexplode(relacl)"
        " where pg_class.oid = to_regclass(:name) and grantee <> relowner"
        " union all select format('grant %s (%I) on %s to %I', privilege_type, attname, relname,"
        " pg_get_userbyid(grantee)) from pg_attribute join pg_class on pg_class.oid = attrelid"
        " cross join lateral aclexplode(attacl)"
        " where pg_class.oid = to_regclass(:name) and grantee <> relowner",
        table,
    )


def _asked(query: str, table: str) -> list[str]:
    return list(op.get_bind().execute(sa.text(query), {"name": table}).scalars())


def _keep_dossiers_waiting() -> None:
    op.execute(
        "create trigger audit_record_without_dossier after insert on audit_record for each row"
        " when (new.kind = 'lookup.intent' and new.dossier_code is null)"
        " execute function lookup_waits_for_dossier()"
    )


def _create_outcomes() -> None:
    op.create_table(
        "audit_outcome",
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("lookup_id", name=op.f("pk_audit_outcome")),
    )
    op.execute(
        "insert into audit_outcome (lookup_id, record_id)"
        " select lookup_id, record_id from audit_record where kind = 'lookup.outcome'"
    )
    op.execute("grant select on audit_outcome to dancu_serving, dancu_auditing")
    op.execute(
        "create trigger audit_record_outcome after insert on audit_record referencing new table as added"
        " for each statement execute function audit_outcome_is_the_first()"
    )
    op.execute("alter table audit_record enable always trigger audit_record_outcome")
    op.execute(
        _LOOKUP_OPENS_PAPER.format("""
            select convert_from(r.leaf, 'UTF8')::jsonb ->> 'paper_may_ask' = '1'
            from public.audit_outcome o join public.audit_record r using (record_id)
            where o.lookup_id = asked and r.lookup_id = asked and r.kind = 'lookup.outcome'
        """)
    )


def _guard_what_ends() -> None:
    op.alter_column("audit_month_key", "serving_index_key", nullable=True)
    op.execute("drop trigger audit_claim_append_only on audit_claim")
    for table in ("audit_claim", "audit_outcome"):
        _append_only(table, "update or truncate")
        _each_row(table, "delete", "audit_lasts_as_long_as_its_month")
    for table in ("audit_month_key", "audit_month_secret"):
        _append_only(table, "truncate")
        _each_row(table, "update or delete", "audit_key_lasts_as_long_as_its_month")
    _append_only("audit_legal_hold", "delete or truncate")
    _each_row("audit_legal_hold", "update", "audit_hold_is_lifted_once")


def _append_only(table: str, events: str = "update or delete or truncate") -> None:
    op.execute(f"create trigger {table}_append_only before {events} on {table} {_TRIGGERED}")
    op.execute(f"alter table {table} enable always trigger {table}_append_only")


def _each_row(table: str, event: str, function: str) -> None:
    op.execute(
        f"create trigger {table}_lasts before {event} on {table} for each row execute function {function}()"
    )
    op.execute(f"alter table {table} enable always trigger {table}_lasts")


def downgrade() -> None:
    op.execute("set local statement_timeout = '2h'")
    for table in ("audit_claim", "audit_month_key", "audit_month_secret"):
        op.execute(f"drop trigger {table}_append_only on {table}")
        op.execute(f"drop trigger {table}_lasts on {table}")
    _append_only("audit_claim")
    op.execute("delete from audit_month_key where serving_index_key is null")
    op.alter_column("audit_month_key", "serving_index_key", nullable=False)
    op.drop_table("audit_outcome")
    op.drop_index("ix_audit_record_retention", table_name="audit_record")
    for table in PARTITIONED:
        _into_one(table)
    op.create_unique_constraint("uq_audit_record_writer", "audit_record", ["writer_id", "writer_sequence"])
    op.create_index(
        "uq_audit_record_one_outcome",
        "audit_record",
        ["lookup_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'lookup.outcome'"),
    )
    _keep_dossiers_waiting()
    op.execute(
        _LOOKUP_OPENS_PAPER.format("""
            select convert_from(leaf, 'UTF8')::jsonb ->> 'paper_may_ask' = '1'
            from public.audit_record where lookup_id = asked and kind = 'lookup.outcome'
        """)
    )
    op.execute("delete from approval where action = 'drop_months'")
    op.drop_constraint("ck_approval_subject", "approval")
    op.drop_constraint("ck_approval_action", "approval")
    op.drop_column("approval", "months")
    op.alter_column("approval", "officer_id", nullable=False)
    op.create_check_constraint(
        op.f("ck_approval_action"), "approval", "action in ('unlock', 'reset_second_factor', 'appoint')"
    )
    op.drop_table("audit_legal_hold")
    op.drop_table("audit_dropped_month")
    for function in FOR_NOBODY:
        op.execute(f"drop function {function}")
    op.execute("revoke usage on schema public from dancu_maintenance")
    # The role stays: other databases of the server may use it.
