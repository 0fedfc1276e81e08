"""The settings of a second road, and what `dancu check` says of planned stops."""

from pathlib import Path

import pytest

from app.cli.planned_stops import planned_stop_findings
from app.cli.settings import read_settings, roads_in_order
from app.errors import ConfigurationError
from app.settings import SecondUpstreamSettings, Settings, UpstreamSettings
from tests.lookup_fakes import StandingClock

STOP = """
[[stop]]
begins = 2026-11-{day}T22:00:00
ends = 2026-11-{day}T23:30:00
vi = "Bảo trì."
en = "Maintenance."
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_an_address_there_is_no_second_road() -> None:
    first = UpstreamSettings(base_url="https://lgsp.example.vn")

    assert roads_in_order(first, SecondUpstreamSettings()) == (first,)


def test_the_second_road_is_read_from_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", "https://lgsp.example.vn")
    monkeypatch.setenv("DANCU_UPSTREAM2_BASE_URL", "https://vdxp.example.vn")
    monkeypatch.setenv("DANCU_UPSTREAM2_PROFILE", "vdxp-soap-gtel")
    monkeypatch.setenv("DANCU_UPSTREAM2_ROAD", "truc-quoc-gia")

    settings, _ = read_settings()

    assert [(road.road, road.base_url) for road in settings.upstreams] == [
        ("lgsp-soap", "https://lgsp.example.vn"),
        ("truc-quoc-gia", "https://vdxp.example.vn"),
    ]


def test_a_second_road_without_an_address_is_named_as_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="DANCU_UPSTREAM2_BASE_URL"):
        roads_in_order(UpstreamSettings(), SecondUpstreamSettings(user="u"))


def test_two_roads_of_a_kind_have_names_of_their_own() -> None:
    roads = roads_in_order(UpstreamSettings(base_url="a"), SecondUpstreamSettings(base_url="b"))

    assert [road.road for road in roads] == ["lgsp-soap", "lgsp-soap-2"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DANCU_UPSTREAM2_ROAD", "Not A Name"),
        ("DANCU_UPSTREAM2_PROFILE", "geheim"),
        ("DANCU_UPSTREAM_READ_SECONDS", "0"),
        ("DANCU_UPSTREAM2_BREAKER_FAILURES", "0"),
        ("DANCU_UPSTREAMS", "geheim"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError) as caught:
        read_settings()

    assert variable in str(caught.value)
    assert "geheim" not in str(caught.value)


def calendar(folder: Path, text: str) -> Settings:
    file = folder / "stops.toml"
    file.write_text(text, encoding="utf-8")
    roads = (UpstreamSettings(base_url="https://lgsp.example.vn"),)
    return Settings(upstreams=roads, planned_stops_file=file)


def test_without_a_calendar_nothing_is_said() -> None:
    assert planned_stop_findings(Settings(), StandingClock()) == []


def test_each_stop_that_is_not_over_is_named(tmp_path: Path) -> None:
    settings = calendar(tmp_path, STOP.format(day=20) + STOP.format(day=25))

    assert planned_stop_findings(settings, StandingClock()) == [
        (True, "planned stops: 1 to come"),
        (None, "planned stop: 2026-11-25 22:00 to 2026-11-25 23:30, lgsp-soap: Maintenance."),
    ]


def test_a_calendar_that_cannot_be_read_fails_the_check(tmp_path: Path) -> None:
    ((is_good, text),) = planned_stop_findings(calendar(tmp_path, "[[stop]"), StandingClock())

    assert is_good is False
    assert "DANCU_PLANNED_STOPS_FILE" in text
