"""Whether this process lives, and whether it may be sent requests."""

from collections.abc import Callable, Mapping

import orjson
from fastapi import APIRouter
from starlette.responses import Response


def health_router(checks: Mapping[str, Callable[[], bool]]) -> APIRouter:
    """Return `/livez`, always true, and `/readyz`, true while every one of *checks* holds."""
    router = APIRouter(tags=["health"])

    @router.head("/livez", include_in_schema=False)
    @router.get("/livez", summary="The process lives")
    async def livez() -> Response:
        return _json({"alive": True}, 200)

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", summary="The process may be sent requests: evidence can be written")
    async def readyz() -> Response:
        states = {name: check() for name, check in checks.items()}
        return _json({"ready": all(states.values()), "checks": states}, 200 if all(states.values()) else 503)

    return router


def _json(body: object, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
