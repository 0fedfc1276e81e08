"""What the directory holds of the catalogue: today's entries, no past grants, and nothing loaded twice."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.cli import invented
from app.database.address import sqlalchemy_address
from app.procedures.catalogue.store import write_entries
from app.procedures.catalogue.values import EntryChange
from app.procedures.fields import Field
from app.procedures.store import CatalogueLoader, load_catalogue
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


async def test_it_is_loaded_anew_only_where_it_or_the_day_has_changed(database: Database) -> None:
    days = [TODAY]
    load = CatalogueLoader(lambda: days[0])
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        first = await load(connection)
        await connection.execute(text("update officer set role = role"))
        assert await load(connection) is first
        await connection.execute(text("update permission_grant set valid_to = valid_to"))
        second = await load(connection)
        assert second is not first
        days[0] = TODAY + timedelta(days=1)
        assert await load(connection) is not second
    await engine.dispose()
