"""So many questions at once, and a short line of those who wait for a place."""

import asyncio
from collections import deque


class Places:
    """A number of places; whoever leaves one gives it to who has waited longest.

    What `asyncio.Semaphore` does, but that a free place is taken without a coroutine: every lookup takes two.
    """

    def __init__(self, at_once: int, most_waiting: int | None = None) -> None:
        """Let at most *most_waiting* wait for one of *at_once* places; None: as many as come."""
        self._at_once = self._free = at_once
        self._most_waiting = most_waiting
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._at_once - self._free

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._line)

    def take_at_once(self) -> bool:
        """Take a place if one is free, which is so only while nobody waits; returns whether."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self, seconds: float) -> bool:
        """Take a place as soon as one is free, within *seconds*; returns whether.

        A full line is not joined.
        """
        if self.take_at_once():
            return True
        if self._most_waiting is not None and len(self._line) >= self._most_waiting:
            return False
        given = asyncio.get_running_loop().create_future()
        self._line.append(given)
        try:
            async with asyncio.timeout(seconds):
                await given
        except TimeoutError:
            self._give_up(given)
            return False
        except asyncio.CancelledError:
            self._give_up(given)
            raise
        return True

    def leave(self) -> None:
        """Give a place back, or on to who has waited longest."""
        while self._line:
            given = self._line.popleft()
            if not given.done():
                given.set_result(None)
                return
        self._free += 1

    def _give_up(self, given: "asyncio.Future[None]") -> None:
        """Wait no more; a place that was given meanwhile goes on to the next."""
        if given in self._line:
            self._line.remove(given)
        elif not given.cancelled():
            self.leave()
