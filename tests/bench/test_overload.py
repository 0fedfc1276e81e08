"""How the overload's senders are read, and when a run is kept, broken, or says nothing."""

import dataclasses
from collections.abc import Sequence

import pytest

from bench.callers import Answer, Came, Crowd, Fate, came_of
from bench.failure import BenchError
from bench.on_record import Evidence
from bench.overload_verdict import Loads, Plan, judge, recorded

PLAN = Plan(
    times=3,
    capacity_seconds=5,
    overload_seconds=10,
    recovery_seconds=8,
    think_ms=300,
    national_ms=0,
    has_many_places=True,
)
LINES = [
    "found 200 1000000 250000 01a\n",
    "shed 503 1100000 900 -\n",
    "odd 500 1200000 1000 -\n",
    "found 200 13000",
]


def answers(fate: Fate, count: int, *, sent: float = 1.0, took: float = 0.1) -> list[Answer]:
    """Return so many answers of that kind, each with a lookup of its own."""
    status = {Fate.FOUND: 200, Fate.SHED: 503, Fate.CROWDED: 503, Fate.ODD: 500}[fate]
    return [Answer(fate, status, sent, took, f"{fate}-{sent}-{number}") for number in range(count)]


def came(seconds: float, *parts: Sequence[Answer], broken: int = 0) -> Came:
    return Came(seconds, [each for part in parts for each in part], broken)


GOOD = Loads(
    capacity=came(5, answers(Fate.FOUND, 500)),
    overload=came(10, answers(Fate.FOUND, 800, sent=2), answers(Fate.SHED, 2200)),
    pages={"/livez": [0.02] * 20, "/v1/officers": [0.3] * 20},
    used_seconds=(4.5, 9.5),
    recovery=came(8, answers(Fate.FOUND, 260, sent=3)),
)


def broken_rules(loads: Loads) -> list[str]:
    return [text for is_kept, text in judge(PLAN, loads) if not is_kept]


def changed(loads: Loads, **changes: object) -> Loads:
    return dataclasses.replace(loads, **changes)  # type: ignore[arg-type]  # each test names real fields


def test_what_wrk_wrote_is_read_but_for_a_line_that_was_cut_off() -> None:
    read = came_of(LINES, 2, 0)

    assert [each.fate for each in read.answers] == [Fate.FOUND, Fate.SHED, Fate.ODD]
    assert read.answers[0] == Answer(Fate.FOUND, 200, 1.0, 0.25, "01a")
    assert read.pace() == 1.5
    assert read.pace(Fate.FOUND) == 0.5


def test_where_nobody_was_answered_there_are_no_figures() -> None:
    with pytest.raises(BenchError, match="nobody"):
        came_of([], 2, 0)


def test_so_many_callers_ask_as_often_as_is_wanted() -> None:
    crowd = Crowd.asking(3000, 12, 300, 100)

    assert crowd == Crowd(1200, 12, 300)


def test_a_run_that_kept_all_rules_says_so() -> None:
    assert broken_rules(GOOD) == []


@pytest.mark.parametrize(
    ("overload", "says"),
    [
        (came(10, answers(Fate.FOUND, 3000)), "0 told gateway_overloaded"),
        (
            came(10, answers(Fate.FOUND, 800), answers(Fate.SHED, 2200), answers(Fate.ODD, 1)),
            "1 something else (HTTP 500)",
        ),
        (came(10, answers(Fate.FOUND, 800), answers(Fate.SHED, 2200), broken=2), "2 not at all"),
        (came(10, answers(Fate.FOUND, 390), answers(Fate.SHED, 2610)), "answered at 0.39 of its capacity"),
        (
            came(10, answers(Fate.FOUND, 800), answers(Fate.SHED, 2140), answers(Fate.CROWDED, 60)),
            "60 of those turned away were begun before",
        ),
        (came(10, answers(Fate.FOUND, 800, took=1.2), answers(Fate.SHED, 2200)), "within 1.20 s"),
    ],
    ids=["nobody shed", "odd", "broken", "too few", "crowded", "too late"],
)
def test_an_overload_that_went_wrong_fails(overload: Came, says: str) -> None:
    (broken,) = broken_rules(changed(GOOD, overload=overload))
    assert says in broken


@pytest.mark.parametrize("took", [[0.02] * 10 + [1.5] * 10, []], ids=["slow", "never asked"])
def test_a_page_that_was_slow_fails(took: list[float]) -> None:
    (broken,) = broken_rules(changed(GOOD, pages={"/readyz": took}))
    assert broken.startswith("/readyz")


def test_whoever_is_turned_away_long_after_the_load_fell_fails_the_run() -> None:
    late = came(8, answers(Fate.FOUND, 260), answers(Fate.SHED, 1, sent=5.0))
    (broken,) = broken_rules(changed(GOOD, recovery=late))
    assert broken.startswith("5.0 s after")


def test_where_too_little_was_sent_there_is_no_verdict() -> None:
    little = came(10, answers(Fate.FOUND, 800), answers(Fate.SHED, 1600))
    with pytest.raises(BenchError, match=r"2\.40 times the capacity"):
        judge(PLAN, changed(GOOD, overload=little))


@pytest.mark.parametrize("part", [answers(Fate.SHED, 1), answers(Fate.ODD, 1)], ids=["shed", "odd"])
def test_a_capacity_at_which_somebody_was_not_answered_is_none(part: list[Answer]) -> None:
    with pytest.raises(BenchError, match="64 callers"):
        judge(PLAN, changed(GOOD, capacity=came(5, answers(Fate.FOUND, 500), part)))


def test_every_answer_needs_its_outcome_on_record_and_every_intent_its_outcome() -> None:
    told = {each.lookup_id for part in (GOOD.capacity, GOOD.overload, GOOD.recovery) for each in part.answers}
    complete = recorded(GOOD, Evidence(1560, 1560, 1560), told)
    lost = recorded(GOOD, Evidence(1560, 1559, 1559), told - {"found-2-3"})

    assert [is_kept for is_kept, _ in complete] == [True, True]
    assert [is_kept for is_kept, _ in lost] == [False, False]
