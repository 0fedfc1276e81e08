"""A breaker: stops asking a road that is out of order, and lets questions back by ones and twos."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from adapters.resilience.pulse import Pulse, SilenceRule
from app.clock import Clock

SILENT: Final = "silent"
FAULTS: Final = "faults"
_RECENT: Final = 20


class State(StrEnum):
    """Whether a road is asked: yes, no, or as a trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Verdict(StrEnum):
    """What one question says of the road it went over."""

    ANSWERED = "answered"
    DOUBTFUL = "doubtful"
    """Answered with a fault that may be about this question, or may be everybody's."""
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    NOTHING = "nothing"


# Python 3.11 looks members up anew each time, which every lookup would do a dozen times.
_CLOSED, _OPEN, _HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN
_ANSWERED, _DOUBTFUL, _NOTHING = Verdict.ANSWERED, Verdict.DOUBTFUL, Verdict.NOTHING


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """What opens a breaker, and for how long.

    `failures` in a row (one that took the whole budget counts twice), half of the last twenty, or
    `faults` in a row; or a silence. Open times double from `open_seconds` to `longest_seconds`, begin
    anew after `calm_seconds` closed, and are spread by `jitter`. As a trial one question is let through,
    then two, four …; after `trials` answers the breaker closes.
    """

    failures: int = 5
    faults: int = 20
    open_seconds: float = 2.0
    longest_seconds: float = 60.0
    calm_seconds: float = 60.0
    jitter: float = 0.2
    trials: int = 5
    trial_seconds: float = 3.0
    silence: SilenceRule = field(default_factory=SilenceRule)


class Ticket(NamedTuple):
    """One question as the breaker knows it; those of a time before it opened count no more."""

    epoch: int
    number: int


class Breaker:
    """Decides from what became of questions whether the next one is asked; asks nobody itself."""

    def __init__(
        self,
        rules: BreakerRules,
        clock: Clock,
        chance: Callable[[], float],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """*chance* gives numbers from 0 to 1; *on_change* is called after each change of state."""
        self._rules = rules
        self._clock = clock
        self._chance = chance
        self._on_change = on_change
        self._pulse = Pulse(rules.silence)
        self._epoch = self._asked = self._opened = self._trials = 0
        self._probe_at = self._closed_at = clock.monotonic()
        self.state = _CLOSED
        self.since: datetime = clock.now()
        self.why = ""
        self._forget()

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked until a probe finds the road alive."""
        return self.state is _OPEN

    @property
    def probe_in_seconds(self) -> float:
        """How long until an open road may be probed."""
        return max(0.0, self._probe_at - self._clock.monotonic())

    def admits(self) -> bool:
        """Whether a question may be asked now."""
        self.look()
        if self.state is _HALF_OPEN:
            return self._pulse.waiting < 1 << self._trials
        return self.state is _CLOSED

    def look(self) -> None:
        """Open where the road has fallen silent meanwhile."""
        if self.state is _OPEN:
            return
        now, is_silent = self._clock.monotonic(), self._pulse.is_silent
        if self.state is _CLOSED:
            is_over = is_silent(now)
        else:
            is_over = is_silent(now, questions=1, at_least=self._rules.trial_seconds)
        if is_over:
            self._open(SILENT)

    def begin(self) -> Ticket:
        """Note a question that is asked now; `end` must follow."""
        self._asked += 1
        self._pulse.asked(self._asked, self._clock.monotonic())
        return Ticket(self._epoch, self._asked)

    def end(self, ticket: Ticket, verdict: Verdict, why: str = "") -> None:
        """Note what became of a question; *why* is the reason of a failure."""
        if ticket.epoch != self._epoch:
            return
        if verdict is _ANSWERED or verdict is _DOUBTFUL:
            self._pulse.answered(ticket.number, self._clock.monotonic())
        else:
            self._pulse.left(ticket.number)
        if self.state is _HALF_OPEN:
            self._judge_trial(verdict, why)
        elif self.state is _CLOSED:
            self._judge(verdict, why)

    def probed(self, *, is_alive: bool, why: str = "") -> None:
        """Note what a probe of the open road found."""
        if not self.is_open:
            return
        if not is_alive:
            self._open(why or self.why)
            return
        self._epoch += 1
        self._trials = 0
        self._pulse.restart()
        self._change(_HALF_OPEN)

    def _judge(self, verdict: Verdict, why: str) -> None:
        if verdict is _NOTHING:
            return
        if verdict is _ANSWERED:
            self._failures = self._faults = 0
            self._recent.append(False)
        elif verdict is _DOUBTFUL:
            self._failures, self._faults = 0, self._faults + 1
            self._recent.append(False)
            if self._faults >= self._rules.faults:
                self._open(FAULTS)
        else:
            self._failures += 2 if verdict is Verdict.TIMED_OUT else 1
            self._recent.append(True)
            half_failed = len(self._recent) == _RECENT and sum(self._recent) * 2 >= _RECENT
            if self._failures >= self._rules.failures or half_failed:
                self._open(why)

    def _judge_trial(self, verdict: Verdict, why: str) -> None:
        if verdict in {Verdict.FAILED, Verdict.TIMED_OUT}:
            self._open(why)
        elif verdict is not _NOTHING:
            self._trials += 1
            if self._trials >= self._rules.trials:
                self._closed_at = self._clock.monotonic()
                self._forget()
                self._change(_CLOSED)

    def _open(self, why: str) -> None:
        rules, now = self._rules, self._clock.monotonic()
        if self.state is _CLOSED and now - self._closed_at >= rules.calm_seconds:
            self._opened = 0
        longest = min(rules.longest_seconds, rules.open_seconds * 2.0 ** min(self._opened, _RECENT))
        self._opened += 1
        self._epoch += 1
        self._pulse.restart()
        self._probe_at = now + longest * (1 + rules.jitter * (2 * self._chance() - 1))
        was_open, self.why = self.is_open, why
        if not was_open:
            self._change(_OPEN)

    def _change(self, state: State) -> None:
        self.state, self.since = state, self._clock.now()
        if state is _CLOSED:
            self.why = ""
        self._on_change()

    def _forget(self) -> None:
        self._failures = self._faults = 0
        self._recent: deque[bool] = deque(maxlen=_RECENT)
