"""One connection to the national side: a question goes out, and what comes back is its answer or nobody's.

httptools parses (llhttp, which uvicorn serves with too). What is ours is what a general client does not
promise: bytes that arrive unasked answer no later question, and no question ever leaves twice (decision 45).
"""

import asyncio
import select
from dataclasses import dataclass, field
from typing import Final, cast

import httptools

from adapters.connection import Answer, is_tls_failure
from adapters.reasons import Reason
from app.errors import SourceConfusedError, SourceError, SourceSilentError

_MOST_HEAD_BYTES: Final = 64 * 1024
_FIRST_STATUS: Final = 100
_SWITCHING_PROTOCOLS: Final = 101
_FIRST_FINAL: Final = 200
_WITHOUT_BODY: Final = frozenset({204, 304})  # RFC 9110 sections 15.3.5 and 15.4.5


@dataclass(slots=True, repr=False)
class _Incoming:
    """What has come of an answer so far."""

    head_bytes: int = 0
    has_head: bool = False
    has_length: bool = False
    is_compressed: bool = False
    content_type: str | None = None
    parts: list[bytes] = field(default_factory=list)
    body_bytes: int = 0


class Wire(asyncio.Protocol):
    """A connection that carries one question at a time over HTTP/1.1 (RFC 9112)."""

    def __init__(self, most_answer_bytes: int) -> None:
        """Refuse a body of more than *most_answer_bytes*; needs a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._most_answer_bytes = most_answer_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._question: asyncio.Future[Answer] | None = None
        self._incoming = _Incoming()
        self._only_status = False
        self._is_spent = False
        self._heard_bytes = 0
        self._unread = select.poll()
        self.heard_at = 0.0
        """When bytes last went out or came in, by the event loop's time."""
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done once the transport is closed."""

    @property
    def is_usable(self) -> bool:
        """Whether another question may go out: nothing arrived unasked, and neither side is leaving."""
        return not self._is_spent and self._transport is not None and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether it is usable and the kernel holds nothing for it either, which the loop is yet to read.

        A second answer to the last question would else be taken for the first to the next one.
        """
        return self.is_usable and not self._unread.poll(0)

    def ask(self, request: bytes, *, only_status: bool = False) -> asyncio.Future[Answer]:
        """Send *request*; the future ends with its answer, SourceSilentError or SourceConfusedError.

        With *only_status* it ends with the answer's head, and the connection with it. Raises
        SourceSilentError where nothing can be sent any more.
        """
        transport = self._transport
        if transport is None or self._is_spent or transport.is_closing():
            raise SourceSilentError(Reason.CONNECTION_LOST, was_sent=False)
        self._question = question = self._loop.create_future()
        self._only_status = only_status
        self._heard_bytes = 0
        self.heard_at = self._loop.time()
        transport.write(request)
        return question

    def close(self) -> None:
        """Take no further question, and leave."""
        self._is_spent = True
        if self._transport is not None:
            self._transport.close()

    def give_up(self, reason: Reason) -> None:
        """End the question under way, which may have been read, and the connection with it."""
        self._fail(SourceSilentError(reason))

    # What the event loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)
        if (sock := transport.get_extra_info("socket")) is not None:
            self._unread.register(sock.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Read on in the answer; what nobody asked for ends the connection."""
        if self._question is None:
            self._abort()
            return
        self.heard_at = self._loop.time()
        self._heard_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError):  # the text may quote what came
            self.give_up(Reason.CONNECTION_LOST)
        if self._question is not None:
            self._check_size()

    def eof_received(self) -> None:
        """Take a body without a length as whole: it ends with the connection (RFC 9112 section 6.3)."""
        self._is_spent = True
        if self._incoming.has_head and not self._incoming.has_length:
            self._succeed(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        """End what is under way."""
        is_tls = error is not None and is_tls_failure(error)
        self.give_up(Reason.TLS_FAILED if is_tls else Reason.CONNECTION_LOST)
        if not self.closed.done():
            self.closed.set_result(None)

    # What the parser says.

    def on_message_begin(self) -> None:
        """Begin an answer; one after the answer to the question spends the connection."""
        self._is_spent |= self._question is None

    def on_status(self, words: bytes) -> None:
        """Count the words beside the status, which nobody reads."""
        self._incoming.head_bytes += len(words)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note what matters of the head."""
        incoming = self._incoming
        incoming.head_bytes += len(name) + len(value)
        match name.lower():
            case b"content-type" if incoming.content_type is None:
                incoming.content_type = value.decode("latin-1")
            case b"content-encoding":
                incoming.is_compressed |= value != b"identity"
            case b"content-length" | b"transfer-encoding":
                incoming.has_length = True

    def on_headers_complete(self) -> None:
        """Refuse what the head already says is to be refused; a word to go on is no answer yet."""
        incoming, status = self._incoming, self._parser.get_status_code()
        if status < _FIRST_STATUS or incoming.head_bytes > _MOST_HEAD_BYTES:
            self.give_up(Reason.CONNECTION_LOST)
        if status < _FIRST_FINAL and status != _SWITCHING_PROTOCOLS:
            return
        incoming.has_head = True
        incoming.has_length |= status in _WITHOUT_BODY
        if self._only_status or status == _SWITCHING_PROTOCOLS:
            self._is_spent = True
            self._succeed(status)
        elif incoming.is_compressed:
            self._fail(SourceConfusedError(Reason.COMPRESSED))

    def on_body(self, part: bytes) -> None:
        """Take a part of the body, unless that is too much."""
        incoming = self._incoming
        incoming.body_bytes += len(part)
        if incoming.body_bytes > self._most_answer_bytes:
            self._fail(SourceConfusedError(Reason.TOO_LARGE))
        else:
            incoming.parts.append(part)

    def on_message_complete(self) -> None:
        """End the question with its answer."""
        status = self._parser.get_status_code()
        if self._incoming.head_bytes > _MOST_HEAD_BYTES:  # by its trailers
            self.give_up(Reason.CONNECTION_LOST)
        if status >= _FIRST_FINAL:
            self._is_spent |= not self._parser.should_keep_alive()
            self._succeed(status)
        else:
            self._incoming = _Incoming()

    def _check_size(self) -> None:
        # Words to go on, half a head, what stands around chunks: nobody reads it, so it must end by itself.
        incoming = self._incoming
        most = _MOST_HEAD_BYTES + (self._most_answer_bytes if incoming.has_head else 0)
        if incoming.head_bytes > _MOST_HEAD_BYTES or self._heard_bytes - incoming.body_bytes > most:
            self.give_up(Reason.CONNECTION_LOST)

    def _succeed(self, status: int) -> None:
        question, self._question = self._question, None
        if question is not None and not question.done():
            incoming, self._incoming = self._incoming, _Incoming()
            question.set_result(Answer(status, incoming.content_type or "", b"".join(incoming.parts)))
        if self._is_spent:
            self.close()

    def _fail(self, error: SourceError) -> None:
        question, self._question = self._question, None
        if question is not None and not question.done():
            question.set_exception(error)
        self._abort()

    def _abort(self) -> None:
        self._is_spent = True
        if self._transport is not None:
            self._transport.abort()
