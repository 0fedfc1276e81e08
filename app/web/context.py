"""What surrounds every request: its id, one log line, and a problem instead of a stack trace."""

import re
import time
from collections.abc import Awaitable, Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from app.errors import GatewayError, ProblemCode
from app.logs import LogEvent, get_logger, log_served
from app.web.headers import first_header
from app.web.problems import language_of, problem_response

_log = get_logger(__name__)
_REQUEST_ID: Final = re.compile(
    r"[0-9A-Fa-f]{8}(?P<dash>-?)[0-9A-Fa-f]{4}(?P=dash)[0-9A-Fa-f]{4}(?P=dash)[0-9A-Fa-f]{4}(?P=dash)"
    r"[0-9A-Fa-f]{12}"
)
_PERSONAL_DIGITS: Final = re.compile(r"[0-9]{9,}")
_LOOKUPS: Final = "/v1/residence-"
_ID_HEADER: Final = b"x-request-id"
_KEEPING: Final = (b"cache-control", b"no-store")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestContext:
    """Pure ASGI middleware (a BaseHTTPMiddleware would cost three times the request)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and write its line: route, status and duration, never the path as called."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = choose_request_id(first_header(scope, b"x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _headers_with_id(message["headers"], request_id)
            return send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:  # noqa: BLE001 - the last line of defence: no path may answer with a stack trace
            _log.error(LogEvent.REQUEST_FAILED, request_id=request_id, exc_info=True)
            if status == 0:
                error = GatewayError(ProblemCode.INTERNAL_ERROR)
                await respond(Request(scope), error)(scope, receive, send_with_id)
        finally:
            log_served(
                request_id=request_id,
                method=_known_method(scope["method"]),
                route=_route(scope),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000),
            )


def _headers_with_id(headers: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers with our id, and what forbids keeping it unless something allows it."""
    kept, says_whether_to_keep = [], False
    for header in headers:
        name = header[0]
        if name != _ID_HEADER:
            kept.append(header)
        if name == _KEEPING[0]:
            says_whether_to_keep = True
    kept.append((_ID_HEADER, request_id.encode("latin-1")))
    if not says_whether_to_keep:
        kept.append(_KEEPING)
    return kept


def respond(request: Request, error: GatewayError) -> Response:
    """Return *error* as the answer to *request*, in the language it asks for."""
    language = language_of(first_header(request.scope, b"accept-language"))
    is_lookup = request.scope["path"].startswith(_LOOKUPS)
    return problem_response(error, language, request_id=request_id_of(request), is_lookup=is_lookup)


def request_id_of(request: Request) -> str:
    """Return the request's id, ours or the caller's."""
    return str(request.scope["state"]["request_id"])


def choose_request_id(offered: str | None) -> str:
    """Keep the caller's id so that both ends log the same one: a UUID that holds no personal number.

    Anything freer ends up holding what the caller has at hand: a number, a name, a token.
    """
    if offered and _REQUEST_ID.fullmatch(offered) and not _PERSONAL_DIGITS.search(offered):
        return offered
    return str(uuid7())


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))


def _known_method(method: str) -> str:
    return method if method in _METHODS else "OTHER"
