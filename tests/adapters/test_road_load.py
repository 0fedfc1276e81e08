"""Planned stops, a minute of load while a road hangs, and what errors say of a road."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from adapters.reasons import Reason
from adapters.resilience.breaker import Verdict
from adapters.resilience.guarded_road import verdict_on
from adapters.resilience.roads import Roads
from app.errors import ProblemCode, SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError
from app.lookup.unavailable import UnavailableError, Why
from tests.adapters.fake_sides import FakeSide, a_request
from tests.adapters.road_stories import failure_of, told, two_sides, until_open

STOP = """
[[stop]]
begins = 2026-11-22T08:00:10
ends = 2026-11-22T09:00:00
roads = [{roads}]
vi = "Nâng cấp hệ thống."
en = "Systems are being upgraded."
"""


def test_during_a_planned_stop_the_other_road_is_asked(tmp_path: Path) -> None:
    first, second = two_sides()
    (tmp_path / "stops.toml").write_text(STOP.format(roads='"first"'), encoding="utf-8")

    async def story(roads: Roads) -> None:
        await roads.find(a_request(1))
        await asyncio.sleep(10.0)
        request = a_request(2)
        await roads.find(request)
        assert request.journey.passed_over == ["first:planned_stop"]
        assert roads.report().roads[0].planned_stop is not None
        await asyncio.sleep(3600.0)
        await roads.find(a_request(3))
        assert roads.report().planned_stops == ()

    told((first, second), story, planned_stops_file=tmp_path / "stops.toml")
    assert (first.arrived, second.arrived) == (["yc-1", "yc-3"], ["yc-2"])


def test_where_every_road_is_stopped_the_text_and_the_end_reach_the_desk(tmp_path: Path) -> None:
    (tmp_path / "stops.toml").write_text(STOP.format(roads=""), encoding="utf-8")
    first, second = two_sides()

    async def story(roads: Roads) -> None:
        await asyncio.sleep(20.0)
        failure = await failure_of(roads)

        assert (failure.reason, failure.retry_after_seconds) == (Reason.PLANNED_STOP, 3580)
        assert failure.members("vi")["detail"] == (
            "Tạm dừng theo kế hoạch đến 09:00 22/11/2026: Nâng cấp hệ thống. Lượt này chưa được gửi đi."
            " Điều này không có nghĩa là không có công dân này."
        )
        assert "Systems are being upgraded." in str(failure.members("en")["detail"])

    told((first, second), story, planned_stops_file=tmp_path / "stops.toml")
    assert first.arrived + second.arrived == []


def test_an_open_road_is_left_alone_while_it_is_stopped_and_probed_after_it(tmp_path: Path) -> None:
    only = FakeSide("only", error=SourceSilentError(Reason.HTTP_503))
    (tmp_path / "stops.toml").write_text(STOP.format(roads=""), encoding="utf-8")

    async def story(roads: Roads) -> None:
        await asyncio.sleep(8.0)
        await until_open(roads, "only")
        await asyncio.sleep(3500.0)
        assert only.probes == 0
        await asyncio.sleep(120.0)

    told((only,), story, planned_stops_file=tmp_path / "stops.toml")
    assert only.probes >= 1


async def load(roads: Roads, *, per_second: int, seconds: int) -> list[tuple[float, str | None]]:
    """Return when each lookup arrived and over which road it was answered; None where it was not."""
    outcomes: list[tuple[float, str | None]] = []

    async def look_up(number: int) -> None:
        request, arrived_at = a_request(number), asyncio.get_running_loop().time()
        try:
            await roads.find(request)
        except UnavailableError as error:
            took_seconds = asyncio.get_running_loop().time() - arrived_at
            if error.why is not Why.HUNG or took_seconds > request.budget_seconds + 0.01:
                raise
            outcomes.append((arrived_at, None))
        else:
            outcomes.append((arrived_at, request.journey.road))

    async with asyncio.TaskGroup() as group:
        for number in range(per_second * seconds):
            group.create_task(look_up(number))
            await asyncio.sleep(1 / per_second)
    return sorted(outcomes, key=lambda outcome: outcome[0])


@pytest.mark.parametrize("per_second", [15, 40, 100])
def test_a_minute_of_load_over_two_roads_of_which_the_first_hangs_for_twenty_seconds(per_second: int) -> None:
    rng = random.Random(8)  # noqa: S311 - latencies, not secrecy
    first, second = two_sides()
    first.takes_seconds = lambda: min(3.0, rng.lognormvariate(-1.2, 0.8))

    async def story(roads: Roads) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(20.0, lambda: setattr(first, "is_hung", True))
        loop.call_later(40.0, lambda: setattr(first, "is_hung", False))
        outcomes = [(at - began, road) for at, road in await load(roads, per_second=per_second, seconds=60)]

        assert {road for at, road in outcomes if at < 17.0} == {"first"}
        assert {road for at, road in outcomes if 22.0 <= at < 40.0} == {"second"}
        assert {road for at, road in outcomes if at >= 58.0} == {"first"}
        lost = [at for at, road in outcomes if road is None and at < 22.0]
        assert 0 < len(lost) <= 64
        # Whoever was let through as a trial while the road still hung; probes keep them away otherwise.
        assert not [at for at, road in outcomes if road is None and at >= 22.0]

    told((first, second), story)
    assert Counter(first.arrived + second.arrived) == Counter(f"yc-{n}" for n in range(60 * per_second))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (SourceRefusedError(ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, Reason.FAULT_005), Verdict.ANSWERED),
        (SourceConfusedError(Reason.SOAP_FAULT), Verdict.DOUBTFUL),
        (SourceConfusedError(Reason.UNREADABLE_RECORD), Verdict.DOUBTFUL),
        (SourceConfusedError(Reason.CREDENTIALS_REFUSED), Verdict.FAILED),
        (SourceSilentError(Reason.HTTP_5XX), Verdict.FAILED),
        (SourceSilentError(Reason.TIMEOUT), Verdict.TIMED_OUT),
        (SourceSilentError(Reason.POOL_EXHAUSTED, was_sent=False), Verdict.NOTHING),
        (SourceConfusedError(Reason.NOT_OFFERED, was_sent=False), Verdict.NOTHING),
    ],
    ids=lambda each: getattr(each, "reason", each).value,
)
def test_only_what_concerns_every_question_speaks_against_a_road(
    error: SourceError, verdict: Verdict
) -> None:
    assert verdict_on(error) is verdict
