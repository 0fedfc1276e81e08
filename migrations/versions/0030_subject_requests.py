"""Citizens' requests to know who looked them up, and an index of auditing's own looks."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_STEPS = (
    "acknowledged_on, acknowledged_through, answer_by, extended_days, extended_because, extension_told_on,"
    " made_at, made_by, made_count, look_count, ended_on, ended_through, result, ended_because"
)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_subject_request_{name}"))


def upgrade() -> None:
    op.create_table(
        "subject_request",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("identity_check", sa.Text(), nullable=False),
        sa.Column("identity_reference", sa.Text(), nullable=False),
        sa.Column("number_count", sa.SmallInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_through", sa.Text(), nullable=True),
        sa.Column("extended_days", sa.SmallInteger(), nullable=True),
        sa.Column("extended_because", sa.Text(), nullable=True),
        sa.Column("extension_told_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("look_count", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_through", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        _check("counts", "serial > 0 and number_count > 0"),
        _check("requester", "requester in ('citizen', 'representative')"),
        _check("identity_check", "identity_check in ('card', 'chip_reader', 'vneid', 'authorisation')"),
        _check("identity_reference", "identity_reference !~ '([0-9][ .-]?){9}'"),
        _check("deadlines", "acknowledge_by >= received_on and answer_by >= received_on"),
        _check(
            "acknowledged",
            "(acknowledged_on is null) = (acknowledged_through is null) and acknowledged_on >= received_on",
        ),
        _check(
            "extended",
            "extended_days > 0 and (extended_days is null) = (extended_because is null)"
            " and (extended_days is null) = (extension_told_on is null)",
        ),
        _check(
            "made",
            "(made_at is null) = (made_by is null) and (made_at is null) = (look_count is null)"
            " and (made_at is null) = (made_count = 0) and made_count >= 0 and look_count >= 0",
        ),
        _check(
            "ended",
            "(ended_on is null) = (result is null) and (ended_on is null) = (ended_through is null)"
            " and result in ('handed_over', 'refused', 'withdrawn') and ended_on >= received_on"
            " and (result <> 'handed_over' or made_at is not null)"
            " and (result is null or (result = 'handed_over') = (ended_because is null))",
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_subject_request")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_subject_request_year")),
    )
    op.create_index("ix_subject_request_answer_by", "subject_request", ["answer_by", "report_id"])
    op.create_index("ix_subject_request_registered", "subject_request", ["registered_by", "registered_at"])
    # Whom a request is about stands in its record only; what was asked and when never changes.
    op.execute("grant select, insert on subject_request to dancu_serving")
    op.execute(f"grant update ({_STEPS}) on subject_request to dancu_serving")
    op.create_index(
        "ix_audit_record_audit_looks",
        "audit_record",
        ["record_id"],
        postgresql_where=sa.text(
            "kind in ('audit.searched', 'audit.unmasked', 'audit.search_exported', 'subject_report.made')"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_record_audit_looks", table_name="audit_record")
    op.drop_table("subject_request")
