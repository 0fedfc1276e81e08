"""Turns lookups away, early and cheaply, while this process is asked more than it can do.

The sign is how late the event loop is: a task that wants to run every fiftieth of a second is held up by
whatever else there is to compute. Lookups that merely wait for the national side, however many, hold up
nobody; a single pause (a checkpoint, a neighbour on the machine) is over before it counts. While the loop is
late for longer, the share of lookups that is turned away rises until it is no longer; health,
administration and sign-in are always let in, and so is every lookup that has begun.
"""

import asyncio
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.background import Background
from app.errors import ProblemCode, TooManyError
from app.logs import LogEvent, get_logger
from app.web.context import choose_request_id
from app.web.problems import language_of, problem_response

_LOOK_EVERY_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 0.5
_RISE_A_SECOND: Final = 1.0
_STEEPEST: Final = 2.0
_LONGEST_STEP_SECONDS: Final = 0.1
_FALL_A_SECOND: Final = 0.5
_MOST_REFUSED: Final = 0.95
_FEW: Final = 32
"""With fewer requests in progress it is others on the machine who make the loop late."""
_RETRY_SECONDS: Final = (1, 2, 3, 4)
"""By turns, so that those turned away together do not come back together."""
_log = get_logger(__name__)


class GatewayOverloadedError(TooManyError):
    """This process has more to compute than it can; nothing of the request was read or recorded."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when a try makes sense again."""
        super().__init__(ProblemCode.GATEWAY_OVERLOADED, retry_after_seconds=retry_after_seconds)


class Valve:
    """Decides how much of what comes is let in, by how late the event loop was."""

    def __init__(self, most_late_seconds: float) -> None:
        """Let all in while the loop is at most so late; 0 lets all in whatever happens."""
        self._most_late_seconds = most_late_seconds
        self._late_for = 0.0
        self._refused_share = 0.0
        self._credit = 0.0
        self._refused = 0
        self.in_progress = 0
        """How many requests of any kind are in progress."""

    @property
    def refused_share(self) -> float:
        """The share that is turned away now, from 0 to 0.95."""
        return self._refused_share

    def look(self, late_seconds: float, passed_seconds: float) -> None:
        """Take into account that the loop was so late, at the end of so much time."""
        if not self._most_late_seconds:
            return
        excess = late_seconds / self._most_late_seconds - 1
        was_refusing = self._refused_share > 0
        if excess <= 0:
            self._late_for = 0.0
            self._refused_share = max(0.0, self._refused_share - _FALL_A_SECOND * passed_seconds)
        else:
            # One long pause is one look: it does not shut the valve at a stroke.
            step_seconds = min(passed_seconds, _LONGEST_STEP_SECONDS)
            self._late_for += step_seconds
            if was_refusing or self._late_for >= _PATIENCE_SECONDS:
                rise = _RISE_A_SECOND * min(excess, _STEEPEST) * step_seconds
                self._refused_share = min(_MOST_REFUSED, self._refused_share + rise)
        self._tell(was_refusing=was_refusing)

    def check(self) -> None:
        """Let a lookup in, or raise GatewayOverloadedError."""
        if not self._refused_share or self.in_progress < _FEW:
            return
        self._credit += 1 - self._refused_share
        if self._credit >= 1:
            self._credit -= 1
            return
        self._refused += 1
        raise GatewayOverloadedError(_RETRY_SECONDS[self._refused % len(_RETRY_SECONDS)])

    def _tell(self, *, was_refusing: bool) -> None:
        if was_refusing == (self._refused_share > 0):
            return
        if was_refusing:
            _log.warning(LogEvent.OVERLOAD_OVER, count=self._refused)
            self._refused, self._credit = 0, 0.0
        else:
            _log.warning(LogEvent.OVERLOADED)


class LoopWatch(Background):
    """Looks how late the event loop is, and tells a valve."""

    def __init__(self, valve: Valve) -> None:
        """Tell *valve*."""
        self._valve = valve

    async def _run(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            now = time.perf_counter()
            passed = now - before
            self._valve.look(passed - _LOOK_EVERY_SECONDS, passed)
            before = now


class Shedding:
    """Pure ASGI middleware, outermost: turning a lookup away must cost little, or it would not help."""

    def __init__(self, app: ASGIApp, *, valve: Valve, paths: tuple[str, ...]) -> None:
        """Turn away POSTs to *paths*."""
        self._app = app
        self._valve = valve
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with what the valve raises; no log line for each of these."""
        if self._valve.refused_share and scope["type"] == "http" and self._is_lookup(scope):
            try:
                self._valve.check()
            except GatewayOverloadedError as error:
                await _answer(Headers(scope=scope), error)(scope, receive, send)
                return
        self._valve.in_progress += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._valve.in_progress -= 1

    def _is_lookup(self, scope: Scope) -> bool:
        return scope["method"] == "POST" and scope["path"] in self._paths


def _answer(headers: Headers, error: GatewayOverloadedError) -> Response:
    request_id = choose_request_id(headers.get("x-request-id"))
    answer = problem_response(error, language_of(headers.get("accept-language")), request_id=request_id)
    answer.headers["X-Request-Id"] = request_id
    return answer
