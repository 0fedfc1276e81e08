"""The rules of the limit on all sign-ins: how many, in which order, and what a flood leaves to others."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.throttling import SignInsThrottledError, SignInThrottle, place_of
from app.errors import ProblemCode
from app.settings import Settings

PER_SECOND = 10.0
BURST = 100
FLOOD = 200  # tries a second
DESK, STRANGER = "10.1.1.1", "192.0.2.1"
WEEK = timedelta(days=7).total_seconds()


class TurnedClock:
    """A clock that stands still until a test turns it, and has no fractions but those it is given."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


class Scene:
    """A throttle, its clock, and who was let through."""

    def __init__(self, per_second: float = PER_SECOND, known: Iterable[str] = ()) -> None:
        self.clock = TurnedClock()
        self.throttle = SignInThrottle(self.clock, per_second=per_second)
        self.taken: Counter[str] = Counter()
        self._step = 0
        for place in known:
            self.throttle.remember(place)

    def is_taken(self, address: str = STRANGER) -> bool:
        try:
            self.throttle.step(address)
        except SignInsThrottledError:
            return False
        return True

    def tries(self, addresses: Iterable[str]) -> int:
        """Return how many of *addresses* are let through, each once and all at once."""
        return sum(self.is_taken(address) for address in addresses)

    def flood(self, seconds: int, sources: list[str], honest: tuple[str, ...] = ()) -> None:
        """Send 200 tries a second from *sources* in turn, and one a second from each of *honest*."""
        for _ in range(seconds * FLOOD):
            self.clock.seconds += 1 / FLOOD
            self._step += 1
            source = sources[self._step % len(sources)]
            self.taken[source] += self.is_taken(source)
            if self._step % FLOOD == FLOOD // 2:
                for address in honest:
                    self.taken[address] += self.is_taken(address)


def places(count: int, network: str = "203.0.113") -> list[str]:
    return [f"{network}.{number}" for number in range(count)]


def many_places(count: int) -> list[str]:
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(count)]


# How many at once


def test_known_places_may_spend_the_burst_of_ten_seconds_to_the_last_token() -> None:
    scene = Scene(known=places(200))
    assert scene.tries(places(200)) == BURST


def test_strange_places_may_spend_three_quarters_of_the_burst() -> None:
    assert Scene().tries(places(200)) == 3 * BURST // 4


def test_the_last_quarter_is_for_known_places_whoever_spent_the_rest() -> None:
    scene = Scene(known=places(200))
    assert scene.tries(places(60)) == 60
    assert scene.tries(places(200, "192.0.2")) == 15
    assert scene.tries(places(200)) == 25


def test_a_strange_place_waits_until_it_would_leave_the_last_quarter() -> None:
    scene = Scene(1.0, known=places(6))
    assert scene.tries(places(6)) == 6
    assert scene.tries(places(9, "192.0.2")) == 1  # of the ten tokens three are left
    scene.clock.seconds = 15 / 64
    assert not scene.is_taken()
    scene.clock.seconds = 16 / 64  # a token, and a quarter of the nine others
    assert scene.is_taken()


def test_a_single_place_leaves_the_more_of_the_burst_the_more_it_had() -> None:
    assert Scene(known=[DESK]).tries([DESK] * 200) == 67
    assert Scene().tries([STRANGER] * 200) == 39


def test_what_a_place_had_counts_less_as_time_passes() -> None:
    scene = Scene(known=[DESK])
    assert scene.tries([DESK] * 200) == 67
    scene.clock.seconds = 10.0  # a third of it is left, and the bucket is full
    assert scene.tries([DESK] * 200) == 59


def test_a_place_that_had_more_than_its_share_leaves_half_of_the_burst_to_others() -> None:
    scene = Scene(known=[DESK, *places(200)])
    assert scene.tries(places(9)) == 9
    assert scene.tries([DESK] * 200) == BURST - 9 - 50
    assert scene.tries(places(200)) == 50


def test_a_share_is_never_less_than_one_try() -> None:
    crowd = Scene().throttle._strangers
    for place in places(200):
        crowd.part_of_share(place, 0.0)
    crowd.part_of_share(STRANGER, 0.0)
    crowd.charge(STRANGER)
    assert crowd.part_of_share(STRANGER, 0.0) == 1.0
    assert crowd.part_of_share(STRANGER, 5.0) == exp(-0.5)


# How many as time passes


def test_known_places_have_the_whole_rate_and_strange_ones_two_fifths_of_it() -> None:
    scene = Scene(known=places(200))
    scene.tries(places(200))
    scene.clock.seconds = 5.0
    assert scene.tries(places(200)) == 5 * PER_SECOND
    scene = Scene()
    scene.tries(places(200))
    scene.clock.seconds = 10.0
    assert scene.tries(places(200)) == 10 * PER_SECOND * 2 / 5


def test_no_rest_makes_the_burst_larger() -> None:
    scene = Scene(known=places(200))
    scene.clock.seconds = 3600.0
    assert scene.tries(places(200)) == BURST


@pytest.mark.parametrize(("known", "seconds"), [((), 50), ((STRANGER,), 20)])
def test_even_the_smallest_rate_lets_somebody_in_and_says_when_the_next(
    known: tuple[str, ...], seconds: int
) -> None:
    scene = Scene(0.05, known)  # ten seconds of it are half a try
    assert scene.is_taken()
    with pytest.raises(SignInsThrottledError) as refusal:
        scene.throttle.step(STRANGER)
    assert refusal.value.code is ProblemCode.SIGN_INS_THROTTLED
    assert refusal.value.retry_after_seconds == seconds
    scene.clock.seconds = seconds - 1.0
    assert not scene.is_taken()
    scene.clock.seconds = seconds
    assert scene.is_taken()


