"""Limits by the hour and the day, shared by all processes without a query per lookup."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from uuid_utils.compat import uuid7

from app.accounts.authentication import Caller
from app.accounts.sweeping import Sweeper
from app.database.connect import open_engine
from app.errors import ProblemCode
from app.lookup.limit_keeper import LimitKeeper
from app.lookup.limit_rules import LimitReachedError, LimitRules
from app.lookup.limit_store import LimitStore, limit_purges
from app.lookup.limits import LimitBook, Seen, Told
from app.lookup.values import CitizenId
from tests.gateway import an_upstream, running_gateway
from tests.lookup_fakes import (
    Desk,
    FakeSource,
    StandingClock,
    StoppedClock,
    a_caller,
    a_citizen,
    a_command,
    opening,
)
from tests.world import Database, World, a_lookup

SECRET = b"a secret of the province"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # 12:00 in Vietnam
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
PERSON = CitizenId("099190000017")


def someone(number: int) -> CitizenId:
    return CitizenId(f"0991900{number:05d}")


def a_book(at: datetime = NOON, **rules: int) -> tuple[LimitBook, StandingClock]:
    clock = StandingClock(at)
    return LimitBook(LimitRules(**rules), SECRET, clock), clock


def refused(book: LimitBook, caller: Caller, number: CitizenId = PERSON) -> LimitReachedError:
    with pytest.raises(LimitReachedError) as refusal:
        book.step(caller, number)
    return refusal.value


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.serving_url)
    yield engine
    await engine.dispose()


@pytest.mark.parametrize(
    ("rules", "code", "per"),
    [
        ({"officer_per_hour": 2}, ProblemCode.OFFICER_LIMIT_REACHED, "hour"),
        ({"officer_per_day": 2}, ProblemCode.OFFICER_LIMIT_REACHED, "day"),
        ({"unit_per_hour": 2}, ProblemCode.UNIT_LIMIT_REACHED, "hour"),
        ({"unit_per_day": 2}, ProblemCode.UNIT_LIMIT_REACHED, "day"),
        ({"client_per_hour": 2}, ProblemCode.CLIENT_LIMIT_REACHED, "hour"),
        ({"client_per_day": 2}, ProblemCode.CLIENT_LIMIT_REACHED, "day"),
        ({"officer_per_hour": 2, "officer_per_day": 2}, ProblemCode.OFFICER_LIMIT_REACHED, "day"),
    ],
)
def test_a_limit_lets_so_many_through_and_says_which_it_was(
    rules: dict[str, Any], code: ProblemCode, per: str
) -> None:
    book, _ = a_book(**rules)
    caller = a_caller()
    book.step(caller, PERSON)
    book.step(caller, PERSON)
    refusal = refused(book, caller)
    assert (refusal.code, refusal.per, refusal.most) == (code, per, 2)


def test_without_limits_nothing_is_counted() -> None:
    book, _ = a_book()
    for number in range(50):
        book.step(a_caller(), someone(number))
    assert book.take() == Told((), ())


def test_officers_of_one_unit_and_software_share_its_limit_and_have_their_own() -> None:
    book, _ = a_book(officer_per_hour=1, unit_per_hour=2)
    first, second, third = a_caller(), a_caller(), a_caller()
    book.step(first, PERSON)
    assert refused(book, first).code is ProblemCode.OFFICER_LIMIT_REACHED
    book.step(second, PERSON)
    assert refused(book, third).code is ProblemCode.UNIT_LIMIT_REACHED


def test_what_is_refused_is_not_counted() -> None:
    book, _ = a_book(officer_per_hour=1, unit_per_hour=2)
    hasty = a_caller()
    book.step(hasty, PERSON)
    for _ in range(5):
        refused(book, hasty)
    book.step(a_caller(), PERSON)


def test_asking_whether_there_is_room_uses_nothing_up() -> None:
    book, _ = a_book(officer_per_hour=1, citizens_per_officer_per_day=1)
    caller = a_caller()
    for _ in range(3):
        book.check(caller, PERSON)
    book.step(caller, PERSON)
    with pytest.raises(LimitReachedError):
        book.check(caller, PERSON)


@pytest.mark.parametrize(
    ("at", "rule", "seconds"),
    [
        (datetime(2026, 11, 22, 5, 15, 30, 500_000, tzinfo=UTC), "officer_per_hour", 44 * 60 + 30),
        (datetime(2026, 11, 22, 16, 59, 59, 900_000, tzinfo=UTC), "officer_per_hour", 1),
        # 23:59:59 in Vietnam: the day ends there, not in Greenwich
        (datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC), "officer_per_day", 1),
        (datetime(2026, 11, 22, 17, 0, tzinfo=UTC), "officer_per_day", 24 * 3600),
        (datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), "officer_per_day", 17 * 3600 + 1),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "officer_per_day", 3600),
    ],
)
def test_hours_and_days_are_vietnams_and_the_refusal_says_when_the_next_begins(
    at: datetime, rule: str, seconds: int
) -> None:
    book, clock = a_book(at, **{rule: 1})
    caller = a_caller()
    book.step(caller, PERSON)
    refusal = refused(book, caller)
    assert refusal.retry_after_seconds == seconds
    clock.at = refusal.ends_at - timedelta(milliseconds=1)
    refused(book, caller)
    clock.at = refusal.ends_at
    book.step(caller, PERSON)


def test_a_refusal_names_the_limit_and_the_instant() -> None:
    book, _ = a_book(officer_per_day=1)
    caller = a_caller()
    book.step(caller, PERSON)
    assert refused(book, caller).members("vi") == {
        "limit": 1,
        "per": "day",
        "retry_at": "2026-11-22T17:00:00.000Z",
    }


def test_the_days_count_goes_on_when_the_hour_turns() -> None:
    book, clock = a_book(officer_per_hour=1, officer_per_day=2)
    caller = a_caller()
    book.step(caller, PERSON)
    clock.turn(hours=1)
    book.step(caller, PERSON)
    clock.turn(hours=1)
    assert refused(book, caller).per == "day"


def test_a_clock_set_back_begins_no_period_anew() -> None:
    book, clock = a_book(officer_per_hour=1)
    caller = a_caller()
    book.step(caller, PERSON)
    clock.turn(hours=-2)
    refused(book, caller)


def test_citizens_are_counted_once_a_day_however_often_they_are_asked_about() -> None:
    book, clock = a_book(citizens_per_officer_per_day=2)
    caller = a_caller()
    for number in (1, 2, 1, 2, 1):
        book.step(caller, someone(number))
    refusal = refused(book, caller, someone(3))
    assert (refusal.code, refusal.per) == (ProblemCode.CITIZEN_LIMIT_REACHED, "day")
    book.step(caller, someone(1))  # known today, so the dossier at hand can be finished
    book.step(a_caller(), someone(3))
    clock.turn(hours=1)
    refused(book, caller, someone(3))
    clock.turn(hours=11)
    book.step(caller, someone(3))


def test_no_number_and_no_officer_stands_in_what_is_remembered_of_citizens() -> None:
    book, _ = a_book(citizens_per_officer_per_day=9)
    first, second = a_caller(), a_caller()
    book.step(first, PERSON)
    book.step(second, PERSON)
    digests = [digest for _, new in book.take().citizens for digest in new]
    assert len(set(digests)) == 2  # the same citizen, and nobody can tell
    assert PERSON.digits not in repr(book._seen)


async def test_one_statement_tells_any_number_of_lookups_and_a_lookup_none(engine: AsyncEngine) -> None:
    statements: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *passed: statements.append(passed[2]))
    book, _ = a_book(
        officer_per_hour=999, officer_per_day=999, unit_per_day=999, citizens_per_officer_per_day=999
    )
    keeper = LimitKeeper(book, LimitStore(engine, SECRET))
    callers = [a_caller() for _ in range(5)]
    for number in range(200):
        book.step(callers[number % 5], someone(number))
    assert statements == []
    await keeper.tell()
    assert len(statements) == 1
    await keeper.tell()
    assert len(statements) == 1  # nothing is new


async def test_two_processes_over_one_database_share_a_limit(engine: AsyncEngine) -> None:
    rules: dict[str, Any] = {"officer_per_hour": 5, "citizens_per_officer_per_day": 4}
    here, there = a_book(**rules)[0], a_book(**rules)[0]
    keepers = [LimitKeeper(book, LimitStore(engine, SECRET)) for book in (here, there)]
    caller = a_caller()
    for book in (here, there):
        for number in (1, 2):
            book.step(caller, someone(number))
    for keeper in keepers:
        await keeper.tell()
    there.step(caller, someone(1))
    refused(there, caller)
    await keepers[1].tell()
    here.step(caller, someone(1))  # it knew of four: at most what the others let through in a second
    await keepers[0].tell()
    assert refused(here, caller).code is ProblemCode.OFFICER_LIMIT_REACHED


async def test_processes_count_a_citizen_once_between_them(engine: AsyncEngine) -> None:
    here, there = (a_book(citizens_per_officer_per_day=3)[0] for _ in range(2))
    keepers = [LimitKeeper(book, LimitStore(engine, SECRET)) for book in (here, there)]
    caller = a_caller()
    for book, numbers in ((here, (1, 2)), (there, (2, 3))):
        for number in numbers:
            book.step(caller, someone(number))
    for keeper in keepers:
        await keeper.tell()
    there.step(caller, someone(2))
    assert refused(there, caller, someone(4)).code is ProblemCode.CITIZEN_LIMIT_REACHED
    there.step(caller, someone(1))  # asked about through the other process, and known by now


async def test_processes_that_tell_of_the_same_subjects_at_once_do_not_block_each_other(
    engine: AsyncEngine,
) -> None:
    books = [
        a_book(officer_per_hour=999, unit_per_day=999, citizens_per_officer_per_day=999)[0] for _ in range(4)
    ]
    callers = [a_caller() for _ in range(20)]
    keepers = [LimitKeeper(book, LimitStore(engine, SECRET)) for book in books]
    for _ in range(5):
        for turn, book in enumerate(books):
            for caller in callers[::-1] if turn % 2 else callers:
                book.step(caller, PERSON)
        await asyncio.gather(*(keeper.tell() for keeper in keepers))
    async with engine.connect() as connection:
        counts = await connection.execute(text("select count from lookup_usage order by count"))
        citizens = await connection.scalar(text("select count(*) from lookup_citizen"))
    assert list(counts.scalars()) == [20] * 20 + [400]
    assert citizens == 20


async def test_a_killed_process_takes_no_more_with_it_than_it_had_not_told(engine: AsyncEngine) -> None:
    killed, _ = a_book(officer_per_hour=10)
    keeper = LimitKeeper(killed, LimitStore(engine, SECRET))
    caller = a_caller()
    for _ in range(7):
        killed.step(caller, PERSON)
    await keeper.tell()
    killed.step(caller, PERSON)  # the last second of its life
    next_one, _ = a_book(officer_per_hour=10)
    next_one.step(caller, PERSON)
    await LimitKeeper(next_one, LimitStore(engine, SECRET)).tell()
    next_one.step(caller, PERSON)
    next_one.step(caller, PERSON)
    refused(next_one, caller)


async def test_a_process_that_stops_tells_all_it_counted_and_one_that_runs_tells_by_itself(
    engine: AsyncEngine,
) -> None:
    book, _ = a_book(officer_per_hour=9)
    caller = a_caller()
    async with LimitKeeper(book, LimitStore(engine, SECRET), every_seconds=0.01):
        book.step(caller, PERSON)
        (tally,) = book._touched
        for _ in range(500):
            if tally.told:
                break
            await asyncio.sleep(0.01)
        assert (tally.told, tally.untold) == (1, 0)
        book.step(caller, PERSON)
    assert (tally.told, tally.untold) == (2, 0)


class TroubledStore(LimitStore):
    """Keeps sums in memory; fails, or lets others act meanwhile, where a test says so."""

    def __init__(self) -> None:
        super().__init__(create_async_engine(NOWHERE), SECRET)
        self.sums: dict[str, int] = {}
        self.fails = False
        self.gate: asyncio.Event | None = None

    async def exchange(self, told: Told) -> dict[str, int]:
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise SQLAlchemyError
        for tally, added in told.counts:
            self.sums[tally.name] = self.sums.get(tally.name, 0) + added
        for seen, digests in told.citizens:
            self.sums[seen.name] = self.sums.get(seen.name, 0) + len(digests)
        return self.sums

    async def citizens_of(self, seen: Seen) -> frozenset[bytes]:  # noqa: ARG002 - as the real one
        raise SQLAlchemyError


async def test_what_could_not_be_told_still_counts_here_and_is_told_later() -> None:
    book, _ = a_book(officer_per_hour=2, citizens_per_officer_per_day=9)
    store, caller = TroubledStore(), a_caller()
    keeper = LimitKeeper(book, store)
    store.fails = True
    book.step(caller, PERSON)
    with pytest.raises(SQLAlchemyError):
        await keeper.tell()
    book.step(caller, PERSON)
    refused(book, caller)
    store.fails = False
    await keeper.tell()
    assert sorted(store.sums.values()) == [1, 2]
    refused(book, caller)


async def test_lookups_while_telling_are_told_next() -> None:
    book, _ = a_book(officer_per_hour=9, citizens_per_officer_per_day=9)
    store, caller = TroubledStore(), a_caller()
    keeper = LimitKeeper(book, store)
    book.step(caller, someone(1))
    store.gate = asyncio.Event()
    telling = asyncio.create_task(keeper.tell())
    await asyncio.sleep(0)
    book.step(caller, someone(2))
    store.gate.set()
    await telling
    assert sorted(store.sums.values()) == [1, 1]
    await keeper.tell()
    assert sorted(store.sums.values()) == [2, 2]


async def test_a_stop_in_the_midst_of_telling_loses_nothing() -> None:
    book, _ = a_book(officer_per_hour=9)
    store, caller = TroubledStore(), a_caller()
    async with LimitKeeper(book, store, every_seconds=0.0):
        store.gate = asyncio.Event()
        book.step(caller, PERSON)
        for _ in range(5):
            await asyncio.sleep(0)
        gate, store.gate = store.gate, None
    assert list(store.sums.values()) == [1]
    gate.set()


async def test_a_keeper_that_was_never_opened_closes_all_the_same() -> None:
    book, _ = a_book(officer_per_hour=9)
    store = TroubledStore()
    book.step(a_caller(), PERSON)
    await LimitKeeper(book, store).__aexit__(None, None, None)
    assert list(store.sums.values()) == [1]


async def test_where_others_citizens_cannot_be_learned_the_limit_holds() -> None:
    book, _ = a_book(citizens_per_officer_per_day=1)
    caller = a_caller()
    keeper = LimitKeeper(book, TroubledStore())
    book.step(caller, someone(1))
    with pytest.raises(SQLAlchemyError):
        await keeper.tell()
    refused(book, caller, someone(2))
    assert len(book.incomplete()) == 1


async def test_a_keeper_outlives_a_database_that_was_away() -> None:
    book, _ = a_book(officer_per_hour=9)
    store = TroubledStore()
    store.fails = True
    async with LimitKeeper(book, store, every_seconds=0.0):
        book.step(a_caller(), PERSON)
        for _ in range(10):
            await asyncio.sleep(0)
        assert store.sums == {}
        store.fails = False
        for _ in range(10):
            await asyncio.sleep(0)
        assert list(store.sums.values()) == [1]


async def test_counts_go_an_hour_after_their_time(engine: AsyncEngine, database: Database) -> None:
    book, clock = a_book(NOON, officer_per_hour=9, officer_per_day=9, citizens_per_officer_per_day=9)
    await LimitKeeper(book, LimitStore(engine, SECRET)).tell()
    book.step(a_caller(), PERSON)
    await LimitKeeper(book, LimitStore(engine, SECRET)).tell()
    left = []
    for hours in (0, 2.5, 11):  # the hour ends at 13:00, the day at midnight
        clock.turn(hours=hours)
        await Sweeper(engine, clock, limit_purges()).sweep()
        owner = await asyncpg.connect(database.owner_url)
        left.append(
            (
                await owner.fetchval("select count(*) from lookup_usage"),
                await owner.fetchval("select count(*) from lookup_citizen"),
            )
        )
        await owner.close()
    assert left == [(2, 1), (1, 1), (0, 0)]


async def test_a_lookup_beyond_a_limit_asks_nobody_and_leaves_no_intent() -> None:
    desk = Desk(a_citizen(), limits=LimitRules(officer_per_hour=1))
    await desk.service.look_up(desk.caller, a_command())
    with pytest.raises(LimitReachedError):
        await desk.service.look_up(desk.caller, a_command())
    assert len(desk.source.requests) == 1
    assert desk.journal == ["lookup.intent", "asked", "lookup.outcome"]


async def test_beyond_a_limit_there_is_one_record_and_a_time_to_come_back(world: World) -> None:
    source = FakeSource(a_citizen())
    async with running_gateway(
        world, an_upstream(), source=opening(source), citizens_per_officer_per_day=1, clock=StoppedClock()
    ) as gateway:
        token = await gateway.sign_in()
        other: dict[str, Any] = {"id_number": "099190000025"}
        answers = [await gateway.look_up(token)]
        answers += [await gateway.look_up(token, a_lookup(citizen=other)) for _ in range(3)]
        rejected = await gateway.records("request.rejected")
    assert [answer.status_code for answer in answers] == [200, 429, 429, 429]
    body = answers[1].json()
    assert (body["code"], body["limit"], body["per"]) == ("citizen_limit_reached", 1, "day")
    assert 0 < int(answers[1].headers["Retry-After"]) <= 24 * 3600
    assert body["retry_at"].endswith("T17:00:00.000Z")
    assert body["paper"]["may_ask"] is False
    assert [record["problem_code"] for record in rejected] == ["citizen_limit_reached"]
    assert len(source.requests) == 1


async def test_when_calls_are_scarce_the_answer_is_no_licence_for_paper(world: World) -> None:
    source = FakeSource(a_citizen())
    source.gate = asyncio.Event()
    settings: dict[str, Any] = {"national_calls_at_once": 1, "national_wait_seconds": 0.02}
    async with running_gateway(world, an_upstream(), source=opening(source), **settings) as gateway:
        token = await gateway.sign_in()
        first = asyncio.create_task(gateway.look_up(token))
        await source.asked.wait()
        second = await gateway.look_up(token)
        source.gate.set()
        assert (await first).status_code == 200
        rejected = await gateway.records("request.rejected")
    assert (second.status_code, second.json()["code"]) == (503, "national_side_crowded")
    assert second.headers["Retry-After"] == "1"
    assert second.json()["paper"]["may_ask"] is False
    assert [record["problem_code"] for record in rejected] == ["national_side_crowded"]
    assert len(source.requests) == 1


def test_ids_of_officers_are_what_limits_are_counted_by() -> None:
    book, _ = a_book(officer_per_hour=1)
    officer_id = UUID(str(uuid7()))
    book.step(a_caller(officer_id=officer_id), PERSON)
    refused(book, a_caller(officer_id=UUID(officer_id.hex)))
