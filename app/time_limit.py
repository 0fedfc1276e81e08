"""A time limit on what one task awaits, for where every lookup passes."""

import asyncio
from types import TracebackType
from typing import Self


class TimeLimit:
    """What `asyncio.timeout` does, for a third of its cost: it is no coroutine and keeps no state to ask for.

    Whoever cancels the task meanwhile is heard: then it ends as cancelled and not as late.
    """

    __slots__ = ("_cancels", "_is_over", "_seconds", "_task", "_timer")

    _task: "asyncio.Task[object]"
    _timer: asyncio.TimerHandle

    def __init__(self, seconds: float) -> None:
        """Give the block *seconds*; TimeoutError where it takes longer."""
        self._seconds = seconds
        self._is_over = False

    def __enter__(self) -> Self:
        """Begin; RuntimeError outside a task."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a time limit is for what a task awaits")
        self._task, self._cancels = task, task.cancelling()
        self._timer = loop.call_later(self._seconds, self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the block end as it does, but for the cancellation that this limit began."""
        self._timer.cancel()
        if self._is_over and self._task.uncancel() <= self._cancels and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
