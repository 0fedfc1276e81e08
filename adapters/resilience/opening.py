"""Opens all roads that are set up, with what stands around them."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from adapters.choose import open_source
from adapters.places import Places
from adapters.resilience.breaker import Breaker, BreakerRules
from adapters.resilience.guarded_road import GuardedRoad
from adapters.resilience.planned_stops import Calendar
from adapters.resilience.pulse import SilenceRule
from adapters.resilience.roads import Roads
from adapters.source import NationalSource
from app.clock import Clock
from app.settings import UpstreamSettings

_LOOK_AGAIN_SECONDS: Final = 1.0
_CHANCE: Final = random.SystemRandom().random


@asynccontextmanager
async def open_roads(
    upstreams: Sequence[UpstreamSettings],
    clock: Clock,
    *,
    planned_stops_file: Path | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Roads]:
    """Yield the roads of *upstreams*, in order of preference, as one source; close them afterwards.

    Raises ConfigurationError on entry when a setting or the calendar is missing or wrong. *transport* is
    for tests, as in `open_source`.
    """
    calendar = Calendar(planned_stops_file, [each.road for each in upstreams], clock)
    async with AsyncExitStack() as stack:
        roads = []
        for settings in upstreams:
            source = await stack.enter_async_context(open_source(settings, clock, transport=transport))
            roads.append(_guarded(settings, source, calendar, clock))
            await stack.enter_async_context(probing(roads[-1]))
        yield Roads(roads, calendar, clock, _CHANCE)


def _guarded(
    settings: UpstreamSettings, source: NationalSource, calendar: Calendar, clock: Clock
) -> GuardedRoad:
    rules = BreakerRules(
        failures=settings.breaker_failures,
        open_seconds=settings.breaker_open_seconds,
        longest_seconds=settings.breaker_longest_seconds,
        silence=SilenceRule(seconds=settings.breaker_silence_seconds),
    )

    def breaker(on_change: Callable[[], None]) -> Breaker:
        return Breaker(rules, clock, _CHANCE, on_change)

    return GuardedRoad(
        settings.road,
        source,
        breaker,
        Places(settings.max_connections, settings.max_waiting),
        calendar,
        pool_seconds=settings.pool_seconds,
        probe_seconds=settings.connect_seconds,
    )


@asynccontextmanager
async def probing(road: GuardedRoad) -> AsyncIterator[None]:
    """Probe the road, within, whenever its breaker has been open for long enough."""
    task = asyncio.create_task(_probe_while_open(road))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _probe_while_open(road: GuardedRoad) -> None:
    while True:
        await road.opened.wait()
        # A stopped road is left alone; it is probed as soon as the stop is over.
        await asyncio.sleep(_LOOK_AGAIN_SECONDS if road.is_stopped else road.breaker.probe_in_seconds)
        if not road.is_stopped:
            await road.probe()
