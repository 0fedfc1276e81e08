from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

import migrations
from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cluster import PostgresCluster


@pytest.fixture
async def empty(postgres_cluster: PostgresCluster) -> AsyncIterator[str]:
    name = await postgres_cluster.create_database()
    yield postgres_cluster.url(name)
    await postgres_cluster.drop_database(name)


async def test_what_a_desk_served_is_kept_on_the_way_up_and_down(empty: str) -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()
    script = next(one for one in scripts if one.path.endswith("_unit_history.py"))
    url, served = sqlalchemy_address(empty), "select agency_code from unit_served_agency order by 1"
    await migrate.upgrade(url, str(script.down_revision))
    connection = await asyncpg.connect(empty)
    unit_id = "018f0000-0000-7000-8000-000000000001"
    await connection.execute("insert into unit values ($1)", unit_id)
    await connection.execute(
        "insert into unit_version (unit_id, valid_from, name, agency_code, kind, level)"
        " values ($1, '2023-01-01', 'Trung tâm', 'H19.90', 'public_service', 'province')",
        unit_id,
    )
    for code in ("H19.11", "H19.10"):
        await connection.execute("insert into unit_served_agency values ($1, $2)", unit_id, code)

    await migrate.upgrade(url, script.revision)
    assert await connection.fetchval("select serves from unit_version") == ["H19.10", "H19.11"]

    await migrate.downgrade(url, str(script.down_revision))
    assert [row[0] for row in await connection.fetch(served)] == ["H19.10", "H19.11"]
    await connection.close()
