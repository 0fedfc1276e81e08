"""The limit on all sign-ins: how many, in which order, and that a flood from one place is not everybody's."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.throttling import SignInsThrottledError, SignInThrottle, place_of
from app.audit.record import RecordKind
from app.cli import invented
from app.errors import AuditUnavailableError, ProblemCode
from app.settings import Settings
from tests.accounts.calls import refresh, tokens_of
from tests.accounts.desk import a_desk, an_officer, some_credentials
from tests.gateway import an_upstream, running_gateway
from tests.lookup_fakes import StandingClock
from tests.world import World

PER_SECOND = 10.0
BURST = 100
FLOOD = 200  # tries a second
DESK, STRANGER = "10.1.1.1", "192.0.2.1"


def is_taken(throttle: SignInThrottle, address: str = STRANGER) -> bool:
    try:
        throttle.step(address)
    except SignInsThrottledError:
        return False
    return True


class Scene:
    """A throttle, and time that passes in steps of 5 ms."""

    def __init__(self) -> None:
        self.clock = StandingClock()
        self.throttle = SignInThrottle(self.clock, per_second=PER_SECOND)
        self.taken: Counter[str] = Counter()
        self._step = 0

    def flood(self, seconds: int, sources: list[str], honest: tuple[str, ...] = ()) -> None:
        """Send 200 tries a second from *sources* in turn, and one a second from each of *honest*."""
        for _ in range(seconds * FLOOD):
            self.clock.turn(milliseconds=1000 // FLOOD)
            self._step += 1
            source = sources[self._step % len(sources)]
            self.taken[source] += is_taken(self.throttle, source)
            if self._step % FLOOD == FLOOD // 2:
                for address in honest:
                    self.taken[address] += is_taken(self.throttle, address)


def many(count: int) -> list[str]:
    return [f"203.0.113.{number}" for number in range(count)]


def test_a_burst_goes_through_and_the_next_learns_when_to_come_back() -> None:
    clock = StandingClock()
    throttle = SignInThrottle(clock, per_second=PER_SECOND)
    throttle.remember(DESK)
    assert BURST / 2 < sum(is_taken(throttle, DESK) for _ in range(BURST)) < BURST
    with pytest.raises(SignInsThrottledError) as refusal:
        throttle.step(DESK)
    assert refusal.value.code is ProblemCode.SIGN_INS_THROTTLED
    wait = refusal.value.retry_after_seconds
    assert 1 <= wait <= 5
    clock.turn(seconds=wait)
    throttle.step(DESK)


def test_a_desk_whose_officers_all_begin_at_eight_is_through_within_a_minute_by_default() -> None:
    clock = StandingClock()
    throttle = SignInThrottle(clock, per_second=Settings(_env_file=None).sign_ins_per_second)
    throttle.remember(DESK)
    waiting, seconds = 300, 0
    while waiting:
        waiting -= sum(is_taken(throttle, DESK) for _ in range(waiting))
        clock.turn(seconds=1)
        seconds += 1
    assert seconds <= 60


@pytest.mark.parametrize(("is_known", "part"), [(True, 1.0), (False, 0.4)])
@pytest.mark.parametrize("places", [1, 200])
def test_known_places_may_use_the_whole_rate_and_strange_ones_two_fifths(
    places: int, *, is_known: bool, part: float
) -> None:
    scene = Scene()
    for place in many(places if is_known else 0):
        scene.throttle.remember(place)
    scene.flood(20, many(places))
    before = scene.taken.total()
    scene.flood(60, many(places))
    assert scene.taken.total() - before == pytest.approx(60 * PER_SECOND * part, rel=0.05)


def test_a_flood_from_one_place_leaves_every_try_of_another_alone() -> None:
    scene = Scene()
    scene.flood(60, [STRANGER], honest=("198.51.100.7",))
    assert scene.taken["198.51.100.7"] == 60


def test_a_flood_from_many_places_leaves_every_try_of_a_known_one_alone() -> None:
    scene = Scene()
    scene.throttle.remember(DESK)
    scene.flood(60, many(200), honest=(DESK,))
    assert scene.taken[DESK] == 60


def test_a_known_place_that_floods_leaves_another_known_one_alone() -> None:
    scene = Scene()
    scene.throttle.remember(DESK)
    scene.throttle.remember("10.2.2.2")
    scene.flood(60, [DESK], honest=("10.2.2.2",))
    assert scene.taken["10.2.2.2"] == 60


def test_what_many_places_are_given_differs_little_between_them() -> None:
    scene = Scene()
    scene.flood(120, many(4))
    assert max(scene.taken.values()) < 1.5 * min(scene.taken.values())


def test_a_place_is_known_for_a_week() -> None:
    for days, expected in ((6, 60), (8, 0)):
        scene = Scene()
        scene.throttle.remember(DESK)
        scene.clock.turn(days=days)
        scene.flood(10, many(200))  # the strangers' part is used up
        before = scene.taken[DESK]
        scene.flood(60, many(200), honest=(DESK,))
        assert (scene.taken[DESK] - before == 60) is (expected == 60)


@given(
    rate=st.sampled_from([0.1, 1.0, 7.5, 40.0]),
    steps=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 5), st.booleans()), max_size=200),
)
def test_never_more_than_the_burst_and_the_rate(rate: float, steps: list[tuple[int, int, bool]]) -> None:
    clock = StandingClock()
    throttle = SignInThrottle(clock, per_second=rate)
    taken, passed = 0, 0
    for milliseconds, place, is_right in steps:
        clock.turn(milliseconds=milliseconds)
        passed += milliseconds
        if is_taken(throttle, f"10.0.0.{place}"):
            taken += 1
            if is_right:
                throttle.remember(f"10.0.0.{place}")
        assert taken <= max(1.0, 10 * rate) + rate * passed / 1000 + 1e-6


def test_even_the_smallest_rate_lets_somebody_in() -> None:
    clock = StandingClock()
    throttle = SignInThrottle(clock, per_second=0.1)
    assert is_taken(throttle)
    with pytest.raises(SignInsThrottledError) as refusal:
        throttle.step(STRANGER)
    clock.turn(seconds=refusal.value.retry_after_seconds)
    assert is_taken(throttle)


def test_what_is_remembered_has_an_end_however_many_places_there_are() -> None:
    clock = StandingClock()
    throttle = SignInThrottle(clock, per_second=1e6)
    for number in range(10_500):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        throttle.step(address)
        throttle.remember(address)
    assert len(throttle._known) == 10_000
    assert len(throttle._strangers._places) == 10_000
    clock.turn(seconds=11)
    throttle.step("192.0.2.200")
    assert set(throttle._strangers._places) == {"192.0.2.200"}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("10.1.1.1", "10.1.1.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1%eth0", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.1.1.1", "10.1.1.1", True),
        ("no:address", "no:address", True),
        ("", "10.1.1.1", False),
    ],
)
def test_who_has_a_network_has_one_place(one: str, other: str, *, is_same: bool) -> None:
    assert (place_of(one) == place_of(other)) is is_same


# At the desk


async def test_a_try_too_many_costs_neither_the_database_nor_a_hash() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        at.asked.clear()
        checks = at.vault.checks
        with pytest.raises(SignInsThrottledError):
            await at.sign_in(some_credentials())
        assert (at.asked, at.vault.checks) == ([], checks)


async def test_tries_too_many_are_one_record_a_minute_that_names_no_officer() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        for username in ("canbo.mau", "khong.co", "canbo.mau"):
            with pytest.raises(SignInsThrottledError):
                await at.sign_in(some_credentials(username))
        at.clock.ahead += timedelta(minutes=1)
        with pytest.raises(SignInsThrottledError):
            await at.sign_in(some_credentials())
        records = [draft for draft in at.log.drafts if draft.kind is RecordKind.SIGN_IN_THROTTLED]
    assert len(records) == 2
    assert records[0].facts["client_id"] == "mot-cua"
    assert not {"officer_id", "role", "unit_id"} & records[0].facts.keys()


async def test_a_try_too_many_is_not_answered_before_it_is_on_record() -> None:
    async with a_desk(an_officer(), per_second=0.001) as at:
        await at.fault(some_credentials(password="wrong"))
        at.log.fail = True
        with pytest.raises(AuditUnavailableError):
            await at.sign_in(some_credentials())


async def test_who_signed_in_rightly_makes_their_address_known() -> None:
    async with a_desk(an_officer(), per_second=10) as at:
        await at.fault(some_credentials(password="wrong"))
        assert not at.desk._throttle._known
        await at.sign_in(some_credentials())
        assert list(at.desk._throttle._known) == ["127.0.0.1"]


async def test_a_throttled_sign_in_says_when_to_come_back_and_a_refresh_is_not_throttled(
    world: World,
) -> None:
    async with running_gateway(world, an_upstream(), sign_ins_per_second=0.01) as gateway:
        tokens = await tokens_of(gateway)
        known = await gateway.try_sign_in(invented.RECEPTION, "wrong")
        unknown = await gateway.try_sign_in("khong.co")
        assert (known.status_code, known.json()["code"]) == (429, "sign_ins_throttled")
        assert int(known.headers["Retry-After"]) > 0
        assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert (await refresh(gateway, tokens["refresh_token"])).status_code == 200
        assert len(await gateway.records("sign_in.throttled")) == 1
