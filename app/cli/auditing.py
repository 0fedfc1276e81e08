"""The auditing role's connection, for commands that read the evidence as a whole."""

from typing import Final

import asyncpg

from app.database.connect import connector
from app.errors import ConfigurationError
from app.settings import Settings

# The first row of what stands outside the tree may take minutes to find.
_PATIENCE: Final = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "60000"}


async def auditing_connection(settings: Settings) -> asyncpg.Connection:
    """Return a connection of the auditing role; ConfigurationError where no address is set."""
    if settings.audit_database_url is None:
        raise ConfigurationError("DANCU_AUDIT_DATABASE_URL is not set: the auditing role's address")
    return await connector(settings.audit_database_url.get_secret_value(), **_PATIENCE)()
