"""When a silence is a hang, and when it is only a slow answer."""

import heapq
import math
import random
from collections.abc import Callable, Iterator

import pytest

from adapters.resilience.pulse import Pulse, SilenceRule

Latency = Callable[[], float]


def a_pulse(*, median: float = 0.3, answers: int = 20, ends_at: float = 100.0) -> Pulse:
    """Return the pulse of a road that answered steadily until *ends_at*."""
    pulse = Pulse(SilenceRule())
    for number in range(-answers, 0):
        at = ends_at + (number + 1) * 0.1
        pulse.asked(number, at - median)
        pulse.answered(number, at)
    return pulse


def ask(pulse: Pulse, *times: float) -> None:
    for number, at in enumerate(times):
        pulse.asked(number, at)


def test_five_questions_that_wait_through_a_second_and_a_half_of_silence_are_a_hang() -> None:
    pulse = a_pulse()
    ask(pulse, 99.9, 100.0, 100.0, 100.1, 100.2)

    assert not pulse.is_silent(100.2 + 1.49)
    assert pulse.is_silent(100.2 + 1.5)


def test_four_questions_are_too_few_however_long_they_wait() -> None:
    pulse = a_pulse()
    ask(pulse, 100.0, 100.0, 100.0, 100.0)

    assert not pulse.is_silent(160.0)


def test_one_stuck_question_and_a_burst_after_it_are_no_hang_before_the_burst_has_waited() -> None:
    pulse = a_pulse()
    ask(pulse, 100.0, 110.0, 110.0, 110.0, 110.0)

    assert not pulse.is_silent(111.49)
    assert pulse.is_silent(111.5)


def test_an_answer_of_any_kind_ends_the_silence() -> None:
    pulse = a_pulse()
    ask(pulse, *[100.0] * 6)
    pulse.answered(0, 101.4)

    assert not pulse.is_silent(102.8)
    assert pulse.is_silent(102.9)


def test_a_question_that_was_given_up_is_no_sign_of_life_and_waits_no_more() -> None:
    pulse = a_pulse()
    ask(pulse, *[100.0] * 5)
    pulse.left(0)

    assert not pulse.is_silent(105.0)


def test_a_road_known_to_be_slow_is_given_three_times_what_it_usually_takes() -> None:
    pulse = a_pulse(median=1.0)
    ask(pulse, *[100.0] * 5)

    assert not pulse.is_silent(102.9)
    assert pulse.is_silent(103.0)


def test_no_road_is_given_more_than_five_seconds() -> None:
    pulse = a_pulse(median=4.0)
    ask(pulse, *[100.0] * 5)

    assert pulse.is_silent(105.0)


@pytest.mark.parametrize("pulse", [a_pulse(answers=4), a_pulse(ends_at=39.0)], ids=["new", "idle for long"])
def test_a_road_of_which_little_is_known_is_given_four_seconds(pulse: Pulse) -> None:
    ask(pulse, *[100.0] * 5)

    assert not pulse.is_silent(103.9)
    assert pulse.is_silent(104.0)


def heavy_tail(rng: random.Random) -> Latency:
    """Return latencies with a median of 300 ms of which one in a hundred takes over three seconds."""
    return lambda: rng.lognormvariate(math.log(0.3), 1.0)


def silences(per_second: float, latency: Latency, rng: random.Random, *, until: float) -> Iterator[float]:
    """Yield the times at which a lookup that arrives finds the road silent."""
    pulse, under_way, now, number = Pulse(SilenceRule()), list[tuple[float, int]](), 0.0, 0
    while now < until:
        now += rng.expovariate(per_second)
        while under_way and under_way[0][0] <= now:
            ended, which = heapq.heappop(under_way)
            pulse.answered(which, ended)
        if pulse.is_silent(now):
            yield now
        number += 1
        pulse.asked(number, now)
        heapq.heappush(under_way, (now + latency(), number))


@pytest.mark.parametrize("per_second", [0.5, 2.0, 8.0, 40.0])
def test_a_slow_road_with_a_heavy_tail_is_never_taken_for_a_hung_one(per_second: float) -> None:
    rng = random.Random(8)  # noqa: S311 - latencies, not secrecy

    assert not list(silences(per_second, heavy_tail(rng), rng, until=20_000 / per_second))


@pytest.mark.parametrize("per_second", [15.0, 40.0, 100.0])
def test_a_road_that_hangs_under_load_is_noticed_within_two_seconds(per_second: float) -> None:
    rng = random.Random(8)  # noqa: S311 - as above
    usual, hangs_at, clock = heavy_tail(rng), 30.0, [0.0]

    def latency() -> float:
        return usual() if clock[0] < hangs_at else 1e9

    pulse, under_way, number = Pulse(SilenceRule()), list[tuple[float, int]](), 0
    while not pulse.is_silent(clock[0]):
        number += 1
        pulse.asked(number, clock[0])
        heapq.heappush(under_way, (clock[0] + latency(), number))
        clock[0] += 1 / per_second
        while under_way and under_way[0][0] <= min(clock[0], hangs_at):
            ended, which = heapq.heappop(under_way)
            pulse.answered(which, ended)
        assert clock[0] < hangs_at + 2.0

    assert clock[0] >= hangs_at + 1.4
