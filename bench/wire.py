"""A lean HTTP/1.1 client for generators of load: what it costs itself is taken from the gateway's machine."""

import asyncio
from typing import Final, Self

from bench.children import HOST
from bench.failure import BenchError

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_STATUS: Final = slice(9, 12)  # of "HTTP/1.1 200"


class Wire(asyncio.Protocol):
    """One kept-alive connection; asks one question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, port: int, address: str = HOST) -> Self:
        """Return a connection from the loopback address *address*."""
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(cls, HOST, port, local_addr=(address, 0))
        return wire

    async def ask(self, question: bytes) -> tuple[int, bytes]:
        """Send a whole request, return status and body; BenchError where the connection is lost."""
        if self._transport is None or not self.is_open:
            raise BenchError("a connection was lost")
        self._received = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(question)
        return await self._answer

    @property
    def is_open(self) -> bool:
        """Whether a question can be asked: servers end what idles."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Gather until the answer is whole."""
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end or self._answer is None:
            return
        _, named, rest = head.lower().partition(_LENGTH)
        if not named or len(body) >= int(rest.partition(b"\r\n")[0]):
            answer, self._answer = self._answer, None
            if not answer.done():
                answer.set_result((int(head[_STATUS]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BenchError(f"a connection was lost: {type(exc).__name__}"))


def a_post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return a whole request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body
