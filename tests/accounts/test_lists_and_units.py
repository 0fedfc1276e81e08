"""Lists of officers while units change: the tree a list is planned on is the one it is carried out on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.registering_lists import Importer, ListBusyError, OfficerList, Report
from app.accounts.registration_store import hold_registration
from app.audit.record import Draft
from app.database.address import sqlalchemy_address
from app.database.locks import waited_too_long
from app.errors import GatewayError
from app.procedures.unit_problems import unit_trouble
from app.units.changing import locked_history
from tests.accounts.life import DAY, TODAY, Office, an_office
from tests.accounts.sent_lists import a_list, a_row, codes, send
from tests.fakes import FakeAuditLog
from tests.world import Database

EVERYWHERE = Importer()
WAITING = "select count(*) from pg_locks where not granted"


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


@pytest.fixture
def log() -> FakeAuditLog:
    return FakeAuditLog()


async def _sent_meanwhile(
    office: Office,
    asked: OfficerList,
    importer: Importer,
    log: FakeAuditLog,
    statement: str,
    **values: object,
) -> Report:
    """Send a list while somebody, who holds the tree, changes a unit; they are quicker."""
    async with office.owner.connect() as other:
        await locked_history(other)
        sending = asyncio.ensure_future(send(office, asked, importer, log))
        await _until_somebody_waits(other)
        await other.execute(text(statement), values)
        await other.commit()
        return await sending


async def _until_somebody_waits(connection: AsyncConnection) -> None:
    async with asyncio.timeout(5):
        while not (await connection.execute(text(WAITING))).scalar_one():  # noqa: ASYNC110 - the server calls nobody
            await asyncio.sleep(0.01)


END = "update unit_version set valid_to = :day, ending_document = '1/QĐ' where unit_id = :id"


async def test_a_unit_closed_meanwhile_takes_nobody_by_transfer(office: Office, log: FakeAuditLog) -> None:
    officer_id = await office.register("mot", on=TODAY - 9 * DAY, position="công chức TN-TKQ")
    row = a_row("mot", full_name="Cán Bộ Mẫu", unit="xã Thử 1", document="9/TB")
    report = await _sent_meanwhile(
        office, a_list(row, a_row("hai")), EVERYWHERE, log, END, day=TODAY, id=office.units[1]
    )
    assert codes(report) == [["unit_closed"], []]
    assert log.drafts == []
    accounts = await office.accounts()
    assert accounts.officers[officer_id].unit_id == office.units[0]
    assert "hai" not in accounts.officers_by_login


async def test_a_unit_put_elsewhere_meanwhile_is_out_of_reach(office: Office, log: FakeAuditLog) -> None:
    await office.execute(
        "update unit_version set parent_id = :above where unit_id = :id",
        above=office.units[0],
        id=office.units[1],
    )
    move = "update unit_version set parent_id = null where unit_id = :id"
    asked, importer = a_list(a_row("mot", unit="xã Thử 1")), Importer(office.units[0])
    report = await _sent_meanwhile(office, asked, importer, log, move, id=office.units[1])
    assert codes(report) == [["unit_outside"]]
    assert log.drafts == []


class _WatchedLog(FakeAuditLog):
    """A log that tries, before each record, to take hold of the tree."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office
        self.refusals = 0

    async def append(self, draft: Draft) -> None:
        async with self._office.owner.connect() as other:
            await other.execute(text("set lock_timeout = '20ms'"))
            try:
                await locked_history(other)
            except DBAPIError as error:
                self.refusals += waited_too_long(error)
        await super().append(draft)


async def test_while_a_list_is_carried_out_no_unit_changes(office: Office) -> None:
    log = _WatchedLog(office)
    await send(office, a_list(a_row("mot"), a_row("hai")), EVERYWHERE, log)
    assert (len(log.drafts), log.refusals) == (2, 2)


async def test_who_waits_too_long_for_the_tree_is_told_to_try_again(
    office: Office, database: Database, log: FakeAuditLog
) -> None:
    hasty = create_async_engine(
        sqlalchemy_address(database.serving_url), connect_args={"server_settings": {"lock_timeout": "20"}}
    )
    try:
        async with office.owner.connect() as other:
            await locked_history(other)
            with pytest.raises(ListBusyError):
                await send(replace(office, engine=hasty), a_list(a_row("mot")), EVERYWHERE, log)
            await other.rollback()
            await hold_registration(other, [])  # as a list does, for as long as it takes
            with pytest.raises(GatewayError, match="list_busy"), unit_trouble():
                async with hasty.connect() as changing:
                    await locked_history(changing)
    finally:
        await hasty.dispose()
    assert log.drafts == []


async def test_a_row_whose_unit_is_not_in_force_is_named_and_nothing_lands(
    office: Office, log: FakeAuditLog
) -> None:
    await office.register("ba", on=TODAY - 9 * DAY, position="công chức TN-TKQ")
    await office.execute(END, day=TODAY + 30 * DAY, id=office.units[1])
    await office.execute(
        "update unit_version set valid_from = :day where unit_id = :id", day=TODAY - DAY, id=office.units[2]
    )
    transfer = a_row("ba", full_name="Cán Bộ Mẫu", unit="xã Thử 1", document="9/TB")
    early = a_row("hai", unit="xã Thử 2", day=f"{TODAY - 2 * DAY:%d/%m/%Y}")
    asked = a_list(a_row("mot", unit="xã Thử 1"), early, transfer, a_row("bon"))
    report = await send(office, asked, EVERYWHERE, log)
    assert codes(report) == [["unit_ends"], ["unit_begins_later"], ["unit_ends"], []]
    assert log.drafts == []
    right = a_list(a_row("hai", unit="xã Thử 2", day=f"{TODAY - DAY:%d/%m/%Y}"))
    assert (await send(office, right, EVERYWHERE, log)).plan.may_be_applied
