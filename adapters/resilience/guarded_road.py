"""One road with its breaker and its places: whether it takes a question now, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.places import Places
from adapters.reasons import Reason
from adapters.resilience.breaker import Breaker, State, Ticket, Verdict
from adapters.resilience.planned_stops import Calendar
from adapters.source import NationalSource
from app.errors import SourceConfusedError, SourceError, SourceRefusedError, SourceSilentError
from app.logs import LogEvent, get_logger
from app.lookup.source import PlannedStop, RoadState, SourceRequest

T = TypeVar("T")
Ask = Callable[[NationalSource, SourceRequest], Awaitable[T]]

_log = get_logger(__name__)
_EVENTS: Final = {
    State.OPEN: LogEvent.ROAD_OPENED,
    State.HALF_OPEN: LogEvent.ROAD_ON_TRIAL,
    State.CLOSED: LogEvent.ROAD_CLOSED,
}
# Whoever is asked about, the next question would meet the same.
_OF_THE_ROAD: Final = frozenset(
    {
        Reason.TOKEN_REFUSED,
        Reason.TOKEN_REJECTED,
        Reason.TOKEN_UNREADABLE,
        Reason.CREDENTIALS_REFUSED,
        Reason.REDIRECTED,
    }
)
_NOTHING, _ANSWERED = Verdict.NOTHING, Verdict.ANSWERED
# Its budget was over, whoever noticed first.
_NEARLY: Final = 0.95


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a road does not take a question now."""

    reason: Reason
    stop: PlannedStop | None = None


class GuardedRoad:
    """A road that is asked only while it is in order, has a place, and no stop is planned."""

    def __init__(
        self,
        name: str,
        source: NationalSource,
        breaker: Callable[[Callable[[], None]], Breaker],
        places: Places,
        calendar: Calendar,
        *,
        pool_seconds: float,
        probe_seconds: float,
    ) -> None:
        """*breaker* makes the breaker, given what to call when its state changes.

        Needs a running event loop.
        """
        self.name = name
        self._loop = asyncio.get_running_loop()
        self.places = places
        self.opened = asyncio.Event()
        self.breaker = breaker(self._changed)
        self._source = source
        self._calendar = calendar
        self._pool_seconds = pool_seconds
        self._probe_seconds = probe_seconds

    @property
    def is_stopped(self) -> bool:
        """Whether a planned stop is in force."""
        return self._calendar.stop_of(self.name) is not None

    @property
    def would_ask(self) -> bool:
        """Whether a question that comes now would be asked here, if there is a place."""
        return not self.is_stopped and not self.breaker.is_open

    def enter(self) -> Ticket | Refusal:
        """Return a ticket for one question, which `ask` must follow; or why there is none now."""
        if (refusal := self._refusal()) is not None:
            return refusal
        if not self.places.take_at_once():
            return Refusal(Reason.ROAD_BUSY)
        return self.breaker.begin()

    async def wait_to_enter(self, until: float) -> Ticket | Refusal:
        """Do what `enter` does, but wait *until* then (the event loop's time) for a place.

        A full line is not joined.
        """
        if (refusal := self._refusal()) is not None:
            return refusal
        left = until - self._loop.time()
        if not await self.places.wait(min(self._pool_seconds, left)):
            return Refusal(Reason.ROAD_BUSY)
        if (refusal := self._refusal()) is not None:
            self.places.leave()
            return refusal
        return self.breaker.begin()

    async def ask(self, ticket: Ticket, request: SourceRequest, ask: Ask[T]) -> T:
        """Return what the road answers within the request's budget; raises as the source does."""
        began = self._loop.time()
        verdict, why = _NOTHING, ""
        request.journey.road = self.name
        request.journey.tries += 1
        try:
            answer = await ask(self._source, request)
            verdict = _ANSWERED
        except SourceError as error:
            verdict, why = verdict_on(error), error.reason
            raise
        except asyncio.CancelledError:
            # Whoever asked may count the same budget, and end us before we do.
            if self._loop.time() - began >= request.budget_seconds * _NEARLY:
                verdict, why = Verdict.TIMED_OUT, Reason.TIMEOUT
            raise
        finally:
            self.breaker.end(ticket, verdict, why)
            self.places.leave()
        return answer

    async def probe(self) -> None:
        """Ask the open road whether it lives, with nothing of a citizen, and tell the breaker."""
        try:
            await self._source.probe(self._probe_seconds)
        except SourceError as error:
            self.breaker.probed(is_alive=False, why=error.reason)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not leave the road open for good
            _log.error(LogEvent.REQUEST_FAILED, road=self.name, exc_info=error)
            self.breaker.probed(is_alive=False)
        else:
            self.breaker.probed(is_alive=True)

    def state(self) -> RoadState:
        """Return how the road stands now."""
        breaker = self.breaker
        breaker.look()
        return RoadState(
            self.name,
            breaker.state.value,
            breaker.since,
            breaker.why,
            self.places.taken,
            self.places.waiting,
            self._calendar.stop_of(self.name),
        )

    def _refusal(self) -> Refusal | None:
        if (stop := self._calendar.stop_of(self.name)) is not None:
            return Refusal(Reason.PLANNED_STOP, stop)
        return None if self.breaker.admits() else Refusal(Reason.ROAD_OUT_OF_ORDER)

    def _changed(self) -> None:
        state = self.breaker.state
        if state is State.OPEN:
            self.opened.set()
        else:
            self.opened.clear()
        _log.warning(_EVENTS[state], road=self.name, reason=self.breaker.why or state.value)


def verdict_on(error: SourceError) -> Verdict:
    """Return what an error says of the road, apart from the question that met it."""
    match error:
        case SourceRefusedError():
            return Verdict.ANSWERED
        case SourceConfusedError(reason=Reason.NOT_OFFERED):
            return Verdict.NOTHING
        case SourceConfusedError():
            return Verdict.FAILED if error.reason in _OF_THE_ROAD else Verdict.DOUBTFUL
        case SourceSilentError(reason=Reason.POOL_EXHAUSTED):
            return Verdict.NOTHING
        case SourceSilentError(reason=Reason.TIMEOUT):
            return Verdict.TIMED_OUT
        case _:
            return Verdict.FAILED
