"""Postings by written notice: what a change keeps, takes back and adds."""

from datetime import date
from uuid import UUID

import pytest

from app.accounts import posting_plan
from app.accounts.posting_plan import (
    Posting,
    PostingChange,
    PostingFault,
    PostingKind,
    PostingRefusedError,
    in_force,
)
from tests.accounts.life import DAY, DOCUMENT, TODAY, a_notice

HOME, OTHER, THIRD = (UUID(int=number) for number in range(1, 4))
SINCE = date(2024, 1, 1)
AT_HOME = (Posting(SINCE, None, HOME),)
SECONDED = posting_plan.second(AT_HOME, OTHER, a_notice(TODAY + DAY), TODAY + 10 * DAY).applied_to(AT_HOME)


def places(postings: tuple[Posting, ...], *days: date) -> list[UUID | None]:
    return [posting.unit_id if (posting := in_force(postings, day)) else None for day in days]


def test_a_transfer_ends_the_posting_and_begins_another_that_day() -> None:
    change = posting_plan.transfer(AT_HOME, OTHER, a_notice())
    assert change.ended == (Posting(SINCE, TODAY, HOME),)
    assert change.added == (Posting(TODAY, None, OTHER, PostingKind.TRANSFER, DOCUMENT),)
    assert places(change.applied_to(AT_HOME), TODAY - DAY, TODAY) == [HOME, OTHER]


def test_who_is_seconded_comes_back_by_themselves() -> None:
    days = (TODAY, TODAY + DAY, TODAY + 9 * DAY, TODAY + 10 * DAY, TODAY + 99 * DAY)
    assert places(SECONDED, *days) == [HOME, OTHER, OTHER, HOME, HOME]
    assert [posting.kind.value for posting in SECONDED] == ["appointment", "secondment", "return"]


def test_a_secondment_to_the_end_of_a_posting_returns_nowhere() -> None:
    until = TODAY + 10 * DAY
    bounded = (Posting(SINCE, until, HOME),)
    change = posting_plan.second(bounded, OTHER, a_notice(), until)
    assert places(change.applied_to(bounded), until - DAY, until) == [OTHER, None]


def test_a_transfer_takes_plans_back_but_not_a_planned_leave() -> None:
    leaving = TODAY + 30 * DAY
    planned = posting_plan.leave(SECONDED, a_notice(leaving)).applied_to(SECONDED)
    moved = posting_plan.transfer(planned, THIRD, a_notice(TODAY)).applied_to(planned)
    assert places(moved, TODAY, TODAY + 5 * DAY, leaving - DAY, leaving) == [THIRD, THIRD, THIRD, None]


def test_a_transfer_fills_no_gap_between_a_planned_leave_and_a_planned_return() -> None:
    leaving, back = TODAY + 5 * DAY, TODAY + 9 * DAY
    planned = posting_plan.leave(AT_HOME, a_notice(leaving)).applied_to(AT_HOME)
    planned = posting_plan.appoint(planned, OTHER, a_notice(back)).applied_to(planned)
    moved = posting_plan.transfer(planned, THIRD, a_notice()).applied_to(planned)
    assert places(moved, TODAY, leaving - DAY, leaving, back) == [THIRD, THIRD, None, None]


def test_a_transfer_to_the_present_unit_takes_a_planned_secondment_back() -> None:
    stays = posting_plan.transfer(SECONDED, HOME, a_notice(TODAY)).applied_to(SECONDED)
    assert places(stays, TODAY, TODAY + 5 * DAY) == [HOME, HOME]


def test_leaving_takes_everything_later_back() -> None:
    left = posting_plan.leave(SECONDED, a_notice(TODAY + 3 * DAY)).applied_to(SECONDED)
    assert places(left, TODAY + 2 * DAY, TODAY + 3 * DAY, TODAY + 20 * DAY) == [OTHER, None, None]


def test_a_posting_of_today_may_be_corrected_today() -> None:
    today = (Posting(TODAY, None, HOME),)
    change = posting_plan.transfer(today, OTHER, a_notice())
    assert (change.ended, change.removed) == ((), today)
    assert posting_plan.leave(today, a_notice()).removed == today


def test_a_change_may_be_dated_back_to_after_the_last_record() -> None:
    back = TODAY - 5 * DAY
    assert places(
        posting_plan.transfer(AT_HOME, OTHER, a_notice(back)).applied_to(AT_HOME), back - DAY, back
    ) == [HOME, OTHER]


