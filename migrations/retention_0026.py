"""The functions of migration 0026: months made ahead, and months ended once everything allows it."""

from typing import Final

PARTITIONED: Final = ("audit_record", "audit_search_tag", "audit_batch")
"""Tables with one partition a month, by the UUIDv7 that is their primary key; a table is added here alone."""

_DEFINER: Final = "language plpgsql security definer set search_path = pg_catalog, public, pg_temp"

MONTHS: Final = (
    """
    create function audit_first_id(month date) returns uuid language sql immutable
    set search_path = pg_catalog, pg_temp as $$
        select (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0')
            || repeat('0', 20))::uuid
    $$
    """,
    """
    create function audit_month_of(id uuid) returns text language sql immutable
    set search_path = pg_catalog, pg_temp as $$
        select to_char(to_timestamp(
            ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0
        ) at time zone 'UTC', 'YYYY-MM')
    $$
    """,
    f"""
    create function audit_partitioned() returns setof name language sql immutable
    set search_path = pg_catalog, pg_temp as $$
        select unnest('{{{",".join(PARTITIONED)}}}'::name[])
    $$
    """,
)
"""What a month is: the least id it can have, whose month an id is, and which tables have months."""

MAKING: Final = (
    # Made apart and then attached, which takes no lock that a writer waits for. The name is the month's.
    f"""
    create function audit_make_month(month date) returns integer {_DEFINER} set lock_timeout = '5s' as $$
    declare
        parent name;
        child name;
        made integer := 0;
        following constant date := (month + interval '1 month')::date;
    begin
        if month is null or month <> date_trunc('month', month)::date then
            raise exception 'a month begins with its first day' using errcode = 'invalid_parameter_value';
        end if;
        if exists (select from audit_dropped_month d where d.month = to_char(audit_make_month.month, 'YYYY-MM')) then
            return 0;
        end if;
        for parent in select * from audit_partitioned() loop
            child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
            continue when not exists (
                select from pg_partitioned_table where partrelid = format('public.%I', parent)::regclass
            ) or exists (
                select from pg_inherits where inhparent = format('public.%I', parent)::regclass
                and inhrelid = to_regclass(format('public.%I', child))
            );
            execute format('create table public.%I (like public.%I including defaults including constraints)',
                child, parent);
            if parent = 'audit_record' then
                execute format('create unique index %I on public.%I (writer_id, writer_sequence)',
                    'uq_' || child || '_writer', child);
            end if;
            -- A statement's trigger on the parent does not fire for who reaches past it.
            execute format('create trigger %I before update or delete or truncate on public.%I'
                ' for each statement execute function audit_is_append_only()', child || '_append_only', child);
            execute format('alter table public.%I enable always trigger %I', child, child || '_append_only');
            execute format('revoke all on public.%I from public, dancu_serving, dancu_auditing,'
                ' dancu_sequencing, dancu_maintenance', child);
            execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                parent, child, audit_first_id(month), audit_first_id(following));
            made := made + 1;
        end loop;
        return made;
    end $$
    """,
    f"""
    create function audit_make_partitions(months integer) returns integer {_DEFINER}
    set lock_timeout = '5s' as $$
    declare
        this_month constant date := date_trunc('month', clock_timestamp() at time zone 'UTC')::date;
        made integer := 0;
    begin
        if months is null or months not between 1 and 120 then
            raise exception 'between 1 and 120 months are made' using errcode = 'invalid_parameter_value';
        end if;
        perform pg_advisory_xact_lock(7233190107);
        for ahead in 0 .. months - 1 loop
            made := made + audit_make_month((this_month + make_interval(months => ahead))::date);
        end loop;
        return made;
    end $$
    """,
)
"""Months made ahead, as often as anybody likes."""

