"""All roads to the national side as one source: in order of preference, and no question sent twice."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, NamedTuple, TypeVar

from adapters.reasons import Reason
from adapters.resilience.guarded_road import Ask, GuardedRoad, Refusal
from adapters.resilience.planned_stops import Calendar
from adapters.source import NationalSource
from app.clock import Clock
from app.errors import SourceError, SourceSilentError
from app.lookup.source import RoadReport, SourceRequest
from app.lookup.unavailable import UnavailableError, Why, stopped
from app.lookup.values import Citizen, Household

T = TypeVar("T")

# A connection that was refused may be taken a moment later; nothing else changes so fast.
_WORTH_ANOTHER_TRY: Final = frozenset({Reason.CONNECT_FAILED, Reason.CONNECT_TIMEOUT})
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 0.3
_LEAST_SECONDS: Final = 1.0
_BUSY: Final = frozenset({Reason.POOL_EXHAUSTED, Reason.HTTP_429, Reason.ROAD_BUSY})
_BUSY_SECONDS: Final = 1


class _Try(NamedTuple):
    """A road to try next, after a pause; with `wait_until` a place is waited for."""

    road: GuardedRoad
    pause_seconds: float = 0.0
    wait_until: float | None = None


@dataclass(slots=True)
class _Trip:
    """How far one question has come; nothing of it has been sent yet."""

    request: SourceRequest
    deadline: float
    failure: SourceError | None = None
    refusals: dict[str, Refusal] = field(default_factory=dict)

    @property
    def seconds_left(self) -> float:
        return self.deadline - asyncio.get_running_loop().time()

    @property
    def has_come_on(self) -> bool:
        """Whether time has passed since the question came: a road was tried, or waited for, before."""
        return self.failure is not None or bool(self.refusals)

    @property
    def may_try_again(self) -> bool:
        failure = self.failure
        return (
            failure is not None
            and failure.reason in _WORTH_ANOTHER_TRY
            and self.seconds_left >= _LEAST_SECONDS
        )

    def refused(self, road: str, refusal: Refusal) -> None:
        self.refusals[road] = refusal
        self._note(road, refusal.reason)

    def failed(self, road: str, error: SourceError) -> None:
        self.failure = error
        self._note(road, error.reason)

    def _note(self, road: str, reason: str) -> None:
        passed_over = self.request.journey.passed_over
        if (note := f"{road}:{reason}") not in passed_over:
            passed_over.append(note)

    def end(self, clock: Clock) -> SourceError:
        """Return what the desk gets where no road carried the question."""
        if self.failure is not None:
            return in_words(self.failure)
        reasons = {refusal.reason for refusal in self.refusals.values()}
        stops = [refusal.stop for refusal in self.refusals.values() if refusal.stop is not None]
        if Reason.ROAD_BUSY in reasons:
            return UnavailableError(
                Reason.ROAD_BUSY, Why.BUSY, was_sent=False, retry_after_seconds=_BUSY_SECONDS
            )
        if stops:
            return stopped(Reason.PLANNED_STOP, min(stops, key=lambda stop: stop.ends), clock)
        return UnavailableError(Reason.ROAD_OUT_OF_ORDER, Why.OUT_OF_ORDER, was_sent=False)


class Roads:
    """Asks the first road that takes the question (implements PopulationSource and HouseholdSource).

    A question goes to another road, or again to the same, only where no byte of it can have left; under
    the same request id, and on record.
    """

    def __init__(
        self, roads: Sequence[GuardedRoad], calendar: Calendar, clock: Clock, chance: Callable[[], float]
    ) -> None:
        """*roads* in order of preference; *chance* gives numbers from 0 to 1. Needs a running event loop."""
        self.roads = tuple(roads)
        self._first_tries = tuple(map(_Try, roads))
        self._loop = asyncio.get_running_loop()
        self._calendar = calendar
        self._clock = clock
        self._chance = chance

    @property
    def road(self) -> str:
        """Name of the road that would be asked now."""
        for road in self.roads:
            if road.would_ask:
                return road.name
        return self.roads[0].name

    def find(self, request: SourceRequest) -> Coroutine[Any, Any, Citizen | None]:
        """Return the citizen's record (037), or None when the national side knows no such person.

        Raises as the port says; UnavailableError, which has words for the desk, where nobody answered.
        """
        return self._ask(request, NationalSource.find)  # no coroutine around it, at every lookup

    def confirm(self, request: SourceRequest) -> Coroutine[Any, Any, bool]:
        """Return whether the national side knows this person (003 / 033); raises as `find` does."""
        return self._ask(request, NationalSource.confirm)

    def household(self, request: SourceRequest) -> Coroutine[Any, Any, Household]:
        """Return the household of the person asked about (034, unverified); raises as `find` does."""
        return self._ask(request, NationalSource.household)

    def report(self) -> RoadReport:
        """Return how each road stands, and what stops are planned."""
        states = tuple(road.state() for road in self.roads)
        return RoadReport(states, self._calendar.coming(), self._calendar.is_readable)

    async def _ask(self, request: SourceRequest, ask: Ask[T]) -> T:
        trip = _Trip(request, self._loop.time() + request.budget_seconds)
        for each in chain(self._first_tries, self._further_tries(trip)):
            if each.pause_seconds:
                await asyncio.sleep(each.pause_seconds)
            if each.wait_until is None:
                ticket = each.road.enter()
            else:
                ticket = await each.road.wait_to_enter(each.wait_until)
            if isinstance(ticket, Refusal):
                trip.refused(each.road.name, ticket)
                continue
            if trip.has_come_on:
                request = replace(request, budget_seconds=trip.seconds_left)
            try:
                return await each.road.ask(ticket, request, ask)
            except SourceError as error:
                if error.was_sent:
                    raise in_words(error) from None
                trip.failed(each.road.name, error)
        raise trip.end(self._clock)

    def _further_tries(self, trip: _Trip) -> Iterator[_Try]:
        """Yield, after each road once, those that were full, to be waited for; or again, if not reached."""
        if trip.failure is None:
            for road in self.roads:
                refusal = trip.refusals.get(road.name)
                if refusal is not None and refusal.reason is Reason.ROAD_BUSY:
                    yield _Try(road, wait_until=trip.deadline)
        pause_seconds = _SHORTEST_PAUSE + self._chance() * (_LONGEST_PAUSE - _SHORTEST_PAUSE)
        for road in self.roads:
            if trip.may_try_again:
                yield _Try(road, pause_seconds)
                pause_seconds = 0.0


def in_words(error: SourceError) -> SourceError:
    """Return *error* with words for the desk, where it is silence that needs them."""
    if not isinstance(error, SourceSilentError) or isinstance(error, UnavailableError):
        return error
    why = Why.HUNG if error.reason == Reason.TIMEOUT else Why.UNREACHABLE
    if error.reason in _BUSY:
        why = Why.BUSY
    return UnavailableError(error.reason, why, was_sent=error.was_sent)
