"""Deadlines by Vietnamese working days."""

from datetime import date

import pytest

from app.auditing.working_days import WorkingCalendar

PLAIN = WorkingCalendar()


@pytest.mark.parametrize(
    ("received", "count", "expected"),
    [
        ("2026-11-19", 2, "2026-11-23"),  # a Thursday: Friday, Monday
        ("2026-11-22", 2, "2026-11-25"),  # a Sunday; the 24th is Vietnam Cultural Day
        ("2026-02-13", 2, "2026-02-24"),  # before the lunar new year
        ("2026-04-24", 2, "2026-04-29"),  # the Hùng kings' day falls on a Sunday and is made up for
        ("2026-11-19", 0, "2026-11-19"),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(received: str, count: int, expected: str) -> None:
    assert PLAIN.working_days_after(date.fromisoformat(received), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("received", "count", "expected"),
    [
        ("2026-11-13", 10, "2026-11-23"),
        ("2026-11-12", 10, "2026-11-23"),  # would end on a Sunday
        ("2026-02-06", 10, "2026-02-23"),  # would end on the eve of the lunar new year
    ],
)
def test_a_period_of_days_ends_on_a_working_day(received: str, count: int, expected: str) -> None:
    assert PLAIN.days_after(date.fromisoformat(received), count) == date.fromisoformat(expected)


def test_an_office_adds_days_off_and_weekend_days_that_are_worked() -> None:
    calendar = WorkingCalendar.from_text("2026-11-23, +2026-11-21,")
    assert not calendar.is_working(date(2026, 11, 23))
    assert calendar.is_working(date(2026, 11, 21))
    assert calendar.working_days_after(date(2026, 11, 20), 2) == date(2026, 11, 25)


@pytest.mark.parametrize("text", ["tomorrow", "+", "2026-13-01"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        WorkingCalendar.from_text(text)
