"""Whether a road has fallen silent: questions wait on it, and nothing at all comes back."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Final

_REMEMBERED: Final = 64
_ENOUGH_TO_JUDGE: Final = 5


@dataclass(frozen=True, slots=True)
class SilenceRule:
    """When a silence is a hang: so many questions waited through all of it, and it was long for this road.

    Long is `seconds`, or `medians` times what an answer took in the last `remembered_seconds` (at most
    `longest_seconds`); where too few answers are remembered to say, `unknown_seconds`.
    """

    seconds: float = 1.5
    questions: int = 5
    medians: float = 3.0
    longest_seconds: float = 5.0
    unknown_seconds: float = 4.0
    remembered_seconds: float = 60.0


class Pulse:
    """Notes what is asked of a road and what comes back; times are a clock's monotonic seconds."""

    def __init__(self, rule: SilenceRule) -> None:
        self._rule = rule
        self._waiting: dict[int, float] = {}
        self._answers: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self._last_sign = float("-inf")

    @property
    def waiting(self) -> int:
        """How many questions are under way."""
        return len(self._waiting)

    def restart(self) -> None:
        """Count no longer what is under way; how long answers took stays known."""
        self._waiting.clear()

    def asked(self, number: int, now: float) -> None:
        """Note a question, under a number of its own."""
        self._waiting[number] = now

    def left(self, number: int) -> None:
        """Note that a question ended without a sign of life."""
        self._waiting.pop(number, None)

    def answered(self, number: int, now: float) -> None:
        """Note an answer, whatever it says."""
        begun = self._waiting.pop(number, None)
        if begun is not None:
            self._answers.append((now, now - begun))
            self._last_sign = now

    def is_silent(self, now: float, *, questions: int | None = None, at_least: float = 0.0) -> bool:
        """Whether *questions* (the rule's) have waited through a silence that is long for this road."""
        needed, long = questions or self._rule.questions, max(self._rule.seconds, at_least)
        if now - self._last_sign < long or len(self._waiting) < needed:
            return False
        # Questions begin in the order in which they stand, so this one is the youngest of the oldest.
        youngest = next(islice(self._waiting.values(), needed - 1, None))
        silence = now - max(youngest, self._last_sign)
        return silence >= long and silence >= self._patience(now)

    def _patience(self, now: float) -> float:
        rule = self._rule
        recent = [seconds for at, seconds in self._answers if now - at <= rule.remembered_seconds]
        if len(recent) < _ENOUGH_TO_JUDGE:
            return max(rule.seconds, rule.unknown_seconds)
        return max(rule.seconds, min(rule.longest_seconds, rule.medians * median(recent)))
