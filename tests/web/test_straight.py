"""Straight routes answer as FastAPI's would, and everything that is not exactly theirs is FastAPI's."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.errors import NotAllowedError, ProblemCode
from app.logs import configure_logging
from app.web.context import RequestContext
from app.web.straight import Gateway, straight

PATH, USUAL = "/v1/hot", "/v1/usual"
PLANTED = "099190000017"


async def _serve(request: Request) -> Response:
    match request.headers.get("x-wish"):
        case "refused":
            raise NotAllowedError(ProblemCode.ROLE_NOT_PERMITTED)
        case "broken":
            raise RuntimeError(PLANTED)
    return PlainTextResponse((await request.body()).decode())


@pytest.fixture
def lines() -> io.StringIO:
    """What is logged from now on."""
    configure_logging(stream := io.StringIO())
    return stream


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with one straight route and one of FastAPI's own."""
    router = APIRouter()
    router.add_api_route(PATH, _serve, methods=["POST"], response_model=None)
    router.add_api_route(USUAL, _serve, methods=["POST"], response_model=None)
    app = Gateway(redirect_slashes=False)
    app.surround(RequestContext)
    app.router.routes.extend(router.routes)
    app.go_straight([straight([router], PATH)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client


async def test_a_straight_route_is_served_and_named_in_its_line(
    http: httpx.AsyncClient, lines: io.StringIO
) -> None:
    answer = await http.post(PATH, content=b"body")
    assert (answer.status_code, answer.text) == (200, "body")
    line = json.loads(lines.getvalue())
    assert (line["route"], line["method"], line["status"]) == (PATH, "POST", 200)
    assert answer.headers["x-request-id"] == line["request_id"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_refusal_is_answered_as_a_problem_in_the_language_asked_for(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, headers={"X-Wish": "refused", "Accept-Language": "en"})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "en"
    assert answer.json()["code"] == "role_not_permitted"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", [PATH, USUAL])
async def test_what_nobody_foresaw_is_a_problem_and_a_line_without_its_message(
    http: httpx.AsyncClient, lines: io.StringIO, path: str
) -> None:
    answer = await http.post(path, headers={"X-Wish": "broken"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["cache-control"] == "no-store"
    failed, served = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (failed["event"], failed["error"]) == ("request.failed", "RuntimeError")
    assert (served["status"], served["route"]) == (500, path)
    assert failed["request_id"] == served["request_id"] == answer.json()["request_id"]
    assert PLANTED not in answer.text + lines.getvalue()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH, 405),
        ("HEAD", PATH, 405),
        ("OPTIONS", PATH, 405),
        ("POST", f"{PATH}/", 404),
        ("POST", "/v1/HOT", 404),
        ("POST", "/v1//hot", 404),
        ("POST", f"{PATH}?x=1", 200),
        ("POST", USUAL, 200),
    ],
)
async def test_methods_and_paths_count_as_fastapi_counts_them(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)
    assert "x-request-id" in answer.headers


async def test_the_application_starts_and_stops_through_what_surrounds_it() -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        told.append("started")
        yield
        told.append("stopped")

    app = Gateway(lifespan=lifespan)
    app.surround(RequestContext)
    coming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, str]:
        return next(coming)

    async def send(message: dict[str, str]) -> None:
        told.append(message["type"])

    await app({"type": "lifespan", "state": {}}, receive, send)  # type: ignore[arg-type] # plain messages
    assert told == ["started", "lifespan.startup.complete", "stopped", "lifespan.shutdown.complete"]
