"""How long a question is waited for: until its deadline, and no longer than nothing at all is heard."""

import asyncio

from adapters.reasons import Reason
from adapters.wire import Wire


class Patience:
    """Gives questions up that have become late.

    Nearly all are answered long before, and who comes later may mostly wait longer: so one timer, set for
    the first that could be late, serves all. A timer each would cost as much as reading an answer's head.
    """

    def __init__(self, read_seconds: float | None) -> None:
        """Hear something every *read_seconds* (None: no matter when); needs a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._read_seconds = read_seconds
        self._deadlines: dict[Wire, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = 0.0

    def begin(self, wire: Wire, deadline: float) -> None:
        """Give up the question that *wire* carries now where it is late; `end` must follow."""
        self._deadlines[wire] = deadline
        self._look_by(self._due(wire, deadline))

    def end(self, wire: Wire) -> None:
        """Forget the question."""
        del self._deadlines[wire]

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _due(self, wire: Wire, deadline: float) -> float:
        if self._read_seconds is None:
            return deadline
        return min(deadline, wire.heard_at + self._read_seconds)

    def _look_by(self, when: float) -> None:
        if self._timer is not None:
            if self._looks_at <= when:
                return
            self._timer.cancel()
        self._looks_at = when
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        now, waiting = self._loop.time(), list(self._deadlines.items())
        for wire, deadline in waiting:
            due = self._due(wire, deadline)
            if due <= now:
                wire.give_up(Reason.TIMEOUT)
            else:
                self._look_by(due)
