"""The stand-in national side in the test's own process: counts questions, lets things happen meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from adapters.choose import open_source
from app.clock import SystemClock
from app.lookup.source import PopulationSource, SourceRequest
from app.lookup.values import Citizen
from mock_c06.app import create_app
from mock_c06.config import MockConfig
from tests.gateway import an_upstream


async def _nothing() -> None:
    pass


class NationalSide:
    """Stands between a gateway and the stand-in."""

    def __init__(self) -> None:
        """Count from nought."""
        self.asked = 0
        self.before_answering: Callable[[], Awaitable[None]] = _nothing
        self._source: PopulationSource | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PopulationSource]:
        """Give the source to a gateway."""
        transport = httpx.ASGITransport(create_app(MockConfig()))
        async with open_source(an_upstream(), SystemClock(), transport=transport) as self._source:
            yield self

    @property
    def road(self) -> str:
        return self._opened.road

    async def find(self, request: SourceRequest) -> Citizen | None:
        self.asked += 1
        citizen = await self._opened.find(request)
        await self.before_answering()
        return citizen

    async def confirm(self, request: SourceRequest) -> bool:
        self.asked += 1
        return await self._opened.confirm(request)

    @property
    def _opened(self) -> PopulationSource:
        if self._source is None:
            raise RuntimeError("the source is not open")
        return self._source
