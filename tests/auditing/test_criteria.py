import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from app.auditing.criteria import Position, Search, parse_case_number
from app.errors import InvalidRequestError, ProblemCode

SEARCH = Search("TTr-1", "099190000017", None, date(2026, 11, 1), date(2026, 11, 30), 50)

SOMEBODY = "01981c5e-0000-7000-8000-000000000000"


def a_cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def test_a_day_is_a_day_in_vietnam() -> None:
    assert SEARCH.starts_at == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert SEARCH.ends_at == datetime(2026, 11, 30, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first_day", "last_day", "months"),
    [
        (
            date(2026, 11, 1),
            date(2026, 11, 1),
            ["2026-10", "2026-11"],
        ),  # it begins at 17:00 UTC the day before
        (date(2026, 11, 2), date(2026, 11, 2), ["2026-11"]),
        (date(2026, 11, 30), date(2026, 11, 30), ["2026-11"]),
        (date(2026, 12, 31), date(2027, 1, 1), ["2026-12", "2027-01"]),
        (date(2026, 11, 15), date(2027, 2, 2), ["2026-11", "2026-12", "2027-01", "2027-02"]),
    ],
)
def test_the_months_are_those_whose_keys_a_record_may_bear(
    first_day: date, last_day: date, months: list[str]
) -> None:
    assert replace(SEARCH, first_day=first_day, last_day=last_day).months == months


def test_a_search_does_not_print_whom_it_is_for() -> None:
    assert "099190000017" not in repr(SEARCH)


@given(at=st.datetimes(timezones=st.just(UTC)), record_id=st.uuids())
def test_a_position_survives_its_journey(at: datetime, record_id: object) -> None:
    position = Position(at, uuid7())
    assert Position.from_text(position.to_text()) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "\ud800",
        a_cursor(),
        a_cursor("2026-11-22T00:00:00+00:00"),
        a_cursor("2026-11-22T00:00:00", SOMEBODY),
        a_cursor("0001-01-01T00:00:00+14:00", SOMEBODY),
        a_cursor("9999-12-31T23:59:59-12:00", SOMEBODY),
        a_cursor(1, SOMEBODY),
        a_cursor("2026-11-22T00:00:00+00:00", 1),
        a_cursor("2026-11-22T00:00:00+00:00", "x"),
        base64.urlsafe_b64encode(b"[" * 150).decode(),
    ],
)
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Position.from_text(text)
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.INVALID_VALUE, ("/cursor",))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("TTr-12/2026", "TTr-12/2026"),
        ("  12/QĐ-TTr  ", "12/QĐ-TTr"),
        ("12/Qu\u0061\u0302\u0323n", "12/Quận"),  # typed decomposed, written composed
        ("2026.11.22_0001", "2026.11.22_0001"),
        ("20261122001", "20261122001"),
    ],
)
def test_a_case_number_is_written_in_one_way(typed: str, written: str) -> None:
    assert parse_case_number(typed) == written


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "/-_.",
        "a\u0000",
        "a\u200b",
        "x" * 81,
        "099190000017",
        "TTr 990000017/2026",
        "TTr 099 190 000 017",
        "990.000.017",
        "TTr \u0660\u0669\u0669\u0661\u0669\u0660\u0660\u0660\u0660\u0660\u0661\u0667",  # Arabic digits
        "TTr \u0966\u096f\u096f",
    ],
)
def test_a_case_number_that_is_none_or_could_be_a_citizens_is_refused(typed: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        parse_case_number(typed)
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.INVALID_VALUE, ("/case_number",))
