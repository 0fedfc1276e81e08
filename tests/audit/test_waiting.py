"""Whoever waits for a record is told in time, one timer for all of them."""

import asyncio
import gc
import weakref
from uuid import uuid4

import pytest

from app.audit.waiting import MAX_BATCH, Patience, Waiter, WaitingLine, let_others_go_first
from app.errors import AuditUnavailableError
from tests.audit.workbench import a_draft, an_outcome

SOON = 0.05


async def test_each_is_refused_when_its_own_time_is_over() -> None:
    patience, loop = Patience(SOON), asyncio.get_running_loop()
    first, second = Waiter.of(a_draft()), Waiter.of(a_draft())
    begun = loop.time()
    patience.begin(first)
    await asyncio.sleep(SOON / 2)
    patience.begin(second)

    with pytest.raises(AuditUnavailableError):
        await first.done
    assert loop.time() >= begun + SOON * 0.9
    assert not second.has_given_up
    with pytest.raises(AuditUnavailableError):
        await second.done
    assert loop.time() >= begun + SOON * 1.4


async def test_who_was_told_or_gave_up_is_left_alone() -> None:
    patience = Patience(SOON)
    told, gone, late = (Waiter.of(a_draft()) for _ in range(3))
    for waiter in (late, told, gone):
        patience.begin(waiter)
    told.succeed()
    gone.done.cancel()

    with pytest.raises(AuditUnavailableError):
        await late.done
    assert told.done.result() is None
    assert gone.done.cancelled()


async def test_outcome_is_still_to_be_written_when_nobody_waits_and_others_are_not() -> None:
    outcome, other = Waiter.of(an_outcome(uuid4())), Waiter.of(a_draft())
    line = WaitingLine()
    for waiter in (outcome, other):
        waiter.done.cancel()
        line.join(waiter)

    assert line.next_batch() == [outcome]
    outcome.succeed()
    assert outcome.has_given_up


async def test_a_line_says_how_many_batches_wait() -> None:
    line = WaitingLine()
    for _ in range(MAX_BATCH // 2):
        line.join(Waiter.of(a_draft()))

    assert line.crowding == 0.5
    line.next_batch()
    assert line.crowding == 0


async def test_outcome_that_nobody_waits_for_is_given_up_in_time() -> None:
    patience = Patience(SOON)
    outcome, late = Waiter.of(an_outcome(uuid4())), Waiter.of(a_draft())
    outcome.done.cancel()
    for waiter in (outcome, late):
        patience.begin(waiter)

    with pytest.raises(AuditUnavailableError):
        await late.done
    assert outcome.has_given_up


async def test_timer_begins_again_after_everybody_was_told() -> None:
    patience = Patience(SOON)
    early = Waiter.of(a_draft())
    patience.begin(early)
    early.succeed()
    await asyncio.sleep(2 * SOON)  # the timer found nobody, and ended

    late = Waiter.of(a_draft())
    patience.begin(late)
    with pytest.raises(AuditUnavailableError):
        await late.done


async def test_draft_of_whoever_was_told_is_not_kept_for_the_rest_of_the_wait() -> None:
    patience = Patience(3600)

    def told() -> weakref.ref[asyncio.Future[None]]:
        waiter = Waiter.of(a_draft())
        patience.begin(waiter)
        waiter.succeed()
        return weakref.ref(waiter.done)

    kept = [told() for _ in range(3)]
    patience.begin(Waiter.of(a_draft()))
    gc.collect()

    assert [one() for one in kept] == [None, None, None]


@pytest.mark.parametrize(("drafts", "turns"), [(0, 0), (1, 1), (3, 3), (200, 4)])
async def test_others_have_a_few_turns_after_a_large_batch_and_one_after_a_single_draft(
    drafts: int, turns: int
) -> None:
    going = asyncio.create_task(let_others_go_first([Waiter.of(a_draft())] * drafts))
    await asyncio.sleep(0)  # it begins
    had = 0
    while not going.done():
        await asyncio.sleep(0)
        had += 1

    assert had == turns
