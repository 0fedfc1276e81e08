"""Two roads as one source: order, failover and back, and never a question twice. In time of their own."""

import asyncio

import pytest

from adapters.reasons import Reason
from adapters.resilience.breaker import State
from adapters.resilience.roads import Roads
from app.errors import SourceConfusedError, SourceError, SourceSilentError
from app.lookup.unavailable import UnavailableError, Why
from tests.adapters.fake_sides import FakeSide, a_request, unreachable
from tests.adapters.road_stories import failure_of, told, two_sides, until_open


def test_the_first_road_is_preferred() -> None:
    first, second = two_sides()

    async def story(roads: Roads) -> None:
        request = a_request()
        await roads.find(request)

        assert (request.journey.road, request.journey.tries) == ("first", 1)
        assert request.journey.passed_over == []

    told((first, second), story)
    assert (first.arrived, second.arrived) == (["yc-1"], [])


@pytest.mark.parametrize("call", ["confirm", "household"])
def test_every_question_goes_the_same_way(call: str) -> None:
    first, second = two_sides()
    first.error = unreachable()

    async def story(roads: Roads) -> None:
        await getattr(roads, call)(a_request())

    told((first, second), story)
    assert second.arrived == ["yc-1"]


@pytest.mark.parametrize(
    "error",
    [
        unreachable(),
        SourceSilentError(Reason.CONNECT_TIMEOUT, was_sent=False),
        SourceSilentError(Reason.TLS_FAILED, was_sent=False),
        SourceSilentError(Reason.TIMEOUT, was_sent=False),
        SourceConfusedError(Reason.TOKEN_REFUSED, was_sent=False),
        SourceConfusedError(Reason.NOT_OFFERED, was_sent=False),
    ],
    ids=lambda error: error.reason.value,
)
def test_what_was_surely_not_sent_goes_to_the_other_road_under_the_same_id(error: SourceError) -> None:
    first, second = two_sides()
    first.error = error

    async def story(roads: Roads) -> None:
        request = a_request()
        await roads.find(request)

        assert (request.journey.road, request.journey.tries) == ("second", 2)
        assert request.journey.passed_over == [f"first:{error.reason}"]

    told((first, second), story)
    assert second.arrived == ["yc-1"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SourceSilentError(Reason.CONNECTION_LOST), Why.UNREACHABLE),
        (SourceSilentError(Reason.HTTP_503), Why.UNREACHABLE),
        (SourceSilentError(Reason.HTTP_429), Why.BUSY),
        (SourceConfusedError(Reason.SOAP_FAULT), None),
    ],
    ids=["connection lost", "http 503", "http 429", "soap fault"],
)
def test_what_may_have_been_sent_is_never_asked_again(error: SourceError, why: Why | None) -> None:
    first, second = two_sides()
    first.error = error

    async def story(roads: Roads) -> None:
        failure = await failure_of(roads)

        assert failure.reason == error.reason
        assert getattr(failure, "why", None) is why

    told((first, second), story)
    assert (first.arrived, second.arrived) == (["yc-1"], [])


def test_a_question_on_a_road_that_hangs_ends_at_its_budget_and_is_not_asked_elsewhere() -> None:
    first, second = two_sides()
    first.is_hung = True

    async def story(roads: Roads) -> None:
        began = asyncio.get_running_loop().time()
        failure = await failure_of(roads)

        assert asyncio.get_running_loop().time() - began == pytest.approx(8.0)
        assert isinstance(failure, UnavailableError)
        assert failure.why is Why.HUNG

    told((first, second), story)
    assert (first.arrived, second.arrived) == (["yc-1"], [])


def test_a_road_that_takes_no_connection_is_tried_once_more_and_no_oftener() -> None:
    only = FakeSide("only", error=unreachable())

    async def story(roads: Roads) -> None:
        request = a_request()
        failure = await failure_of(roads, request)

        assert (failure.reason, failure.was_sent) == (Reason.CONNECT_FAILED, False)
        assert request.journey.tries == 2
        assert request.journey.passed_over == ["only:connect_failed"]

    told((only,), story)


def test_the_second_try_is_asked_where_the_road_takes_it() -> None:
    only = FakeSide("only", error=unreachable())

    async def story(roads: Roads) -> None:
        asyncio.get_running_loop().call_later(0.15, lambda: setattr(only, "error", None))
        request = a_request()
        await roads.find(request)

        assert request.journey.tries == 2

    told((only,), story)
    assert only.arrived == ["yc-1"]


def test_without_a_second_left_nothing_is_tried_again() -> None:
    only = FakeSide("only", error=unreachable())

    async def story(roads: Roads) -> None:
        request = a_request(budget_seconds=0.9)
        await failure_of(roads, request)

        assert request.journey.tries == 1

    told((only,), story)


def test_a_full_road_is_passed_over_and_waited_for_only_where_all_are_full() -> None:
    first, second = two_sides()

    async def story(roads: Roads) -> None:
        requests = [a_request(number) for number in range(3)]
        await asyncio.gather(*map(roads.find, requests))

        assert [request.journey.road for request in requests] == ["first", "second", "first"]
        assert requests[1].journey.passed_over == ["first:road_busy"]

    told((first, second), story, at_once=1)


