"""What most tests start from: an invented province in a database of their own, and a gateway over it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.sealing import RootKey
from app.cli import invented
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.logs import configure_logging
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.cluster import PostgresCluster, postgres_cluster
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import (
    PASSWORD,
    ROOT_KEY,
    Database,
    World,
    make_login_roles,
    make_month_keys,
    make_signing_certificate,
    make_token_key,
)

__all__ = ["postgres_cluster"]
# How long one example takes says how busy the machine is.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


@dataclass
class _Template:
    """The seeded template's credentials, kept while the session lasts."""

    province: invented.InventedProvince | None = None


@pytest.fixture(scope="session")
def _template() -> _Template:
    return _Template()


@pytest.fixture(autouse=True)
def _quiet_logs(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()


@pytest.fixture
async def database(postgres_cluster: PostgresCluster, _template: _Template) -> AsyncIterator[Database]:
    """A migrated database with the invented province and this month's keys, for one test."""

    async def fill(url: str) -> None:
        await migrate.upgrade(sqlalchemy_address(url))
        await make_login_roles(url)
        engine = create_async_engine(sqlalchemy_address(url))
        async with engine.begin() as connection:
            _template.province = await invented.invent_province(connection, RootKey.from_text(ROOT_KEY))
            await make_month_keys(connection)
            await make_token_key(connection)
            await make_signing_certificate(connection)
        await engine.dispose()

    await postgres_cluster.make_template("province", fill)
    name = await postgres_cluster.create_database("province")
    yield Database(
        name=name,
        owner_url=postgres_cluster.url(name),
        serving_url=postgres_cluster.url(name, "gateway", PASSWORD),
        auditing_url=postgres_cluster.url(name, "auditor", PASSWORD),
    )
    await postgres_cluster.drop_database(name)


@pytest.fixture
def world(database: Database, _template: _Template) -> World:
    """The database with the credentials of its officers and client software."""
    if _template.province is None:
        raise AssertionError("the template was not filled")
    known = _template.province
    # Copies: what a test changes of its own database must not be believed of the next one's.
    own = invented.InventedProvince(known.client_secret, dict(known.passwords), dict(known.otp_secrets))
    return World(database, own)


@pytest.fixture
async def gateway(world: World) -> AsyncIterator[Gateway]:
    """A gateway in this process, over the mock national side in this process."""
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock) as running:
        yield running