ENDING: Final = (
    # Who is asked: the evidence itself. Nothing here believes a parameter but the record's id.
    f"""
    create function audit_drop_hindrance(wanted text, drop_record uuid) returns text stable {_DEFINER} as $$
    declare
        first_day date;
        low uuid;
        high uuid;
        said jsonb;
        size constant bigint := (select coalesce(max(tree_size), 0) from audit_checkpoint);
    begin
        if wanted is null or wanted !~ '^[0-9]{{4}}-(0[1-9]|1[0-2])$' then
            return 'not_a_month';
        end if;
        select convert_from(r.leaf, 'UTF8')::jsonb into said
        from audit_record r join audit_leaf l on l.record_id = r.record_id and l.leaf_hash = r.leaf_hash
        where r.record_id = drop_record and r.kind = 'retention.drop' and l.leaf_index < size
        and r.leaf_hash = sha256('\\x00'::bytea || r.leaf);
        if said is null or said ->> 'kind' <> 'retention.drop' then
            return 'drop_not_under_a_checkpoint';
        end if;
        if not coalesce(wanted = any (string_to_array(said ->> 'months', ' ')), false) then
            return 'month_not_in_the_drop';
        end if;
        if not exists (
            select from approval a where a.approval_id::text = said ->> 'approval_id' and a.action = 'drop_months'
            and a.state = 'approved' and a.months = said ->> 'months'
        ) then
            return 'not_approved_by_a_second_person';
        end if;
        first_day := (wanted || '-01')::date;
        if first_day + interval '13 months' > clock_timestamp() at time zone 'UTC' then
            return 'younger_than_12_months';
        end if;
        if exists (select from audit_legal_hold where lifted_at is null and wanted between first_month and last_month)
        then
            return 'legal_hold';
        end if;
        low := audit_first_id(first_day);
        high := audit_first_id((first_day + interval '1 month')::date);
        if exists (select from audit_open_intent where lookup_id >= low and lookup_id < high) then
            return 'lookups_still_open';
        end if;
        if exists (
            select from audit_record r where r.record_id >= low and r.record_id < high and not exists (
                select from audit_leaf l where l.record_id = r.record_id and l.leaf_hash = r.leaf_hash
                and l.leaf_index < size
            )
        ) then
            return 'records_not_under_a_checkpoint';
        end if;
        return null;
    end $$
    """,
    f"""
    create function audit_destroy_month_keys(wanted text, drop_record uuid) returns boolean {_DEFINER}
    set lock_timeout = '5s' as $$
    declare
        hindrance text;
    begin
        lock table audit_legal_hold in share mode;  -- a hold comes before this, or finds the month gone
        perform pg_advisory_xact_lock(7233190107);
        if exists (select from audit_dropped_month where month = wanted) then
            return false;
        end if;
        hindrance := audit_drop_hindrance(wanted, drop_record);
        if hindrance is not null then
            raise exception 'the month % is kept: %', wanted, hindrance using errcode = 'insufficient_privilege';
        end if;
        insert into audit_dropped_month (month, drop_record_id) values (wanted, drop_record);
        delete from audit_month_secret s using audit_month_key k where k.key_id = s.key_id and k.month = wanted;
        update audit_month_key set serving_index_key = null where month = wanted;
        return true;
    end $$
    """,
    # The lock on the parents is short, and given up for whoever reads them longer than that.
    f"""
    create function audit_drop_month(wanted text) returns integer {_DEFINER} set lock_timeout = '2s' as $$
    declare
        parent name;
        child regclass;
        dropped integer := 0;
        first_day date;
        low uuid;
        high uuid;
    begin
        lock table audit_legal_hold in share mode;
        perform pg_advisory_xact_lock(7233190107);
        if not exists (select from audit_dropped_month where month = wanted) then
            raise exception 'the keys of % are not destroyed', wanted using errcode = 'insufficient_privilege';
        end if;
        if exists (select from audit_legal_hold where lifted_at is null and wanted between first_month and last_month)
        then
            raise exception 'the month % is kept: legal_hold', wanted using errcode = 'insufficient_privilege';
        end if;
        first_day := (wanted || '-01')::date;
        low := audit_first_id(first_day);
        high := audit_first_id((first_day + interval '1 month')::date);
        delete from audit_claim where lookup_id >= low and lookup_id < high;
        delete from audit_outcome where lookup_id >= low and lookup_id < high;
        for parent in select * from audit_partitioned() loop
            child := to_regclass(format('public.%I', format('%s_%s', parent, replace(wanted, '-', '_'))));
            continue when child is null;
            execute format('alter table public.%I detach partition %s', parent, child);
            execute format('drop table %s', child);
            dropped := dropped + 1;
        end loop;
        return dropped;
    end $$
    """,
)
"""Months ended: first the keys, then what they opened."""

