"""The version of everything that is kept in memory."""

from sqlalchemy import BigInteger, CheckConstraint, Column, SmallInteger, Table

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
