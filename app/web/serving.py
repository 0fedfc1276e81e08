"""uvicorn's HTTP/1.1, which here takes an answer in one message, too, and writes it at once."""

import asyncio
from typing import Any, Final
from urllib.parse import unquote

from httptools import parse_url
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.web.answers import WHOLE_ANSWER

_EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE_ANSWER: {}}


class ServingProtocol(HttpToolsProtocol):
    """uvicorn's own; `http.response.start` may carry a `body`, which is all of it.

    Its headers then say the body's length and nothing of how it is transferred, by names in small letters.
    """

    def on_headers_complete(self) -> None:
        """Begin to answer, as uvicorn's does, which knows upgrades and a limit of connections, too."""
        parser, scope = self.parser, self.scope
        version, url = parser.get_http_version(), parse_url(self.url)
        path = url.path.decode("ascii")
        scope["method"] = parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        scope["extensions"] = _EXTENSIONS
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


class _Cycle(RequestResponseCycle):
    """One request and its answer."""

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
        parts = [STATUS_LINE[message["status"]]]
        for name, value in headers:
            parts += name, b": ", value, b"\r\n"
        head = b"".join(parts)
        if len(head.splitlines()) != len(headers) + 1:
            raise RuntimeError("Invalid HTTP header.")
        self.response_complete = True
        self.transport.write(b"%b\r\n%b" % (head, message["body"]))
        self.message_event.set()
        self.on_response()
