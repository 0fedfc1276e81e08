"""Accounts suspended, resumed, limited to dates, and ended by leaving."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from app.accounts.leaving import let_leave
from app.accounts.postings import OfficerUnknownError, appoint_officer
from app.accounts.standing import (
    StandingFault,
    StandingRefusedError,
    StatusReason,
    resume_officer,
    set_term,
    suspend_officer,
)
from app.accounts.values import Role
from app.clock import VIETNAM
from tests.accounts.life import DAY, NOW, TODAY, Office, a_notice, an_office, noon
from tests.world import Database

ADMINISTRATOR = Role.DEPARTMENT_ADMINISTRATOR


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


async def _row(office: Office, officer_id: UUID) -> dict[str, object]:
    return dict((await office.fetch("select * from officer where officer_id = :id", id=officer_id))[0])


async def _suspend(office: Office, officer_id: UUID, reason: StatusReason) -> dict[str, object]:
    async with office.engine.begin() as connection:
        return dict((await suspend_officer(connection, officer_id, reason, NOW)).leaf())


async def test_a_suspension_says_why_and_when_and_ends_the_sessions(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    epoch = (await office.officer(officer_id)).session_epoch
    leaf = await _suspend(office, officer_id, StatusReason.UNUSED)
    row, officer = await _row(office, officer_id), await office.officer(officer_id)
    assert (row["status_reason"], row["status_changed_at"], row["deactivated_at"]) == ("unused", NOW, NOW)
    assert not officer.is_active
    assert officer.session_epoch > epoch
    assert leaf["reason"] == "unused"
    assert leaf["changed_unit_id"] == str(office.units[0])
    with pytest.raises(StandingRefusedError) as caught:
        await _suspend(office, officer_id, StatusReason.ADMINISTRATOR)
    assert caught.value.fault is StandingFault.SUSPENDED_ALREADY


async def test_a_suspension_by_hand_gets_a_reason_and_a_time_and_loses_them_again(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 99 * DAY)
    await office.execute("update officer set status = 'suspended' where officer_id = :id", id=officer_id)
    row = await _row(office, officer_id)
    assert row["status_reason"] == "administrator"
    assert row["deactivated_at"] is not None
    await office.execute("update officer set status = 'active' where officer_id = :id", id=officer_id)
    resumed = await _row(office, officer_id)
    assert (resumed["status_reason"], resumed["deactivated_at"]) == (None, None)
    stamps = [row["status_changed_at"], resumed["status_changed_at"]]
    assert all(isinstance(stamp, datetime) and stamp > noon(TODAY - 99 * DAY) for stamp in stamps)
    with pytest.raises(IntegrityError, match="ck_officer_suspension"):
        await office.execute(
            "update officer set status_reason = 'unused' where officer_id = :id", id=officer_id
        )


async def test_a_resumption_is_for_who_is_posted_and_suspended(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    with pytest.raises(StandingRefusedError) as caught:
        async with office.engine.begin() as connection:
            await resume_officer(connection, officer_id, a_notice(), NOW)
    assert caught.value.fault is StandingFault.ACTIVE_ALREADY
    await _suspend(office, officer_id, StatusReason.ADMINISTRATOR)
    async with office.engine.begin() as connection:
        await resume_officer(connection, officer_id, a_notice(), NOW)
    assert (await office.officer(officer_id)).is_active
    assert (await _row(office, officer_id))["deactivated_at"] is None


async def test_an_account_is_in_use_on_the_days_of_its_term_alone(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    async with office.engine.begin() as connection:
        await set_term(connection, officer_id, TODAY + DAY, TODAY + 3 * DAY, a_notice())
    days = [(await office.officer(officer_id, TODAY + day * DAY)).is_active for day in range(4)]
    assert days == [False, True, True, False]
    with pytest.raises(StandingRefusedError) as caught:
        async with office.engine.begin() as connection:
            await set_term(connection, officer_id, TODAY, TODAY, a_notice())
    assert caught.value.fault is StandingFault.TERM_EMPTY


async def test_leaving_today_ends_posting_and_access_at_once(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    async with office.engine.begin() as connection:
        facts = await let_leave(connection, officer_id, a_notice(), NOW)
    officer, row = await office.officer(officer_id), await _row(office, officer_id)
    assert (officer.is_active, officer.unit_id) == (False, None)
    assert (row["status_reason"], row["deactivated_at"]) == ("left", NOW)
    assert facts.leaf()["changed_unit_id"] == str(office.units[0])


async def test_leaving_to_come_ends_posting_and_access_by_the_day(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    last = TODAY + 2 * DAY
    async with office.engine.begin() as connection:
        await let_leave(connection, officer_id, a_notice(last), NOW)
    seen = [await office.officer(officer_id, TODAY + day * DAY) for day in range(4)]
    assert [officer.is_active for officer in seen] == [True, True, False, False]
    assert [officer.unit_id is not None for officer in seen] == [True, True, False, False]
    midnight = datetime.combine(last, datetime.min.time(), VIETNAM)
    assert (await _row(office, officer_id))["deactivated_at"] == midnight


async def test_leaving_never_lengthens_a_term(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY, active_until=TODAY + 2 * DAY)
    async with office.engine.begin() as connection:
        await let_leave(connection, officer_id, a_notice(TODAY + 9 * DAY), NOW)
    assert (await _row(office, officer_id))["active_until"] == TODAY + 2 * DAY


async def test_who_leaves_before_their_account_begins_never_has_one(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY, active_from=TODAY + 9 * DAY)
    async with office.engine.begin() as connection:
        await let_leave(connection, officer_id, a_notice(TODAY + 5 * DAY), NOW)
    assert not (await office.officer(officer_id, TODAY + 9 * DAY)).is_active


async def test_a_suspended_officer_who_leaves_stays_suspended_for_the_old_reason(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    await _suspend(office, officer_id, StatusReason.UNUSED)
    async with office.engine.begin() as connection:
        await let_leave(connection, officer_id, a_notice(TODAY + DAY), NOW)
    row = await _row(office, officer_id)
    assert (row["status_reason"], row["active_until"]) == ("unused", TODAY + DAY)


async def test_who_left_comes_back_by_a_posting_and_a_resumption(office: Office) -> None:
    officer_id = await office.register(on=TODAY - 9 * DAY)
    async with office.engine.begin() as connection:
        await let_leave(connection, officer_id, a_notice(TODAY + DAY), NOW)
    later = TODAY + 5 * DAY
    notice = a_notice(later, later)
    with pytest.raises(StandingRefusedError) as caught:
        async with office.engine.begin() as connection:
            await resume_officer(connection, officer_id, notice, noon(later))
    assert caught.value.fault is StandingFault.NOT_POSTED
    async with office.engine.begin() as connection:
        await appoint_officer(connection, officer_id, office.units[1], notice)
    assert not (await office.officer(officer_id, later)).is_active
    async with office.engine.begin() as connection:
        await resume_officer(connection, officer_id, notice, noon(later))
    officer = await office.officer(officer_id, later)
    assert (officer.is_active, officer.unit_id) == (True, office.units[1])


async def _administrators(office: Office) -> list[UUID]:
    ids = [await office.register(f"quan.tri{n}", ADMINISTRATOR, TODAY - DAY) for n in range(2)]
    await office.execute("update officer set password_hash = 'h' where login_name like 'quan.tri_'")
    return ids


async def test_the_last_administrator_who_could_undo_it_is_not_suspended(office: Office) -> None:
    first, second = await _administrators(office)
    await _suspend(office, first, StatusReason.ADMINISTRATOR)
    with pytest.raises(StandingRefusedError) as caught:
        await _suspend(office, second, StatusReason.UNUSED)
    assert caught.value.fault is StandingFault.LAST_ADMINISTRATOR


@pytest.mark.parametrize(
    "change",
    [
        "password_hash = null",
        "active_from = '2026-11-21'",
        "active_until = '2026-11-20'",
        "role = 'auditor'",
    ],
)
async def test_an_administrator_who_cannot_act_does_not_count(office: Office, change: str) -> None:
    first, second = await _administrators(office)
    await office.execute(f"update officer set {change} where officer_id = :id", id=second)  # noqa: S608 - the test's own
    with pytest.raises(StandingRefusedError):
        await _suspend(office, first, StatusReason.UNUSED)


async def test_two_administrators_suspended_at_once_leave_one(office: Office) -> None:
    both = await _administrators(office)
    results = await asyncio.gather(
        *(_suspend(office, one, StatusReason.UNUSED) for one in both), return_exceptions=True
    )
    assert sum(isinstance(result, StandingRefusedError) for result in results) == 1
    accounts = await office.accounts()
    assert [accounts.officers[one].is_active for one in both].count(True) == 1


async def test_nobody_unknown_is_changed(office: Office) -> None:
    with pytest.raises(OfficerUnknownError):
        await _suspend(office, uuid4(), StatusReason.UNUSED)


async def test_a_registered_officer_has_no_password_and_a_place(office: Office) -> None:
    officer_id = await office.register(on=TODAY, position="Công chức tư pháp", active_from=TODAY + DAY)
    officer = await office.officer(officer_id, TODAY + DAY)
    assert (officer.password_hash, officer.unit_id, officer.is_active) == (None, office.units[0], True)
    assert (await _row(office, officer_id))["position"] == "Công chức tư pháp"
