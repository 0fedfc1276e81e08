"""One database address, written the way each library wants it."""

_PLAIN = "postgresql://"
_SQLALCHEMY = "postgresql+asyncpg://"


def asyncpg_address(url: str) -> str:
    """Return *url* for asyncpg."""
    return _PLAIN + url.removeprefix(_SQLALCHEMY) if url.startswith(_SQLALCHEMY) else url


def sqlalchemy_address(url: str) -> str:
    """Return *url* for SQLAlchemy's asyncpg dialect."""
    for prefix in (_PLAIN, "postgres://"):
        if url.startswith(prefix):
            return _SQLALCHEMY + url.removeprefix(prefix)
    return url
