"""A connection over kept wires of our own: for the question itself, which every lookup sends."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

import aiohappyeyeballs
import httpx

from adapters.connection import KEEP_IDLE_SECONDS, OUR_HEADERS, Answer, Limits, Trust, is_tls_failure
from adapters.patience import Patience
from adapters.places import Places
from adapters.reasons import Reason
from adapters.resolver import Addresses, look_up
from adapters.wire import Wire
from app.errors import SourceSilentError

_NEXT_ADDRESS_SECONDS: Final = 0.25  # RFC 8305 section 5
_LEAVING_SECONDS: Final = 1.0
_PORTS: Final = {"http": 80, "https": 443}


class KeptConnection:
    """A bounded pool of wires to *base_url* (implements adapters.connection.Connection)."""

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float,
        max_connections: int,
        max_answer_bytes: int,
        trust: Trust = Trust(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
        keep_idle_seconds: float = KEEP_IDLE_SECONDS,
    ) -> None:
        """Needs a running event loop; raise ConfigurationError when a file of *trust* cannot be read."""
        self._base_url = base_url.rstrip("/")
        url = httpx.URL(self._base_url)
        self._host = url.raw_host.decode("ascii")
        self._addresses = Addresses(partial(look_up, self._host, url.port or _PORTS[url.scheme]))
        self._tls = trust.context() if url.scheme == "https" else None
        self._connect_seconds = connect_seconds
        self._pool_seconds = connect_seconds if limits.pool_seconds is None else limits.pool_seconds
        self._limits = limits
        self._keep_idle_seconds = keep_idle_seconds
        self._max_answer_bytes = max_answer_bytes
        self._free = Places(max_connections)
        self._loop = asyncio.get_running_loop()
        self._patience = Patience(limits.read_seconds)
        self._idle: deque[tuple[Wire, float]] = deque()
        self._wires: set[Wire] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._start_of = lru_cache(maxsize=16)(partial(_start, self._base_url))
        self._headed: tuple[str, Mapping[str, str]] = ("", {})
        self._head = b""

    async def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds_left: float
    ) -> Answer:
        """Return what *path* answers; see the port."""
        if seconds_left <= 0:
            raise SourceSilentError(Reason.TIMEOUT, was_sent=False)
        request = b"%b%d\r\n\r\n%b" % (self._head_of(path, headers), len(content), content)
        deadline = self._loop.time() + seconds_left
        if not self._free.take_at_once():
            await self._wait_for_a_free_wire(deadline)
        try:
            wire = self._take_kept() or await self._connect(deadline)
            return await self._exchange(wire, request, deadline)
        finally:
            self._free.leave()

    async def reach(self, path: str, *, seconds_left: float) -> int:
        """Return the status of a GET; see the port."""
        deadline = self._loop.time() + seconds_left
        wire = await self._connect(deadline)
        request = self._start_of("GET", path) + b"\r\n"
        try:
            return (await self._exchange(wire, request, deadline, only_status=True)).status
        except SourceSilentError as error:
            raise SourceSilentError(error.reason, was_sent=False) from None

    async def aclose(self) -> None:
        """Close all wires; a question that is still connecting then goes nowhere."""
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        self._patience.close()
        wires = list(self._wires)
        for wire in wires:
            wire.close()
        try:
            if wires:
                await asyncio.wait([wire.closed for wire in wires], timeout=_LEAVING_SECONDS)
        finally:
            for wire in wires:
                wire.give_up(Reason.CONNECTION_LOST)

    async def _wait_for_a_free_wire(self, deadline: float) -> None:
        # A lookup that finds none gives up early rather than queue until too late.
        seconds_left = deadline - self._loop.time()
        if not await self._free.wait(min(self._pool_seconds, seconds_left)):
            reason = Reason.POOL_EXHAUSTED if self._pool_seconds <= seconds_left else Reason.TIMEOUT
            raise SourceSilentError(reason, was_sent=False)

    def _take_kept(self) -> Wire | None:
        """Return the wire that was used last, which is the likeliest to live still."""
        oldest = self._loop.time() - self._keep_idle_seconds
        while self._idle:
            wire, since = self._idle.pop()
            if since >= oldest and wire.is_quiet:
                return wire
            wire.close()
        return None

    async def _connect(self, deadline: float) -> Wire:
        """Return a new wire; whatever fails here, nothing was sent."""
        until = self._loop.time() + self._connect_seconds
        try:
            async with asyncio.timeout_at(min(until, deadline)):
                wire = await self._opened()
        except TimeoutError:
            self._addresses.forget()
            reason = Reason.CONNECT_TIMEOUT if until <= deadline else Reason.TIMEOUT
            raise SourceSilentError(reason, was_sent=False) from None
        except (OSError, UnicodeError) as error:  # the latter: a name that no name server can be asked about
            self._addresses.forget()
            reason = Reason.TLS_FAILED if is_tls_failure(error) else Reason.CONNECT_FAILED
            raise SourceSilentError(reason, was_sent=False) from None
        if self._is_closed:
            wire.give_up(Reason.CONNECTION_LOST)
            raise SourceSilentError(Reason.CONNECTION_LOST, was_sent=False)
        self._wires.add(wire)
        wire.closed.add_done_callback(lambda _: self._wires.discard(wire))
        return wire

    async def _opened(self) -> Wire:
        connected = await aiohappyeyeballs.start_connection(
            await self._addresses.get(),
            happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
            socket_factory=partial(_socket, self._limits.write_seconds),
        )
        try:
            _, wire = await self._loop.create_connection(
                partial(Wire, self._max_answer_bytes),
                sock=connected,
                ssl=self._tls,
                server_hostname=self._host if self._tls else None,
                ssl_shutdown_timeout=_LEAVING_SECONDS if self._tls else None,
            )
        except BaseException:
            # Its transport closes it, and may not have begun to: closed here, its number could be another's.
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            raise
        return wire

    async def _exchange(
        self, wire: Wire, request: bytes, deadline: float, *, only_status: bool = False
    ) -> Answer:
        """Return the answer to *request*, which leaves once; whatever ends it early ends the wire."""
        coming = wire.ask(request, only_status=only_status)
        self._patience.begin(wire, deadline)
        try:
            answer = await coming
        except asyncio.CancelledError:
            wire.give_up(Reason.CONNECTION_LOST)
            raise
        finally:
            self._patience.end(wire)
        if not wire.is_usable:
            wire.close()
            return answer
        self._idle.append((wire, self._loop.time()))
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._keep_idle_seconds, self._close_stale)
        return answer

    def _head_of(self, path: str, headers: Mapping[str, str]) -> bytes:
        """Return a question's bytes before its length, made anew where they are not those of the last."""
        if self._headed != (path, headers):
            self._head = _with_headers(self._start_of("POST", path), headers) + b"Content-Length: "
            self._headed = (path, dict(headers))
        return self._head

    def _close_stale(self) -> None:
        while self._idle and self._idle[0][1] <= self._loop.time() - self._keep_idle_seconds:
            self._idle.popleft()[0].close()
        self._sweep = None
        if self._idle:
            self._sweep = self._loop.call_at(self._idle[0][1] + self._keep_idle_seconds, self._close_stale)


def _start(base_url: str, method: str, path: str) -> bytes:
    # Read by httpx, as in the check of the settings: what was checked is what is asked, to the letter.
    url = httpx.URL(base_url + path)
    line = f"{method} {url.raw_path.decode('ascii')} HTTP/1.1\r\nHost: {url.netloc.decode('ascii')}\r\n"
    return _with_headers(line.encode("ascii"), OUR_HEADERS)


def _with_headers(start: bytes, headers: Mapping[str, str]) -> bytes:
    """Return *start* and *headers*; ValueError for a header that would be more than one."""
    lines = ""
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the value of {name} cannot stand in a header")
        lines += f"{name}: {value}\r\n"
    return start + lines.encode("ascii")


def _socket(write_seconds: float | None, address: aiohappyeyeballs.AddrInfoType) -> socket.socket:
    """Return a socket that the kernel closes when what it sent stays unacknowledged for so long.

    A question fits into the kernel's buffer at once, so nothing else waits for its writing (RFC 5482).
    """
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.settimeout(0)
    if write_seconds is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1, round(write_seconds * 1000)))
    return made
