"""Routes that are found first and served without FastAPI's machinery, which costs more than their work."""

from starlette.routing import Match, Route
from starlette.types import Scope


class StraightRoute(Route):
    """A route whose function reads the request itself; a FastAPI route of the same path documents it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route, and which route the request's log line names."""
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is Match.FULL else found
