from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedures.holdings import Period, uncovered
from tests.units.trees import a_day


def days(*numbers: tuple[int, int | None]) -> list[Period]:
    return [(a_day(start), a_day(end) if end is not None else None) for start, end in numbers]


@pytest.mark.parametrize(
    ("wanted", "held", "left"),
    [
        ((0, None), [], [(0, None)]),
        ((0, None), [(0, None)], []),
        ((5, None), [(0, None)], []),
        ((0, None), [(5, None)], [(0, 5)]),
        ((0, None), [(2, 4), (6, 8)], [(0, 2), (4, 6), (8, None)]),
        ((0, 10), [(2, 12)], [(0, 2)]),
        ((0, 10), [(10, None)], [(0, 10)]),
        ((5, 10), [(0, 5)], [(5, 10)]),
    ],
)
def test_only_what_is_not_held_is_left(
    wanted: tuple[int, int | None],
    held: list[tuple[int, int | None]],
    left: list[tuple[int, int | None]],
) -> None:
    assert list(uncovered(days(wanted)[0], days(*held))) == days(*left)


_ends = st.none() | st.integers(1, 12)
_periods = st.tuples(st.integers(0, 10), _ends).filter(lambda pair: pair[1] is None or pair[0] < pair[1])


def holds(periods: list[Period], day: date) -> int:
    return sum(start <= day and (end is None or day < end) for start, end in periods)


@given(_periods, st.lists(_periods, max_size=4))
def test_each_day_wanted_is_held_or_left_and_never_both(
    wanted: tuple[int, int | None], held: list[tuple[int, int | None]]
) -> None:
    left = list(uncovered(days(wanted)[0], days(*held)))
    for day in map(a_day, range(15)):
        is_missing = holds(days(wanted), day) and not holds(days(*held), day)
        assert holds(left, day) == int(bool(is_missing))
