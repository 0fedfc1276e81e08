"""Roads whose other sides are fakes that hang, fail and recover when told to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.choose import ROADS
from adapters.connection import Answer
from adapters.places import Places
from adapters.profile import Operation, load_profile
from adapters.reasons import Reason
from adapters.resilience.breaker import Breaker, BreakerRules
from adapters.resilience.guarded_road import GuardedRoad
from adapters.resilience.opening import probing
from adapters.resilience.planned_stops import Calendar
from adapters.resilience.roads import Roads
from adapters.source import NationalSource
from app.clock import Clock
from app.errors import SourceError, SourceSilentError
from app.lookup.source import Journey, SourceRequest
from app.lookup.values import BirthDate, Citizen, CitizenId, FullName, Household, Question
from app.settings import UpstreamSettings

PROFILE = load_profile(ROADS[0].profiles, UpstreamSettings(_env_file=None))
QUESTION = Question(CitizenId("099190000017"), FullName("Trần Văn Thử"), BirthDate(1990, 5, 9))


@dataclass
class FakeSide:
    """The other side of one road (implements Calls); `arrived` are the request ids that came, in order."""

    name: str
    takes_seconds: Callable[[], float] = lambda: 0.3
    is_hung: bool = False
    error: SourceError | None = None
    probe_error: Exception | None = None
    arrived: list[str] = field(default_factory=list)
    probes: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(
        self,
        path: str,  # noqa: ARG002 - there is one
        content: bytes,
        deadline: float,
        journey: Journey | None = None,  # noqa: ARG002 - there is one try
    ) -> Answer:
        if self.error is not None and not self.error.was_sent:
            raise self.error
        self.arrived.append(content.decode())
        try:
            async with asyncio.timeout_at(deadline):
                await asyncio.sleep(self.takes_seconds())
                if self.is_hung:  # and so do questions that arrived before
                    await self.released.wait()
        except TimeoutError:
            raise SourceSilentError(Reason.TIMEOUT) from None
        if self.error is not None:
            raise self.error
        return Answer(200, "", b"")

    async def probe(self, path: str, deadline: float) -> None:  # noqa: ARG002 - as above
        self.probes += 1
        if self.probe_error is not None:
            raise self.probe_error
        if self.is_hung:
            await self.released.wait()
        if self.error is not None:
            raise self.error

    async def prepare(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class _Language:
    """Writes the request id and reads "nobody"."""

    def write(self, request: SourceRequest, operation: Operation) -> bytes:  # noqa: ARG002 - any
        return request.request_id.encode()

    def read_citizen(
        self,
        answer: Answer,  # noqa: ARG002 - there is one
        wanted: frozenset[str] | None = None,  # noqa: ARG002 - nobody has no fields
    ) -> Citizen | None:
        return None

    def read_confirmation(self, answer: Answer) -> bool:  # noqa: ARG002 - as above
        return False

    def read_household(self, answer: Answer) -> Household:  # noqa: ARG002 - as above
        return Household(())


def unreachable() -> SourceSilentError:
    """Return what a road says that takes no connection: nothing was sent."""
    return SourceSilentError(Reason.CONNECT_FAILED, was_sent=False)


def a_request(number: int = 1, *, budget_seconds: float = 8.0) -> SourceRequest:
    """Return the lookup of this number."""
    return SourceRequest(f"yc-{number}", "cb-mau-01", "1.004194.01", QUESTION, budget_seconds)


@asynccontextmanager
async def open_fakes(
    sides: Sequence[FakeSide],
    clock: Clock,
    *,
    at_once: int = 64,
    most_waiting: int = 4,
    pool_seconds: float = 1.0,
    planned_stops_file: Path | None = None,
    **rules: Any,
) -> AsyncIterator[Roads]:
    """Yield roads to *sides*, the first preferred; *rules* are the breakers'."""
    calendar = Calendar(planned_stops_file, [side.name for side in sides], clock)
    async with AsyncExitStack() as stack:
        roads = []
        for side in sides:
            road = GuardedRoad(
                side.name,
                NationalSource(side.name, PROFILE, _Language(), side),
                lambda on_change: Breaker(BreakerRules(**rules), clock, lambda: 0.5, on_change),
                Places(at_once, most_waiting),
                calendar,
                pool_seconds=pool_seconds,
                probe_seconds=1.0,
            )
            await stack.enter_async_context(probing(road))
            roads.append(road)
        yield Roads(roads, calendar, clock, lambda: 0.5)
