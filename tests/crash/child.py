"""The gateway that gets killed: the real one, with watchers at its seams that stop it at a barrier."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final
from uuid import UUID

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.choose import open_source
from app.audit.log import AuditLog
from app.audit.record import Draft, Outcome, RecordKind
from app.clock import SystemClock
from app.logs import configure_logging
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.values import Citizen
from app.main import create_app
from app.settings import Settings, UpstreamSettings
from tests.crash.barriers import Barrier
from tests.crash.processes import Link, Report, sleep_for_ever

CITIZEN_MARK: Final = b'"citizen":{'
_PART_OF_CITIZEN: Final = 60
_FLUSH_SECONDS: Final = 0.03  # the event loop's turns until bytes given to it are the kernel's
_answered: ContextVar[UUID | None] = ContextVar("answered", default=None)


def run_gateway(link: Link, barrier: Barrier, settings: Settings, upstream: UpstreamSettings) -> None:
    """Serve until killed; stop for ever where the barrier and the countdown say."""
    link.settle_in()
    watch = _Watch(link, barrier)
    clock = _WatchedClock(watch)

    @asynccontextmanager
    async def open_watched() -> AsyncIterator[PopulationSource]:
        async with open_source(upstream, clock) as source:
            yield _WatchedSource(source, watch)

    app = create_app(
        settings,
        upstream,
        clock=clock,
        open_source=open_watched,
        wrap_log=lambda log: _WatchedLog(log, watch),
    )
    configure_logging()
    config = uvicorn.Config(
        _WatchedAnswers(app, watch), access_log=False, log_config=None, proxy_headers=False, ws="none"
    )
    uvicorn.Server(config).run(sockets=[link.listener])


class _Watch:
    """Reports what happens to each lookup, and stops the process at its barrier."""

    def __init__(self, link: Link, barrier: Barrier) -> None:
        self.barrier = barrier
        self._link = link

    def note(self, event: str, draft: Draft) -> None:
        outcome = str(draft.facts.get("outcome", ""))
        self._link.reports.send(Report(event, draft.lookup_id, draft.kind.value, outcome))

    def is_now(self, barrier: Barrier) -> bool:
        """Count this passage and tell whether it is the one to stop at."""
        if barrier is not self.barrier or self._link.countdown.value <= 0:
            return False
        self._link.countdown.value -= 1
        return self._link.countdown.value == 0

    def stop(self, lookup_id: UUID | None) -> None:
        self._link.reports.send(Report("reached", lookup_id))
        sleep_for_ever()

    def pass_by(self, barrier: Barrier, lookup_id: UUID | None) -> None:
        if self.is_now(barrier):
            self.stop(lookup_id)


class _WatchedClock(SystemClock):
    """The first look at the clock after an answer comes when it has been compared and narrowed."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch

    def now(self) -> datetime:
        lookup_id = _answered.get()
        if lookup_id is not None:
            _answered.set(None)
            self._watch.pass_by(Barrier.ANSWER_NARROWED, lookup_id)
        return super().now()


class _WatchedSource:
    def __init__(self, source: PopulationSource, watch: _Watch) -> None:
        self._source = source
        self._watch = watch

    @property
    def road(self) -> str:
        return self._source.road

    async def find(self, request: SourceRequest) -> Citizen | None:
        citizen = await self._source.find(request)
        if citizen is not None:
            lookup_id = UUID(request.request_id)
            self._watch.pass_by(Barrier.QUESTION_ANSWERED, lookup_id)
            _answered.set(lookup_id)
        return citizen

    async def confirm(self, request: SourceRequest) -> bool:
        return await self._source.confirm(request)


class _WatchedLog:
    def __init__(self, log: AuditLog, watch: _Watch) -> None:
        self._log = log
        self._watch = watch

    @property
    def is_ready(self) -> bool:
        return self._log.is_ready

    async def append(self, draft: Draft) -> None:
        barriers = _barriers_around(draft)
        if barriers is None:
            await self._log.append(draft)
            return
        before, after = barriers
        self._watch.note("handed", draft)
        self._pass_by(before, draft)
        await self._log.append(draft)
        self._watch.note("durable", draft)
        self._pass_by(after, draft)

    def _pass_by(self, barrier: Barrier, draft: Draft) -> None:
        outcome = draft.facts.get("outcome")
        if outcome in {None, Outcome.FOUND.value}:  # only what leads to a citizen is worth a kill
            self._watch.pass_by(barrier, draft.lookup_id)


def _barriers_around(draft: Draft) -> tuple[Barrier, Barrier] | None:
    if draft.kind is RecordKind.LOOKUP_INTENT:
        return Barrier.INTENT_HANDED_OVER, Barrier.INTENT_DURABLE
    is_reconcilers = draft.facts.get("outcome") == Outcome.UNKNOWN.value
    if draft.kind is RecordKind.LOOKUP_OUTCOME and not is_reconcilers:
        return Barrier.OUTCOME_HANDED_OVER, Barrier.OUTCOME_DURABLE
    return None


class _WatchedAnswers:
    """Stops before, within or after the response that carries a citizen."""

    def __init__(self, app: ASGIApp, watch: _Watch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._watch.barrier.step != "8":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            if held and CITIZEN_MARK in message["body"] and self._watch.is_now(self._watch.barrier):
                await self._stop_around(held.pop(), message, send)
            if held:
                await send(held.pop())
            await send(message)

        await self._app(scope, receive, watched_send)

    async def _stop_around(self, start: Message, body: Message, send: Send) -> None:
        if self._watch.barrier is not Barrier.RESPONSE_READY:
            await send(start)
            await send(self._part(body))
            await asyncio.sleep(_FLUSH_SECONDS)
        self._watch.stop(_lookup_id(start))

    def _part(self, body: Message) -> Message:
        if self._watch.barrier is Barrier.RESPONSE_SENT:
            return body
        content: bytes = body["body"]
        end = content.index(CITIZEN_MARK) + len(CITIZEN_MARK) + _PART_OF_CITIZEN
        return {**body, "body": content[:end], "more_body": True}


def _lookup_id(start: Message) -> UUID | None:
    with contextlib.suppress(KeyError, ValueError):
        return UUID(dict(start["headers"])[b"x-lookup-id"].decode())
    return None
