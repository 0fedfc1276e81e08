"""Draws papers beside the event loop, one at a time, and turns away what would wait too long."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from app.errors import GatewayError, ProblemCode


class PapersBusyError(GatewayError):
    """As many papers as may wait are waiting."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(ProblemCode.PAPERS_BUSY)


class PaperPress:
    """A thread that draws; `with` ends it."""

    def __init__(self, *, max_waiting: int) -> None:
        """Let at most *max_waiting* papers wait or be drawn."""
        self._max_waiting = max_waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="paper press")

    def __enter__(self) -> Self:
        """Be ready."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread once what it draws is drawn."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def check_room(self) -> None:
        """Raise PapersBusyError where no more papers are taken."""
        if self._waiting >= self._max_waiting:
            raise PapersBusyError

    async def draw(self, draw: Callable[[], bytes]) -> bytes:
        """Return what *draw* draws; PapersBusyError, and what *draw* raises."""
        self.check_room()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, draw)
        finally:
            self._waiting -= 1
