"""Accounts unused for 45 days: counted from the last sign of use, suspended on record, units told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.lapse import LapseRules, Usage, has_lapsed
from app.accounts.lifecycle import LifecycleKeeper
from app.accounts.sessions import SessionStore
from app.accounts.unit_notices import NoticeCode, mark_read, unread_notices
from app.accounts.values import Role
from app.audit.record import Draft, RecordKind
from app.clock import local_day
from app.database.address import sqlalchemy_address
from app.errors import AuditUnavailableError
from tests.accounts.calls import fetch, tokens_of
from tests.accounts.life import DAY, NOW, TODAY, Office, an_office, noon
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway
from tests.world import Database

RULES = LapseRules()
LONG_AGO = TODAY - 45 * DAY


class FixedClock:
    """Stands still where a test puts it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


class LogThatFailsOnce(FakeAuditLog):
    """Cannot write the first time it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.is_written = asyncio.Event()

    async def append(self, draft: Draft) -> None:
        if not self.failures:
            self.failures += 1
            raise AuditUnavailableError
        await super().append(draft)
        self.is_written.set()


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


def a_keeper(office: Office, log: FakeAuditLog, clock: FixedClock | None = None) -> LifecycleKeeper:
    return LifecycleKeeper(office.engine, log, clock or FixedClock(), RULES, every_seconds=0.01)


FIELDS = ("registered_on", "standing_since", "activated_on", "active_from", "last_active_on")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("days", [44, 45, 46])
def test_the_clock_runs_from_the_latest_sign_of_use(field: str, days: int) -> None:
    days_of: dict[str, date] = {"registered_on": TODAY - 400 * DAY, "standing_since": TODAY - 300 * DAY}
    usage = Usage(**(days_of | {field: TODAY - days * DAY}))
    assert has_lapsed(usage, TODAY, RULES) is (days >= 45)


@pytest.mark.parametrize("days", [0, 367])
def test_rules_that_suspend_everybody_or_nobody_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="unused_days"):
        LapseRules(days)


async def test_an_unused_account_is_suspended_on_record_and_its_unit_told(office: Office) -> None:
    unused = await office.register("mot.can", on=LONG_AGO)
    used = await office.register("hai.can", on=LONG_AGO)
    await office.execute("insert into officer_activity values (:id, :day)", id=used, day=LONG_AGO + DAY)
    log = FakeAuditLog()
    assert await a_keeper(office, log).suspend_due() == 1
    accounts = await office.accounts()
    assert [accounts.officers[one].is_active for one in (unused, used)] == [False, True]
    [draft] = log.drafts
    assert draft.kind is RecordKind.OFFICER_SUSPENDED
    assert (draft.facts["changed_officer_id"], draft.facts["reason"]) == (str(unused), "unused")
    async with office.engine.begin() as connection:
        [notice] = await unread_notices(connection, office.units)
        assert (notice.officer_id, notice.unit_id) == (unused, office.units[0])
        assert (notice.code, notice.facts) == (
            NoticeCode.OFFICER_UNUSED,
            {"idle_since": LONG_AGO.isoformat()},
        )
        assert not await mark_read(connection, notice.notice_id, [office.units[1]], NOW)
        assert await mark_read(connection, notice.notice_id, office.units, NOW)
        assert await unread_notices(connection, office.units) == []
    assert await a_keeper(office, log).suspend_due() == 0


async def test_a_resumption_starts_the_clock_again(office: Office) -> None:
    officer_id = await office.register(on=LONG_AGO)
    log = FakeAuditLog()
    await a_keeper(office, log).suspend_due()
    await office.execute(
        "update officer set status = 'active', status_changed_at = :now where officer_id = :id",
        now=NOW + timedelta(seconds=1),
        id=officer_id,
    )
    assert await a_keeper(office, log, FixedClock(noon(TODAY + 44 * DAY))).suspend_due() == 0
    assert await a_keeper(office, log, FixedClock(noon(TODAY + 45 * DAY))).suspend_due() == 1


async def test_accounts_to_come_and_accounts_that_ended_do_not_lapse(office: Office) -> None:
    await office.register("mot.can", on=LONG_AGO, active_from=TODAY + DAY)
    await office.register("hai.can", on=LONG_AGO, active_until=TODAY)
    assert await a_keeper(office, FakeAuditLog()).suspend_due() == 0


async def test_auditors_lapse_too_and_of_administrators_one_stays(office: Office) -> None:
    auditor = await office.register("kiem.tra", Role.AUDITOR, LONG_AGO)
    both = [await office.register(f"quan.tri{n}", Role.DEPARTMENT_ADMINISTRATOR, LONG_AGO) for n in range(2)]
    await office.execute("update officer set password_hash = 'h' where login_name like 'quan.tri_'")
    assert await a_keeper(office, FakeAuditLog()).suspend_due() == 2
    accounts = await office.accounts()
    assert not accounts.officers[auditor].is_active
    assert [accounts.officers[one].is_active for one in both].count(True) == 1


async def test_without_evidence_nobody_is_suspended(office: Office) -> None:
    officer_id = await office.register(on=LONG_AGO)
    log = FakeAuditLog()
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await a_keeper(office, log).suspend_due()
    assert (await office.officer(officer_id)).is_active
    log.fail = False
    assert await a_keeper(office, log).suspend_due() == 1


async def test_one_keeper_at_a_time_looks(office: Office) -> None:
    await office.register(on=LONG_AGO)
    async with office.owner.connect() as other:
        await other.execute(text("select pg_advisory_lock(7233190116)"))
        assert await a_keeper(office, FakeAuditLog()).suspend_due() == 0
        await other.execute(text("select pg_advisory_unlock(7233190116)"))
    assert await a_keeper(office, FakeAuditLog()).suspend_due() == 1


async def test_two_keepers_at_once_suspend_each_account_once(office: Office) -> None:
    for number in range(60):
        await office.register(f"can.bo{number}", on=LONG_AGO)
    log = FakeAuditLog()
    await asyncio.gather(*(a_keeper(office, log).suspend_due() for _ in range(3)))
    assert len(log.drafts) == len({draft.facts["changed_officer_id"] for draft in log.drafts}) == 60


async def test_the_keeper_outlives_trouble_and_goes_on(office: Office) -> None:
    await office.register(on=LONG_AGO)
    log = LogThatFailsOnce()
    async with asyncio.timeout(5), a_keeper(office, log):
        await log.is_written.wait()
    assert log.failures == 1


async def _day(gateway: Gateway) -> dict[UUID, date]:
    rows = await fetch(gateway, "select * from officer_activity")
    return {row["officer_id"]: row["last_active_on"] for row in rows}


async def test_signing_in_notes_the_day_once_without_touching_the_directory(gateway: Gateway) -> None:
    assert await _day(gateway) == {}
    before = await fetch(gateway, "select version from directory_version")
    await tokens_of(gateway)
    await tokens_of(gateway)
    assert list((await _day(gateway)).values()) == [local_day(gateway.clock.now())]
    assert await fetch(gateway, "select version from directory_version") == before
    marks = await fetch(gateway, "select xmin::text from officer_activity")
    await tokens_of(gateway)
    assert await fetch(gateway, "select xmin::text from officer_activity") == marks


async def test_an_action_raises_the_day_and_never_lowers_it(gateway: Gateway) -> None:
    await tokens_of(gateway)
    [(officer_id, today)] = (await _day(gateway)).items()
    [session] = await fetch(gateway, "select session_id, last_active_at from session")
    store = SessionStore(create_async_engine(sqlalchemy_address(gateway.world.database.serving_url)))
    for ahead in (2, 1, -3):
        await store.touch({session["session_id"]: session["last_active_at"] + ahead * DAY})
    await store._engine.dispose()
    assert await _day(gateway) == {officer_id: today + 2 * DAY}
