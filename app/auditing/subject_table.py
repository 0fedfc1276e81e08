"""The book of citizens' requests to know who looked them up; none of its columns says whom one is about."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.database.metadata import METADATA

SUBJECT_REQUEST = Table(
    "subject_request",
    METADATA,
    Column("report_id", Uuid, primary_key=True),
    Column("year", SmallInteger, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("requester", Text, nullable=False),
    Column("identity_check", Text, nullable=False),
    Column("identity_reference", Text, nullable=False),
    Column("number_count", SmallInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("registered_by", Uuid, nullable=False),
    Column("acknowledge_by", Date, nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("acknowledged_on", Date),
    Column("acknowledged_through", Text),
    Column("extended_days", SmallInteger),
    Column("extended_because", Text),
    Column("extension_told_on", Date),
    Column("made_at", DateTime(timezone=True)),
    Column("made_by", Uuid),
    Column("made_count", Integer, nullable=False, server_default=text("0")),
    Column("look_count", Integer),
    Column("ended_on", Date),
    Column("ended_through", Text),
    Column("result", Text),
    Column("ended_because", Text),
    UniqueConstraint("year", "serial"),
    CheckConstraint("serial > 0 and number_count > 0", name="counts"),
    CheckConstraint("requester in ('citizen', 'representative')", name="requester"),
    CheckConstraint(
        "identity_check in ('card', 'chip_reader', 'vneid', 'authorisation')", name="identity_check"
    ),
    CheckConstraint("identity_reference !~ '([0-9][ .-]?){9}'", name="identity_reference"),
    CheckConstraint("acknowledge_by >= received_on and answer_by >= received_on", name="deadlines"),
    CheckConstraint(
        "(acknowledged_on is null) = (acknowledged_through is null) and acknowledged_on >= received_on",
        name="acknowledged",
    ),
    CheckConstraint(
        "extended_days > 0 and (extended_days is null) = (extended_because is null)"
        " and (extended_days is null) = (extension_told_on is null)",
        name="extended",
    ),
    CheckConstraint(
        "(made_at is null) = (made_by is null) and (made_at is null) = (look_count is null)"
        " and (made_at is null) = (made_count = 0) and made_count >= 0 and look_count >= 0",
        name="made",
    ),
    CheckConstraint(
        "(ended_on is null) = (result is null) and (ended_on is null) = (ended_through is null)"
        " and result in ('handed_over', 'refused', 'withdrawn') and ended_on >= received_on"
        " and (result <> 'handed_over' or made_at is not null)"
        " and (result is null or (result = 'handed_over') = (ended_because is null))",
        name="ended",
    ),
    Index("ix_subject_request_answer_by", "answer_by", "report_id"),
    Index("ix_subject_request_registered", "registered_by", "registered_at"),
)
"""`report_id` is the id of the record `subject_report.requested`, in which the numbers stand sealed."""
