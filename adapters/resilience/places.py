"""So many questions at once over one road, and a short line of those who wait for a place."""

import asyncio


class Places:
    """Places on one road; whoever leaves one gives it to who has waited longest."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._taken = self._waiting = 0

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return self._waiting

    async def take_at_once(self) -> bool:
        """Take a place if one is free and nobody waits for it; returns whether."""
        if self._free.locked():
            return False
        await self._free.acquire()  # does not wait: it is free
        self._taken += 1
        return True

    async def wait(self, seconds: float) -> bool:
        """Take a place as soon as one is free, within *seconds*; returns whether.

        A full line is not joined.
        """
        if self._waiting >= self._most_waiting:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        self._taken += 1
        return True

    def leave(self) -> None:
        """Give a place back."""
        self._taken -= 1
        self._free.release()
