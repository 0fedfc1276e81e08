"""A national side that takes its time: a seeded log-normal delay for each question, and the times it took.

`python -m bench.slow_side PORT ANSWER_FILE --median-ms 300 --sigma 0.8 --seed 1`. It answers a token call at
once, and `GET /times` with the seconds that each question took here, by its MaYeuCau: from the first byte of
the question to the answer's last.
"""

import argparse
import asyncio
import json
import math
import random
import re
import time
from pathlib import Path
from typing import Final, cast

import uvloop

_REQUEST_ID: Final = re.compile(rb"MaYeuCau>\s*([^<\s]+)")
_GRANTED: Final = b'{"access_token":"bench","token_type":"Bearer","expires_in":86400}'


class Side:
    """The delays, drawn in the order questions arrive, and what became of them."""

    def __init__(self, answer: bytes, median_ms: float, sigma: float, longest_ms: float, seed: int) -> None:
        """Draw delays of this median and spread (the logarithm's), none longer than *longest_ms*."""
        self.answer = answer
        self.times: dict[str, float] = {}
        self.under_way = self.most_under_way = 0
        self._draw = random.Random(seed)  # noqa: S311 - delays, not secrets
        self._middle, self._sigma, self._longest = math.log(median_ms / 1000), sigma, longest_ms / 1000

    def delay(self) -> float:
        """Return the next delay in seconds."""
        return min(self._longest, self._draw.lognormvariate(self._middle, self._sigma))

    def begin(self) -> None:
        """Count a question that is under way."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)

    def end(self, request_id: str, seconds: float) -> None:
        """Note what a question took."""
        self.under_way -= 1
        self.times[request_id] = seconds


class _Line(asyncio.Protocol):
    def __init__(self, side: Side) -> None:
        self._side = side
        self._held = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        if not self._held:
            self._began = time.perf_counter()
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        head, body = self._held[:end], self._held[end + 4 :]
        at = head.lower().find(b"content-length:")
        if len(body) < (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0):
            return
        self._held = b""
        self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        side, path = self._side, head.split(b" ", 2)[1]
        if path == b"/times":
            said = {"times": side.times, "most_under_way": side.most_under_way}
            self._write(json.dumps(said).encode(), b"application/json")
        elif b"token" in path.lower():
            self._write(_GRANTED, b"application/json")
        else:
            found = _REQUEST_ID.search(body)
            side.begin()
            loop, began = asyncio.get_running_loop(), self._began
            request_id = found[1].decode("ascii", "replace") if found else ""
            loop.call_later(side.delay(), self._answer, request_id, began)

    def _answer(self, request_id: str, began: float) -> None:
        self._write(self._side.answer, b"text/xml; charset=utf-8")
        self._side.end(request_id, time.perf_counter() - began)

    def _write(self, body: bytes, content_type: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                % (content_type, len(body), body)
            )


def main() -> None:
    """Answer until ended."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_side", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--median-ms", type=float, default=300)
    parser.add_argument("--sigma", type=float, default=0.8)
    parser.add_argument("--longest-ms", type=float, default=8000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    side = Side(given.answer.read_bytes(), given.median_ms, given.sigma, given.longest_ms, given.seed)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(side, given.port))


async def _serve(side: Side, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Line(side), "127.0.0.1", port, backlog=4096
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    main()
