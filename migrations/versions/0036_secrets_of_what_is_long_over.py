"""Let go of the secrets of keys and credentials that are long over; who had what stays."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_ONE_PROOF = "(profile = 'lgsp') = (digest is not null) and (profile = 'vdxp') = (wrapped_secret is not null)"
_CHECKS = {
    "client_credential": ("secret", "digest is not null or kind = 'secret' and ended_at is not null"),
    "lookup_key": ("secret", "digest is not null or ended_at is not null"),
    "compatible_credential": (
        "secret",
        (
            "(profile = 'lgsp' or digest is null) and (profile = 'vdxp' or wrapped_secret is null)"
            " and (ended_at is not null or (digest is null) <> (wrapped_secret is null))"
        ),
    ),
}
"""What is not ended has its secret; of what is ended it may be gone."""
_PURGED = {
    "client_credential": ("credential_id", "kind = 'secret' and digest is not null", "digest = null"),
    "lookup_key": ("key_id", "digest is not null", "digest = null"),
    "compatible_credential": (
        "credential_id",
        "(digest is not null or wrapped_secret is not null)",
        "digest = null, wrapped_secret = null",
    ),
}
"""The column that names a row, where there is something to purge, and what is purged."""
_NOBODYS = "sha256(convert_to(gen_random_uuid()::text, 'UTF8'))"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_compatible_credential_secret"), "compatible_credential", type_="check")
    for table in ("client_credential", "lookup_key"):
        op.alter_column(table, "digest", nullable=True)
    for table, (name, claim) in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, claim)
    # An update of nothing would have every gateway read its directory again: each is looked at first.
    steps = "".join(
        f"""
            if done < most and exists (
                select from {table} where {there} and least(ended_at, expires_at) < long_ago
            ) then
                with old as (
                    select {key} from {table} where {there} and least(ended_at, expires_at) < long_ago
                    order by {key} limit most - done for update skip locked
                )
                update {table} set {gone}, ended_at = coalesce(ended_at, expires_at)
                where {key} in (select {key} from old);
                get diagnostics purged = row_count;
                done := done + purged;
            end if;"""
        for table, (key, there, gone) in _PURGED.items()
    )
    op.execute(
        f"""
        create function purge_secrets_long_over(most integer) returns integer language plpgsql
        security definer set search_path = pg_catalog, public, pg_temp as $$
        declare
            long_ago constant timestamptz := clock_timestamp() - interval '90 days';
            purged integer;
            done integer := 0;
        begin
            if most is null or most not between 1 and 10000 then
                raise exception 'between 1 and 10000 are purged' using errcode = 'invalid_parameter_value';
            end if;{steps}
            return done;
        end $$
        """
    )
    op.execute("revoke execute on function purge_secrets_long_over(integer) from public")
    op.execute("grant execute on function purge_secrets_long_over(integer) to dancu_serving")


def downgrade() -> None:
    op.execute("drop function purge_secrets_long_over(integer)")
    for table, (name, _) in _CHECKS.items():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    for table in ("client_credential", "lookup_key"):
        op.execute(f"update {table} set digest = {_NOBODYS} where digest is null")
        op.alter_column(table, "digest", nullable=False)
    op.execute(
        f"update compatible_credential set digest = {_NOBODYS} where profile = 'lgsp' and digest is null"
    )
    op.execute(
        f"update compatible_credential set wrapped_secret = {_NOBODYS}"
        " where profile = 'vdxp' and wrapped_secret is null"
    )
    op.create_check_constraint(op.f("ck_compatible_credential_secret"), "compatible_credential", _ONE_PROOF)
