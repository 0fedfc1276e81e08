"""Shares the national side's capacity among units: so many calls at once, units served in turn."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Final
from uuid import UUID

from app.clock import Clock
from app.errors import ProblemCode, TooManyError

_MOST_WAITING_OF_A_UNIT: Final = 64
"""Who comes behind so many of the same unit would wait in vain."""


class NationalSideCrowdedError(TooManyError):
    """All calls that this process may make at once are under way, and others are waiting too."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when a try makes sense again."""
        super().__init__(ProblemCode.NATIONAL_SIDE_CROWDED, retry_after_seconds=retry_after_seconds)


class FairShares:
    """So many calls at once in this process; when they are scarce, each waiting unit gets one in turn.

    However many lookups one unit sends, another unit's next one waits for at most one call of each unit
    that waits already. Within a unit who came first goes first.
    """

    def __init__(self, clock: Clock, *, at_once: int, wait_seconds: float) -> None:
        """Let *at_once* calls be made, 0 for any number; nobody waits longer than *wait_seconds*."""
        self._clock = clock
        self._at_once = at_once
        self._wait_seconds = wait_seconds
        self._busy = 0
        self.refused = 0
        """How many were told since the start that it is crowded."""
        self._lines: OrderedDict[UUID, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def is_scarce(self) -> bool:
        """Whether whoever comes now must wait."""
        return 0 < self._at_once <= self._busy

    @asynccontextmanager
    async def turn(self, unit_id: UUID) -> AsyncIterator[float]:
        """Give a call to the unit for as long as the block runs; yields how many seconds it waited.

        Raises NationalSideCrowdedError.
        """
        waited_seconds = await self.enter(unit_id)
        try:
            yield waited_seconds
        finally:
            self.leave()

    async def enter(self, unit_id: UUID) -> float:
        """Begin a call and return how many seconds the unit waited for it; `leave` must follow.

        Raises NationalSideCrowdedError.
        """
        return 0.0 if self.enter_at_once() else await self._wait(unit_id)

    def enter_at_once(self) -> bool:
        """Begin a call if nobody need wait for it, and say whether; `leave` must follow if so."""
        if self.is_scarce:
            return False
        self._busy += 1
        return True

    async def _wait(self, unit_id: UUID) -> float:
        line = self._lines.setdefault(unit_id, deque())
        if len(line) >= _MOST_WAITING_OF_A_UNIT:
            raise self._crowded()
        began = self._clock.monotonic()
        place = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            async with asyncio.timeout(self._wait_seconds):
                await place
        except TimeoutError:
            self._step_out(unit_id, place)
            raise self._crowded() from None
        except asyncio.CancelledError:
            self._step_out(unit_id, place)
            raise
        return self._clock.monotonic() - began

    def _step_out(self, unit_id: UUID, place: "asyncio.Future[None]") -> None:
        """Give up a place in line, or the call that was given at the very moment."""
        line = self._lines.get(unit_id)
        if line is not None and place in line:
            line.remove(place)
            if not line:
                del self._lines[unit_id]
        elif not place.cancelled():
            self.leave()

    def leave(self) -> None:
        """End a call and give it to the next unit's first in line; that unit is last in turn then."""
        while self._lines:
            unit_id, line = next(iter(self._lines.items()))
            place = line.popleft()
            if line:
                self._lines.move_to_end(unit_id)
            else:
                del self._lines[unit_id]
            if not place.cancelled():  # whose request ended has not had the time yet to leave
                place.set_result(None)
                return
        self._busy -= 1

    def _crowded(self) -> NationalSideCrowdedError:
        self.refused += 1
        return NationalSideCrowdedError(max(1, ceil(self._wait_seconds)))
