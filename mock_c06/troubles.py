"""Troubles that can be switched on and off while the stand-in runs."""

import asyncio
import random
from contextlib import suppress
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_c06.answers import render_fault


class Troubles(BaseModel):
    """What is wrong with the national side at present; the default is nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: int = Field(default=0, ge=0)
    error_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    down: bool = False
    hang: bool = False


class TroubleMaker:
    """Applies the present troubles to each call of the national side."""

    def __init__(self, troubles: Troubles, seed: str) -> None:
        self.troubles = troubles
        self._chance = random.Random(seed)  # noqa: S311 - chance of an error, not secrecy

    async def strike(self, request: Request) -> Response | None:
        """Wait as long as the troubles say; return the answer they force, or None to go on."""
        troubles = self.troubles
        if troubles.hang:
            await wait_for_caller(request, None)
        if troubles.latency_ms:
            await wait_for_caller(request, troubles.latency_ms / 1000)
        if troubles.down or troubles.hang:
            return service_unavailable()
        if self._chance.random() < troubles.error_rate:
            error = render_fault("Server", "internal error")
            return Response(
                error,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                media_type="text/xml",
            )
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
