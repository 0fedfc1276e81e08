"""The stand-in national side in a process of its own, with a witness that notes each question on arrival."""

import re
from pathlib import Path
from typing import Final
from uuid import UUID

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_c06.app import create_app
from mock_c06.config import MockConfig
from mock_c06.troubles import Troubles
from tests.crash.processes import Link, Report

SLOW_SECONDS: Final = 0.75
_LATENCY_MILLISECONDS: Final = 15
_REQUEST_ID: Final = re.compile(rb"<[^<>/]*MaYeuCau>([0-9a-f]{32})<")


def run_national_side(link: Link, access_log: Path) -> None:
    """Serve until killed."""
    link.settle_in()
    config = MockConfig(
        slow_seconds=SLOW_SECONDS,
        troubles=Troubles(latency_ms=_LATENCY_MILLISECONDS),
        access_log=access_log,
    )
    witness = _Witness(create_app(config), link)
    server = uvicorn.Config(witness, access_log=False, log_level="warning", ws="none", lifespan="off")
    uvicorn.Server(server).run(sockets=[link.listener])


class _Witness:
    """Reports every question before the stand-in looks at it; holds one where the countdown says."""

    def __init__(self, app: ASGIApp, link: Link) -> None:
        self._app = app
        self._link = link

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages)
        if (question := _REQUEST_ID.search(body)) and self._is_held(UUID(question[1].decode())):
            while (await receive())["type"] != "http.disconnect":
                pass
        given = iter(messages)

        async def replay() -> Message:
            return next(given, None) or await receive()

        await self._app(scope, replay, send)

    def _is_held(self, lookup_id: UUID) -> bool:
        """Note the question and tell whether it is the one to leave without an answer."""
        self._link.reports.send(Report("seen", lookup_id))
        if self._link.countdown.value <= 0:
            return False
        self._link.countdown.value -= 1
        if self._link.countdown.value > 0:
            return False
        self._link.reports.send(Report("reached", lookup_id))
        return True
