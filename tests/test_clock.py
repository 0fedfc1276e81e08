"""Instants as records and answers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.clock import VIETNAM, Stamps, SystemClock, local_day, rfc3339


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 22, 1, 2, 3, 4567, tzinfo=UTC),
        datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 1, 1, 3, 30, tzinfo=timezone(timedelta(hours=7))),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(999, 9, 9, 9, 9, 9, 9, tzinfo=UTC),
    ],
    ids=str,
)
def test_an_instant_is_written_in_utc_with_milliseconds_cut_off(instant: datetime) -> None:
    known = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    assert rfc3339(instant) == known.replace("+00:00", "Z")


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(microseconds=-1)], ids=["midnight", "before"])
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-3))], ids=str)
@pytest.mark.parametrize(
    "day", ["1890-01-01", "1960-01-01", "1975-06-13", "1975-06-14", "1999-12-31", "2100-02-28"]
)
def test_the_day_is_the_one_that_vietnams_zone_says(day: str, zone: timezone, shift: timedelta) -> None:
    midnights = (datetime.fromisoformat(f"{day}T{hour:02d}:00+00:00") for hour in (0, 15, 16, 17))
    for midnight in midnights:
        instant = (midnight + shift).astimezone(zone)
        assert local_day(instant) == instant.astimezone(VIETNAM).date()


def test_a_stamp_is_the_present_instant() -> None:
    stamps = Stamps()
    for _ in range(3):
        before, stamp, after = rfc3339(SystemClock().now()), stamps.now(), rfc3339(SystemClock().now())
        assert before <= stamp <= after
