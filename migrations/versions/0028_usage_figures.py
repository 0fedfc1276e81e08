"""Figures of use, counted from the log by functions that tell counts and no record; one's own addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_NOBODY = "00000000-0000-0000-0000-000000000000"
_KEY = ("day", "unit_id", "unit_level", "procedure_code", "outcome", "reception_channel", "kind")
_COLUMNS = ", ".join(_KEY)

# Whoever may add records may add bytes that are none: these have no facts, and stop no count.
_FACTS = """
create function audit_leaf_facts(leaf bytea) returns jsonb language plpgsql immutable
set search_path = pg_catalog as $$
begin
    return convert_from(leaf, 'UTF8')::jsonb;
exception when others then
    return null;
end $$
"""
# A lookup counts where its outcome stands in the tree, with the day and the unit of its question.
_BETWEEN = f"""
create function usage_between(first_leaf bigint, end_leaf bigint)
returns table (day date, unit_id uuid, unit_level text, procedure_code text, outcome text,
    reception_channel text, kind text, lookups bigint)
language sql stable as $$
    select (asked.recorded_at at time zone 'Asia/Ho_Chi_Minh')::date, coalesce(asked.unit_id, '{_NOBODY}'),
        coalesce(substring(facts.known ->> 'unit_level' from '^[a-z_]{{1,20}}$'), ''),
        left(coalesce(asked.procedure_code, ''), 30),
        left(coalesce(ended.outcome, 'not_permitted'), 30),
        coalesce(substring(facts.known ->> 'reception_channel' from '^[a-z_]{{1,20}}$'), ''),
        case when ended.kind = 'lookup.refused' then 'refused'
            when facts.known ->> 'claims_asked' is not null then 'verification' else 'lookup' end,
        count(*)
    from public.audit_leaf place
    join public.audit_record ended on ended.record_id = place.record_id
    join public.audit_record asked on asked.record_id =
        case ended.kind when 'lookup.outcome' then ended.lookup_id else ended.record_id end
    cross join lateral (select public.audit_leaf_facts(asked.leaf) as known) facts
    where place.leaf_index >= first_leaf and place.leaf_index < end_leaf
        and ((ended.kind = 'lookup.outcome' and asked.kind = 'lookup.intent')
            or (ended.kind = 'lookup.refused' and asked.kind = 'lookup.refused'))
    group by 1, 2, 3, 4, 5, 6, 7
$$
"""
# One statement for whoever calls it: figures and cursor move together or not at all.
_COUNT = f"""
create function usage_count_more(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_custom_plan as $$
declare first_new bigint; end_new bigint;
begin
    select next_leaf into strict first_new from public.usage_cursor for update;
    select least(first_new + greatest(most, 1), coalesce(max(leaf_index) + 1, 0)) into end_new
    from public.audit_leaf;
    if end_new <= first_new then
        return 0;
    end if;
    insert into public.usage_figure as known ({_COLUMNS}, lookups)
    select {_COLUMNS}, lookups from public.usage_between(first_new, end_new)
    on conflict ({_COLUMNS}) do update set lookups = known.lookups + excluded.lookups;
    update public.usage_cursor set next_leaf = end_new, counted_at = clock_timestamp();
    return end_new - first_new;
end $$
"""
# The address stands in the leaf, which the serving role never reads: this tells that one word of it.
_ADDRESS = """
create function lookup_address(asked uuid) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select public.audit_leaf_facts(leaf) ->> 'address' from public.audit_record
    where record_id = asked and kind in ('lookup.intent', 'lookup.refused')
$$
"""
_FUNCTIONS = (
    "lookup_address(uuid)",
    "usage_count_more(integer)",
    "usage_between(bigint, bigint)",
    "audit_leaf_facts(bytea)",
)


def upgrade() -> None:
    # As for dancu_sequencing: another database of the server, or its operator, may have made it.
    op.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'dancu_reporting')"
        " then create role dancu_reporting nologin; end if;"
        " exception when duplicate_object then null; end $$"
    )
    op.execute("grant usage on schema public to dancu_reporting")
    op.create_table(
        "usage_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _KEY[2:]),
        sa.Column("lookups", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('lookup', 'verification', 'refused')", name=op.f("ck_usage_figure_kind")
        ),
        sa.CheckConstraint("lookups > 0", name=op.f("ck_usage_figure_lookups")),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_usage_figure")),
    )
    op.create_table(
        "usage_cursor",
        sa.Column("only_row", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("next_leaf", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("only_row = 1", name=op.f("ck_usage_cursor_only_row")),
        sa.CheckConstraint("next_leaf >= 0", name=op.f("ck_usage_cursor_next_leaf")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_usage_cursor")),
    )
    op.execute("insert into usage_cursor (only_row, next_leaf) values (1, 0)")
    for function in (_FACTS, _BETWEEN, _COUNT, _ADDRESS):
        op.execute(function)
    for name in _FUNCTIONS:
        op.execute(f"revoke all on function {name} from public")
    op.execute("grant execute on function usage_count_more(integer) to dancu_reporting")
    op.execute("grant execute on function lookup_address(uuid) to dancu_serving")
    op.execute("grant select on usage_figure, usage_cursor to dancu_serving, dancu_auditing")


def downgrade() -> None:
    for name in _FUNCTIONS:
        op.execute(f"drop function {name}")
    op.drop_table("usage_cursor")
    op.drop_table("usage_figure")
    op.execute("revoke usage on schema public from dancu_reporting")
    # The role stays: other databases of the server may use it.
