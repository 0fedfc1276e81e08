"""Work that need not wait gets no time limit; work that waits is cut off, and hears of it."""

import asyncio

import pytest

from app.web.arrival import Arrival


async def _there(log: list[str]) -> str:
    log.append("done")
    return "there"


async def _waits(event: asyncio.Event, log: list[str]) -> str:
    try:
        await event.wait()
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    log.append("done")
    return "came"


async def _fails() -> str:
    await asyncio.sleep(0)
    raise ValueError("so")


async def test_what_is_there_is_returned_without_letting_anybody_else_in() -> None:
    log: list[str] = []
    other = asyncio.get_running_loop().create_task(_there(log))
    assert await Arrival(_there(log), 0) == "there"
    assert log == ["done"]
    await other


async def test_what_comes_in_time_is_waited_for() -> None:
    log: list[str] = []
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    assert await Arrival(_waits(event, log), 60) == "came"
    assert log == ["done"]


async def test_what_does_not_come_is_cancelled_and_told_as_late() -> None:
    log: list[str] = []
    with pytest.raises(TimeoutError):
        await Arrival(_waits(asyncio.Event(), log), 0.01)
    assert log == ["cancelled"]


async def test_whoever_gives_up_waiting_cancels_the_work() -> None:
    log: list[str] = []

    async def wait() -> str:
        return await Arrival(_waits(asyncio.Event(), log), 60)

    task = asyncio.get_running_loop().create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["cancelled"]


async def test_what_goes_wrong_after_waiting_goes_wrong() -> None:
    with pytest.raises(ValueError, match="so"):
        await Arrival(_fails(), 60)
