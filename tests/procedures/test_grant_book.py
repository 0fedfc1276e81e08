"""Which unit has a grant on which day, as the directory holds it."""

from datetime import date
from uuid import uuid4

import pytest

from app.procedures.store import GrantBook
from app.procedures.values import Grant

UNIT, OTHER = uuid4(), uuid4()
SINCE, UNTIL, AGAIN = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)
GRANTS = (
    Grant(UNIT, "1.000001", SINCE, UNTIL),
    Grant(UNIT, "1.000001", AGAIN, None),
    Grant(UNIT, "1.000002", SINCE, None),
)


@pytest.mark.parametrize(
    ("day", "is_held"),
    [
        (date(2023, 12, 31), False),
        (SINCE, True),
        (date(2024, 12, 31), True),
        (UNTIL, False),
        (date(2025, 12, 31), False),
        (AGAIN, True),
    ],
    ids=str,
)
def test_a_grant_holds_from_its_first_day_until_before_its_end(day: date, *, is_held: bool) -> None:
    assert GrantBook.of(GRANTS).holds(UNIT, "1.000001", day) is is_held


def test_a_grant_is_one_units_and_one_procedures() -> None:
    book = GrantBook.of(GRANTS)

    assert not book.holds(OTHER, "1.000001", SINCE)
    assert not book.holds(UNIT, "1.000003", SINCE)
    assert book[UNIT, "1.000001"] == GRANTS[:2]
    assert set(book) == {(UNIT, "1.000001"), (UNIT, "1.000002")}
