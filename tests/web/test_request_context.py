"""What surrounds every request: its id, one line without the path, a problem instead of a stack trace."""

import io
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.logs import configure_logging
from app.web.context import RequestContext
from tests.gateway import Gateway, bearer

PLANTED = "099190000017"
UUID_TEXT = "01981c5e-ab1d-7000-8000-aabbccddeeff"


@pytest.fixture
def lines() -> io.StringIO:
    """What is logged from now on."""
    stream = io.StringIO()
    configure_logging(stream)
    return stream


async def _serve(app: Any, **headers: str) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": "GET", "path": f"/{PLANTED}", "headers": named}
    await RequestContext(app)(scope, receive, send)
    return sent


async def _fails(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive, send
    raise RuntimeError(PLANTED)


async def _fails_half_way(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError(PLANTED)


async def test_what_nobody_foresaw_is_answered_and_logged_without_its_message(lines: io.StringIO) -> None:
    start, body = await _serve(_fails)
    problem = json.loads(body["body"])
    assert (start["status"], problem["code"]) == (500, "internal_error")
    assert problem["paper"]["may_ask"] is False
    failed, served = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (failed["event"], failed["error"]) == ("request.failed", "RuntimeError")
    assert (
        failed["frames"][-1].startswith("tests.web.test_request_context:") or "_fails" in failed["frames"][-1]
    )
    assert (served["event"], served["status"]) == ("request.served", 500)
    assert failed["request_id"] == served["request_id"] == problem["request_id"]
    assert PLANTED not in lines.getvalue() + body["body"].decode()


async def test_a_failure_after_the_answer_began_sends_nothing_more(lines: io.StringIO) -> None:
    (start,) = await _serve(_fails_half_way)
    assert start["status"] == 200
    assert "request.failed" in lines.getvalue()


async def _offered(gateway: Gateway, offered: str) -> str:
    answer = await gateway.http.get("/livez", headers=[(b"X-Request-Id", offered.encode("latin-1"))])
    return answer.headers["X-Request-Id"]


async def test_a_callers_uuid_is_kept(gateway: Gateway) -> None:
    for kept in (UUID_TEXT, UUID_TEXT.upper(), UUID_TEXT.replace("-", "")):
        assert await _offered(gateway, kept) == kept


async def test_no_other_id_is_taken_over(gateway: Gateway, lines: io.StringIO) -> None:
    refused = (
        "", PLANTED, "TRANVANTHU", "tran-van-thu-1990", "0991-9000-0017", f"{UUID_TEXT}\t", f" x{UUID_TEXT}",
        f"00000000-0000-0000-0000-{PLANTED}", "x" * 10_000, "a\x0bb", "\xe9" * 36,
        f'{UUID_TEXT}","event":"gateway.started', UUID_TEXT[:-1], UUID_TEXT.replace("-", "", 1),
    )  # fmt: skip
    given = [await _offered(gateway, offered) for offered in refused]
    assert not set(given) & set(refused)
    assert len(set(given)) == len(refused)
    assert PLANTED not in lines.getvalue()


async def test_every_request_leaves_one_line_that_names_the_route_and_not_the_path(
    gateway: Gateway, lines: io.StringIO
) -> None:
    token = await gateway.sign_in()
    lines.truncate(0)
    for path in (f"/v1/residence-lookups/{PLANTED}", f"/{PLANTED}?ten=Thu", "/v1/me/"):
        await gateway.http.get(path, headers=bearer(token))
    served = [json.loads(line) for line in lines.getvalue().strip("\0").splitlines()]
    assert [line["route"] for line in served] == [
        "/v1/residence-lookups/{lookup_id}",
        "unmatched",
        served[-1]["route"],
    ]
    assert {line["event"] for line in served} == {"request.served"}
    assert PLANTED not in lines.getvalue()


async def test_an_invented_method_is_not_repeated(gateway: Gateway, lines: io.StringIO) -> None:
    await gateway.http.request("TRANVANTHU", "/livez")
    assert json.loads(lines.getvalue())["method"] == "OTHER"
