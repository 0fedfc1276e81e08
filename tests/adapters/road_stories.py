"""Stories of roads over fake sides, told in time of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapters.resilience.roads import Roads
from app.errors import SourceError
from app.lookup.source import SourceRequest
from tests.adapters.fake_sides import FakeSide, a_request, open_fakes
from tests.adapters.virtual_time import LoopClock, run

Story = Callable[[Roads], Awaitable[None]]


def two_sides() -> tuple[FakeSide, FakeSide]:
    return FakeSide("first"), FakeSide("second")


def told(sides: tuple[FakeSide, ...], story: Story, **changes: Any) -> None:
    async def main() -> None:
        async with open_fakes(sides, LoopClock(), **changes) as roads:
            await story(roads)

    run(main())


async def failure_of(roads: Roads, request: SourceRequest | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await roads.find(request or a_request())
    return caught.value


async def until_open(roads: Roads, name: str) -> None:
    road = next(road for road in roads.roads if road.name == name)
    for number in range(10):
        if road.breaker.is_open:
            return
        await asyncio.gather(roads.find(a_request(1000 + number)), return_exceptions=True)
    raise AssertionError("the breaker stays closed")
