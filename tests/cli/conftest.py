"""An environment without settings, and databases at the stages an operator meets them in."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cluster import PostgresCluster
from tests.world import AUDIT_ROOT_KEY, PASSWORD, ROOT_KEY, Database, make_login_roles, make_month_keys


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No DANCU_… of the machine's and no `.env` of the folder's reaches a test."""
    for name in [name for name in os.environ if name.startswith("DANCU_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def empty_database(postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The owner's address of a database with nothing in it, set as the operator sets it."""
    name = asyncio.run(postgres_cluster.create_database())
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", postgres_cluster.url(name))
    yield postgres_cluster.url(name)
    asyncio.run(postgres_cluster.drop_database(name))


@pytest.fixture
def migrated(postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with the schema and nothing in it, and the operator's settings."""

    async def fill(url: str) -> None:
        await migrate.upgrade(sqlalchemy_address(url))
        await make_login_roles(url)

    async def make() -> str:
        await postgres_cluster.make_template("schema", fill)
        return await postgres_cluster.create_database("schema")

    name = asyncio.run(make())
    monkeypatch.setenv("DANCU_AUTHORITY_CODE", "H19")
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", postgres_cluster.url(name))
    monkeypatch.setenv("DANCU_ROOT_KEY", ROOT_KEY)
    monkeypatch.setenv("DANCU_AUDIT_ROOT_KEY", AUDIT_ROOT_KEY)
    yield Database(
        name=name,
        owner_url=postgres_cluster.url(name),
        serving_url=postgres_cluster.url(name, "gateway", PASSWORD),
        auditing_url=postgres_cluster.url(name, "auditor", PASSWORD),
    )
    asyncio.run(postgres_cluster.drop_database(name))


@pytest.fixture
def recordable(migrated: Database) -> Database:
    """The same, with the month keys without which no change can be recorded."""

    async def make() -> None:
        engine = create_async_engine(sqlalchemy_address(migrated.owner_url))
        try:
            async with engine.begin() as connection:
                await make_month_keys(connection)
        finally:
            await engine.dispose()

    asyncio.run(make())
    return migrated
