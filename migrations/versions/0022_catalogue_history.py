"""Keep what the catalogue said on each day, and of each grant the documents; no two grants on one day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ROLES = "roles <@ array['reception', 'processing']::text[] and cardinality(roles) > 0"
_QUESTIONS = "question_types <@ array['lookup', 'verification', 'household']::text[] and cardinality(question_types) > 0"
_CODE = "procedure_code ~ '^[0-9][.][0-9]{6}([.][0-9A-Z]{3}([.][0-9A-Z]{2}){2}[.][A-Y][0-9]{2})?$'"
_SAID = "name, field_of_work, legal_basis, service_code, is_decree_104, roles, question_types, valid_from, valid_to"


def upgrade() -> None:
    op.execute("create extension if not exists btree_gist with schema public")
    _count_changes()
    _create_versions()
    op.execute(
        f"insert into procedure_version (procedure_code, holds_from, fields, {_SAID})"
        f" select procedure_code, valid_from, coalesce((select jsonb_object_agg(f.field, f.legal_basis)"
        " from procedure_field f where f.procedure_code = p.procedure_code and f.legal_basis <> ''), '{}'),"
        f" {_SAID} from procedure p"
    )
    op.drop_table("procedure_field")
    for column in _SAID.split(", "):
        op.drop_column("procedure", column)
    op.create_check_constraint(op.f("ck_procedure_procedure_code"), "procedure", _CODE)
    _separate_grants()
    for table in ("procedure", "procedure_version", "permission_grant"):
        op.execute(f"drop trigger if exists {table}_directory_changed on {table}")
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete on {table}"
            " for each statement execute function catalogue_changed()"
        )
    op.execute("grant insert on procedure to dancu_serving")
    op.execute("grant update (ending_document) on permission_grant to dancu_serving")


def _count_changes() -> None:
    """Keep a number of its own, so that a change of an officer loads no two hundred thousand grants."""
    op.add_column(
        "directory_version", sa.Column("catalogue", sa.BigInteger(), server_default="1", nullable=False)
    )
    op.execute(
        """
        create function catalogue_changed() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public as $$
        begin
            update public.directory_version set version = version + 1, catalogue = catalogue + 1;
            perform pg_notify('dancu_directory', '');
            return null;
        end $$
        """
    )
    op.execute("revoke execute on function catalogue_changed() from public")


def _create_versions() -> None:
    op.create_table(
        "procedure_version",
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("holds_to", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("field_of_work", sa.Text(), server_default="", nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=True),
        sa.Column("is_decree_104", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("question_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("deciding_document", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "holds_to is null or holds_to > holds_from", name=op.f("ck_procedure_version_days")
        ),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_procedure_version_dates")
        ),
        sa.CheckConstraint(_ROLES, name=op.f("ck_procedure_version_roles")),
        sa.CheckConstraint(_QUESTIONS, name=op.f("ck_procedure_version_question_types")),
        sa.CheckConstraint(
            "length(service_code) between 1 and 20", name=op.f("ck_procedure_version_service_code")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(fields) = 'object'"
            """ and not jsonb_path_exists(fields, '$.* ? (@.type() != "string" || @ == "")')""",
            name=op.f("ck_procedure_version_fields"),
        ),
        sa.ForeignKeyConstraint(
            ["procedure_code"],
            ["procedure.procedure_code"],
            name=op.f("fk_procedure_version_procedure_code"),
        ),
        sa.PrimaryKeyConstraint("procedure_code", "holds_from", name=op.f("pk_procedure_version")),
    )
    op.execute(
        "alter table procedure_version add constraint ex_procedure_version_procedure exclude using gist"
        " (procedure_code with =, daterange(holds_from, holds_to) with &&) deferrable initially deferred"
    )
    op.execute("grant select on procedure_version to dancu_serving, dancu_auditing")
    op.execute("grant insert, update, delete on procedure_version to dancu_serving")


def _separate_grants() -> None:
    """Make one of grants that overlap, each day as granted as before, and let none overlap again."""
    op.execute(
        """
        create temporary table joined on commit drop as
        select unit_id, procedure_code, unnest(range_agg(daterange(valid_from, valid_to))) as during
        from permission_grant g
        where exists (
            select from permission_grant o
            where o.unit_id = g.unit_id and o.procedure_code = g.procedure_code
            and o.valid_from <> g.valid_from
            and daterange(o.valid_from, o.valid_to) && daterange(g.valid_from, g.valid_to)
        )
        group by unit_id, procedure_code
        """
    )
    op.execute(
        "delete from permission_grant g using joined j where j.unit_id = g.unit_id and"
        " j.procedure_code = g.procedure_code and daterange(g.valid_from, g.valid_to) && j.during"
    )
    op.execute(
        "insert into permission_grant (unit_id, procedure_code, valid_from, valid_to)"
        " select unit_id, procedure_code, lower(during), upper(during) from joined"
    )
    op.drop_index("uq_permission_grant_current", "permission_grant")
    for column in ("deciding_document", "ending_document"):
        op.add_column("permission_grant", sa.Column(column, sa.Text(), nullable=True))
    op.execute(
        "alter table permission_grant add constraint ex_permission_grant_period exclude using gist"
        " (unit_id with =, procedure_code with =, daterange(valid_from, valid_to) with &&)"
    )


def downgrade() -> None:
    op.execute("revoke insert on procedure from dancu_serving")
    op.drop_constraint("ex_permission_grant_period", "permission_grant")
    for column in ("deciding_document", "ending_document"):
        op.drop_column("permission_grant", column)
    op.create_index(
        "uq_permission_grant_current",
        "permission_grant",
        ["unit_id", "procedure_code"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    for table in ("procedure", "procedure_version", "permission_grant"):
        op.execute(f"drop trigger {table}_directory_changed on {table}")
    op.execute("drop function catalogue_changed()")
    op.drop_column("directory_version", "catalogue")
    _restore_single_entries()
    op.drop_table("procedure_version")
    for table in ("procedure", "procedure_field", "permission_grant"):
        op.execute(
            f"create trigger {table}_directory_changed after insert or update or delete on {table}"
            " for each statement execute function directory_changed()"
        )


def _restore_single_entries() -> None:
    """Of each procedure what the catalogue says today, or said last, or will say."""
    op.drop_constraint(op.f("ck_procedure_procedure_code"), "procedure")
    for column, kind in (
        ("name", sa.Text()),
        ("legal_basis", sa.Text()),
        ("service_code", sa.Text()),
        ("roles", sa.ARRAY(sa.Text())),
        ("valid_from", sa.Date()),
        ("valid_to", sa.Date()),
    ):
        op.add_column("procedure", sa.Column(column, kind, nullable=True))
    op.add_column(
        "procedure", sa.Column("is_decree_104", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("procedure", sa.Column("field_of_work", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "procedure",
        sa.Column("question_types", sa.ARRAY(sa.Text()), server_default="{lookup}", nullable=False),
    )
    op.create_table(
        "procedure_field",
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["procedure_code"], ["procedure.procedure_code"], name=op.f("fk_procedure_field_procedure_code")
        ),
        sa.PrimaryKeyConstraint("procedure_code", "field", name=op.f("pk_procedure_field")),
    )
    op.execute("grant select on procedure_field to dancu_serving, dancu_auditing")
    op.execute(
        "create temporary table said on commit drop as select distinct on (procedure_code) *"
        " from procedure_version order by procedure_code, holds_from > current_date, "
        " case when holds_from > current_date then holds_from - current_date else current_date - holds_from end"
    )
    values = ", ".join(f"{column} = s.{column}" for column in _SAID.split(", "))
    op.execute(f"update procedure p set {values} from said s where s.procedure_code = p.procedure_code")
    op.execute(
        "insert into procedure_field (procedure_code, field, legal_basis)"
        " select procedure_code, key, value from said, jsonb_each_text(fields)"
    )
    op.execute("delete from procedure where name is null")
    for column in ("name", "legal_basis", "roles", "valid_from"):
        op.alter_column("procedure", column, nullable=False)
    for name, rule in (
        ("roles", _ROLES),
        ("service_code", "length(service_code) between 1 and 20"),
        ("dates", "valid_to is null or valid_to > valid_from"),
        ("question_types", _QUESTIONS),
    ):
        op.create_check_constraint(op.f(f"ck_procedure_{name}"), "procedure", rule)
