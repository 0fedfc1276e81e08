"""What opens a breaker, for how long, and how questions are let back."""

import pytest

from adapters.resilience.breaker import Breaker, BreakerRules, State, Ticket, Verdict
from tests.adapters.conftest import TurnableClock


def a_breaker(clock: TurnableClock, *, chance: float = 0.5, **rules: object) -> Breaker:
    return Breaker(BreakerRules(**rules), clock, lambda: chance)  # type: ignore[arg-type] # by name


def meet(breaker: Breaker, verdict: Verdict, times: int = 1, why: str = "") -> None:
    for _ in range(times):
        breaker.end(breaker.begin(), verdict, why)


def on_trial(clock: TurnableClock) -> Breaker:
    breaker = a_breaker(clock)
    meet(breaker, Verdict.FAILED, 5, "http_503")
    clock.seconds += 2.0
    breaker.probed(is_alive=True)
    return breaker


@pytest.mark.parametrize(
    ("verdict", "times"),
    [(Verdict.FAILED, 5), (Verdict.TIMED_OUT, 3), (Verdict.DOUBTFUL, 20)],
    ids=["failures", "time-outs", "faults"],
)
def test_so_many_in_a_row_open_it_and_no_fewer(clock: TurnableClock, verdict: Verdict, times: int) -> None:
    breaker = a_breaker(clock)

    meet(breaker, verdict, times - 1)
    assert breaker.admits()
    meet(breaker, verdict)
    assert not breaker.admits()


@pytest.mark.parametrize("verdict", [Verdict.ANSWERED, Verdict.NOTHING])
def test_answers_and_what_says_nothing_never_open_it(clock: TurnableClock, verdict: Verdict) -> None:
    breaker = a_breaker(clock)

    meet(breaker, verdict, 100)

    assert breaker.state is State.CLOSED


def test_failures_with_answers_between_them_do_not_open_it(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)

    for _ in range(50):
        meet(breaker, Verdict.FAILED, 2)
        meet(breaker, Verdict.ANSWERED, 3)

    assert breaker.state is State.CLOSED


def test_half_of_the_last_twenty_failing_opens_it(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)

    for _ in range(10):
        assert breaker.admits()
        meet(breaker, Verdict.ANSWERED)
        meet(breaker, Verdict.FAILED)

    assert not breaker.admits()


def test_what_says_nothing_of_the_road_is_no_answer_between_failures(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)

    meet(breaker, Verdict.FAILED, 4)
    meet(breaker, Verdict.NOTHING)
    meet(breaker, Verdict.FAILED)

    assert not breaker.admits()


def test_a_silence_opens_it_for_the_question_that_arrives_then(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)
    for _ in range(5):
        breaker.begin()
    clock.seconds += 3.9
    assert breaker.admits()

    clock.seconds += 0.1

    assert not breaker.admits()
    assert (breaker.state, breaker.why) == (State.OPEN, "silent")


def test_open_it_admits_nobody_however_long_until_it_is_probed(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)
    meet(breaker, Verdict.FAILED, 5)

    clock.seconds += 3600

    assert not breaker.admits()
    assert breaker.probe_in_seconds == 0


def test_open_times_double_up_to_the_longest(clock: TurnableClock) -> None:
    breaker = a_breaker(clock, open_seconds=2.0, longest_seconds=10.0)
    meet(breaker, Verdict.FAILED, 5)
    times = []
    for _ in range(5):
        times.append(breaker.probe_in_seconds)
        clock.seconds += breaker.probe_in_seconds
        breaker.probed(is_alive=False, why="timeout")

    assert times == pytest.approx([2, 4, 8, 10, 10])
    assert breaker.why == "timeout"


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.6), (1.0, 2.4)])
def test_open_times_are_spread(clock: TurnableClock, chance: float, seconds: float) -> None:
    breaker = a_breaker(clock, chance=chance)

    meet(breaker, Verdict.FAILED, 5)

    assert breaker.probe_in_seconds == pytest.approx(seconds)


def test_after_a_probe_questions_come_back_by_ones_and_twos(clock: TurnableClock) -> None:
    breaker, admitted = on_trial(clock), []
    while breaker.state is State.HALF_OPEN:
        tickets: list[Ticket] = []
        while breaker.admits():
            tickets.append(breaker.begin())
        admitted.append(len(tickets))
        breaker.end(tickets[0], Verdict.ANSWERED)
        for ticket in tickets[1:]:
            breaker.end(ticket, Verdict.NOTHING)

    assert admitted == [1, 2, 4, 8, 16]
    assert (breaker.state, breaker.why) == (State.CLOSED, "")


def test_a_failure_on_trial_opens_it_for_twice_as_long(clock: TurnableClock) -> None:
    breaker = on_trial(clock)

    meet(breaker, Verdict.FAILED, why="http_503")

    assert (breaker.state, breaker.why) == (State.OPEN, "http_503")
    assert breaker.probe_in_seconds == pytest.approx(4)


def test_a_question_on_trial_that_gets_no_answer_opens_it_before_its_budget_ends(
    clock: TurnableClock,
) -> None:
    breaker = on_trial(clock)
    breaker.begin()
    clock.seconds += 3.9
    breaker.look()
    assert breaker.state is State.HALF_OPEN

    clock.seconds += 0.1
    breaker.look()

    assert (breaker.state, breaker.why) == (State.OPEN, "silent")


def test_questions_from_before_it_opened_say_nothing_any_more(clock: TurnableClock) -> None:
    breaker = a_breaker(clock)
    old = [breaker.begin() for _ in range(10)]
    meet(breaker, Verdict.FAILED, 5)
    clock.seconds += 2.0
    breaker.probed(is_alive=True)

    states = []
    for tickets in (old[:5], old[5:]):
        for ticket in tickets:
            breaker.end(ticket, Verdict.TIMED_OUT)
        states.append(breaker.state)
        meet(breaker, Verdict.ANSWERED, 5)

    assert states == [State.HALF_OPEN, State.CLOSED]


@pytest.mark.parametrize(("calm", "seconds"), [(59, 4.0), (61, 2.0)])
def test_only_a_road_that_stayed_closed_for_a_minute_begins_anew(
    clock: TurnableClock, calm: float, seconds: float
) -> None:
    breaker = on_trial(clock)
    meet(breaker, Verdict.ANSWERED, 5)

    clock.seconds += calm
    meet(breaker, Verdict.FAILED, 5)

    assert breaker.probe_in_seconds == pytest.approx(seconds)


def test_a_probe_that_ends_late_changes_nothing(clock: TurnableClock) -> None:
    breaker = on_trial(clock)
    meet(breaker, Verdict.ANSWERED, 5)

    breaker.probed(is_alive=False)

    assert breaker.state is State.CLOSED