def test_who_comes_back_when_told_to_is_let_through() -> None:
    scene = Scene(known=[DESK])
    scene.tries([DESK] * BURST)
    with pytest.raises(SignInsThrottledError) as refusal:
        scene.throttle.step(DESK)
    wait = refusal.value.retry_after_seconds
    assert 1 <= wait <= 5
    scene.clock.seconds += wait
    assert scene.is_taken(DESK)


def test_a_desk_whose_officers_all_begin_at_eight_is_through_within_a_minute_by_default() -> None:
    scene = Scene(Settings(_env_file=None).sign_ins_per_second, known=[DESK])
    waiting = 300
    while waiting:
        waiting -= scene.tries([DESK] * waiting)
        scene.clock.seconds += 1.0
    assert scene.clock.seconds <= 60.0


# Who is known


@pytest.mark.parametrize(("seconds", "is_known"), [(WEEK - 0.5, True), (WEEK, False)])
def test_a_place_is_known_for_a_week(seconds: float, *, is_known: bool) -> None:
    scene = Scene(known=[DESK])
    scene.clock.seconds = seconds
    scene.tries(places(200))  # the strangers' part is used up
    assert scene.is_taken(DESK) is is_known


def test_a_right_sign_in_makes_the_week_begin_again() -> None:
    scene = Scene(known=[DESK])
    scene.clock.seconds = WEEK - 1.0
    scene.throttle.remember(DESK)
    scene.clock.seconds = 2 * WEEK - 2.0
    scene.tries(places(200))
    assert scene.is_taken(DESK)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("10.1.1.1", "10.1.1.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8::8000:0:0:1", True),
        ("2001:db8::1%eth0", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.1.1.1", "10.1.1.1", True),
        ("no:address", "no:address", True),
        ("", "10.1.1.1", False),
    ],
)
def test_who_has_a_network_has_one_place(one: str, other: str, *, is_same: bool) -> None:
    assert (place_of(one) == place_of(other)) is is_same


# What is remembered


def test_a_place_counts_among_those_present_for_ten_seconds_after_its_last_try() -> None:
    crowd = Scene().throttle._strangers
    crowd.part_of_share("one", 0.0)
    crowd.part_of_share("other", 0.0)
    crowd.part_of_share("one", 9.0)
    crowd.part_of_share("one", 10.0)
    assert set(crowd._places) == {"one", "other"}
    crowd.part_of_share("one", 10.5)
    assert set(crowd._places) == {"one"}


def test_of_known_places_the_one_longest_without_a_right_sign_in_is_forgotten_first() -> None:
    addresses = many_places(10_001)
    scene = Scene(known=addresses[:10_000])
    scene.throttle.remember(addresses[0])
    scene.throttle.remember(addresses[10_000])
    assert set(scene.throttle._known) == set(addresses) - {addresses[1]}


def test_of_places_that_tried_the_one_longest_away_is_forgotten_first() -> None:
    addresses = many_places(10_001)
    scene = Scene(1e6)
    scene.tries(addresses[:10_000])
    scene.tries([addresses[0], addresses[10_000]])
    assert set(scene.throttle._strangers._places) == set(addresses) - {addresses[1]}


# Floods, and whatever else may come


@given(
    rate=st.sampled_from([0.1, 1.0, 7.5, 40.0]),
    steps=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 5), st.booleans()), max_size=200),
)
def test_never_more_than_the_burst_and_the_rate(rate: float, steps: list[tuple[int, int, bool]]) -> None:
    scene = Scene(rate)
    taken = 0
    for milliseconds, place, is_right in steps:
        scene.clock.seconds += milliseconds / 1000
        if scene.is_taken(f"10.0.0.{place}"):
            taken += 1
            if is_right:
                scene.throttle.remember(f"10.0.0.{place}")
        assert taken <= max(1.0, 10 * rate) + rate * scene.clock.seconds + 1e-6


@pytest.mark.parametrize(("is_known", "part"), [(True, 1.0), (False, 0.4)])
@pytest.mark.parametrize("count", [1, 200])
def test_a_flood_is_given_the_whole_rate_or_two_fifths_from_one_place_as_from_many(
    count: int, part: float, *, is_known: bool
) -> None:
    scene = Scene(known=places(count if is_known else 0))
    scene.flood(20, places(count))
    before = scene.taken.total()
    scene.flood(30, places(count))
    assert scene.taken.total() - before == pytest.approx(30 * PER_SECOND * part, rel=0.05)


def test_a_flood_from_one_place_leaves_every_try_of_another_alone() -> None:
    scene = Scene()
    scene.flood(60, [STRANGER], honest=("198.51.100.7",))
    assert scene.taken["198.51.100.7"] == 60


def test_a_flood_from_many_places_leaves_every_try_of_a_known_one_alone() -> None:
    scene = Scene(known=[DESK])
    scene.flood(60, places(200), honest=(DESK,))
    assert scene.taken[DESK] == 60


def test_a_known_place_that_floods_leaves_another_known_one_alone() -> None:
    scene = Scene(known=[DESK, "10.2.2.2"])
    scene.flood(60, [DESK], honest=("10.2.2.2",))
    assert scene.taken["10.2.2.2"] == 60


def test_what_many_places_are_given_differs_little_between_them() -> None:
    scene = Scene()
    scene.flood(60, places(4))
    assert max(scene.taken.values()) < 1.5 * min(scene.taken.values())
