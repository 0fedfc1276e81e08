"""The face over HTTP: token calls and operations under a prefix per profile, and at their literal paths."""

import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from app.accounts.routes import request_of
from app.clock import rfc3339
from app.compat.answers import answer_of, error_answer, token_answer
from app.compat.desk import FaceDesk, OldRequest
from app.compat.tokens import LIFETIME
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.web.bodies import read_bytes
from app.web.context import request_id_of
from app.web.straight import StraightRoute

PREFIX: Final = "/compat"
PROFILES: Final = ("lgsp-soap", "lgsp-json", "vdxp-soap")
LITERAL_PATHS: Final = (
    "/token",
    "/getToken",
    "/soap",
    "/TraCuuThongTinCongDan",
    "/XacThucThongTinCongDan",
    "/CungCapThongTinHoGiaDinh",
    "/api/v1/Authentication/Token",
    "/apiCSDLDanCu/ChiaSeThongTinCongDan",
    "/o/rest/v2/qldc",
    "/o/rest/v2/qldc/dvcqg",
)
"""Paths that known software asks for after its base address; any other stands under a prefix."""

_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_BODIES: Final = (b"<", b"{", b"\xef\xbb\xbf")
_LONGEST_HEADER: Final = 8192
_ALONE: Final = (
    "authorization", "lgspaccesstoken", "auth", "authhash", "timestamp", "content-type", "x-dossier-code",
    "x-no-dossier-reason", "x-procedure-code", "x-reception-channel", "x-retry-of",
)  # fmt: skip
_JSON_PROFILE: Final = f"{PREFIX}/lgsp-json/"
_JSON_PATHS: Final = ("/api/", "/apiCSDLDanCu/", "/o/rest/")


class _LiteralRoute(StraightRoute):
    """A route whose log line names the face, and not the stranger's path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route."""
        match, found = super().matches(scope)
        return match, {**found, "route": _NAMED} if match is Match.FULL else found


_NAMED: Final = Route(f"{PREFIX}/{{path:path}}", endpoint=lambda _: Response(status_code=404))


def face_routes(desk: FaceDesk, admit: Callable[[], None]) -> list[StraightRoute]:
    """Return the routes of the face; each takes POST only.

    *admit* raises a GatewayError for a lookup that is turned away before it is read.
    """

    async def serve(request: Request) -> Response:
        is_json = _is_json(request)
        reads_json = is_json or _is_token_path(request)
        try:
            if not _is_token_path(request):
                admit()
            content = await read_bytes(request, max_bytes=desk.max_body_bytes)
            if _is_token_path(request) or _is_form(request, content):
                reads_json = True  # whoever asks for a token does, whatever it speaks afterwards
                return await _token(desk, request, is_json=is_json)
            return await _lookup(desk, request, content, is_json=is_json)
        except GatewayError as error:
            return error_answer(error, is_json=reads_json, request_id=request_id_of(request))

    prefixed = [f"{PREFIX}/{profile}/{{path:path}}" for profile in PROFILES]
    paths = [*prefixed, *(f"{PREFIX}/{profile}" for profile in PROFILES)]
    return [
        *(StraightRoute(path, serve, methods=["POST"]) for path in paths),
        *(_LiteralRoute(path, serve, methods=["POST"]) for path in LITERAL_PATHS),
    ]


async def _lookup(desk: FaceDesk, request: Request, content: bytes, *, is_json: bool) -> Response:
    headers = _headers(request)
    charset = _CHARSET.search(headers.get("content-type", ""))
    written = charset[1] if charset else None
    asked = OldRequest(headers, _path(request), content, written, is_json, request_of(request))
    answered = await desk.answer(asked)
    return answer_of(answered.call, answered.disclosure, request_id=request_id_of(request))


async def _token(desk: FaceDesk, request: Request, *, is_json: bool) -> Response:
    headers = _headers(request)
    token, until = await desk.software.token(headers, request_of(request))
    if is_json:
        return token_answer({"token": token, "refreshToken": "", "expiryDate": rfc3339(until)})
    seconds = int(LIFETIME.total_seconds())
    return token_answer({"access_token": token, "token_type": "Bearer", "expires_in": seconds})


def _is_token_path(request: Request) -> bool:
    """Whether the path is a token call's; it is a setting of each installation."""
    return _path(request).rstrip("/").lower().endswith("token")


def _is_form(request: Request, content: bytes) -> bool:
    """Whether it is a token call's form; some software calls its envelopes so, too."""
    written = request.headers.get("content-type", "").lower()
    is_called_so = written.startswith("application/x-www-form-urlencoded")
    return is_called_so and not content.lstrip().startswith(_BODIES)


def _is_json(request: Request) -> bool:
    path = _path(request)
    if path.startswith(f"{PREFIX}/"):
        return path.startswith(_JSON_PROFILE) or path == _JSON_PROFILE.rstrip("/")
    written = request.headers.get("content-type", "").lower()
    return path.startswith(_JSON_PATHS) or "json" in written


def _path(request: Request) -> str:
    """Return the path alone; a URL would be made of the Host header, too, which may be none."""
    return str(request.scope["path"])


def _headers(request: Request) -> dict[str, str]:
    """Return the headers that are read, by their names in small letters.

    One that comes twice is refused: what stands before us may have read the other.
    """
    found: dict[str, str] = {}
    for name in _ALONE:
        given = request.headers.getlist(name)
        if len(given) > 1 or any(len(each) > _LONGEST_HEADER for each in given):
            raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
        if given:
            found[name] = given[0]
    return found
