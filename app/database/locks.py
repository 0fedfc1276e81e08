"""What a lock that somebody else holds looks like from here."""

import asyncpg
from sqlalchemy.exc import DBAPIError


def waited_too_long(error: DBAPIError) -> bool:
    """Whether a statement gave up because somebody else held a lock for longer than it waits."""
    cause = error.orig.__cause__ if error.orig is not None else None
    return isinstance(cause, asyncpg.LockNotAvailableError)
