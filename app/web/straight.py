"""Routes that are found first and served without FastAPI's machinery, which costs more than their work."""

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Scope


class StraightRoute(Route):
    """A route whose function reads the request itself; a FastAPI route of the same path documents it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route, and which route the request's log line names."""
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is Match.FULL else found


def straight(routers: Iterable[APIRouter], path: str) -> StraightRoute:
    """Return the straight twin of the route of *path*, whose function takes nothing but the request."""
    routes = (route for router in routers for route in router.routes)
    twin = next(route for route in routes if isinstance(route, APIRoute) and route.path == path)
    return StraightRoute(path, twin.endpoint, methods=list(twin.methods or ()))
