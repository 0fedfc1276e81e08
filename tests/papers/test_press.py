"""Papers are drawn beside the event loop, and no more of them than may wait."""

import asyncio
import threading

import pytest

from app.papers.press import PaperPress, PapersBusyError


async def test_papers_are_drawn_elsewhere_than_on_the_event_loop() -> None:
    def name_yourself() -> bytes:
        return threading.current_thread().name.encode()

    with PaperPress(max_waiting=1) as press:
        drawn_by = await press.draw(name_yourself)
    assert drawn_by.startswith(b"paper press")


async def test_a_paper_too_many_is_turned_away_and_later_ones_are_drawn() -> None:
    may_end = threading.Event()

    def slow() -> bytes:
        may_end.wait(5)
        return b"drawn"

    with PaperPress(max_waiting=1) as press:
        first = asyncio.create_task(press.draw(slow))
        await asyncio.sleep(0)  # the task begins
        with pytest.raises(PapersBusyError):
            await press.draw(lambda: b"")
        may_end.set()
        assert await first == b"drawn"
        assert await press.draw(lambda: b"next") == b"next"
