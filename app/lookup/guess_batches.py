"""Counts verifications in batches: whoever comes while one is being committed shares the next commit."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Final

from app.errors import AuditUnavailableError

MOST_AT_ONCE: Final = 256
MOST_WAITING: Final = 10_000
_PATIENCE_SECONDS: Final = 3.0  # as long as others wait for a connection

CountAll = Callable[[date, int, Sequence[bytes]], Awaitable[frozenset[bytes]]]
"""Counts one more for each digest, all different, and returns those that did not yet have the most."""


@dataclass(frozen=True, slots=True)
class _Guess:
    """What is counted; `most` is how often it may be that day."""

    day: date
    most: int
    digest: bytes = field(repr=False)


class GuessBatches:
    """Batches form by themselves, one on its way at a time; none counts the same guess twice.

    So each caller is told of a count of its own. What goes wrong goes wrong for one batch, not for those
    who wait for the next; who gave up meanwhile is not counted.
    """

    def __init__(self, count_all: CountAll, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        """Count by *count_all*; whatever it raises its whole batch is told.

        Nobody waits longer than *patience_seconds* behind one batch.
        """
        self._count_all = count_all
        self._patience_seconds = patience_seconds
        self._lines: dict[_Guess, deque[asyncio.Future[bool]]] = {}
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None

    async def count(self, day: date, digest: bytes, most: int) -> bool:
        """Count one more under *digest*, durably; False where that day already has *most* of them.

        Raises what counting raises; AuditUnavailableError where too many wait, or somebody for too long.
        """
        if self._waiting >= MOST_WAITING:
            raise AuditUnavailableError
        counted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(_Guess(day, most, digest), deque()).append(counted)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="guess batches")
        self._waiting += 1
        try:
            return await counted
        finally:
            self._waiting -= 1

    async def _run(self) -> None:
        """Count until nobody waits; whoever comes later begins anew."""
        try:
            while batch := self._next_batch():
                await self._count(batch)
        finally:
            self._task = None
            self._refuse_waiting()  # nobody, unless this task itself was ended

    def _next_batch(self) -> dict[_Guess, asyncio.Future[bool]]:
        """Take the first who waits for each guess of one day and limit, those guesses first that came first.

        A second one for the same guess waits for the next batch, behind the others.
        """
        for guess, line in tuple(self._lines.items()):
            self._lines[guess] = deque(one for one in line if not one.done())
            if not self._lines[guess]:
                del self._lines[guess]
        first = next(iter(self._lines), None)
        alike = (one for one in self._lines if first and (one.day, one.most) == (first.day, first.most))
        batch: dict[_Guess, asyncio.Future[bool]] = {}
        for guess in tuple(islice(alike, MOST_AT_ONCE)):
            line = self._lines.pop(guess)
            batch[guess] = line.popleft()
            if line:
                self._lines[guess] = line
        return batch

    async def _count(self, batch: Mapping[_Guess, asyncio.Future[bool]]) -> None:
        one = next(iter(batch))
        self._begin_patience()
        try:
            counted = await self._count_all(one.day, one.most, [guess.digest for guess in batch])
        except Exception as error:  # noqa: BLE001 - who waits for the next batch must not meet it
            return _fail(batch.values(), error)
        except asyncio.CancelledError:
            _fail(batch.values(), AuditUnavailableError())
            raise
        finally:
            self._patience.cancel()
        for guess, waiter in batch.items():
            is_counted = guess.digest in counted
            _tell(waiter, is_counted=is_counted)
            if not is_counted:  # nor is there room for whoever came for the same meanwhile
                for other in self._lines.pop(guess, ()):
                    _tell(other, is_counted=False)
        return None

    def _begin_patience(self) -> None:
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._patience_seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        """Refuse who waits behind a batch that takes too long, and in time who comes until it ends."""
        self._refuse_waiting()
        self._begin_patience()

    def _refuse_waiting(self) -> None:
        for line in self._lines.values():
            _fail(line, AuditUnavailableError())
        self._lines.clear()


def _tell(waiter: asyncio.Future[bool], *, is_counted: bool) -> None:
    if not waiter.done():
        waiter.set_result(is_counted)


def _fail(waiters: Iterable[asyncio.Future[bool]], error: Exception) -> None:
    for waiter in waiters:
        if not waiter.done():
            # One each: every caller raises its own.
            waiter.set_exception(
                AuditUnavailableError() if isinstance(error, AuditUnavailableError) else error
            )
