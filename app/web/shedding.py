"""Turns lookups away, early and cheaply, while this process is asked more than it can do.

The signs, looked at every fiftieth of a second: how late the event loop is for that look, how many records
wait to be written, and whether lookups were begun for nothing. Lookups that merely wait for the national
side, however many, are no sign; a burst or a single pause (a checkpoint, a neighbour) is over before it
counts. While there are signs, only so many lookups are let in at each look: a late loop looks less often,
and so lets in fewer. Health, administration and sign-in are always let in, and so is all that has begun.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.background import Background
from app.errors import ProblemCode, TooManyError
from app.logs import LogEvent, get_logger
from app.web.context import choose_request_id
from app.web.headers import first_header
from app.web.problems import language_of, problem_response
from app.web.ready_answers import ReadyAnswers

LET_IN: Final = "dancu.let_in"
"""The ASGI extension by which our own server (app.web.serving) says that it has asked the valve already."""
_LOOK_EVERY_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 0.25
_CALM_SECONDS: Final = 1.0
_LONGEST_STEP_SECONDS: Final = 0.1
_CHANGE_A_SECOND: Final = 1.0
_FEWEST: Final = 8
"""At a look; so few hold up nobody."""
_FEW: Final = 32
"""With fewer requests in progress it is others on the machine who make the loop late."""
_REFUSAL_SECONDS: Final = 0.000_015
"""What turning one away takes: no smaller window would save it, however many ask again at once."""
_BUSY_SHARE: Final = 0.5
_BUSY_LATENESS: Final = 0.2
_RETRY_SECONDS: Final = (1, 2, 3, 4)
"""By turns, so that those turned away together do not come back together."""
_log = get_logger(__name__)


class GatewayOverloadedError(TooManyError):
    """This process has more to compute than it can; nothing of the request was read or recorded."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when a try makes sense again."""
        super().__init__(ProblemCode.GATEWAY_OVERLOADED, retry_after_seconds=retry_after_seconds)


class Valve:
    """Decides how much of what comes is let in.

    Pressure is what the signs say, 1 the most there may be. The window is steered to where it is just that.
    """

    def __init__(self, most_late_seconds: float) -> None:
        """Let all in while the loop is at most so late; 0 lets all in whatever happens."""
        self._most_late_seconds = most_late_seconds
        self._late_for = self._calm_for = 0.0
        self._begun_on_time = 0
        self._crowding: Callable[[], float] = float
        self._turned_back: Callable[[], int] = int
        self._turned_back_before = 0
        self._window = self._credit = float(_FEWEST)
        self._refused = self._refused_before = 0
        self.is_shut = False
        """Whether lookups have to ask."""
        self.begun = self.ended = 0
        """How many requests of any kind have begun, and ended, since the start."""

    @property
    def window(self) -> float:
        """How many lookups are let in between two looks, while it is shut."""
        return self._window

    def watch(self, crowding: Callable[[], float], turned_back: Callable[[], int]) -> None:
        """Look at where lookups wait, too.

        *crowding* is a line's length, where more than 1 is more than the next turn can take; *turned_back*
        counts the lookups that were begun for nothing, since places were wanting.
        """
        self._crowding, self._turned_back = crowding, turned_back

    def look(self, late_seconds: float, passed_seconds: float, busy_share: float = 1.0) -> None:
        """Take into account that the loop was so late, at the end of so much time, and computed so much."""
        if not self._most_late_seconds:
            return
        crowding, refused = self._crowding(), self._refused - self._refused_before
        self._refused_before = self._refused
        lateness = (late_seconds - refused * _REFUSAL_SECONDS) / self._most_late_seconds
        is_busy = lateness > _BUSY_LATENESS or busy_share > _BUSY_SHARE
        pressure = max(lateness, crowding, self._waste(is_busy=is_busy))
        if crowding <= 1:  # one long pause is one look: it does not shut the valve at a stroke
            passed_seconds = min(passed_seconds, _LONGEST_STEP_SECONDS)
        if self.is_shut:
            self._steer(pressure, passed_seconds, has_refused=refused > 0)
        elif pressure <= 1:
            self._late_for, self._begun_on_time = 0.0, self.begun
        else:
            self._late_for += passed_seconds
            if self._late_for >= _PATIENCE_SECONDS:
                self._shut()
        few_more = _FEW - (self.begun - self.ended)
        self._credit = max(self._window / max(1.0, pressure), _FEWEST, few_more)

    def lets_in(self) -> bool:
        """Let one more lookup in, or not; asked only while it is shut."""
        if self._credit >= 1:
            self._credit -= 1
            return True
        self._refused += 1
        return False

    def check(self) -> None:
        """Let a lookup in, or raise GatewayOverloadedError."""
        if self.is_shut and not self.lets_in():
            raise GatewayOverloadedError(self.retry_after_seconds())

    def retry_after_seconds(self) -> int:
        """Tell the one who was turned away last when a try makes sense again."""
        return _RETRY_SECONDS[self._refused % len(_RETRY_SECONDS)]

    def _waste(self, *, is_busy: bool) -> float:
        """Return above 1 where a process with too much to do began lookups for nothing.

        Where it has not too much to do, the national side is merely slow.
        """
        before, self._turned_back_before = self._turned_back_before, self._turned_back()
        in_vain = self._turned_back_before - before
        return 1 + in_vain / _FEW if in_vain and is_busy else 0.0

    def _shut(self) -> None:
        # As many as came is a guess that need not be good: a late loop looks, and so lets in, less often.
        came_a_second = (self.begun - self._begun_on_time) / self._late_for
        self._window = max(_FEWEST, came_a_second * _LOOK_EVERY_SECONDS)
        self.is_shut, self._calm_for = True, 0.0
        _log.warning(LogEvent.OVERLOADED)

    def _steer(self, pressure: float, passed_seconds: float, *, has_refused: bool) -> None:
        """Bring the window to where the pressure is just what it may be."""
        is_late = pressure > 1
        if is_late or has_refused:  # it says nothing of a window that nobody came to fill that it was enough
            change = max(-1.0, 1 - pressure) * _CHANGE_A_SECOND * min(passed_seconds, _LONGEST_STEP_SECONDS)
            self._window = max(_FEWEST, self._window * (1 + change))
        self._calm_for = 0.0 if has_refused or is_late else self._calm_for + passed_seconds
        if self._calm_for >= _CALM_SECONDS:
            _log.warning(LogEvent.OVERLOAD_OVER, count=self._refused)
            self.is_shut, self._refused, self._refused_before = False, 0, 0
            self._late_for, self._begun_on_time = 0.0, self.begun