def test_where_the_lines_are_full_too_the_desk_is_told_at_once() -> None:
    only = FakeSide("only")

    async def story(roads: Roads) -> None:
        asked = [asyncio.create_task(roads.find(a_request(number))) for number in range(3)]
        await asyncio.sleep(0.01)
        request, began = a_request(9), asyncio.get_running_loop().time()
        failure = await failure_of(roads, request)

        assert asyncio.get_running_loop().time() == began
        assert (failure.reason, failure.retry_after_seconds) == (Reason.ROAD_BUSY, 1)
        assert (request.journey.road, request.journey.tries) == (None, 0)
        await asyncio.gather(*asked)

    told((only,), story, at_once=1, most_waiting=2)
    assert sorted(only.arrived) == ["yc-0", "yc-1", "yc-2"]


def test_nobody_waits_for_a_place_longer_than_set() -> None:
    only = FakeSide("only", is_hung=True)

    async def story(roads: Roads) -> None:
        asked = asyncio.create_task(roads.find(a_request(0)))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        failure = await failure_of(roads)

        assert failure.reason == Reason.ROAD_BUSY
        assert asyncio.get_running_loop().time() - began == pytest.approx(0.5)
        await asyncio.gather(asked, return_exceptions=True)

    told((only,), story, at_once=1, pool_seconds=0.5)


def test_a_place_won_while_the_road_broke_down_is_given_back() -> None:
    only = FakeSide("only", error=SourceSilentError(Reason.CONNECTION_LOST))

    async def story(roads: Roads) -> None:
        outcomes = await asyncio.gather(
            *(roads.find(a_request(number)) for number in range(2)), return_exceptions=True
        )

        assert [getattr(each, "reason", None) for each in outcomes] == [
            Reason.CONNECTION_LOST,
            Reason.ROAD_OUT_OF_ORDER,
        ]
        assert roads.roads[0].places.taken == 0

    told((only,), story, at_once=1, failures=1)


def test_a_caller_who_gives_up_leaves_place_and_breaker_as_they_were() -> None:
    only = FakeSide("only", is_hung=True)

    async def story(roads: Roads) -> None:
        asked = asyncio.create_task(roads.find(a_request()))
        await asyncio.sleep(1.0)
        asked.cancel()
        await asyncio.wait([asked])

        assert (roads.roads[0].places.taken, roads.roads[0].breaker.state) == (0, State.CLOSED)

    told((only,), story, failures=1)


def test_a_caller_who_counts_the_same_budget_ends_a_question_that_timed_out() -> None:
    only = FakeSide("only", is_hung=True)

    async def story(roads: Roads) -> None:
        asked = asyncio.create_task(roads.find(a_request()))
        await asyncio.sleep(7.9)
        asked.cancel()
        await asyncio.wait([asked])

        assert (roads.roads[0].breaker.state, roads.roads[0].breaker.why) == (State.OPEN, Reason.TIMEOUT)

    told((only,), story, failures=2)


def test_an_open_road_is_passed_over_and_used_again_after_a_probe() -> None:
    first, second = two_sides()
    first.error = SourceSilentError(Reason.HTTP_503)

    async def story(roads: Roads) -> None:
        await until_open(roads, "first")
        request = a_request()
        await roads.find(request)
        assert (request.journey.road, request.journey.passed_over) == ("second", ["first:road_out_of_order"])
        assert roads.road == "second"

        first.error = None
        await asyncio.sleep(2.5)
        for number in range(10):
            await roads.find(a_request(2000 + number))

        assert first.arrived[-1] == "yc-2009"
        assert roads.roads[0].breaker.state is State.CLOSED
        assert roads.road == "first"

    told((first, second), story)
    assert first.probes == 1


def test_where_the_only_road_is_open_nothing_is_asked_and_the_desk_is_told() -> None:
    only = FakeSide("only", error=SourceSilentError(Reason.HTTP_503))

    async def story(roads: Roads) -> None:
        await until_open(roads, "only")
        arrived = len(only.arrived)
        failure = await failure_of(roads)

        assert isinstance(failure, UnavailableError)
        assert (failure.reason, failure.why) == (Reason.ROAD_OUT_OF_ORDER, Why.OUT_OF_ORDER)
        assert len(only.arrived) == arrived
        assert roads.road == "only"

    told((only,), story)


def test_a_probe_that_fails_is_repeated_ever_less_often() -> None:
    only = FakeSide("only", error=SourceSilentError(Reason.HTTP_503))

    async def story(roads: Roads) -> None:
        await until_open(roads, "only")
        await asyncio.sleep(60.0)

    told((only,), story)
    assert only.probes == 4  # after 2, 6, 14 and 30 seconds


def test_a_mistake_of_ours_in_a_probe_does_not_leave_a_road_open_for_good() -> None:
    first, second = two_sides()
    first.error = SourceSilentError(Reason.HTTP_503)

    async def story(roads: Roads) -> None:
        await until_open(roads, "first")
        first.probe_error = ValueError("a mistake")
        await asyncio.sleep(3.0)
        first.error = first.probe_error = None
        await asyncio.sleep(10.0)

        assert roads.roads[0].breaker.state is State.HALF_OPEN

    told((first, second), story)
    assert first.probes == 2
