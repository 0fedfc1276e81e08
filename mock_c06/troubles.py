"""Troubles that can be switched on and off while the stand-in runs."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_c06.personas import Behaviour

Fault = Callable[[HTTPStatus, str, str], Response]
"""Words a failure in the form of one profile."""


class Troubles(BaseModel):
    """What is wrong with the national side at present; the default is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: int = Field(default=0, ge=0)
    error_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    down: bool = False
    hang: bool = False
    # Everybody asked about behaves like a persona of this behaviour.
    behaviour: Behaviour | None = None
    # How far this side's clock runs ahead of everybody else's.
    clock_skew_seconds: float = 0.0


class TroubleMaker:
    """Applies the present troubles to each call of the national side."""

    def __init__(self, troubles: Troubles, seed: str) -> None:
        self.troubles = troubles
        self._chance = random.Random(seed)  # noqa: S311 - chance of an error, not secrecy

    async def strike(self, request: Request, fault: Fault) -> Response | None:
        """Wait as long as the troubles say; return the answer they force, or None to go on."""
        troubles = self.troubles
        if troubles.hang:
            await wait_for_caller(request, None)
        if troubles.latency_ms:
            await wait_for_caller(request, troubles.latency_ms / 1000)
        if troubles.down or troubles.hang:
            return service_unavailable()
        if self._chance.random() < troubles.error_rate:
            return fault(HTTPStatus.INTERNAL_SERVER_ERROR, "Server", "internal error")
        return None


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
