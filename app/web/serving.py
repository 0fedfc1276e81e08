"""uvicorn's HTTP/1.1, which here takes an answer in one message, too, and writes it at once.

Lookups that are turned away (app.web.shedding) it answers itself: the parser reads them, nothing else begins.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, cast
from urllib.parse import unquote

from httptools import parse_url
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.web.answers import WHOLE_ANSWER
from app.web.arrived import ArrivedBody
from app.web.shedding import LET_IN, Shedding

_EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE_ANSWER: {}}
_LET_IN: Final[dict[str, dict[object, object]]] = {WHOLE_ANSWER: {}, LET_IN: {}}


class ServingProtocol(HttpToolsProtocol):
    """uvicorn's own; `http.response.start` may carry a `body`, which is all of it.

    Its headers then say the body's length and nothing of how it is transferred, by names in small letters.
    """

    _idle_since: float | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*arguments, **options)
        outermost = getattr(self.app, "outermost", None)
        self._shedding = outermost if isinstance(outermost, Shedding) else None

    def connection_lost(self, exc: Exception | None) -> None:
        """End, as uvicorn's does, and the timer with it."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def _unset_keepalive_if_required(self) -> None:
        # One timer for many requests: it goes on, and looks how long there was none when it ends.
        self._idle_since = None

    def on_response_complete(self) -> None:
        """Go on to the next request, as uvicorn's does, or begin to be idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._be_idle()

    def on_message_complete(self) -> None:
        """Take the end of a body, as uvicorn does; of one answered before it came, begin to be idle."""
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._be_idle()

    def _be_idle(self) -> None:
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_after(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close what was idle for long enough, and look again later where it was not."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left_seconds = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            self._look_again_after(left_seconds)
        else:
            super().timeout_keep_alive_handler()

    def _look_again_after(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def on_headers_complete(self) -> None:
        """Begin to answer, as uvicorn's does, which knows upgrades and a limit of connections, too."""
        parser, scope = self.parser, self.scope
        scope["extensions"] = _EXTENSIONS
        if self._shedding is not None and self._shedding.is_on and self._is_turned_away(self._shedding):
            return
        self._idle_since = None  # its bytes may have come with the last of a body that was answered early
        version, url = parser.get_http_version(), parse_url(self.url)
        path = url.path.decode("ascii")
        scope["method"] = parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        before = self.cycle
        self.cycle = _Cycle(
            scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            False,  # noqa: FBT003 - no access log: its lines would hold paths and addresses
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            version != "1.0" and parser.should_keep_alive(),
            self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:  # the next one is to wait for its turn
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _is_turned_away(self, shedding: Shedding) -> bool:
        """Turn a usual request for a lookup away, or let it in; whatever is not usual is the middleware's."""
        parser, before = self.parser, self.cycle
        if (
            not shedding.concerns(parser.get_method(), self.url)
            or not (before is None or before.response_complete)
            or not parser.should_keep_alive()
            or parser.get_http_version() != "1.1"
            or self.expect_100_continue
            or self.flow.write_paused
        ):
            return False
        refusal = shedding.refuse(self.headers)
        if refusal is None:
            self.scope["extensions"] = _LET_IN
            return False
        self.cycle = _ANSWERED
        ours = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(b"%b%b%b" % (STATUS_LINE[503], ours, refusal))
        self.on_response_complete()
        return True


class _Cycle(RequestResponseCycle):
    """One request and its answer."""

    def receive(self) -> Awaitable[Any]:  # type: ignore[override] # the server awaits nothing of it
        """Return the next message, and the body at once where all of it is here."""
        is_here = not self.more_body and self.message_event.is_set()
        if not is_here or self.disconnected or self.response_complete or self.waiting_for_100_continue:
            return super().receive()
        self.message_event.clear()
        self.flow.resume_reading()
        body, self.body = bytes(self.body), bytearray()
        return ArrivedBody(body)

    async def send(self, message: Any) -> None:
        """Send a message, or a whole answer; RuntimeError for a header that would be several."""
        if "body" not in message or message["type"] != "http.response.start":
            await super().send(message)
        elif self._is_usual():
            self._send_at_once(message)
        else:
            await super().send(message)
            await super().send({"type": "http.response.body", "body": message["body"]})

    def _is_usual(self) -> bool:
        """Whether nothing is to be waited for, left out or closed."""
        return (
            self.keep_alive
            and not self.disconnected
            and not self.response_started
            and not self.flow.write_paused
            and self.scope["method"] != "HEAD"
        )

    def _send_at_once(self, message: Any) -> None:
        self.response_started, self.waiting_for_100_continue = True, False
        headers = [*self.default_headers, *message["headers"]]
        lines = b"\r\n".join(map(b": ".join, headers))
        head = b"%b%b\r\n" % (STATUS_LINE[message["status"]], lines)
        if len(head.splitlines()) != len(headers) + 1:
            raise RuntimeError("Invalid HTTP header.")
        self.response_complete = True
        self.transport.write(b"".join((head, b"\r\n", message["body"])))
        self.message_event.set()
        self.on_response()


class _Answered:
    """What a connection holds of a request that was answered without being begun: its body is passed over."""

    response_complete = True
    message_event = asyncio.Event()


_ANSWERED: Final = cast("RequestResponseCycle", _Answered())
