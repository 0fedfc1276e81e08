"""Accounts from before there were persons' codes survive the migration that brings them."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cluster import PostgresCluster

BEFORE = "0008"
OFFICERS = """
insert into officer (officer_id, login_name, full_name, role, status)
select gen_random_uuid(), 'canbo.' || row_number() over (), 'Cán Bộ Mẫu', role, status
from unnest(array['reception', 'unit_administrator', 'department_administrator', 'auditor', 'auditor']) role,
    unnest(array['active', 'suspended']) status
"""


@pytest.fixture
async def old(postgres_cluster: PostgresCluster) -> AsyncIterator[str]:
    """The owner's address of a database that holds such accounts."""
    name = await postgres_cluster.create_database()
    url = postgres_cluster.url(name)
    await migrate.upgrade(sqlalchemy_address(url), BEFORE)
    connection = await asyncpg.connect(url)
    await connection.execute(OFFICERS)
    await connection.close()
    yield url
    await postgres_cluster.drop_database(name)


async def test_each_privileged_account_is_taken_for_a_person_of_its_own(old: str) -> None:
    await migrate.upgrade(sqlalchemy_address(old))

    connection = await asyncpg.connect(old)
    rows = await connection.fetch("select officer_id, role, person_code from officer")
    await connection.close()
    assert len(rows) == 10
    for row in rows:
        expected = None if row["role"] == "reception" else row["officer_id"].hex.upper()
        assert row["person_code"] == expected
