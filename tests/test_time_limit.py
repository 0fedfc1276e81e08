"""A time limit does what asyncio's own does."""

import asyncio

import pytest

from app.time_limit import TimeLimit

NEVER = 3600.0
AT_ONCE = 0.0


async def test_what_ends_in_time_ends_as_it_does() -> None:
    with TimeLimit(NEVER):
        answer = await asyncio.sleep(0, "answer")
    assert answer == "answer"

    with pytest.raises(KeyError), TimeLimit(NEVER):
        raise KeyError("its own")


async def test_what_takes_longer_is_ended_and_the_task_goes_on() -> None:
    with pytest.raises(TimeoutError), TimeLimit(AT_ONCE):
        await asyncio.Event().wait()

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_time_that_is_over_already_ends_it_too() -> None:
    with pytest.raises(TimeoutError), TimeLimit(-1.0):
        await asyncio.Event().wait()


async def test_own_error_of_what_was_ended_is_its_own() -> None:
    async def stumble() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("while leaving")

    with pytest.raises(KeyError), TimeLimit(AT_ONCE):
        await stumble()

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_inner_limit_is_told_from_the_outer() -> None:
    with TimeLimit(NEVER):
        with pytest.raises(TimeoutError), TimeLimit(AT_ONCE):
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    with pytest.raises(TimeoutError), TimeLimit(AT_ONCE), TimeLimit(NEVER):
        await asyncio.Event().wait()


async def test_whoever_cancels_is_heard() -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        with TimeLimit(NEVER):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_whoever_cancels_just_as_the_time_is_over_is_heard() -> None:
    async def wait() -> None:
        with TimeLimit(AT_ONCE):
            try:
                await asyncio.Event().wait()
            finally:
                own.cancel()  # somebody's, as the limit's own is under way

    own = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await own


async def test_limit_leaves_no_timer_behind() -> None:
    limit = TimeLimit(NEVER)
    with limit:
        pass
    assert limit._timer.cancelled()


async def test_limit_outside_a_task_is_refused() -> None:
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def limit() -> None:
        with pytest.raises(RuntimeError), TimeLimit(NEVER):
            answer.set_result("begun")
        answer.cancel()

    loop.call_soon(limit)
    await asyncio.wait([answer])
    assert answer.cancelled()
