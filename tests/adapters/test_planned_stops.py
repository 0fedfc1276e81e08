"""The calendar of planned stops: what may stand in it, and that changes are seen."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.resilience.planned_stops import Calendar, read_planned_stops
from app.errors import ConfigurationError
from tests.adapters.conftest import TurnableClock

ROADS = ("lgsp-soap", "vdxp-soap")
WORDS = 'vi = "Bảo trì."\nen = "Maintenance."\n'


def a_stop(begins: str = "2026-12-01T22:00:00", ends: str = "2026-12-02T04:00:00", rest: str = WORDS) -> str:
    return f"[[stop]]\nbegins = {begins}\nends = {ends}\n{rest}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stops.toml"


def test_times_without_an_offset_are_vietnams_and_all_roads_are_meant(file: Path) -> None:
    file.write_text("\ufeff" + a_stop(), encoding="utf-8")

    (stop,) = read_planned_stops(file, ROADS)

    assert stop.begins == datetime(2026, 12, 1, 15, tzinfo=UTC)
    assert stop.ends == datetime(2026, 12, 1, 21, tzinfo=UTC)
    assert stop.roads == set(ROADS)
    assert stop.words == {"vi": "Bảo trì.", "en": "Maintenance."}


def test_stops_are_told_in_order(file: Path) -> None:
    later = a_stop("2027-01-01T00:00:00Z", "2027-01-01T01:00:00Z", WORDS + 'roads = ["vdxp-soap"]\n')
    file.write_text(later + a_stop(), encoding="utf-8")

    stops = read_planned_stops(file, ROADS)

    assert [sorted(stop.roads) for stop in stops] == [["lgsp-soap", "vdxp-soap"], ["vdxp-soap"]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (a_stop(ends="2026-12-01T22:00:00"), "ends before it begins"),
        (a_stop(rest='vi = "Bảo trì."\n'), "stop.0.en is missing or wrong"),
        (
            a_stop(rest=WORDS + 'roads = ["other"]\n'),
            "no road is named other; there are lgsp-soap, vdxp-soap",
        ),
        (a_stop(begins='"tomorrow"'), "stop.0.begins is missing or wrong"),
        (a_stop(rest=WORDS + "to = 1\n"), "stop.0.to is missing or wrong"),
        ("stop = 1", "stop is missing or wrong"),
        ("[[stop]", "is not TOML in UTF-8"),
        ("stop = " + "[" * 5000, "is not TOML in UTF-8"),
        ("stops = []", "stops is missing or wrong"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, says: str) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_planned_stops(file, ROADS)

    assert str(caught.value).startswith("DANCU_PLANNED_STOPS_FILE")
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        Calendar(file, ROADS, TurnableClock())


def test_another_encoding_is_named(file: Path) -> None:
    file.write_bytes('vi = "Bảo"'.encode("utf-16"))

    with pytest.raises(ConfigurationError, match="not TOML in UTF-8"):
        read_planned_stops(file, ROADS)


def test_a_file_without_end_is_refused(file: Path) -> None:
    file.write_text("#" * 300_000, encoding="utf-8")

    with pytest.raises(ConfigurationError, match="too large"):
        read_planned_stops(file, ROADS)


def test_without_a_file_nothing_is_planned(clock: TurnableClock) -> None:
    calendar = Calendar(None, ROADS, clock)
    clock.seconds += 10

    assert (calendar.coming(), calendar.stop_of("lgsp-soap"), calendar.is_readable) == ((), None, True)


def changed(file: Path, text: str, clock: TurnableClock) -> None:
    before = file.stat().st_mtime_ns
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 1, before + 1))
    clock.seconds += 1


def test_a_changed_file_is_read_again(file: Path, clock: TurnableClock) -> None:
    file.write_text("", encoding="utf-8")
    calendar = Calendar(file, ROADS, clock)
    assert calendar.coming() == ()

    changed(file, a_stop("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"), clock)

    assert calendar.stop_of("lgsp-soap") == calendar.coming()[0]


def test_a_file_that_became_wrong_leaves_what_was_announced_until_it_is_right_again(
    file: Path, clock: TurnableClock
) -> None:
    file.write_text(a_stop(), encoding="utf-8")
    calendar = Calendar(file, ROADS, clock)

    changed(file, "[[stop]", clock)
    assert (len(calendar.coming()), calendar.is_readable) == (1, False)
    file.unlink()
    clock.seconds += 1
    assert (len(calendar.coming()), calendar.is_readable) == (1, False)
    file.write_text("", encoding="utf-8")
    clock.seconds += 1

    assert (calendar.coming(), calendar.is_readable) == ((), True)


def test_of_two_stops_in_force_the_one_that_ends_last_is_told(file: Path, clock: TurnableClock) -> None:
    short, long = (a_stop("2026-11-22T00:00:00Z", f"2026-11-2{day}T00:00:00Z", WORDS) for day in (3, 5))
    file.write_text(long + short, encoding="utf-8")

    stop = Calendar(file, ROADS, clock).stop_of("lgsp-soap")

    assert stop is not None
    assert stop.ends.day == 25
