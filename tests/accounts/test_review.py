"""Half-yearly reviews: everybody is asked about, nobody speaks for themselves, silence suspends."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import pytest

from app.accounts.review import Answer, ReviewFault, ReviewRefusedError, ReviewRound, next_review_on
from app.accounts.review_store import (
    answer_for,
    close_round,
    find_open_round,
    find_silent,
    latest_opening,
    open_round,
    reviewed_officers,
    suspend_silent,
)
from app.accounts.standing import StandingRefusedError
from app.accounts.unit_notices import NoticeCode, unread_notices
from app.accounts.values import Role
from app.audit.record import RecordKind
from tests.accounts.life import DAY, NOW, TODAY, Office, an_office, noon
from tests.accounts.test_lapse import FixedClock, a_keeper
from tests.fakes import FakeAuditLog
from tests.world import Database

DUE = TODAY + 30 * DAY
AFTER = DUE + DAY


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


async def _open(office: Office, today: date = TODAY, due_on: date = DUE) -> ReviewRound:
    async with office.engine.begin() as connection:
        review, facts = await open_round(connection, today, due_on)
    assert facts.kind is RecordKind.REVIEW_OPENED
    return review


async def _answer(
    office: Office, review: ReviewRound, officer_id: UUID, answer: Answer, by: UUID, day: date = TODAY
) -> list[RecordKind]:
    async with office.engine.begin() as connection:
        facts = await answer_for(connection, review.round_id, officer_id, answer, by, noon(day))
    return [one.kind for one in facts]


async def _fault(
    office: Office, review: ReviewRound, officer_id: UUID, by: UUID, day: date = TODAY
) -> ReviewFault:
    with pytest.raises(ReviewRefusedError) as caught:
        await _answer(office, review, officer_id, Answer.KEEP, by, day)
    return caught.value.fault


async def test_a_round_asks_about_everybody_in_use_with_their_unit_of_the_day(office: Office) -> None:
    first = await office.register("mot.can", on=TODAY - DAY)
    second = await office.register("hai.can", on=TODAY - DAY, unit_id=office.units[1])
    await office.register("ba.can", on=TODAY - DAY, active_from=AFTER)
    await office.register("bon.can", on=TODAY - DAY, active_until=TODAY)
    await office.register("nam.can", on=TODAY + DAY)
    review = await _open(office)
    async with office.engine.connect() as connection:
        asked = await reviewed_officers(connection, review.round_id, office.units)
        assert [(one.officer_id, one.unit_id, one.answer) for one in asked] == [
            (first, office.units[0], None),
            (second, office.units[1], None),
        ]
        assert await find_open_round(connection) == review
        assert await latest_opening(connection) == TODAY


async def test_one_round_is_open_at_a_time_and_leaves_time_to_answer(office: Office) -> None:
    for due_on, fault in ((TODAY, ReviewFault.DUE_TOO_SOON), (DUE, ReviewFault.ROUND_OPEN_ALREADY)):
        if fault is ReviewFault.ROUND_OPEN_ALREADY:
            await _open(office)
        with pytest.raises(ReviewRefusedError) as caught:
            await _open(office, due_on=due_on)
        assert caught.value.fault is fault


async def test_answers_count_once_and_only_where_they_may(office: Office) -> None:
    officer_id, head = await office.register(on=TODAY - DAY), await office.register("truong", on=TODAY - DAY)
    review = await _open(office)
    late = await office.register("moi.den", on=TODAY)
    assert await _fault(office, review, head, head) is ReviewFault.ONESELF
    assert await _fault(office, review, late, head) is ReviewFault.NOT_PART
    assert await _fault(office, review, officer_id, head, AFTER) is ReviewFault.ROUND_OVER
    unknown = ReviewRound(uuid4(), TODAY, DUE, None)
    assert await _fault(office, unknown, officer_id, head) is ReviewFault.ROUND_UNKNOWN
    assert await _answer(office, review, officer_id, Answer.KEEP, head) == [RecordKind.REVIEW_ANSWERED]
    assert await _answer(office, review, officer_id, Answer.REMOVE, head, DUE) == [
        RecordKind.REVIEW_ANSWERED,
        RecordKind.OFFICER_SUSPENDED,
    ]
    assert not (await office.officer(officer_id)).is_active
    assert await _fault(office, review, officer_id, head) is ReviewFault.REMOVED_ALREADY


async def test_the_last_administrator_is_not_removed_by_a_review(office: Office) -> None:
    last = await office.register("quan.tri", Role.DEPARTMENT_ADMINISTRATOR, TODAY - DAY)
    head = await office.register("truong", on=TODAY - DAY)
    review = await _open(office)
    with pytest.raises(StandingRefusedError):
        await _answer(office, review, last, Answer.REMOVE, head)
    async with office.engine.connect() as connection:
        assert last in await find_silent(connection, review.round_id)


async def test_silence_suspends_after_the_last_day_and_the_unit_is_told(office: Office) -> None:
    silent, kept = await office.register(on=TODAY - DAY), await office.register("hai.can", on=TODAY - DAY)
    head = await office.register("truong", Role.DEPARTMENT_ADMINISTRATOR, TODAY - DAY)
    gone = await office.register("da.khoa", on=TODAY - DAY)
    review = await _open(office)
    await _answer(office, review, kept, Answer.KEEP, head)
    await office.execute("update officer set status = 'suspended' where officer_id = :id", id=gone)
    log = FakeAuditLog()
    assert await a_keeper(office, log, FixedClock(noon(DUE))).suspend_due() == 0
    assert await a_keeper(office, log, FixedClock(noon(AFTER))).suspend_due() == 1
    accounts = await office.accounts(AFTER)
    assert [accounts.officers[one].is_active for one in (silent, kept, head)] == [False, True, True]
    kinds = [draft.kind for draft in log.drafts]
    assert kinds == [RecordKind.OFFICER_SUSPENDED, RecordKind.REVIEW_CLOSED]
    assert log.drafts[0].facts["reason"] == "not_attested"
    async with office.engine.connect() as connection:
        assert await find_open_round(connection) is None
        [notice] = await unread_notices(connection, office.units)
    assert (notice.officer_id, notice.code) == (silent, NoticeCode.OFFICER_NOT_ATTESTED)
    await _open(office, AFTER, AFTER + 9 * DAY)


async def test_nothing_is_closed_before_its_time_or_twice(office: Office) -> None:
    officer_id = await office.register(on=TODAY - DAY)
    review = await _open(office)
    async with office.engine.begin() as connection:
        assert await suspend_silent(connection, review, [officer_id], NOW) == []
        assert await close_round(connection, review, DUE) is None
        assert await close_round(connection, review, AFTER) is not None
        assert await close_round(connection, review, AFTER) is None


@pytest.mark.parametrize(
    ("opened", "following"),
    [("2026-01-15", "2026-07-15"), ("2026-08-31", "2027-02-28"), ("2027-08-31", "2028-02-29")],
)
def test_the_next_review_is_due_half_a_year_later(opened: str, following: str) -> None:
    assert next_review_on(date.fromisoformat(opened)) == date.fromisoformat(following)
