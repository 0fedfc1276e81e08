"""The invented province on servers that fail, and settings under which a gateway minds its standbys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.cluster import PostgresCluster
from tests.crash.commits import VICTIM
from tests.crash.ground import prepare_ground
from tests.durability.pair import Pair
from tests.durability.servers import Origin, Server, copier_of
from tests.world import PASSWORD, Database, World

WAIT_SECONDS: Final = 2.0
PLENTY: Final = 1_000_000
SETTINGS: Final[dict[str, Any]] = {
    "audit_database_url": None,
    "audit_root_key": None,
    "audit_wait_seconds": WAIT_SECONDS,
    "lookup_budget_seconds": 1.0,
    "reconcile_margin_seconds": WAIT_SECONDS,
    "reconcile_every_seconds": 0.2,
    "token_minutes": 60,
    "lookups_per_officer_per_minute": PLENTY,
    "lookups_per_officer_per_hour": 0,
    "lookups_per_officer_per_day": 0,
    "citizens_per_officer_per_day": 0,
    "lookups_per_unit_per_hour": 0,
    "lookups_per_unit_per_day": 0,
    "lookups_per_client_per_hour": 0,
    "lookups_per_client_per_day": 0,
}
"""Short times and no limits; add what the test is about."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster that holds a filled database, to be copied."""

    origin: Origin
    database: str
    world: World = field(repr=False)

    def world_on(self, servers: Pair | Server) -> World:
        """Return the province as *servers* hold it."""
        known = Database(
            name=self.database,
            owner_url=f"{servers.url(self.database)}?target_session_attrs=read-write",
            serving_url=servers.url(self.database, VICTIM, PASSWORD),
            auditing_url="",
        )
        return World(known, self.world.province)


async def prepare(cluster: PostgresCluster, folder: Path, binaries: Path | None = None) -> Ground:
    """Fill a database in *cluster*."""
    filled = await prepare_ground(cluster, folder)
    database = await cluster.create_database(filled.template)
    known = Database(database, cluster.url(database), "", "")
    return Ground(Origin.of(cluster, folder, binaries), database, World(known, filled.province))


def missing(binaries: Path | None = None) -> str | None:
    """Return why servers cannot be copied here; None where they can."""
    program = copier_of(binaries)
    return None if program.is_file() else f"there is no {program}: install PostgreSQL with pg_basebackup"
