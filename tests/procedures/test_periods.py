"""The periods of a grant: any sequence of decisions, beside a set of days that anybody can check."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedures.grants.form import Deed
from app.procedures.grants.periods import Asked, Period, PeriodRefusedError, Periods, changed
from app.procedures.lists.faults import FaultCode

TODAY = date(2026, 11, 22)
HORIZON = 20


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def held(*numbers: tuple[int, int | None]) -> Periods:
    return tuple(Period(day(start), day(end) if end is not None else None) for start, end in numbers)


def give(start: int | None = None, end: int | None = None, *, says_end: bool = True) -> Asked:
    return Asked(
        Deed.GIVE,
        TODAY,
        day(start) if start is not None else None,
        day(end) if end is not None else None,
        says_end,
        "1/QĐ",
    )


def withdraw(on: int) -> Asked:
    return Asked(Deed.WITHDRAW, TODAY, day(on), document="2/QĐ")


def days(periods: Periods, since: int = -HORIZON) -> set[int]:
    return {number for number in range(since, HORIZON) if any(one.holds_on(day(number)) for one in periods)}


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        (held(), give(), held((0, None))),
        (held(), give(3, 9), held((3, 9))),
        (held((-9, -3)), give(), held((-9, -3), (0, None))),
        (held((-9, None)), give(), held((-9, None))),
        (held((-9, None)), give(-9), held((-9, None))),
        (held((-9, 5)), give(says_end=False), held((-9, 5))),
        (held((-9, 5)), give(), held((-9, None))),
        (held((-9, None)), give(0, 5), held((-9, 5))),
        (held((4, 9)), give(0, 4), held((0, 4), (4, 9))),
        (held((-9, None)), withdraw(0), held((-9, 0))),
        (held((-9, None)), withdraw(5), held((-9, 5))),
        (held((-9, 2), (5, None)), withdraw(1), held((-9, 1))),
        (held((0, None)), withdraw(0), held()),
        (held((-9, -3)), withdraw(0), held((-9, -3))),
        (held((-9, -3)), withdraw(-3), held((-9, -3))),
    ],
)
def test_a_decision_does_what_it_says(before: Periods, asked: Asked, after: Periods) -> None:
    made = changed(before, asked, TODAY)
    assert [(one.valid_from, one.valid_to) for one in made] == [
        (one.valid_from, one.valid_to) for one in after
    ]


@pytest.mark.parametrize(
    ("before", "asked", "code"),
    [
        (held(), give(-1), FaultCode.DAY_PAST),
        (held((-9, -3)), give(-9), FaultCode.DAY_PAST),
        (held((-9, None)), give(-9, -2), FaultCode.DAY_PAST),
        (held((-9, None)), withdraw(-1), FaultCode.DAY_PAST),
        (held(), give(3, 3), FaultCode.DATES_REVERSED),
        (held((4, 9)), give(), FaultCode.PERIOD_OVERLAPS),
        (held((-9, 3), (4, 9)), give(), FaultCode.PERIOD_OVERLAPS),
    ],
)
def test_what_cannot_be_is_refused(before: Periods, asked: Asked, code: FaultCode) -> None:
    with pytest.raises(PeriodRefusedError) as refused:
        changed(before, asked, TODAY)
    assert refused.value.code is code


def test_documents_stay_with_what_they_decided() -> None:
    given_once = changed((), give(0), TODAY)
    ended = changed(given_once, withdraw(5), TODAY)
    assert (ended[0].deciding_document, ended[0].ending_document) == ("1/QĐ", "2/QĐ")


_ends = st.none() | st.integers(-9, 15)
_asked = st.builds(give, st.none() | st.integers(-9, 12), _ends, says_end=st.booleans()) | st.builds(
    withdraw, st.integers(-9, 12)
)


@given(st.lists(st.tuples(_asked, st.integers(0, 2)), max_size=8))
def test_past_days_stay_periods_never_overlap_and_a_decision_again_changes_nothing(
    decisions: list[tuple[Asked, int]],
) -> None:
    periods, today = held((-15, -12)), 0
    for asked, later in decisions:
        try:
            after = changed(periods, asked, day(today))
        except PeriodRefusedError:
            after = periods
        else:
            assert changed(after, asked, day(today)) == after
        assert {one for one in days(after) if one < today} == {one for one in days(periods) if one < today}
        if asked.deed is Deed.WITHDRAW and after != periods:
            assert not days(after, since=(asked.day - TODAY).days)
        assert all(one.valid_to is None or one.valid_from < one.valid_to for one in after)
        ends = [one.valid_to for one in after[:-1]]
        starts = [one.valid_from for one in after[1:]]
        assert all(end is not None and end <= start for end, start in zip(ends, starts, strict=True))
        periods, today = after, today + later
