"""Evidence out of reach, told the way it is told everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from app.audit.sealing import SealBrokenError
from app.audit.tree.store import TreeBrokenError
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

_log = get_logger(__name__)


@contextmanager
def evidence_trouble() -> Iterator[None]:
    """Turn a database out of reach, keys that do not open and a broken tree into AuditUnavailableError."""
    try:
        yield
    except (
        OSError,
        SQLAlchemyError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        SealBrokenError,
        TreeBrokenError,
    ) as error:
        _log.error(LogEvent.AUDIT_UNREACHABLE, error=type(error).__name__)
        raise AuditUnavailableError from None
