"""Troubles that can be switched on and off while the stand-in runs."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_c06.latency import Latency
from mock_c06.personas import Behaviour
from mock_c06.tls import Manner, Shown
from mock_c06.wards import Wards

Fault = Callable[[HTTPStatus, str, str], Response]
"""Words a failure in the form of one profile."""


class Troubles(BaseModel):
    """What is wrong with the national side at present; the default is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: int = Field(default=0, ge=0)
    latency: Latency | None = None
    error_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    down: bool = False
    hang: bool = False
    # Everybody asked about behaves like a persona of this behaviour.
    behaviour: Behaviour | None = None
    # How far this side's clock runs ahead of everybody else's.
    clock_skew_seconds: float = Field(default=0.0, ge=-1e8, le=1e8)
    # Of the TLS port only.
    certificate: Shown = Shown.GOOD
    wants_client_certificate: bool = False
    # No troubles, but also different from place to place.
    wards: Wards = Wards.BEFORE


class TroubleMaker:
    """Applies the present troubles to each call of the national side."""

    def __init__(self, troubles: Troubles, seed: str) -> None:
        self.troubles = troubles
        self._chance = random.Random(seed)  # noqa: S311 - chance of an error, not secrecy
        self._is_expired_next = False

    async def strike(self, request: Request, fault: Fault) -> Response | None:
        """Wait as long as the troubles say; return the answer they force, or None to go on."""
        troubles = self.troubles
        if troubles.hang:
            await wait_for_caller(request, None)
        if troubles.latency_ms:
            await wait_for_caller(request, troubles.latency_ms / 1000)
        if troubles.latency:
            await self.dawdle(request, troubles.latency)
        if troubles.down or troubles.hang:
            return service_unavailable()
        if self._chance.random() < troubles.error_rate:
            return fault(HTTPStatus.INTERNAL_SERVER_ERROR, "Server", "internal error")
        return None

    async def dawdle(self, request: Request, latency: Latency) -> None:
        """Wait as long as the distribution has it this time."""
        await wait_for_caller(request, latency.draw(self._chance))

    def expire_next_certificate(self) -> None:
        """Have the next caller under TLS meet the expired certificate."""
        self._is_expired_next = True

    def manner(self) -> Manner:
        """Return how the next caller under TLS is met."""
        is_expired, self._is_expired_next = self._is_expired_next, False
        shown = Shown.EXPIRED if is_expired else self.troubles.certificate
        return Manner(shown, self.troubles.wants_client_certificate)


def service_unavailable() -> Response:
    """Return what the LGSP says when the service behind it is down."""
    return JSONResponse({"code": "503", "message": "Service Unavailable"}, HTTPStatus.SERVICE_UNAVAILABLE)


async def wait_for_caller(request: Request, seconds: float | None) -> None:
    """Wait so many seconds (None: for ever), but no longer than the caller does."""
    await request.body()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
