"""Where gateways are killed: databases with held commits, settings with short times, folders for logs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.sealing import RootKey
from app.cli import invented
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.settings import Settings
from tests.cluster import PostgresCluster
from tests.crash.commits import HOLDING_TRIGGERS, VICTIM
from tests.world import PASSWORD, ROOT_KEY, Database, World, make_login_roles, make_month_keys, make_token_key

BUDGET_SECONDS: Final = 1.0
MARGIN_SECONDS: Final = 0.5
AGE_SECONDS: Final = BUDGET_SECONDS + MARGIN_SECONDS
CYCLE_SECONDS: Final = 0.2
_BYSTANDER: Final = "bystander"


@dataclass(frozen=True, slots=True)
class Place:
    """One database and a folder for the logs of the processes over it."""

    world: World
    folder: Path
    bystander_url: str = field(repr=False)

    @property
    def owner_url(self) -> str:
        """Where the database's owner reads everything."""
        return self.world.database.owner_url

    def victim_settings(self) -> Settings:
        """Return the settings of the gateways that are killed."""
        return self._settings(self.world.database.serving_url)

    def bystander_settings(self) -> Settings:
        """Return the settings of the gateway that lives on; its sessions have a login of their own."""
        return self._settings(self.bystander_url)

    def _settings(self, database_url: str) -> Settings:
        return self.world.settings(
            database_url=SecretStr(database_url),
            audit_database_url=None,
            audit_root_key=None,
            lookup_budget_seconds=BUDGET_SECONDS,
            audit_wait_seconds=MARGIN_SECONDS,
            reconcile_margin_seconds=MARGIN_SECONDS,
            reconcile_every_seconds=CYCLE_SECONDS,
            token_minutes=60,
            lookups_per_officer_per_minute=1_000_000,
            lookups_per_officer_per_hour=1_000_000,
            lookups_per_officer_per_day=1_000_000,
            lookups_per_unit_per_hour=1_000_000,
            lookups_per_unit_per_day=1_000_000,
            lookups_per_client_per_hour=1_000_000,
            lookups_per_client_per_day=1_000_000,
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster with a filled template, and the credentials in it."""

    cluster: PostgresCluster
    province: invented.InventedProvince
    folder: Path
    template: str

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator[Place]:
        """Give a database of its own."""
        database = await self.cluster.create_database(self.template)
        known = Database(
            name=database,
            owner_url=self.cluster.url(database),
            serving_url=self.cluster.url(database, VICTIM, PASSWORD),
            auditing_url="",
        )
        folder = self.folder / name
        folder.mkdir()
        bystander_url = self.cluster.url(database, _BYSTANDER, PASSWORD)
        yield Place(World(known, self.province), folder, bystander_url)
        await self.cluster.drop_database(database)


async def prepare_ground(cluster: PostgresCluster, folder: Path) -> Ground:
    """Fill a template, which no other ground of the cluster shares."""
    provinces = list[invented.InventedProvince]()

    async def fill(url: str) -> None:
        await migrate.upgrade(sqlalchemy_address(url))
        await make_login_roles(url)
        engine = create_async_engine(sqlalchemy_address(url))
        async with engine.begin() as connection:
            provinces.append(await invented.invent_province(connection, RootKey.from_text(ROOT_KEY)))
            await make_month_keys(connection)
            await make_token_key(connection)
        await engine.dispose()
        await _add_own(url)

    template = f"crash_{uuid4().hex}"
    await cluster.make_template(template, fill)
    return Ground(cluster, provinces[0], folder, template)


async def _add_own(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        with suppress(asyncpg.DuplicateObjectError):  # roles are the whole server's
            await connection.execute(
                f"create role {_BYSTANDER} login password '{PASSWORD}' in role dancu_serving"
            )
        await connection.execute(HOLDING_TRIGGERS)
    finally:
        await connection.close()
