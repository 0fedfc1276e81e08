"""What of the directory changed since a version: which tables, and of the large ones which rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.database.table import DIRECTORY_CHANGE

OFFICER: Final = "officer"
"""Marks an officer whose account, posting or second factor changed."""
UNIT_GRANTS: Final = "unit_grants"
"""Marks a unit whose grants changed."""
_WHOLE_TABLE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Changes:
    """The names of the tables that changed, and by kind the ids of what was marked."""

    tables: frozenset[str]
    marked: Mapping[str, frozenset[UUID]] = field(default_factory=dict)

    def touch(self, *tables: str) -> bool:
        """Whether any of *tables* changed."""
        return not self.tables.isdisjoint(tables)

    def of(self, kind: str) -> frozenset[UUID]:
        """Return the ids that were marked as this *kind*."""
        return self.marked.get(kind, frozenset())


async def read_changes(connection: AsyncConnection, since: int) -> Changes | None:
    """Return what changed after version *since*, as of the connection's snapshot.

    None where nothing says what did: then anything may have.
    """
    table = DIRECTORY_CHANGE.c
    rows = await connection.execute(select(table.kind, table.changed_id).where(table.version > since))
    tables, marked = set[str](), dict[str, set[UUID]]()
    for kind, changed_id in map(tuple, rows):
        if changed_id == _WHOLE_TABLE:
            tables.add(kind)
        else:
            marked.setdefault(kind, set()).add(changed_id)
    if not tables:
        return None
    return Changes(frozenset(tables), {kind: frozenset(ids) for kind, ids in marked.items()})
