"""How often an officer may verify claims about one citizen in a day."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.sweeping import Sweeper
from app.database.address import sqlalchemy_address
from app.errors import AuditUnavailableError, ProblemCode, TooManyError
from app.lookup.guesses import GuessLimit, guesses_of_past_days
from app.lookup.store import LookupStore
from app.lookup.values import CitizenId, IdNumber
from tests.fakes import FakeAuditLog
from tests.lookup_fakes import FakeLookupStore, StandingClock
from tests.world import World

OFFICER = uuid4()
NUMBER = CitizenId("099190000017")
SECRET = bytes(32)


class Limit:
    """A limit of two a day over a fake store."""

    def __init__(self) -> None:
        self.clock = StandingClock()
        self.store = FakeLookupStore(FakeAuditLog())
        self.limit = GuessLimit(SECRET, self.store, self.clock, per_day=2)

    async def verify(
        self, officer_id: UUID = OFFICER, number: IdNumber = NUMBER, *, error: Exception | None = None
    ) -> None:
        async with self.limit.counted(officer_id, number):
            if error is not None:
                raise error

    async def verify_and_lose_the_database(self) -> None:
        async with self.limit.counted(OFFICER, NUMBER):
            self.store.is_away = True
            raise ZeroDivisionError

    async def use_up(self) -> None:
        await self.verify()
        await self.verify()


async def test_beyond_the_limit_the_officer_is_told_when_the_next_day_begins() -> None:
    guesses = Limit()
    await guesses.use_up()
    with pytest.raises(TooManyError) as refused:
        await guesses.verify()
    assert refused.value.code is ProblemCode.TOO_MANY_VERIFICATIONS
    assert refused.value.retry_after_seconds == 14 * 3600  # it is ten in the morning in Vietnam


async def test_other_citizens_and_other_officers_are_counted_apart() -> None:
    guesses = Limit()
    await guesses.use_up()
    await guesses.verify(number=CitizenId("099190000018"))
    await guesses.verify(officer_id=uuid4())


async def test_the_next_day_begins_anew() -> None:
    guesses = Limit()
    await guesses.use_up()
    with pytest.raises(TooManyError):
        await guesses.verify()
    guesses.clock.turn(hours=14)
    await guesses.verify()


async def test_who_is_refused_once_costs_no_more_questions_to_the_database() -> None:
    guesses = Limit()
    await guesses.use_up()
    for _ in range(2):
        with pytest.raises(TooManyError):
            await guesses.verify()
    assert guesses.store.reads == 3


async def test_what_ends_in_an_error_is_not_counted() -> None:
    guesses = Limit()
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await guesses.verify(error=ZeroDivisionError())
    await guesses.use_up()


async def test_who_was_refused_while_others_came_to_nothing_may_try_again() -> None:
    guesses = Limit()
    ended = asyncio.Event()

    async def fail() -> None:
        async with guesses.limit.counted(OFFICER, NUMBER):
            await ended.wait()
            raise ZeroDivisionError

    failing = [asyncio.ensure_future(fail()) for _ in range(2)]
    await asyncio.sleep(0)  # both are counted by then
    with pytest.raises(TooManyError):
        await guesses.verify()
    ended.set()
    outcomes = await asyncio.gather(*failing, return_exceptions=True)
    assert [type(each) for each in outcomes] == [ZeroDivisionError] * 2
    await guesses.use_up()


async def test_what_cannot_be_taken_back_stays_counted_and_hides_no_error() -> None:
    guesses = Limit()
    with pytest.raises(ZeroDivisionError):
        await guesses.verify_and_lose_the_database()
    guesses.store.is_away = False
    await guesses.verify()
    with pytest.raises(TooManyError):
        await guesses.verify()


async def test_without_database_nothing_is_verified() -> None:
    guesses = Limit()
    guesses.store.is_away = True
    with pytest.raises(AuditUnavailableError):
        await guesses.verify()


async def test_no_two_days_and_no_two_keys_share_a_digest() -> None:
    guesses = Limit()
    other = GuessLimit(bytes(31) + b"x", guesses.store, guesses.clock, per_day=2)
    await guesses.verify()
    guesses.clock.turn(days=1)
    await guesses.verify()
    async with other.counted(OFFICER, NUMBER):
        pass
    digests = [digest for _, digest in guesses.store.counts]
    assert len(digests) == len(set(digests)) == 3
    assert not any(NUMBER.digits.encode() in digest for digest in digests)


async def test_all_processes_count_together_and_past_days_are_swept(world: World) -> None:
    engine = create_async_engine(sqlalchemy_address(world.database.serving_url))
    clock = StandingClock(datetime(2026, 11, 22, 3, tzinfo=UTC))
    one, other = (GuessLimit(SECRET, LookupStore(engine), clock, per_day=2) for _ in range(2))
    for limit in (one, other):
        async with limit.counted(OFFICER, NUMBER):
            pass
    with pytest.raises(TooManyError):
        async with one.counted(OFFICER, NUMBER):
            pass
    clock.turn(days=1)
    with pytest.raises(ZeroDivisionError):
        async with other.counted(OFFICER, NUMBER):
            raise ZeroDivisionError
    days = await _days(world)
    clock.turn(days=1)
    swept = await Sweeper(engine, clock, (guesses_of_past_days(),)).sweep()
    await engine.dispose()
    assert days == [(date(2026, 11, 22), 2), (date(2026, 11, 23), 0)]
    assert (swept, await _days(world)) == (1, [(date(2026, 11, 22) + timedelta(days=1), 0)])


async def _days(world: World) -> list[tuple[date, int]]:
    connection = await asyncpg.connect(world.database.owner_url)
    try:
        return [
            tuple(row)
            for row in await connection.fetch("select day, asked from verification_guess order by day")
        ]
    finally:
        await connection.close()
