"""What surrounds every request: its id, one log line, and a problem instead of a stack trace."""

import re
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from app.errors import GatewayError, ProblemCode
from app.logs import LogEvent, get_logger
from app.web.problems import language_of, problem_response

_log = get_logger(__name__)
_REQUEST_ID: Final = re.compile(
    r"[0-9a-f]{8}(?P<dash>-?)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}",
    re.IGNORECASE,
)
_PERSONAL_DIGITS: Final = re.compile(r"[0-9]{9,}")


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
        request_id = choose_request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:  # noqa: BLE001 - the last line of defence: no path may answer with a stack trace
            _log.error(LogEvent.REQUEST_FAILED, request_id=request_id, exc_info=True)
            if status == 0:
                error = GatewayError(ProblemCode.INTERNAL_ERROR)
                await respond(Request(scope), error)(scope, receive, send_with_id)
        finally:
            _log.info(
                LogEvent.REQUEST_SERVED,
                request_id=request_id,
                method=_known_method(scope["method"]),
                route=_route(scope),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000),
            )


def respond(request: Request, error: GatewayError) -> Response:
    """Return *error* as the answer to *request*, in the language it asks for."""
    language = language_of(request.headers.get("accept-language"))
    return problem_response(error, language, request_id=request_id_of(request))


def request_id_of(request: Request) -> str:
    """Return the request's id, ours or the caller's."""
    return str(request.state.request_id)


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
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"
