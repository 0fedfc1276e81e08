"""A national side at the level of sockets, which goes wrong in one way, over TLS or without."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# Whichever of the two a road reads.
TOKEN = json.dumps({"access_token": "t", "token": "t"}).encode()


def an_answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


ENDLESS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 20
)

# Never two the same: lxml would keep them all (docs/decisions/0040).
NAMES = b"<a>" + b"".join(b"<n%d/>" % number for number in range(50_000)) + b"</a>"

ANSWERS = {
    "names": an_answer(NAMES),
    "not_http": b"SSH-2.0-OpenSSH\r\n",
    "redirect": an_answer(b"", "307 Moved", "Location: http://127.0.0.2:9/elsewhere\r\n"),
    "gzip": an_answer(b"x", headers="Content-Encoding: gzip\r\n"),
    "endless": ENDLESS,
    "http_429": an_answer(b"", "429 Slow"),
    "http_500": an_answer(b"oops", "500 Oops"),
    "http_502": an_answer(b"<html>", "502 Bad"),
    "http_504": an_answer(b"", "504 Late"),
    "http_204": b"HTTP/1.1 204 None\r\n\r\n",
}


@dataclass
class BadServer:
    """Gives tokens, and to every question the same: nothing (mute), an end (hang_up), or one of ANSWERS."""

    answer: bytes | None
    hangs_up: bool = False
    url: str = ""
    questions: list[bytes] = field(default_factory=list)
    certificates: list[object] = field(default_factory=list)
    connections: int = 0
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *([0-9]+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self.certificates.append(writer.get_extra_info("peercert"))
                await self._answer(head, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        if b"oken" in head.split(b"\r\n", 1)[0]:
            writer.write(an_answer(TOKEN))
            return
        self.questions.append(body)
        self.was_asked.set()
        if self.hangs_up:
            writer.close()
        elif self.answer is not None:
            writer.write(self.answer)
            await writer.drain()


@asynccontextmanager
async def a_plain_speaker() -> AsyncIterator[str]:
    """Yield the https address of a server that speaks first, and no TLS."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWERS["not_http"])
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def a_bad_server(
    answer: bytes | None = None, *, hangs_up: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[BadServer]:
    bad = BadServer(answer, hangs_up)
    server = await asyncio.start_server(bad.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        bad.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        yield bad
