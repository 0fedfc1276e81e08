"""A gateway with two roads: what its status says of them, and that a stop's words reach the officer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.errors import ConfigurationError
from app.road_board import opening_roads, road_board
from app.settings import SecondUpstreamSettings, Settings
from tests.adapters.stand_in import settings_of
from tests.gateway import an_upstream, running_gateway
from tests.lookup_fakes import FakeSource
from tests.world import World

STOP = """
[[stop]]
begins = {begins}
ends = {ends}
vi = "Nâng cấp hệ thống."
en = "An upgrade."
"""


def planned(path: Path, begins_in: timedelta) -> Path:
    begins = datetime.now(UTC).replace(microsecond=0) + begins_in  # noqa: TID251 - the gateway's own clock
    text = STOP.format(begins=begins.isoformat(), ends=(begins + timedelta(hours=2)).isoformat())
    path.write_text(text, encoding="utf-8")
    return path


def two_roads() -> tuple[object, ...]:
    return an_upstream(), settings_of("vdxp-soap", "http://127.0.0.1:9")


async def test_readiness_names_each_road_and_does_not_depend_on_them(world: World) -> None:
    settings = world.settings(upstreams=two_roads())
    opened = opening_roads(settings, an_upstream(), SystemClock())
    async with running_gateway(world, an_upstream(), source=opened, upstreams=two_roads()) as gateway:
        await gateway.sign_in()  # evidence can be written once something was
        body = (await gateway.http.get("/readyz")).json()

    assert (body["ready"], body["roads"]) == (True, {"lgsp-soap": "closed", "vdxp-soap": "closed"})


async def test_a_stop_is_told_beforehand_and_its_words_reach_the_officer(
    world: World, tmp_path: Path
) -> None:
    file = planned(tmp_path / "stops.toml", timedelta(hours=-1))
    settings = world.settings(upstreams=two_roads(), planned_stops_file=file)
    opened = opening_roads(settings, an_upstream(), SystemClock())
    async with running_gateway(world, an_upstream(), source=opened) as gateway:
        answer = await gateway.look_up(await gateway.sign_in())
        (outcome,) = await gateway.records("lookup.outcome")

    body = answer.json()
    assert (answer.status_code, body["code"], body["why"]) == (503, "upstream_unavailable", "planned_stop")
    assert "Nâng cấp hệ thống." in body["detail"]
    assert body["paper"]["because"] == body["detail"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert (outcome["tries"], outcome["lookup_id"]) == (0, body["lookup_id"])
    assert outcome["roads_passed_over"] == "lgsp-soap:planned_stop vdxp-soap:planned_stop"


async def test_the_board_says_how_each_road_stands_and_what_is_planned(tmp_path: Path, world: World) -> None:
    file = planned(tmp_path / "stops.toml", timedelta(hours=1))
    settings = world.settings(upstreams=two_roads(), planned_stops_file=file)
    async with opening_roads(settings, an_upstream(), SystemClock())() as source:
        told = road_board(source)()

    assert [(road.road, road.state, road.why) for road in told.roads] == [
        ("lgsp-soap", "closed", None),
        ("vdxp-soap", "closed", None),
    ]
    assert all(road.planned_stop_until is None for road in told.roads)
    (stop,) = told.planned_stops
    assert (stop.roads, stop.vi, stop.en) == (["lgsp-soap", "vdxp-soap"], "Nâng cấp hệ thống.", "An upgrade.")
    assert told.planned_stops_readable


async def test_of_a_source_without_guards_nothing_is_told() -> None:
    assert road_board(FakeSource())().roads == []


async def test_a_wrong_setting_of_the_second_road_is_named_as_its_own() -> None:
    second = SecondUpstreamSettings(_env_file=None, base_url="http://national.example.vn", user="u")
    settings = Settings(_env_file=None, upstreams=(an_upstream(), second))
    with pytest.raises(ConfigurationError) as caught:
        async with opening_roads(settings, an_upstream(), SystemClock())():
            pass

    assert "DANCU_UPSTREAM2_" in str(caught.value)
    assert "DANCU_UPSTREAM_" not in str(caught.value)