CLOSED = (Posting(SINCE, TODAY - 3 * DAY, HOME), Posting(TODAY - 3 * DAY, None, OTHER))
ENDED_YESTERDAY = (Posting(SINCE, TODAY, HOME),)
Refusal = tuple[tuple[Posting, ...], str, date, UUID, date | None, PostingFault]
REFUSALS: list[Refusal] = [
    (CLOSED, "transfer", TODAY - 3 * DAY, THIRD, None, PostingFault.BEFORE_LAST_RECORD),
    (CLOSED, "transfer", TODAY - 5 * DAY, THIRD, None, PostingFault.BEFORE_LAST_RECORD),
    (CLOSED, "leave", TODAY - 5 * DAY, THIRD, None, PostingFault.BEFORE_LAST_RECORD),
    (CLOSED, "second", TODAY - 3 * DAY, THIRD, TODAY, PostingFault.BEFORE_LAST_RECORD),
    (ENDED_YESTERDAY, "leave", TODAY - DAY, THIRD, None, PostingFault.BEFORE_LAST_RECORD),
    (ENDED_YESTERDAY, "transfer", TODAY, THIRD, None, PostingFault.NOT_POSTED),
    (AT_HOME, "transfer", TODAY, HOME, None, PostingFault.SAME_UNIT),
    (AT_HOME, "transfer", SINCE - DAY, OTHER, None, PostingFault.BEFORE_LAST_RECORD),
    (AT_HOME, "appoint", TODAY, OTHER, None, PostingFault.POSTED_ALREADY),
    (ENDED_YESTERDAY, "appoint", TODAY - DAY, OTHER, None, PostingFault.POSTED_ALREADY),
    ((), "appoint", TODAY, OTHER, TODAY, PostingFault.PERIOD_EMPTY),
    ((), "second", TODAY, OTHER, TODAY + DAY, PostingFault.NOT_POSTED),
    (AT_HOME, "second", TODAY, OTHER, TODAY, PostingFault.PERIOD_EMPTY),
    (AT_HOME, "second", TODAY, HOME, TODAY + DAY, PostingFault.SAME_UNIT),
    (SECONDED, "second", TODAY, THIRD, TODAY + 3 * DAY, PostingFault.BEYOND_POSTING),
    (ENDED_YESTERDAY, "leave", TODAY, THIRD, None, PostingFault.NOT_POSTED),
]


@pytest.mark.parametrize(("postings", "what", "on", "unit", "until", "fault"), REFUSALS)
def test_what_would_rewrite_history_or_make_no_sense_is_refused(
    postings: tuple[Posting, ...],
    what: str,
    on: date,
    unit: UUID,
    until: date | None,
    fault: PostingFault,
) -> None:
    with pytest.raises(PostingRefusedError) as caught:
        _do(postings, what, on, unit, until)
    assert caught.value.fault is fault


def _do(postings: tuple[Posting, ...], what: str, on: date, unit: UUID, until: date | None) -> PostingChange:
    notice = a_notice(on)
    if what == "appoint":
        return posting_plan.appoint(postings, unit, notice, until)
    if what == "transfer":
        return posting_plan.transfer(postings, unit, notice)
    if what == "leave":
        return posting_plan.leave(postings, notice)
    assert until is not None
    return posting_plan.second(postings, unit, notice, until)


def test_a_merger_moves_present_and_planned_postings_and_no_past_ones() -> None:
    change = posting_plan.move_units(SECONDED, {HOME: THIRD}, a_notice(TODAY))
    moved = change.applied_to(SECONDED)
    assert places(moved, TODAY - DAY, TODAY, TODAY + DAY, TODAY + 10 * DAY) == [HOME, THIRD, OTHER, THIRD]


def test_a_merger_lets_a_secondment_end_when_it_was_to_end() -> None:
    day = TODAY + 5 * DAY
    moved = posting_plan.move_units(SECONDED, {OTHER: THIRD}, a_notice(day)).applied_to(SECONDED)
    assert places(moved, day - DAY, day, TODAY + 10 * DAY) == [OTHER, THIRD, HOME]
    assert in_force(moved, day) == Posting(day, TODAY + 10 * DAY, THIRD, PostingKind.SECONDMENT, DOCUMENT)


def test_a_merger_dated_back_moves_who_came_since_from_today_on() -> None:
    came = (Posting(TODAY - DAY, None, HOME),)
    moved = posting_plan.move_units(came, {HOME: OTHER}, a_notice(TODAY - 9 * DAY)).applied_to(came)
    assert places(moved, TODAY - DAY, TODAY) == [HOME, OTHER]


def test_a_merger_leaves_those_of_other_units_alone() -> None:
    assert posting_plan.move_units(AT_HOME, {OTHER: THIRD}, a_notice()) == PostingChange()
