"""Routes that are found first and served without FastAPI's machinery, which costs more than their work."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import GatewayError, ProblemCode
from app.web.context import respond

Endpoint = Callable[[Request], Awaitable[Response]]
_HTTP: Final = "http"


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


class Gateway(FastAPI):
    """A FastAPI application whose most asked routes are served before it is even entered.

    What surrounds every request, `surround`, surrounds the straight routes and FastAPI alike.
    """

    def __init__(self, **options: Any) -> None:
        """Take FastAPI's *options*."""
        super().__init__(**options)
        # Left to FastAPI the answer would be a text; the error goes on to RequestContext, which logs it.
        self.add_exception_handler(Exception, _answer_failure)
        self._straight = _StraightWay(super().__call__)
        self._front: ASGIApp = self._straight

    @property
    def outermost(self) -> ASGIApp:
        """What meets each request first."""
        return self._front

    def surround(self, middleware: Callable[..., ASGIApp], **options: Any) -> None:
        """Put a pure ASGI middleware around all there is so far; the last one stands outermost."""
        self._front = middleware(self._front, **options)

    def go_straight(self, routes: Iterable[StraightRoute]) -> None:
        """Serve requests for exactly the path and a method of one of *routes* by its function at once.

        Any other request is FastAPI's: wrong methods, and paths that are nearly these.
        """
        routes = list(routes)
        self._straight.add(routes)
        self.router.routes[:0] = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        await self._front(scope, receive, send)


async def _answer_failure(request: Request, _: Exception) -> Response:
    return respond(request, GatewayError(ProblemCode.INTERNAL_ERROR))


class _StraightWay:
    """Answers requests for straight routes, and passes all others on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: dict[tuple[str, str], tuple[StraightRoute, Endpoint]] = {}

    def add(self, routes: Iterable[StraightRoute]) -> None:
        for route in routes:
            for method in route.methods or ():
                self._known[method, route.path] = route, route.endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = self._known.get((scope["method"], scope["path"])) if scope["type"] == _HTTP else None
        if known is None:
            await self._app(scope, receive, send)
            return
        scope["route"], endpoint = known
        request = Request(scope, receive)
        try:
            response = await endpoint(request)
        except GatewayError as error:
            response = respond(request, error)
        await response(scope, receive, send)
