"""The life of an officer's account: postings by document, activation codes, lapse, reviews, notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _date_postings()
    _date_accounts()
    _follow_activity()
    _hand_codes_over()
    _review_accounts()


def _date_postings() -> None:
    op.execute("create extension if not exists btree_gist with schema public")
    op.add_column(
        "officer_posting",
        sa.Column("kind", sa.Text(), server_default=sa.text("'appointment'"), nullable=False),
    )
    op.add_column("officer_posting", sa.Column("document_number", sa.Text(), nullable=True))
    op.add_column("officer_posting", sa.Column("document_date", sa.Date(), nullable=True))
    for name, rule in (
        ("kind", "kind in ('appointment', 'transfer', 'secondment', 'return')"),
        ("document_number", "length(document_number) between 1 and 200"),
        ("document_date", "document_date is null or document_number is not null"),
    ):
        op.create_check_constraint(op.f(f"ck_officer_posting_{name}"), "officer_posting", rule)
    # Until now, of two postings that overlapped the later one counted: so it is written down.
    op.execute(
        """
        update officer_posting set valid_to = later.next_from
        from (
            select officer_id, valid_from,
                lead(valid_from) over (partition by officer_id order by valid_from) as next_from
            from officer_posting
        ) later
        where later.officer_id = officer_posting.officer_id
            and later.valid_from = officer_posting.valid_from
            and later.next_from < coalesce(officer_posting.valid_to, 'infinity')
        """
    )
    op.execute(
        "alter table officer_posting add constraint ex_officer_posting_overlap"
        " exclude using gist (officer_id with =, daterange(valid_from, valid_to) with &&)"
    )
    # What is planned and not begun may be taken back; `app.accounts.posting_plan` touches nothing else.
    op.execute("grant insert, update (valid_to), delete on officer_posting to dancu_serving")


def _date_accounts() -> None:
    for name in ("position", "status_reason"):
        op.add_column("officer", sa.Column(name, sa.Text(), nullable=True))
    op.add_column(
        "officer",
        sa.Column(
            "status_changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    for name in ("activated_at", "deactivated_at"):
        op.add_column("officer", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("active_from", "active_until"):
        op.add_column("officer", sa.Column(name, sa.Date(), nullable=True))
    op.execute(
        "update officer set activated_at = password_changed_at"
        " where password_hash is not null and not must_change_password"
    )
    op.execute(
        "update officer set status_reason = 'administrator', deactivated_at = clock_timestamp()"
        " where status = 'suspended'"
    )
    for name, rule in (
        ("position", "length(position) between 1 and 200"),
        (
            "status_reason",
            "status_reason in ('administrator', 'unused', 'not_attested', 'review_removed', 'left')",
        ),
        ("suspension", "(status = 'suspended') = (status_reason is not null)"),
        ("term", "active_until > active_from"),
    ):
        op.create_check_constraint(op.f(f"ck_officer_{name}"), "officer", rule)
    _stamp_status_by_trigger()
    op.execute(
        "grant update (status_reason, status_changed_at, activated_at, deactivated_at, active_from,"
        " active_until, position) on officer to dancu_serving"
    )
    op.execute(
        "grant select (position, status_reason, status_changed_at, activated_at, deactivated_at, active_from,"
        " active_until, created_at) on officer to dancu_auditing"
    )


def _stamp_status_by_trigger() -> None:
    """Give each suspension a reason and a time, whoever makes it, by hand too."""
    op.execute(
        """
        create function officer_status_stamped() returns trigger language plpgsql as $$
        begin
            if new.status = 'active' then
                new.status_reason := null;
                new.deactivated_at := null;
            else
                new.status_reason := coalesce(new.status_reason, 'administrator');
                new.deactivated_at := coalesce(new.deactivated_at, clock_timestamp());
            end if;
            if tg_op = 'UPDATE' and new.status <> old.status
                and new.status_changed_at = old.status_changed_at then
                new.status_changed_at := clock_timestamp();
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger officer_status_stamped before insert or update of status on officer"
        " for each row execute function officer_status_stamped()"
    )


def _follow_activity() -> None:
    op.create_table(
        "officer_activity",
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("last_active_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_officer_activity_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer_activity")),
    )
    op.execute(
        "insert into officer_activity (officer_id, last_active_on)"
        " select officer_id, max((last_active_at at time zone 'Asia/Ho_Chi_Minh')::date)"
        " from session group by officer_id"
    )
    op.create_table(
        "unit_registration",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_officers", sa.Integer(), nullable=False),
        sa.Column("request_document", sa.Text(), nullable=False),
        sa.CheckConstraint("declared_officers >= 0", name=op.f("ck_unit_registration_declared_officers")),
        sa.CheckConstraint(
            "length(request_document) between 1 and 200", name=op.f("ck_unit_registration_request_document")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_registration_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "requested_at", name=op.f("pk_unit_registration")),
    )
    op.execute("grant select, insert, update (last_active_on) on officer_activity to dancu_serving")
    op.execute("grant select, insert on unit_registration to dancu_serving")
    op.execute("grant select on officer_activity, unit_registration to dancu_auditing")