GUARDS: Final = (
    # One outcome for each lookup, whoever writes it and by whatever statement. On the way of every lookup:
    # names that need no search path cost less than setting one.
    """
    create function audit_outcome_is_the_first() returns trigger language plpgsql security definer as $$
    begin
        insert into public.audit_outcome (lookup_id, record_id)
        select lookup_id, record_id from added where kind operator(pg_catalog.=) 'lookup.outcome'
        order by lookup_id;
        return null;
    end $$
    """,
    f"""
    create function audit_lasts_as_long_as_its_month() returns trigger {_DEFINER} as $$
    begin
        if exists (select from audit_dropped_month where month = audit_month_of(old.lookup_id)) then
            return old;
        end if;
        raise exception '% on % is refused: evidence is only ever added', tg_op, tg_table_name
            using errcode = 'insufficient_privilege';
    end $$
    """,
    f"""
    create function audit_key_lasts_as_long_as_its_month() returns trigger {_DEFINER} as $$
    declare
        of_month constant text := (select month from audit_month_key where key_id = old.key_id);
        wrapped constant text[] := '{{serving_index_key,private_key,auditing_index_key}}';
        is_over constant boolean := exists (select from audit_dropped_month where month = of_month);
        is_coming constant boolean := of_month > to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM');
    begin
        if tg_op = 'DELETE' then
            if is_coming or is_over and tg_table_name = 'audit_month_secret' then
                return old;
            end if;
        elsif to_jsonb(new) - wrapped = to_jsonb(old) - wrapped then
            -- Wrapped anew, under another root key; or ended with its month.
            if to_jsonb(new) = jsonb_strip_nulls(to_jsonb(new)) and to_jsonb(old) = jsonb_strip_nulls(to_jsonb(old))
                or is_over and tg_table_name = 'audit_month_key' and to_jsonb(new) ->> 'serving_index_key' is null then
                return new;
            end if;
        end if;
        raise exception '% on % is refused: a key lasts as long as its month', tg_op, tg_table_name
            using errcode = 'insufficient_privilege';
    end $$
    """,
    f"""
    create function audit_hold_is_lifted_once() returns trigger {_DEFINER} as $$
    begin
        if old.lifted_at is null and new.lifted_at is not null
            and (to_jsonb(new) - '{{lifted_at,lifted_by,lifted_because}}'::text[])
                = (to_jsonb(old) - '{{lifted_at,lifted_by,lifted_because}}'::text[]) then
            return new;
        end if;
        raise exception 'a legal hold is lifted once, and otherwise stays as it is'
            using errcode = 'insufficient_privilege';
    end $$
    """,
)
"""Functions of triggers."""

FOR_NOBODY: Final = (
    "audit_make_month(date)",
    "audit_drop_hindrance(text, uuid)",
    "audit_destroy_month_keys(text, uuid)",
    "audit_drop_month(text)",
    "audit_make_partitions(integer)",
    "audit_first_id(date)",
    "audit_month_of(uuid)",
    "audit_partitioned()",
    "audit_outcome_is_the_first()",
    "audit_lasts_as_long_as_its_month()",
    "audit_key_lasts_as_long_as_its_month()",
    "audit_hold_is_lifted_once()",
)
"""All of them, the last first where one needs another; granted to nobody but whom the migration names."""
