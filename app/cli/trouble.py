"""Errors of libraries that an operator can mend, each in one line that repeats no stored value."""

import asyncpg
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError

from app.audit.sealing import SealBrokenError
from app.cli.rule_words import rule_words
from app.database.embedded import EmbeddedPostgresError
from app.errors import ConfigurationError, GatewayError
from app.units.troubles import UnitRefusedError
from app.web.problem_texts import TEXTS

MENDABLE = (
    ConfigurationError,
    EmbeddedPostgresError,
    GatewayError,
    SealBrokenError,
    DBAPIError,
    ArgumentError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    CommandError,
    UnitRefusedError,
    OSError,
)


def explain(error: Exception) -> str:  # noqa: PLR0911 - one answer per kind
    """Return what to tell the operator about one of MENDABLE."""
    match error:
        case DBAPIError():
            return explain_refusal(error.orig.__cause__ if error.orig is not None else error)
        case asyncpg.PostgresError() | asyncpg.InterfaceError():
            return explain_refusal(error)
        case ArgumentError():
            return "a database address is not written as postgresql://user:password@host:port/database"
        case SealBrokenError():
            return f"keys: {error}; is this the root key the database was set up with?"
        case GatewayError():
            text = TEXTS[error.code]["en"]
            return f"{text.title}: {text.detail}"
        case OSError():
            where = error.filename or "the database cannot be reached"
            return f"{error.strerror or type(error).__name__}: {where}"
        case _:
            return str(error)


def explain_refusal(error: BaseException | None) -> str:  # noqa: PLR0911 - as above
    """Return why PostgreSQL refused, by kind and constraint: its own text may repeat stored values."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "the database refused the user name or password"
        case asyncpg.InvalidCatalogNameError():
            return "the database named in the address does not exist"
        case asyncpg.UniqueViolationError() | asyncpg.ExclusionViolationError():
            return rule_words(error.constraint_name, "that is already registered")
        case asyncpg.CheckViolationError() | asyncpg.ForeignKeyViolationError():
            return rule_words(error.constraint_name, "the database refused a value")
        case asyncpg.InsufficientPrivilegeError():
            return "the database role may not do this; use the owner's address (DANCU_MIGRATION_DATABASE_URL)"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedFunctionError():
            return "the database is not set up; run: dancu migrate"
        case _:
            return f"the database refused or was out of reach ({type(error).__name__})"