def _hand_codes_over() -> None:
    op.create_table(
        "handover",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_count", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code_count > 0", name=op.f("ck_handover_code_count")),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_handover_times")),
        sa.CheckConstraint(
            "length(document_number) between 1 and 200", name=op.f("ck_handover_document_number")
        ),
        sa.CheckConstraint("length(received_by) between 1 and 200", name=op.f("ck_handover_received_by")),
        sa.CheckConstraint("(received_by is null) = (received_at is null)", name=op.f("ck_handover_receipt")),
        sa.ForeignKeyConstraint(["issued_by"], ["officer.officer_id"], name=op.f("fk_handover_issued_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_handover_unit_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_handover")),
    )
    op.create_index("ix_handover_unit_id", "handover", ["unit_id"], unique=False)
    op.create_table(
        "activation_code",
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(code_digest) = 32", name=op.f("ck_activation_code_code_digest")),
        sa.CheckConstraint("purpose in ('first_access', 'reset')", name=op.f("ck_activation_code_purpose")),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_activation_code_times")),
        sa.CheckConstraint("used_at is null or revoked_at is null", name=op.f("ck_activation_code_end")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["handover.batch_id"], name=op.f("fk_activation_code_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_activation_code_officer_id")
        ),
        sa.PrimaryKeyConstraint("code_digest", name=op.f("pk_activation_code")),
    )
    op.create_index("ix_activation_code_batch_id", "activation_code", ["batch_id"], unique=False)
    op.create_index(
        "uq_activation_code_live",
        "activation_code",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("used_at is null and revoked_at is null"),
    )
    op.execute("grant select, insert, update (received_by, received_at) on handover to dancu_serving")
    op.execute("grant select, insert, update (used_at, revoked_at) on activation_code to dancu_serving")
    op.execute("grant select on handover to dancu_auditing")


def _review_accounts() -> None:
    op.create_table(
        "unit_notice",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "code in ('officer_unused', 'officer_not_attested')", name=op.f("ck_unit_notice_code")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_unit_notice_officer_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_notice_unit_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_unit_notice")),
    )
    op.create_index(
        "ix_unit_notice_unread",
        "unit_notice",
        ["unit_id"],
        unique=False,
        postgresql_where=sa.text("read_at is null"),
    )
    op.create_table(
        "review_round",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("due_on > opened_on", name=op.f("ck_review_round_dates")),
        sa.CheckConstraint("closed_on > due_on", name=op.f("ck_review_round_closed_on")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_review_round")),
    )
    op.create_table(
        "review_answer",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer in ('keep', 'remove')", name=op.f("ck_review_answer_answer")),
        sa.CheckConstraint(
            "num_nonnulls(answer, answered_by, answered_at) in (0, 3)", name=op.f("ck_review_answer_whole")
        ),
        sa.CheckConstraint("answered_by <> officer_id", name=op.f("ck_review_answer_not_oneself")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["officer.officer_id"], name=op.f("fk_review_answer_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_review_answer_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["review_round.round_id"], name=op.f("fk_review_answer_round_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_review_answer_unit_id")),
        sa.PrimaryKeyConstraint("round_id", "officer_id", name=op.f("pk_review_answer")),
    )
    op.create_index("ix_review_answer_unit", "review_answer", ["round_id", "unit_id"], unique=False)
    op.execute("grant select, insert, update (read_at) on unit_notice to dancu_serving")
    op.execute("grant select, insert, update (closed_on) on review_round to dancu_serving")
    op.execute(
        "grant select, insert, update (answer, answered_by, answered_at) on review_answer to dancu_serving"
    )
    op.execute("grant select on unit_notice, review_round, review_answer to dancu_auditing")


def downgrade() -> None:
    for table in (
        "review_answer",
        "review_round",
        "unit_notice",
        "activation_code",
        "handover",
        "unit_registration",
        "officer_activity",
    ):
        op.drop_table(table)
    op.execute("drop trigger officer_status_stamped on officer")
    op.execute("drop function officer_status_stamped()")
    op.execute("revoke select (created_at) on officer from dancu_auditing")
    for column in (
        "position",
        "status_reason",
        "status_changed_at",
        "activated_at",
        "deactivated_at",
        "active_from",
        "active_until",
    ):
        op.drop_column("officer", column)
    op.execute("revoke insert, update (valid_to), delete on officer_posting from dancu_serving")
    op.drop_constraint("ex_officer_posting_overlap", "officer_posting")
    for column in ("kind", "document_number", "document_date"):
        op.drop_column("officer_posting", column)
    # Another migration's tables may stand on the extension too.
    op.execute(
        "do $$ begin drop extension if exists btree_gist;"
        " exception when dependent_objects_still_exist then null; end $$"
    )
