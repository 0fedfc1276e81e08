"""Names behind the question mark of a path that no route declares: refused, not passed over."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute

from app.errors import InvalidRequestError, ProblemCode

_OURS: Final = "/v1/"
_MAX_POINTERS: Final = 32
_PLAIN: Final = re.compile(r"[a-z][A-Za-z_]{0,39}")
"""What may be pointed to by its name: anything else could be what belongs in a value, such as a number."""


def refuse_unknown_names(routes: Iterable[BaseRoute], *, open_paths: tuple[str, ...]) -> None:
    """Make every route of ours answer 422 (UNKNOWN_FIELD) to a parameter that it does not declare.

    The caller is known by then, where a route asks who calls. Routes of *open_paths* that declare none take
    any: their addresses stand on papers, and what opens them may add words of its own.
    """
    for route in routes:
        if not isinstance(route, APIRoute) or not route.path.startswith(_OURS):
            continue
        declared = declared_names(route)
        if declared or not route.path.startswith(open_paths):
            check = Depends(_refusing(declared))
            further = get_parameterless_sub_dependant(depends=check, path=route.path_format)
            route.dependant.dependencies.append(further)


def declared_names(route: APIRoute) -> frozenset[str]:
    """Return the names that the route reads from its query."""
    return frozenset(_names(route.dependant))


def _names(dependant: Dependant) -> Iterable[str]:
    yield from (field.alias for field in dependant.query_params)
    for further in dependant.dependencies:
        yield from _names(further)


def _refusing(declared: frozenset[str]) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        unknown = request.query_params.keys() - declared if request.url.query else ()
        if unknown:
            pointers = sorted({f"/{name}" if _PLAIN.fullmatch(name) else "" for name in unknown})
            raise InvalidRequestError(ProblemCode.UNKNOWN_FIELD, fields=tuple(pointers[:_MAX_POINTERS]))

    return check
