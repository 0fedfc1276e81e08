"""What units asked for and what became of it, and what accounts lack."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import null
from sqlalchemy.exc import IntegrityError

from app.accounts.incomplete_accounts import AccountField, incomplete_accounts
from app.accounts.posting_plan import Document
from app.accounts.registration_progress import UnitProgress, note_request, registration_progress
from app.accounts.values import Role
from tests.accounts.life import DAY, DOCUMENT, NOW, TODAY, Office, an_office, noon
from tests.world import Database


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


async def _ask(office: Office, unit: int, declared: int, days_ago: int) -> None:
    async with office.engine.begin() as connection:
        at = noon(TODAY - days_ago * DAY)
        await note_request(connection, office.units[unit], declared, at, DOCUMENT)


async def _progress(office: Office) -> list[UnitProgress]:
    async with office.engine.connect() as connection:
        return await registration_progress(connection, TODAY)


async def test_progress_counts_from_the_first_request_against_the_latest_number(office: Office) -> None:
    await _ask(office, 0, 9, 20)
    await _ask(office, 0, 4, 10)
    await _ask(office, 1, 2, 5)
    active = await office.register("mot.can", on=TODAY - 8 * DAY)
    await office.register("hai.can", on=TODAY - 7 * DAY)
    await office.register("ba.can", on=TODAY - 7 * DAY, unit_id=office.units[2])
    await office.register("ket.thuc", on=TODAY - 7 * DAY, active_until=TODAY)
    await office.execute(
        "update officer set activated_at = :at where officer_id = :id", at=noon(TODAY - 6 * DAY), id=active
    )
    first, second, third = await _progress(office)
    assert (first.unit_id, first.declared_officers) == (office.units[0], 4)
    assert (first.registered_officers, first.activated_officers, first.missing_officers) == (2, 1, 2)
    assert first.coverage_percent == 25
    assert first.first_registered_at == noon(TODAY - 8 * DAY)
    assert first.waited(NOW) == 14 * DAY
    assert (second.registered_officers, second.waited(NOW)) == (0, 5 * DAY)
    assert (third.declared_officers, third.registered_officers, third.waited(NOW)) == (None, 1, None)
    assert (third.coverage_percent, third.missing_officers) == (None, 0)


async def test_who_was_active_before_asking_did_not_wait(office: Office) -> None:
    await _ask(office, 0, 1, 1)
    officer_id = await office.register(on=TODAY - 9 * DAY)
    await office.execute(
        "update officer set activated_at = :at where officer_id = :id",
        at=noon(TODAY - 9 * DAY),
        id=officer_id,
    )
    [only] = await _progress(office)
    assert (only.waited(NOW), only.coverage_percent) == (timedelta(0), 100)


async def test_a_request_stays_as_it_was_made(office: Office) -> None:
    await _ask(office, 0, 9, 20)
    for declared, document in ((3, DOCUMENT), (-1, DOCUMENT), (1, Document(""))):
        at = noon(TODAY - 20 * DAY) if declared > 1 else NOW
        with pytest.raises(IntegrityError):
            async with office.engine.begin() as connection:
                await note_request(connection, office.units[0], declared, at, document)


async def test_what_an_account_lacks_is_listed_and_complete_ones_are_not(office: Office) -> None:
    await office.register("day.du", on=TODAY - DAY, position="Công chức", upstream_officer_code="cb-77")
    await office.register("quan.tri", Role.UNIT_ADMINISTRATOR, TODAY - DAY, position="Trưởng phòng")
    bare = await office.register("thieu.het", on=TODAY - DAY)
    await office.register("tuong.lai", on=TODAY + DAY, position="Công chức", upstream_officer_code="cb-78")
    await office.execute(
        "update officer_posting set document_number = null, document_date = null where officer_id = :id",
        id=bare,
    )
    async with office.engine.connect() as connection:
        listed = await incomplete_accounts(connection, TODAY)
        with_person = await incomplete_accounts(
            connection, TODAY, {AccountField.PERSON_CODE: null().is_(None)}
        )
    assert [(one.login_name, one.missing) for one in listed] == [
        (
            "thieu.het",
            (AccountField.POSITION, AccountField.DOCUMENT, AccountField.UPSTREAM_OFFICER_CODE),
        ),
        ("tuong.lai", (AccountField.POSTING,)),
    ]
    assert [one.unit_id for one in listed] == [office.units[0], None]
    assert {one.login_name for one in with_person} == {"day.du", "quan.tri", "thieu.het", "tuong.lai"}
