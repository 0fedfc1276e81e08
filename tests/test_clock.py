"""Instants as records and answers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.clock import Stamps, SystemClock, rfc3339


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


def test_a_stamp_is_the_present_instant() -> None:
    stamps = Stamps()
    for _ in range(3):
        before, stamp, after = rfc3339(SystemClock().now()), stamps.now(), rfc3339(SystemClock().now())
        assert before <= stamp <= after
