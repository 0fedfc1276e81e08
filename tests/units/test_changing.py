"""Decisions about units in real PostgreSQL: what is written, what moves, what the database itself refuses."""

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.cli import invented
from app.database.address import sqlalchemy_address
from app.procedures.holdings import PostingsAndGrants
from app.units.changing import Made, change_units
from app.units.history import History
from app.units.importing import Row, plan_import
from app.units.operations import plan_addition, plan_close, plan_merge, plan_recode, plan_split
from app.units.plans import Plan
from app.units.store import find_unit_id, load_history, load_units
from app.units.troubles import Trouble, UnitRefusedError
from app.units.values import Decision
from tests.units.deeds import Deed, mostly_forward
from tests.units.trees import START, a_day, a_decision, details_of
from tests.world import Database

HOLDINGS = PostingsAndGrants(START)
TENTH = a_day(10)
COMMUNE, CENTRE, DEPARTMENT = invented.COMMUNE_CODE, invented.CENTRE_CODE, invented.DEPARTMENT_CODE


class Register:
    """One test's database, each call in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self._url = sqlalchemy_address(url)

    async def change(self, planned: Callable[[History], Plan]) -> Made:
        engine = create_async_engine(self._url)
        try:
            async with engine.begin() as connection:
                return await change_units(connection, planned, HOLDINGS)
        finally:
            await engine.dispose()

    async def history(self) -> History:
        engine = create_async_engine(self._url)
        try:
            async with engine.connect() as connection:
                return await load_history(connection)
        finally:
            await engine.dispose()

    async def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(self._url.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()


class Planned:
    """A change named by codes, to be planned on whatever the tree is by then."""

    def __init__(self, verb: str, *codes: str, day: date = TENTH) -> None:
        self.verb, self.codes, self.decision = verb, codes, Decision(day, "1656/NQ-UBTVQH15")

    def __call__(self, history: History) -> Plan:
        if self.verb == "add":
            return plan_addition(history, details_of(self.codes[0]), self.decision)
        units = [history.find(code, self.decision.on) for code in self.codes]
        match self.verb:
            case "merge":
                return plan_merge(history, units[:-1], units[-1], self.decision)
            case "split":
                return plan_split(history, units[0], units[1:], self.decision)
            case _:
                return plan_close(history, units[0], self.decision)


@pytest.fixture
def register(database: Database) -> Register:
    return Register(database.owner_url)


POSTINGS = """
select valid_from, valid_to from officer_posting p join unit_version v using (unit_id)
where v.agency_code = $1 order by 1, 2
"""


async def test_a_merger_moves_officers_and_grants_from_its_day_on(register: Register) -> None:
    day = a_day(10)
    before = await register.ask(POSTINGS.replace("valid_from, valid_to", "p.valid_from, p.valid_to"), COMMUNE)
    assert before

    made = await register.change(Planned("merge", COMMUNE, DEPARTMENT))

    (former,) = made.plan.closed
    assert made.moved[former].officers == len(before)
    query = "select valid_from, valid_to from officer_posting where unit_id = $1"
    assert {to for _, to in await register.ask(query, former)} == {day}
    successor = made.plan.moves[0].successor_unit_id
    assert (day, None) in await register.ask(query, successor)
    grants = "select valid_to from permission_grant where unit_id = $1"
    assert {to for (to,) in await register.ask(grants, former)} == {day}
    assert len(await register.ask(grants, successor)) == made.moved[former].grants == 5


async def test_what_the_successor_has_already_is_not_granted_twice(register: Register) -> None:
    made = await register.change(Planned("merge", COMMUNE, CENTRE))
    successor = made.plan.moves[0].successor_unit_id
    counted = "select procedure_code, count(*) from permission_grant where unit_id = $1 group by 1"
    assert {count for _, count in await register.ask(counted, successor)} == {1}


async def test_planned_postings_and_grants_move_whole(register: Register) -> None:
    commune = (await register.history()).find(COMMUNE, START)
    await register.ask("update officer_posting set valid_from = $2 where unit_id = $1", commune, a_day(20))
    await register.ask("update permission_grant set valid_from = $2 where unit_id = $1", commune, a_day(20))

    made = await register.change(Planned("merge", COMMUNE, DEPARTMENT))

    successor = made.plan.moves[0].successor_unit_id
    for table in ("officer_posting", "permission_grant"):
        assert not await register.ask(f"select from {table} where unit_id = $1", commune)
        query = f"select distinct valid_to from {table} where unit_id = $1 and valid_from = $2"  # noqa: S608
        assert await register.ask(query, successor, a_day(20)) == [(None,)]


async def test_a_unit_with_officers_is_not_closed_and_nothing_is_written(register: Register) -> None:
    before = await register.history()
    with pytest.raises(UnitRefusedError) as error:
        await register.change(Planned("close", COMMUNE))
    assert error.value.faults[0].trouble is Trouble.HAS_OFFICERS
    assert await register.history() == before


async def test_the_grants_of_a_closed_unit_end_with_it(register: Register) -> None:
    centre = (await register.history()).find(CENTRE, START)
    await register.ask("update officer_posting set valid_to = $2 where unit_id = $1", centre, a_day(10))
    await register.change(Planned("close", CENTRE))
    assert await register.ask(
        "select distinct valid_to from permission_grant where unit_id = $1", centre
    ) == [(a_day(10),)]


async def test_a_split_moves_neither_officers_nor_grants(register: Register) -> None:
    commune = (await register.history()).find(COMMUNE, START)
    held = [
        await register.ask(f"select * from {table} where unit_id = $1", commune)  # noqa: S608 - ours
        for table in ("officer_posting", "permission_grant")
    ]
    made = await register.change(Planned("split", COMMUNE, CENTRE, DEPARTMENT))
    assert made.moved == {}
    assert held == [
        await register.ask(f"select * from {table} where unit_id = $1", commune)  # noqa: S608 - ours
        for table in ("officer_posting", "permission_grant")
    ]


async def test_a_merged_units_officers_look_up_for_its_dossiers_in_their_new_unit(register: Register) -> None:
    await register.change(Planned("merge", COMMUNE, DEPARTMENT))
    units = (await register.history()).units(a_day(10))
    (department,) = (unit for unit in units.values() if unit.agency_code == DEPARTMENT)
    assert {COMMUNE, invented.COMMUNE_LEGACY_CODE} <= department.agency_codes


async def test_a_decision_of_the_future_takes_effect_by_its_day(
    register: Register, database: Database
) -> None:
    await register.change(Planned("add", "H19.77"))
    engine = create_async_engine(sqlalchemy_address(database.serving_url))
    async with engine.connect() as connection:
        days = [await load_units(connection, a_day(number)) for number in (9, 10)]
        found = [await find_unit_id(connection, "H19.77", a_day(number)) for number in (9, 10)]
    await engine.dispose()
    assert [len(units.units) for units in days] == [3, 4]
    assert found == [None, next(iter(days[1].units.keys() - days[0].units.keys()))]


async def test_without_a_day_a_code_is_looked_for_today(register: Register, database: Database) -> None:
    far = date(2999, 1, 1)
    await register.change(Planned("add", "H19.77", day=far))
    engine = create_async_engine(sqlalchemy_address(database.serving_url))
    async with engine.connect() as connection:
        found = [await find_unit_id(connection, code) for code in ("H19.77", COMMUNE)]
    await engine.dispose()
    assert found == [None, (await register.history()).find(COMMUNE, START)]


async def test_two_units_swap_their_codes_in_one_transaction(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.begin() as connection:
        for old, new in ((COMMUNE, "H19.99"), (CENTRE, COMMUNE), ("H19.99", CENTRE)):
            await change_units(connection, partial(_recode, old=old, new=new), HOLDINGS)
    await engine.dispose()
    after = await Register(database.owner_url).history()
    assert after.find(COMMUNE, START) == after.find(CENTRE, a_day(10))


def _recode(history: History, *, old: str, new: str) -> Plan:
    return plan_recode(history, history.find(old, a_day(10)), new, None, a_decision(10))


INSERT = """
insert into unit_version (unit_id, valid_from, valid_to, name, agency_code, kind, level, parent_id)
values ($1, $2, $3, 'Xã', $4, 'commune', 'commune', $5)
"""


@pytest.mark.parametrize(
    ("unit", "code", "rule"),
    [(COMMUNE, "H19.77", "ex_unit_version_unit"), (None, COMMUNE, "ex_unit_version_code")],
)
async def test_the_database_refuses_two_versions_or_bearers_on_one_day(
    register: Register, unit: str | None, code: str, rule: str
) -> None:
    history = await register.history()
    unit_id = history.find(unit, START) if unit is not None else UUID(int=7)
    await register.ask("insert into unit values ($1) on conflict do nothing", unit_id)
    with pytest.raises(asyncpg.ExclusionViolationError) as error:
        await register.ask(INSERT, unit_id, a_day(0), a_day(1), code, None)
    assert error.value.constraint_name == rule


async def test_the_database_refuses_a_circle_on_any_day(register: Register) -> None:
    one, other = UUID(int=1), UUID(int=2)
    for unit_id in (one, other):
        await register.ask("insert into unit values ($1)", unit_id)
    await register.ask(INSERT, one, a_day(0), a_day(5), "H19.1", other)
    await register.ask(INSERT, other, a_day(5), a_day(9), "H19.2", one)  # never on one day
    with pytest.raises(asyncpg.CheckViolationError) as error:
        await register.ask("update unit_version set valid_from = $2 where unit_id = $1", other, a_day(4))
    assert error.value.constraint_name == "ck_unit_version_circle"


async def test_two_halves_of_a_circle_never_both_land(database: Database, register: Register) -> None:
    ids = [UUID(int=number) for number in (1, 2)]
    for unit_id, code in zip(ids, ("H19.1", "H19.2"), strict=True):
        await register.ask("insert into unit values ($1)", unit_id)
        await register.ask(INSERT, unit_id, a_day(0), None, code, None)
    begun = [asyncio.Event(), asyncio.Event()]

    async def place(number: int) -> None:
        session = await asyncpg.connect(database.owner_url)
        try:
            async with session.transaction():
                await session.fetch("select * from unit_version")
                begun[number].set()
                await begun[1 - number].wait()
                await session.execute(
                    "update unit_version set parent_id = $2 where unit_id = $1", ids[number], ids[1 - number]
                )
        finally:
            await session.close()

    landed = await asyncio.gather(place(0), place(1), return_exceptions=True)
    assert sorted(type(one).__name__ for one in landed) == ["CheckViolationError", "NoneType"]


async def test_the_gateway_takes_nothing_of_the_tree_away(database: Database) -> None:
    connection = await asyncpg.connect(database.serving_url)
    try:
        assert await connection.fetchval("select count(*) from unit_version") == 3
        assert await connection.fetchval("select count(*) from unit_succession") == 0
        for statement in (
            "delete from unit_version",
            "delete from unit",
            "update unit_succession set kind = 'split'",
            "delete from unit_succession",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_5000_units_land_and_are_read_again(register: Register) -> None:
    cells = [{"agency_code": "H20", "name": "Tỉnh Mẫu", "kind": "department", "level": "province"}]
    cells += [
        {
            "agency_code": f"H20.{n}",
            "name": f"Xã {n}",
            "kind": "commune",
            "level": "commune",
            "parent_code": "H20",
        }
        for n in range(4999)
    ]
    rows = [Row(number, row) for number, row in enumerate(cells[::-1], start=2)]
    headings = ("agency_code", "name", "kind", "level", "parent_code")

    def planned(history: History) -> Plan:
        plan = plan_import(headings, rows, history, a_decision()).plan
        assert plan is not None
        return plan

    await register.change(planned)
    assert len((await register.history()).units(a_day(10))) == 5003
    assert planned(await register.history()).versions == ()


GHOSTS = """
select count(*) from (
    select unit_id, greatest(valid_from, $2) as day from officer_posting where unit_id = any($1)
        and coalesce(valid_to > $2, true)
    union all
    select unit_id, greatest(valid_from, $2) from permission_grant where unit_id = any($1)
        and coalesce(valid_to > $2, true)
) held
"""


def test_replaying_decisions_gives_the_same_tree_and_closed_units_hold_nothing(database: Database) -> None:
    """Each example is one transaction that is taken back."""

    async def play(drawn: list[Deed]) -> None:
        engine = create_async_engine(sqlalchemy_address(database.owner_url))
        try:
            async with engine.connect() as connection, connection.begin() as transaction:
                await _play(connection, drawn)
                await transaction.rollback()
        finally:
            await engine.dispose()

    @given(mostly_forward)
    @settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    def examples(drawn: list[Deed]) -> None:
        asyncio.run(play(drawn))

    examples()


async def _play(connection: AsyncConnection, drawn: list[Deed]) -> None:
    history = await load_history(connection)
    officers = await _officers_posted(connection, a_day(0))
    for deed in drawn:
        savepoint = await connection.begin_nested()
        try:
            made = await change_units(connection, deed.plan, HOLDINGS)
        except UnitRefusedError:
            await savepoint.rollback()
            assert await load_history(connection) == history
            continue
        await connection.execute(text("set constraints all immediate"))
        await connection.execute(text("set constraints all deferred"))
        await savepoint.commit()
        expected = made.plan.applied_to(history)
        history = await load_history(connection)
        assert (history.versions, set(history.successions)) == (expected.versions, set(expected.successions))
        splitting = {one.former_unit_id for one in made.plan.successions} - made.moved.keys()
        emptied = list(set(made.plan.closed) - splitting)
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        assert await driver.fetchval(GHOSTS, emptied, a_day(deed.day)) == 0
        assert await _officers_posted(connection, a_day(30)) == officers


async def _officers_posted(connection: AsyncConnection, day: date) -> list[tuple[UUID, int]]:
    """Return each officer with the number of units they are in that day."""
    rows = await connection.execute(
        text(
            "select officer_id, count(*) from officer_posting"
            " where valid_from <= :day and coalesce(valid_to > :day, true) group by 1 order by 1"
        ),
        {"day": day},
    )
    return [(row[0], row[1]) for row in rows]
