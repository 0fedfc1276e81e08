"""Drop a month in short tries, so that no lookup waits for whoever reads the evidence for long."""

from alembic import op

from migrations.retention_0026 import ENDING

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_DROP = """
    create function audit_drop_month(wanted text, tries integer default 60) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '2s' as $$
    declare
        parent name;
        child regclass;
        dropped integer;
        first_day date;
        low uuid;
        high uuid;
    begin
        if tries is null or tries not between 1 and 600 then
            raise exception 'between 1 and 600 tries are made' using errcode = 'invalid_parameter_value';
        end if;
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
        -- Who waits for a lock on the whole evidence has every lookup wait behind it: a moment each time.
        set local lock_timeout = '100ms';
        for try in 1 .. tries loop
            dropped := 0;
            begin
                for parent in select * from audit_partitioned() loop
                    child := to_regclass(format('public.%I', format('%s_%s', parent, replace(wanted, '-', '_'))));
                    continue when child is null;
                    execute format('alter table public.%I detach partition %s', parent, child);
                    execute format('drop table %s', child);
                    dropped := dropped + 1;
                end loop;
                return dropped;
            exception when lock_not_available then  -- gives back every lock of the try
                if try = tries then
                    raise;
                end if;
            end;
            perform pg_sleep(0.4);
        end loop;
    end $$
"""


def upgrade() -> None:
    op.execute("drop function audit_drop_month(text)")
    op.execute(_DROP)
    _only_for_maintenance("audit_drop_month(text, integer)")


def downgrade() -> None:
    op.execute("drop function audit_drop_month(text, integer)")
    (former,) = (text for text in ENDING if "function audit_drop_month(" in text)
    op.execute(former)
    _only_for_maintenance("audit_drop_month(text)")


def _only_for_maintenance(function: str) -> None:
    op.execute(f"revoke all on function {function} from public")
    op.execute(f"grant execute on function {function} to dancu_maintenance")
