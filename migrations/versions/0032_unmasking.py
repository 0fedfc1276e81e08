"""Persons of single lookups shown to auditors by two of them; what a unit is told of its auditors."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_NEW_CODE = "'auditor_reads_one_officer'"
_CODES = "'officer_unused', 'officer_not_attested'"
_IS_LATER = sa.text("kind in ('lookup.dossier_linked', 'lookup.follow_up')")


def upgrade() -> None:
    op.create_table(
        "audit_unmasking",
        sa.Column("unmasking_id", sa.Uuid(), nullable=False),
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("looked_up_by", sa.Uuid(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("readable_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("readings_left", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("state in ('open', 'approved', 'refused')", name=op.f("ck_audit_unmasking_state")),
        sa.CheckConstraint(
            "length(case_number) between 1 and 80 and length(reason) between 1 and 200",
            name=op.f("ck_audit_unmasking_why"),
        ),
        sa.CheckConstraint("expires_at > requested_at", name=op.f("ck_audit_unmasking_expiry")),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by is null) and (decided_by is null) = (decided_at is null)",
            name=op.f("ck_audit_unmasking_decision"),
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (readable_until is not null)"
            " and readings_left >= 0 and (state = 'approved' or readings_left = 0)",
            name=op.f("ck_audit_unmasking_reading"),
        ),
        sa.CheckConstraint(
            "decided_by <> requested_by and requested_by <> looked_up_by and decided_by <> looked_up_by",
            name=op.f("ck_audit_unmasking_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["officer.officer_id"], name=op.f("fk_audit_unmasking_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["officer.officer_id"], name=op.f("fk_audit_unmasking_decided_by")
        ),
        sa.PrimaryKeyConstraint("unmasking_id", name=op.f("pk_audit_unmasking")),
    )
    op.create_index("ix_audit_unmasking_requested_at", "audit_unmasking", ["requested_at"])
    op.execute("grant select, insert on audit_unmasking to dancu_serving")
    op.execute(
        "grant update (state, decided_by, decided_at, readable_until, readings_left)"
        " on audit_unmasking to dancu_serving"
    )
    op.create_index("ix_audit_record_later", "audit_record", ["lookup_id"], postgresql_where=_IS_LATER)
    _let_notices_say(f"{_CODES}, {_NEW_CODE}")


def _let_notices_say(codes: str) -> None:
    op.drop_constraint("ck_unit_notice_code", "unit_notice")
    op.create_check_constraint(op.f("ck_unit_notice_code"), "unit_notice", f"code in ({codes})")


def downgrade() -> None:
    op.execute(f"delete from unit_notice where code = {_NEW_CODE}")
    _let_notices_say(_CODES)
    op.drop_index("ix_audit_record_later", table_name="audit_record")
    op.drop_table("audit_unmasking")
