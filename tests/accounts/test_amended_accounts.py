"""What a gateway holds in memory, changed piece by piece, is what it would load anew."""

# ruff: noqa: S608 - names are written here, not received

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.store import Accounts, amend_accounts, load_accounts
from app.cli import invented
from app.database.address import sqlalchemy_address
from app.database.changes import OFFICER, Changes, read_changes
from app.units.store import amend_units, load_units
from tests.world import Database

TODAY: Final = date(2026, 11, 22)
WHOSE: Final = f"where login_name = '{invented.RECEPTION}'"
REGISTER: Final = (
    "insert into officer (officer_id, login_name, full_name, role, status)"
    " values (gen_random_uuid(), 'moi', 'Cán Bộ Mới', 'reception', 'active')"
)
ID: Final = f"(select officer_id from officer {WHOSE})"


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def amended(connection: AsyncConnection, known: Accounts, *statements: str) -> tuple[Accounts, Changes]:
    version = int(await connection.scalar(text("select version from directory_version")))
    for statement in statements:
        await connection.execute(text(statement))
    changes = await read_changes(connection, version)
    assert changes is not None
    return await amend_accounts(connection, known, changes, TODAY), changes


@pytest.mark.parametrize(
    "statement",
    [
        f"update officer set status = 'suspended' {WHOSE}",
        f"update officer set login_name = 'ten.khac' {WHOSE}",
        f"update officer_posting set valid_to = '2026-11-22' where officer_id = {ID}",
        f"insert into second_factor (officer_id, wrapped_secret, confirmed_at) values ({ID}, '\\x00', now())",
        REGISTER,
        "update client set status = 'suspended'",
    ],
    ids=["suspended", "renamed", "posting", "second-factor", "registered", "client"],
)
async def test_after_a_change_it_is_what_is_loaded_anew(connection: AsyncConnection, statement: str) -> None:
    before = await load_accounts(connection, TODAY)
    kept = Accounts(dict(before.officers), dict(before.officers_by_login), before.clients)

    after, _ = await amended(connection, before, statement)

    assert after == await load_accounts(connection, TODAY)
    assert after != before
    assert before == kept  # whoever reads it meanwhile sees no half of a change


async def test_one_officer_is_read_again_and_nobody_else(connection: AsyncConnection) -> None:
    before = await load_accounts(connection, TODAY)

    after, changes = await amended(connection, before, f"update officer set status = 'suspended' {WHOSE}")

    changed = before.officers_by_login[invented.RECEPTION].officer_id
    assert changes.of(OFFICER) == {changed}
    others = after.officers.keys() - {changed}
    assert all(after.officers[each] is before.officers[each] for each in others)
    assert not after.officers[changed].is_active


async def test_officers_who_change_names_with_each_other_keep_their_accounts(
    connection: AsyncConnection,
) -> None:
    before = await load_accounts(connection, TODAY)
    one, other = before.officers_by_login[invented.RECEPTION], before.officers_by_login[invented.PROCESSING]

    after, _ = await amended(
        connection,
        before,
        f"update officer set login_name = 'doi.cho' where officer_id = '{one.officer_id}'",
        f"update officer set login_name = '{one.login_name}' where officer_id = '{other.officer_id}'",
        f"update officer set login_name = '{other.login_name}' where officer_id = '{one.officer_id}'",
    )

    assert after.officers_by_login[one.login_name].officer_id == other.officer_id
    assert after.officers_by_login[other.login_name].officer_id == one.officer_id
    assert len(after.officers_by_login) == len(after.officers)


async def test_officer_who_is_gone_is_known_no_more(connection: AsyncConnection) -> None:
    await connection.execute(text(REGISTER))
    await connection.commit()  # one transaction raises the version once
    before = await load_accounts(connection, TODAY)

    after, _ = await amended(connection, before, "delete from officer where login_name = 'moi'")

    assert "moi" in before.officers_by_login
    assert "moi" not in after.officers_by_login
    assert len(after.officers) == len(before.officers) - 1


async def test_units_are_read_again_where_the_tree_changed_only(connection: AsyncConnection) -> None:
    before = await load_units(connection, TODAY)
    version = int(await connection.scalar(text("select version from directory_version")))
    await connection.execute(text("update officer set full_name = full_name"))
    elsewhere = await read_changes(connection, version)
    await connection.execute(text("update unit_version set name = 'Tên khác'"))
    renamed = await read_changes(connection, version)
    assert elsewhere is not None
    assert renamed is not None

    assert await amend_units(connection, before, elsewhere, TODAY) is before
    after = await amend_units(connection, before, renamed, TODAY)
    assert {unit.name for unit in after.units.values()} == {"Tên khác"}


async def test_nothing_is_said_of_a_version_that_nothing_marks(connection: AsyncConnection) -> None:
    version = int(await connection.scalar(text("select version from directory_version")))

    assert await read_changes(connection, version + int(timedelta(days=1).total_seconds())) is None
