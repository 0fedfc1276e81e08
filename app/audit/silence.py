"""When a writer that nobody asks anything of says something of its own accord."""

import asyncio
from typing import Final

from app.audit.chain import Chain

_LOOK_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 10.0
_MOST_COUNTED: Final = 10  # by then the pause is the longest


class Silence:
    """How long nothing became durable, and whether a commit has to show that anything can.

    A heartbeat bounds what can be cut off a chain's end unseen. After a failed commit the same record shows
    that commits work again, tried at growing intervals, for a look that only reads would not know.
    """

    def __init__(self, heartbeat_seconds: float) -> None:
        """Let a chain be silent for *heartbeat_seconds*."""
        self._heartbeat_seconds = heartbeat_seconds
        self._since = 0.0
        self._failures = 0
        self._next_try = 0.0

    @property
    def is_to_be_proven(self) -> bool:
        """Whether the last commit failed."""
        return self._failures > 0

    def end(self) -> None:
        """Note that something became durable just now."""
        self._since = _now()
        self._failures = 0

    def must_be_proven(self) -> None:
        """Note that a commit failed just now; others' failures do not put the writer's own try off."""
        if not self._failures or _now() >= self._next_try:
            self._next_try = _now() + min(_LOOK_SECONDS * 2.0**self._failures, _LONGEST_PAUSE_SECONDS)
            self._failures = min(self._failures + 1, _MOST_COUNTED)

    def is_due(self, chain: Chain) -> bool:
        """Whether *chain* should get a heartbeat now: it has a record and was silent, or is to be proven."""
        if self.is_to_be_proven:
            return _now() >= self._next_try
        return chain.sequence > 0 and _now() >= self._since + self._heartbeat_seconds

    def rest_seconds(self, chain: Chain) -> float:
        """Return for how long nothing need be looked at; less where *chain* has a heartbeat due before."""
        due_in = self._since + self._heartbeat_seconds - _now()
        return due_in if chain.sequence > 0 and 0.0 < due_in < _LOOK_SECONDS else _LOOK_SECONDS


def _now() -> float:
    return asyncio.get_running_loop().time()
