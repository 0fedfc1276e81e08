"""Whether this process lives, and whether it may be sent requests."""

from collections.abc import Callable, Mapping

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from app.web.roads import Roads


def health_router(checks: Mapping[str, Callable[[], bool]], roads: Callable[[], Roads] = Roads) -> APIRouter:
    """Return `/livez`, always true, and `/readyz`, true while every one of *checks* holds.

    What *roads* says of the national side stands beside them: no road is no reason to send requests
    elsewhere, for who is refused must be told why, on record.
    """
    router = APIRouter(tags=["health"])

    @router.head("/livez", include_in_schema=False)
    @router.get("/livez", summary="The process lives")
    async def livez() -> Response:
        return _json({"alive": True}, 200)

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", summary="The process may be sent requests: evidence can be written")
    async def readyz() -> Response:
        states = {name: check() for name, check in checks.items()}
        body: dict[str, object] = {"ready": all(states.values()), "checks": states}
        if named := {road.road: road.state for road in roads().roads}:
            body["roads"] = named
        return _json(body, 200 if all(states.values()) else 503)

    return router


def _json(body: object, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
