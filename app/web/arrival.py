"""Awaiting what nearly always is there already, under a time limit that is set only where it is not."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Arrival(Generic[T]):
    """`await Arrival(work, seconds)`: what *work* returns; TimeoutError where it has to wait for longer.

    A time limit costs a timer and a task's cancellation in waiting; work that never waits needs neither.
    """

    def __init__(self, work: Coroutine[Any, Any, T], seconds: float) -> None:
        """Let *work*, not begun, wait for *seconds* at most."""
        self._work = work
        self._seconds = seconds

    def __await__(self) -> Generator[Any, Any, T]:
        """Go as far as it goes; what is there at once is returned at once."""
        try:
            awaited = self._work.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        return (yield from self._wait(awaited).__await__())

    async def _wait(self, awaited: object) -> T:
        async with asyncio.timeout(self._seconds):
            return await _Resumed(self._work, awaited)


class _Resumed(Generic[T]):
    """Awaits work that has begun and waits for *awaited*: Python lets nobody else do so."""

    def __init__(self, work: Coroutine[Any, Any, T], awaited: object) -> None:
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, T]:
        awaited = self._awaited
        while True:
            error: BaseException | None = None
            try:
                yield awaited
            except BaseException as thrown:  # noqa: BLE001 - a cancellation, which is the work's to see
                error = thrown
            try:
                awaited = self._work.send(None) if error is None else self._work.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
