"""Calls are given to units in turn: one that sends much cannot starve the others."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.errors import ProblemCode, SourceSilentError
from app.lookup.fair_sharing import FairShares, NationalSideCrowdedError
from app.lookup.limit_rules import LimitReachedError, LimitRules
from tests.lookup_fakes import Desk, StandingClock, a_citizen, a_command

BUSY, SMALL, OTHER = uuid7(), uuid7(), uuid7()


class Crowd:
    """Lookups of units, each of which lasts until a test ends it; `served` is in which order they began."""

    def __init__(self, at_once: int, wait_seconds: float = 30.0) -> None:
        self.clock = StandingClock()
        self.shares = FairShares(self.clock, at_once=at_once, wait_seconds=wait_seconds)
        self.served: list[UUID] = []
        self.waited: list[float] = []
        self.under_way: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *units: UUID) -> None:
        """Let lookups of these units come in this order."""
        self.tasks += [asyncio.create_task(self._look_up(unit)) for unit in units]
        await self._settle()

    async def end_one(self) -> None:
        """End the call that began first."""
        self.under_way.pop(0).set()
        await self._settle()

    async def end_all(self) -> None:
        while self.under_way:
            await self.end_one()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _look_up(self, unit: UUID) -> None:
        async with self.shares.turn(unit) as waited:
            self.served.append(unit)
            self.waited.append(waited)
            ended = asyncio.Event()
            self.under_way.append(ended)
            await ended.wait()

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_while_calls_are_plenty_nobody_waits() -> None:
    crowd = Crowd(at_once=3)
    await crowd.come(BUSY, BUSY, SMALL)
    assert crowd.waited == [0.0, 0.0, 0.0]
    assert crowd.shares.is_scarce
    await crowd.end_all()
    assert not crowd.shares.is_scarce


async def test_a_unit_that_sends_much_cannot_starve_another() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(*[BUSY] * 20, SMALL, SMALL, OTHER)
    await crowd.end_all()
    assert crowd.served[:7] == [BUSY, BUSY, SMALL, OTHER, BUSY, SMALL, BUSY]
    assert len(crowd.served) == 23


@pytest.mark.parametrize("at_once", [1, 4])
async def test_units_that_all_want_much_get_the_same(at_once: int) -> None:
    crowd = Crowd(at_once=at_once)
    units: Sequence[UUID] = (BUSY, SMALL, OTHER)
    await crowd.come(*[units[0]] * 40)
    await crowd.come(*[units[1]] * 40, *[units[2]] * 40)
    for _ in range(30):
        await crowd.end_one()
    later = crowd.served[at_once:]
    assert [later.count(unit) for unit in units] == [10, 10, 10]
    await crowd.end_all()


async def test_who_waited_learns_how_long() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(BUSY, SMALL)
    crowd.clock.turn(seconds=2)
    await crowd.end_one()
    assert crowd.waited == [0.0, 2.0]
    await crowd.end_all()


async def test_who_waits_too_long_is_turned_away_and_leaves_the_line() -> None:
    crowd = Crowd(at_once=1, wait_seconds=0.01)
    await crowd.come(BUSY)
    with pytest.raises(NationalSideCrowdedError) as refusal:
        async with crowd.shares.turn(SMALL):
            raise AssertionError("it was not its turn")
    assert refusal.value.code is ProblemCode.NATIONAL_SIDE_CROWDED
    assert refusal.value.retry_after_seconds == 1
    assert not crowd.shares._lines
    await crowd.end_all()
    assert not crowd.shares.is_scarce


async def test_a_line_of_one_unit_is_no_longer_than_it_makes_sense() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(*[BUSY] * 65)
    with pytest.raises(NationalSideCrowdedError):
        async with crowd.shares.turn(BUSY):
            raise AssertionError("there was no room in line")
    await crowd.come(SMALL)
    await crowd.end_all()
    assert SMALL in crowd.served


async def test_who_goes_away_while_waiting_leaves_their_place_to_the_next() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(BUSY, SMALL, SMALL, OTHER)
    crowd.tasks[1].cancel()
    await crowd.end_all()
    assert sorted(crowd.served) == sorted([BUSY, SMALL, OTHER])
    assert not crowd.shares.is_scarce


async def test_a_call_is_not_given_to_who_went_away_at_that_moment() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(BUSY, SMALL, OTHER)
    crowd.tasks[1].cancel()  # has not left the line yet when the call ends
    crowd.shares.leave()
    await crowd._settle()
    assert crowd.served == [BUSY, OTHER]
    crowd.shares._busy += 1  # the call ended above ends once more
    await crowd.end_all()
    assert not crowd.shares.is_scarce


async def test_a_call_given_to_who_goes_away_at_that_moment_is_passed_on() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(BUSY, SMALL, OTHER)
    crowd.under_way[0].set()
    await asyncio.sleep(0)
    assert crowd.shares._lines.keys() == {OTHER}
    crowd.tasks[1].cancel()  # it is its turn, and it does not know yet
    await crowd._settle()
    assert crowd.served == [BUSY, OTHER]
    crowd.under_way.pop(0)
    await crowd.end_all()
    assert not crowd.shares.is_scarce


async def test_a_call_that_fails_makes_room_too() -> None:
    desk = Desk(SourceSilentError("timeout"), at_once=1)
    for _ in range(2):
        with pytest.raises(SourceSilentError):
            await desk.service.look_up(desk.caller, a_command())
    assert not desk.shares.is_scarce


async def test_a_lookup_turned_away_asks_nobody_uses_nothing_up_and_is_not_on_record() -> None:
    desk = Desk(a_citizen(), at_once=1, limits=LimitRules(officer_per_hour=1))
    async with desk.shares.turn(OTHER):
        with pytest.raises(NationalSideCrowdedError):
            await desk.service.look_up(desk.caller, a_command())
    assert (desk.journal, desk.source.requests) == ([], [])
    await desk.service.look_up(desk.caller, a_command())


async def test_who_has_no_lookups_left_does_not_stand_in_line() -> None:
    desk = Desk(a_citizen(), at_once=1, limits=LimitRules(officer_per_hour=1), wait_seconds=60.0)
    await desk.service.look_up(desk.caller, a_command())
    async with desk.shares.turn(OTHER):
        with pytest.raises(LimitReachedError):
            await desk.service.look_up(desk.caller, a_command())


async def test_who_finds_it_crowded_is_counted() -> None:
    crowd = Crowd(at_once=1)
    await crowd.come(*[BUSY] * 67)
    assert crowd.shares.refused == 2
    await crowd.end_all()


async def test_the_wait_is_taken_from_the_time_budget() -> None:
    desk = Desk(a_citizen(), at_once=1, budget_seconds=5.0, wait_seconds=60.0)
    async with desk.shares.turn(OTHER):
        lookup = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
        await asyncio.sleep(0)
        assert desk.shares._lines
        desk.clock.turn(seconds=2)
    await lookup
    assert desk.source.requests[0].budget_seconds == 3.0
