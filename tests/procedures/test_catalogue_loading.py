"""What the directory holds of the catalogue: today's entries, no past grants, and nothing loaded twice."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.cli import invented
from app.database.address import sqlalchemy_address
from app.database.changes import read_changes
from app.procedures.catalogue.store import write_entries
from app.procedures.catalogue.values import EntryChange
from app.procedures.fields import Field
from app.procedures.store import Catalogue, amend_catalogue, load_catalogue
from app.procedures.table import PERMISSION_GRANT
from tests.world import Database

TODAY = date(2026, 11, 22)
CODE = invented.RESIDENCE_PROCEDURE


async def test_the_directory_holds_what_the_catalogue_says_today_and_grants_of_today_and_later(
    database: Database,
) -> None:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        before = await load_catalogue(connection, TODAY)
        changed = replace(before.procedures[CODE], fields={Field.SEX: "Luật"})
        later = TODAY + timedelta(days=5)
        await write_entries(connection, [EntryChange(before.procedures[CODE], changed, later)])
        (unit_id,) = {unit for unit, code in before.grants if code == invented.HOUSEHOLD_PROCEDURE}
        past = {"unit_id": unit_id, "procedure_code": invented.UNGRANTED_PROCEDURE}
        days = {"valid_from": TODAY - timedelta(days=9), "valid_to": TODAY}
        await connection.execute(insert(PERMISSION_GRANT).values(past | days))
        today, then = await load_catalogue(connection, TODAY), await load_catalogue(connection, later)
    await engine.dispose()
    assert today.procedures == before.procedures
    assert then.procedures[CODE] == changed
    assert today.grants == before.grants


async def test_only_what_changed_is_read_again(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        before, version = await load_catalogue(connection, TODAY), await _version(connection)

        await connection.execute(text("update officer set role = role"))
        same = await _amended(connection, before, version)
        await connection.execute(text("update permission_grant set valid_to = :today"), {"today": TODAY})
        without_grants = await _amended(connection, before, version)
        await connection.execute(text("update procedure_version set name = 'Tên khác'"))
        renamed = await _amended(connection, before, version)
    await engine.dispose()

    assert same is before
    assert without_grants.procedures is before.procedures
    assert without_grants.grants == {}
    assert before.grants
    assert {procedure.name for procedure in renamed.procedures.values()} == {"Tên khác"}


async def test_amended_piece_by_piece_it_is_what_is_loaded_anew(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        before, version = await load_catalogue(connection, TODAY), await _version(connection)
        (unit_id, code), *_ = before.grants
        named = {"unit_id": unit_id, "procedure_code": code, "today": TODAY}
        whose = "where unit_id = :unit_id and procedure_code = :procedure_code"
        await connection.execute(
            text(f"update permission_grant set valid_to = :today {whose}"),  # noqa: S608 - written here
            named,
        )
        later = {"valid_from": TODAY + timedelta(days=3)}
        await connection.execute(
            insert(PERMISSION_GRANT).values({"unit_id": unit_id, "procedure_code": code} | later)
        )
        amended = await _amended(connection, before, version)
        anew = await load_catalogue(connection, TODAY)
    await engine.dispose()

    assert amended.grants == anew.grants
    assert len(amended.grants) == len(before.grants)
    assert not amended.is_granted(unit_id, code, TODAY)
    assert amended.is_granted(unit_id, code, TODAY + timedelta(days=3))


async def _version(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("select version from directory_version")))


async def _amended(connection: AsyncConnection, known: Catalogue, since: int) -> Catalogue:
    changes = await read_changes(connection, since)
    assert changes is not None
    return await amend_catalogue(connection, known, changes, TODAY)
