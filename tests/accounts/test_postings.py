"""Postings in the database: dated, never two at once, in force by the day alone, ending sessions."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts.posting_plan import PostingFault, PostingRefusedError
from app.accounts.postings import (
    OfficerUnknownError,
    appoint_officer,
    move_unit_officers,
    second_officer,
    transfer_officer,
)
from app.accounts.table import OFFICER
from app.cli import invented
from app.clock import VIETNAM, SystemClock, local_day
from app.database import migrate
from app.database.connect import open_engine
from tests.accounts.calls import profile, soon, tokens_of, turnable_gateway
from tests.accounts.life import DAY, DOCUMENT, TODAY, Office, a_notice, an_office
from tests.cluster import PostgresCluster
from tests.world import Database, TurnableClock, World


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


async def _units(office: Office, officer_id: UUID, *days: int) -> list[UUID | None]:
    return [(await office.officer(officer_id, TODAY + day * DAY)).unit_id for day in days]


async def test_a_secondment_is_in_force_by_the_day_and_ends_by_itself(office: Office) -> None:
    home, other, _ = office.units
    officer_id = await office.register(on=TODAY - 9 * DAY)
    async with office.engine.begin() as connection:
        facts = await second_officer(connection, officer_id, other, a_notice(TODAY + DAY), TODAY + 5 * DAY)
    assert await _units(office, officer_id, 0, 1, 4, 5) == [home, other, other, home]
    leaf = facts.leaf()
    assert (leaf["document_number"], leaf["document_date"]) == (DOCUMENT.number, "2026-11-19")
    assert (leaf["changed_officer_id"], leaf["changed_unit_id"]) == (str(officer_id), str(other))
    rows = await office.fetch("select * from officer_posting where officer_id = :id", id=officer_id)
    documents = [row["document_number"] for row in rows if row["kind"] in ("secondment", "return")]
    assert documents == [DOCUMENT.number] * 2


async def test_a_refused_change_changes_nothing(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 9 * DAY)
    with pytest.raises(PostingRefusedError) as caught:
        async with office.engine.begin() as connection:
            await transfer_officer(connection, officer_id, office.units[0], a_notice())
    assert caught.value.fault is PostingFault.SAME_UNIT
    with pytest.raises(OfficerUnknownError):
        async with office.engine.begin() as connection:
            await transfer_officer(connection, uuid4(), office.units[0], a_notice())
    assert await _units(office, officer_id, 0) == [office.units[0]]


async def test_the_database_itself_refuses_two_postings_at_once(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 9 * DAY)
    with pytest.raises(IntegrityError, match="ex_officer_posting_overlap"):
        await office.execute(
            "insert into officer_posting (officer_id, valid_from, valid_to, unit_id)"
            " values (:id, :day, :later, :unit)",
            id=officer_id,
            day=TODAY,
            later=TODAY + DAY,
            unit=office.units[1],
        )


async def test_a_merger_moves_everybody_posted_there_and_nobody_else(office: Office) -> None:
    former, successor, other = office.units
    first = await office.register("mot.can", on=TODAY - 9 * DAY)
    planned = await office.register("hai.can", on=TODAY - 9 * DAY, unit_id=other)
    foreign = await office.register("ba.can", on=TODAY - 9 * DAY, unit_id=other)
    day = a_notice(TODAY + 2 * DAY)
    async with office.engine.begin() as connection:
        await second_officer(connection, planned, former, a_notice(TODAY + DAY), TODAY + 9 * DAY)
        facts = await move_unit_officers(connection, {former: successor}, day)
    assert {fact.officer_id for fact in facts} == {first, planned}
    assert await _units(office, first, 1, 2) == [former, successor]
    assert await _units(office, planned, 0, 1, 2, 8, 9) == [other, former, successor, successor, other]
    assert await _units(office, foreign, 2) == [other]
    with pytest.raises(ValueError, match="both"):
        async with office.engine.begin() as connection:
            await move_unit_officers(connection, {former: successor, successor: other}, day)


async def test_a_posting_is_changed_by_one_transaction_at_a_time(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 9 * DAY)
    async with office.engine.begin() as first, office.engine.begin() as second:
        await transfer_officer(first, officer_id, office.units[1], a_notice())
        held = select(OFFICER.c.officer_id).where(OFFICER.c.officer_id == officer_id)
        skipped = held.with_for_update(skip_locked=True, key_share=True)
        assert (await second.execute(skipped)).all() == []


async def test_who_has_no_posting_is_appointed_again(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 9 * DAY)
    await office.execute(
        "update officer_posting set valid_to = :day where officer_id = :id", day=TODAY - DAY, id=officer_id
    )
    async with office.engine.begin() as connection:
        await appoint_officer(connection, officer_id, office.units[2], a_notice(), TODAY + 2 * DAY)
    assert await _units(office, officer_id, -1, 0, 1, 2) == [None, office.units[2], office.units[2], None]


async def test_a_transfer_of_tomorrow_ends_the_token_at_midnight_in_vietnam(world: World) -> None:
    clock, real = TurnableClock(), SystemClock().now()
    tomorrow = local_day(real) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time.min, VIETNAM)
    clock.ahead = midnight - real - timedelta(seconds=30)
    engine = open_engine(world.database.serving_url)
    async with engine.begin() as connection:
        found = await connection.execute(
            select(OFFICER.c.officer_id).where(OFFICER.c.login_name == invented.RECEPTION)
        )
        unit = text("select unit_id from unit_version where agency_code = :code")
        centre = await connection.scalar(unit, {"code": invented.CENTRE_CODE})
        notice = a_notice(tomorrow, local_day(clock.now()))
        await transfer_officer(connection, found.scalar_one(), centre, notice)
    await engine.dispose()
    async with turnable_gateway(world, clock) as gateway:
        token = (await tokens_of(gateway))["access_token"]
        assert (await profile(gateway, token)).status_code == 200
        clock.ahead += timedelta(seconds=40)
        assert await soon(gateway, token, "token_expired") == "token_expired"
        again = (await tokens_of(gateway))["access_token"]
        assert (await profile(gateway, again)).status_code == 200


async def test_the_migration_cuts_postings_that_overlap_where_the_later_one_begins(
    postgres_cluster: PostgresCluster,
) -> None:
    name = await postgres_cluster.create_database()
    url = postgres_cluster.sqlalchemy_url(name)
    await migrate.upgrade(url, "0008")
    engine = open_engine(postgres_cluster.url(name))
    values = {"id": uuid4(), "first": TODAY, "second": TODAY + DAY, "end": TODAY + 9 * DAY}
    async with engine.begin() as connection:
        for statement in (
            "insert into unit values (:id)",
            "insert into officer (officer_id, login_name, full_name, role, status)"  # noqa: ISC004 - one statement
            " values (:id, 'can.bo', 'Cán Bộ', 'reception', 'suspended')",
            "insert into officer_posting values (:id, :first, null, :id), (:id, :second, :end, :id)",
        ):
            await connection.execute(text(statement), values)
    await migrate.upgrade(url)
    async with engine.connect() as connection:
        ends = await connection.execute(text("select valid_to from officer_posting order by valid_from"))
        row = (await connection.execute(text("select * from officer"))).mappings().one()
        assert list(ends.scalars()) == [TODAY + DAY, TODAY + 9 * DAY]
    await engine.dispose()
    await postgres_cluster.drop_database(name)
    assert row["status_reason"] == "administrator"
    assert row["deactivated_at"] is not None
