"""A dated tree of units: no two versions or bearers of a code on one day, no circle, who followed whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXTS = ("ward_code", "legacy_ward_code", "deciding_document", "ending_document")


def upgrade() -> None:
    op.execute("create extension if not exists btree_gist with schema public")
    for column in _TEXTS:
        op.add_column("unit_version", sa.Column(column, sa.Text(), nullable=True))
    op.add_column(
        "unit_version",
        sa.Column("serves", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_unit_version_ward_code"), "unit_version", "ward_code ~ '^[0-9]{5}$'")
    op.create_check_constraint(
        op.f("ck_unit_version_legacy_ward_code"), "unit_version", "legacy_ward_code ~ '^[0-9]{5}$'"
    )
    # What a desk serves becomes dated like all else.
    op.execute(
        "update unit_version v set serves = s.codes from (select unit_id, array_agg(agency_code order by"
        " agency_code) as codes from unit_served_agency group by unit_id) s where s.unit_id = v.unit_id"
    )
    op.drop_table("unit_served_agency")
    op.drop_index("uq_unit_version_code", "unit_version")
    op.drop_index("uq_unit_version_current", "unit_version")
    # Deferred: two units may swap their codes in one transaction.
    for name, column in (("unit", "unit_id"), ("code", "agency_code")):
        op.execute(
            f"alter table unit_version add constraint ex_unit_version_{name} exclude using gist"
            f" ({column} with =, daterange(valid_from, valid_to) with &&) deferrable initially deferred"
        )
    op.create_index(
        "ix_unit_version_parent",
        "unit_version",
        ["parent_id"],
        postgresql_where=sa.text("parent_id is not null"),
    )
    _create_successions()
    _refuse_circles()


def _create_successions() -> None:
    op.create_table(
        "unit_succession",
        sa.Column("former_unit_id", sa.Uuid(), nullable=False),
        sa.Column("successor_unit_id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("deciding_document", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('merge', 'split')", name=op.f("ck_unit_succession_kind")),
        sa.CheckConstraint("former_unit_id <> successor_unit_id", name=op.f("ck_unit_succession_units")),
        sa.ForeignKeyConstraint(
            ["former_unit_id"], ["unit.unit_id"], name=op.f("fk_unit_succession_former_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_unit_id"], ["unit.unit_id"], name=op.f("fk_unit_succession_successor_unit_id")
        ),
        sa.PrimaryKeyConstraint(
            "former_unit_id", "successor_unit_id", "on_date", name=op.f("pk_unit_succession")
        ),
    )
    op.execute("grant select on unit_succession to dancu_serving, dancu_auditing")
    op.execute(
        "create trigger unit_succession_directory_changed after insert or update or delete on unit_succession"
        " for each statement execute function directory_changed()"
    )


def _refuse_circles() -> None:
    """At commit, one transaction after the other, so that two halves of a circle meet."""
    op.execute(
        """
        create function unit_stands_below_itself() returns trigger language plpgsql
        set search_path = pg_catalog, public as $$
        begin
            perform pg_advisory_xact_lock(hashtext('dancu.unit_tree'));
            if exists (
                with recursive above(unit_id, during) as (
                    select new.parent_id, daterange(new.valid_from, new.valid_to)
                    union
                    select v.parent_id, above.during * daterange(v.valid_from, v.valid_to)
                    from above join public.unit_version v
                        on v.unit_id = above.unit_id
                        and daterange(v.valid_from, v.valid_to) && above.during
                    where v.parent_id is not null and above.unit_id <> new.unit_id
                )
                select from above where unit_id = new.unit_id
            ) then
                raise exception using errcode = 'check_violation',
                    message = 'a unit would stand below itself',
                    constraint = 'ck_unit_version_circle', table = 'unit_version';
            end if;
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function unit_stands_below_itself() from public")
    op.execute(
        "create constraint trigger unit_version_circle after insert or update on unit_version"
        " deferrable initially deferred for each row when (new.parent_id is not null)"
        " execute function unit_stands_below_itself()"
    )


def downgrade() -> None:
    op.execute("drop trigger unit_version_circle on unit_version")
    op.execute("drop function unit_stands_below_itself()")
    op.drop_table("unit_succession")
    op.drop_index("ix_unit_version_parent", "unit_version")
    for name in ("unit", "code"):
        op.drop_constraint(f"ex_unit_version_{name}", "unit_version")
    for name, column in (("current", "unit_id"), ("code", "agency_code")):
        op.create_index(
            f"uq_unit_version_{name}",
            "unit_version",
            [column],
            unique=True,
            postgresql_where=sa.text("valid_to is null"),
        )
    _restore_served_agencies()
    for column in ("serves", *_TEXTS):
        op.drop_column("unit_version", column)
    op.execute("drop extension btree_gist")


def _restore_served_agencies() -> None:
    op.create_table(
        "unit_served_agency",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_served_agency_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "agency_code", name=op.f("pk_unit_served_agency")),
    )
    op.execute(
        "insert into unit_served_agency select unit_id, unnest(serves) from unit_version where valid_to is null"
    )
    op.execute("grant select on unit_served_agency to dancu_serving, dancu_auditing")
    op.execute(
        "create trigger unit_served_agency_directory_changed after insert or update or delete"
        " on unit_served_agency for each statement execute function directory_changed()"
    )
