import pytest
from uuid_utils.compat import uuid7

from app.errors import ProblemCode, TooManyError
from app.lookup.pace import OfficerPace
from tests.gateway import an_upstream, running_gateway
from tests.lookup_fakes import FakeSource, StandingClock, StoppedClock, a_citizen, opening
from tests.world import World


def test_an_officer_may_come_so_often_a_minute_and_learns_when_to_come_back() -> None:
    clock = StandingClock()
    pace = OfficerPace(clock, per_minute=2)
    officer_id = uuid7()
    clock.turn(seconds=45)
    pace.step(officer_id)
    pace.step(officer_id)
    with pytest.raises(TooManyError) as refusal:
        pace.step(officer_id)
    assert (refusal.value.code, refusal.value.retry_after_seconds) == (ProblemCode.TOO_MANY_LOOKUPS, 15)
    clock.turn(seconds=15)
    pace.step(officer_id)


def test_one_officers_haste_does_not_hold_up_another() -> None:
    pace = OfficerPace(StandingClock(), per_minute=1)
    hasty, other = uuid7(), uuid7()
    pace.step(hasty)
    with pytest.raises(TooManyError):
        pace.step(hasty)
    pace.step(other)


def test_what_was_counted_is_forgotten_with_its_minute() -> None:
    clock = StandingClock()
    pace = OfficerPace(clock, per_minute=1)
    for _ in range(3):
        pace.step(uuid7())
    clock.turn(minutes=1)
    pace.step(uuid7())
    assert len(pace._counts) == 1


async def test_too_many_lookups_are_refused_with_one_record_and_ask_nobody(world: World) -> None:
    source = FakeSource(a_citizen())
    async with running_gateway(
        world, an_upstream(), source=opening(source), lookups_per_officer_per_minute=1, clock=StoppedClock()
    ) as gateway:
        token = await gateway.sign_in()
        answers = [await gateway.look_up(token) for _ in range(4)]
        other = await gateway.look_up(await gateway.sign_in("xuly.mau"))
        rejected = await gateway.records("request.rejected")
    assert [answer.status_code for answer in answers] == [200, 429, 429, 429]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60
    assert answers[1].json()["code"] == "too_many_lookups"
    assert answers[1].json()["paper"]["may_ask"] is False
    assert [record["problem_code"] for record in rejected] == ["too_many_lookups"]
    assert other.status_code == 200
    assert len(source.requests) == 2
