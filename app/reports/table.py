"""Tables of figures: counts by day and unit, and how far in the log they are counted."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, SmallInteger, Table, Text, Uuid

from app.database.metadata import METADATA

USAGE_FIGURE = Table(
    "usage_figure",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("unit_id", Uuid, primary_key=True),
    Column("unit_level", Text, primary_key=True),
    Column("procedure_code", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("reception_channel", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("lookups", BigInteger, nullable=False),
    CheckConstraint("kind in ('lookup', 'verification', 'refused')", name="kind"),
    CheckConstraint("lookups > 0", name="lookups"),
)
"""The day is that of the question in Vietnam; what a record does not say is an empty text.

Only the functions of migration 0028 write here: no role but the owner's may.
"""

USAGE_CURSOR = Table(
    "usage_cursor",
    METADATA,
    Column("only_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("next_leaf", BigInteger, nullable=False),
    Column("counted_at", DateTime(timezone=True)),
    CheckConstraint("only_row = 1", name="only_row"),
    CheckConstraint("next_leaf >= 0", name="next_leaf"),
)
"""The first leaf of the tree that is not counted yet."""