class LoopWatch(Background):
    """Looks how late the event loop is, and tells a valve."""

    def __init__(self, valve: Valve) -> None:
        """Tell *valve*."""
        self._valve = valve

    async def _run(self) -> None:
        before, computed_before = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            now, computed = time.perf_counter(), time.thread_time()
            passed = now - before
            busy_share = (computed - computed_before) / passed
            self._valve.look(passed - _LOOK_EVERY_SECONDS, passed, busy_share)
            before, computed_before = now, computed


class Shedding:
    """Pure ASGI middleware, outermost: turning a lookup away must cost little, or it would not help.

    Our own server asks `refuse` as soon as it knows a request's headers, and then need not begin it at all.
    """

    def __init__(self, app: ASGIApp, *, valve: Valve, paths: tuple[str, ...]) -> None:
        """Turn away POSTs to *paths*."""
        self._app = app
        self._valve = valve
        self._paths = frozenset(paths)
        self._urls = frozenset(path.encode() for path in paths)
        self._answers = ReadyAnswers(GatewayOverloadedError(seconds) for seconds in _RETRY_SECONDS)

    @property
    def is_on(self) -> bool:
        """Whether lookups may be turned away now."""
        return self._valve.is_shut

    def concerns(self, method: bytes, url: bytes) -> bool:
        """Whether a request with this first line, nothing escaped and no query, is for a lookup."""
        return method == b"POST" and url in self._urls

    def refuse(self, headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """Return what follows the status line and the server's own headers, or None for who is let in."""
        if self._valve.lets_in():
            return None
        return self._answers.pick(self._valve.retry_after_seconds(), headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with what the valve says; no log line for each of these."""
        valve = self._valve
        if valve.is_shut and self._is_undecided(scope) and not valve.lets_in():
            request_id = choose_request_id(first_header(scope, b"x-request-id"))
            language = language_of(first_header(scope, b"accept-language"))
            error = GatewayOverloadedError(valve.retry_after_seconds())
            answer = problem_response(error, language, request_id=request_id)
            answer.headers["X-Request-Id"] = request_id
            await answer(scope, receive, send)
            return
        valve.begun += 1
        try:
            await self._app(scope, receive, send)
        finally:
            valve.ended += 1

    def _is_undecided(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"] in self._paths
            and LET_IN not in (scope.get("extensions") or ())
        )
