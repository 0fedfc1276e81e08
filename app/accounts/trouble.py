"""A database out of reach, told the way it is told everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app.errors import AuditUnavailableError


@contextmanager
def database_trouble() -> Iterator[None]:
    """Turn a database out of reach into AuditUnavailableError: no evidence could be written either."""
    try:
        yield
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise AuditUnavailableError from None
