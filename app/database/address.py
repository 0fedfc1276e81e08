"""One database address, written the way each library wants it."""

from typing import Final

_PLAIN = "postgresql://"
_SQLALCHEMY = "postgresql+asyncpg://"
_PORT: Final = 5432
TAKES_WRITES: Final = "read-write"
"""Which of several servers is wanted: the primary."""


def asyncpg_address(url: str) -> str:
    """Return *url* for asyncpg."""
    return _PLAIN + url.removeprefix(_SQLALCHEMY) if url.startswith(_SQLALCHEMY) else url


def sqlalchemy_address(url: str) -> str:
    """Return *url* for SQLAlchemy's asyncpg dialect, which wants several servers among the parameters."""
    for prefix in (_PLAIN, "postgres://"):
        if url.startswith(prefix):
            return _SQLALCHEMY + _servers_apart(url.removeprefix(prefix))
    return url


def servers_of(url: str) -> list[tuple[str, int]]:
    """Return the servers that `postgresql://…@a:5432,b:5432/…` names; none where it names one or a socket."""
    return _servers(_parts(asyncpg_address(url).partition("://")[2])[1])


def _servers_apart(rest: str) -> str:
    user, places, path = _parts(rest)
    servers = _servers(places)
    if not servers:
        return rest
    named = [f"host={host}:{port}" for host, port in servers]
    if "target_session_attrs=" not in path:
        named.append(f"target_session_attrs={TAKES_WRITES}")
    return f"{user}{path}{'&' if '?' in path else '?'}{'&'.join(named)}"


def _servers(places: str) -> list[tuple[str, int]]:
    if "," not in places:
        return []
    pairs = [place.rpartition(":") if ":" in place else (place, "", "") for place in places.split(",")]
    return [(host, int(port or _PORT)) for host, _, port in pairs]


def _parts(rest: str) -> tuple[str, str, str]:
    """Return user and password with their `@`, the servers, and what follows them."""
    end = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    user, at, places = rest[:end].rpartition("@")
    return user + at, places, rest[end:]
