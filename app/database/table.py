"""The version of everything that is kept in memory."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Table, Text, Uuid

from app.database.metadata import METADATA

DIRECTORY_VERSION = Table(
    "directory_version",
    METADATA,
    Column("only_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("catalogue", BigInteger, nullable=False, server_default="1"),
    CheckConstraint("only_row = 1", name="only_row"),
)
"""Raised by a trigger on every table the directory is loaded from; `catalogue` by those of procedures."""

DIRECTORY_CHANGE = Table(
    "directory_change",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("changed_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Index("ix_directory_change_version", "version"),
)
"""The version at which a table last changed (the id of zeroes), or one officer, or the grants of one unit."""
