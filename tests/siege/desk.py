"""Desks that go on asking whatever dies, and note what they were told and how long it took."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from app.errors import ProblemCode
from tests.crash.clients import Desk, Receipt, Request

HANG_SECONDS: Final = 20.0
"""Four waits for the evidence or the national side, on a machine that others keep busy."""
_THINK_SECONDS: Final = 0.4
_REPEATS: Final = 0.5
_DOCUMENTED: Final[Mapping[int, AbstractSet[str | None]]] = {
    HTTPStatus.OK: {None},
    HTTPStatus.CONFLICT: {ProblemCode.ALREADY_ANSWERED},
    HTTPStatus.SERVICE_UNAVAILABLE: {
        ProblemCode.AUDIT_UNAVAILABLE,
        ProblemCode.UPSTREAM_UNAVAILABLE,
        ProblemCode.NATIONAL_SIDE_CROWDED,
    },
}
"""What a desk may be told while gateways, workers and the database die."""


@dataclass(slots=True)
class Journal:
    """What all desks were told; `fresh` since it was last looked at."""

    asked: int = 0
    repeated: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    fresh: list[Receipt] = field(default_factory=list)
    wrong: dict[str, None] = field(default_factory=dict)

    def note(self, receipt: Receipt, seconds: float) -> None:
        """Note one answer, or that none came."""
        self.asked += 1
        self.slowest_seconds = max(self.slowest_seconds, seconds)
        self.fresh.append(receipt)
        if not receipt.is_whole:
            self.answers["cut off" if receipt.raw else "connection lost"] += 1
            return
        body = body_of(receipt)
        code = body.get("code")
        self.answers[str(code or body.get("outcome"))] += 1
        if code not in _DOCUMENTED.get(receipt.status or 0, frozenset[str | None]()):
            self.wrong[f"I0 a desk was answered {receipt.status} {code}"] = None


class Load:
    """Some desks, asking one question after the other until told to pause."""

    def __init__(self, desk: Desk, ports: Sequence[int], journal: Journal, chance: random.Random) -> None:
        self._desk = desk
        self._ports = ports
        self._journal = journal
        self._chance = chance
        self._may_ask = asyncio.Event()
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self) -> None:
        """Be one desk, for ever."""
        unanswered: Request | None = None
        while True:
            await asyncio.sleep(self._chance.uniform(0, _THINK_SECONDS))
            await self._may_ask.wait()
            self._journal.repeated += unanswered is not None
            request = unanswered or self._desk.any_request()
            self._in_flight += 1
            self._idle.clear()
            try:
                receipt = await self._ask(request)
            finally:
                self._in_flight -= 1
                if not self._in_flight:
                    self._idle.set()
            may_repeat = not receipt.is_whole and self._chance.random() < _REPEATS
            unanswered = request if may_repeat else None

    def go_on(self) -> None:
        """Let the desks ask."""
        self._may_ask.set()

    async def pause(self) -> None:
        """Let nobody ask anything new and return when every question has come to an end."""
        self._may_ask.clear()
        await self._idle.wait()

    async def _ask(self, request: Request) -> Receipt:
        receipt, began_at = Receipt(request), time.monotonic()
        try:
            async with asyncio.timeout(HANG_SECONDS):
                await _exchange(self._chance.choice(self._ports), receipt)
        except OSError as error:
            if isinstance(error, TimeoutError):
                self._journal.wrong[f"I0 a desk waited longer than {HANG_SECONDS:.0f} s"] = None
        self._journal.note(receipt, time.monotonic() - began_at)
        return receipt


def body_of(receipt: Receipt) -> dict[str, Any]:
    """Return what a whole answer says."""
    return dict(json.loads(receipt.body))


async def _exchange(port: int, receipt: Receipt) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(receipt.request.content)
        await writer.drain()
        while not receipt.is_whole and (piece := await reader.read(65536)):
            receipt.raw += piece
    finally:
        writer.close()
