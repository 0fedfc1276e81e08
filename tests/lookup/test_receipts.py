"""Receipts over HTTP: on record before they leave, checkable by strangers, never at the answer's cost."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.authentication import Caller
from app.accounts.throttling import SignInThrottle
from app.audit.changes import ChangeLog
from app.audit.record import Outcome, RecordKind
from app.cli import invented
from app.clock import SystemClock, local_day
from app.errors import ConflictError, GatewayError, NotFoundError, ProblemCode, SourceSilentError
from app.lookup.command import Disclosure
from app.lookup.paper import PaperReason, PaperRuling
from app.lookup.receipt_routes import receipt_router
from app.lookup.receipt_store import EndedLookup, ReceiptStore
from app.lookup.receipt_values import ReceiptId
from app.lookup.receipts import ReceiptDesk, Views
from app.lookup.signing_certificates import SigningCertificates
from app.papers.press import PaperPress, PapersBusyError
from app.units.store import UnitRegister
from app.web.context import RequestContext, respond
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import (
    PROCEDURE,
    FakeSource,
    JournalLog,
    StandingClock,
    StandingView,
    a_caller,
    a_catalogue,
    a_citizen,
    a_command,
    a_unit,
    opening,
)
from tests.papers.test_papers import squeezed, texts
from tests.papers.test_signing import verdict
from tests.world import A_SIGNING_CERTIFICATE, World, a_dossier_code, a_lookup

NUMBER = "099190000017"
NOBODY = {"id_number": "099190000025", "full_name": "Không Có Ai", "birth_date": "1990-05-09"}
DOWN = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}


def content_of(answer: httpx.Response) -> bytes:
    return base64.b64decode(answer.json()["confirmation"]["content"], validate=True)


def refusal_path(lookup_id: object) -> str:
    return f"/v1/residence-lookups/{lookup_id}/refusal-receipt"


async def stored(gateway: Gateway) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(gateway.world.database.owner_url)
    try:
        return list(await connection.fetch("select * from receipt"))
    finally:
        await connection.close()


async def test_a_confirmation_shows_the_permitted_fields_and_is_on_record_by_its_keyed_digests(
    gateway: Gateway,
) -> None:
    token = await gateway.sign_in()
    answer = await gateway.look_up(
        token, a_lookup(confirmation=True, fields=["full_name", "permanent_residence"])
    )
    confirmation = answer.json()["confirmation"]
    receipt_id = ReceiptId.parse(confirmation["receipt_id"])
    content = content_of(answer)
    assert receipt_id is not None
    assert (set(confirmation), confirmation["media_type"]) == (
        {"receipt_id", "media_type", "content"},
        "application/pdf",
    )
    (page,) = texts(content)
    for said in (
        "TRẦN VĂN THỬ",
        "Nơi thường trú",
        "Nguyễn Thị Tiếp Nhận",
        "Ủy ban nhân dân xã Mẫu",
        f"{invented.RESIDENCE_PROCEDURE} – Thủ tục thử nghiệm cần nơi cư trú",
        a_dossier_code(),
        answer.json()["lookup_id"],
        f"/v1/receipts/{receipt_id.text}",
    ):
        assert squeezed(said) in squeezed(page), said
    assert NUMBER not in page
    assert "Ngày, tháng, năm sinh" not in page
    kinds = [record["kind"] for record in await gateway.records()]
    assert kinds.index("lookup.outcome") < kinds.index("receipt.issued")
    (record,) = await gateway.records("receipt.issued")
    assert record["receipt_digest"] == receipt_id.digest_of(content).hex()
    assert record["receipt_digest"] != hashlib.sha256(content).hexdigest()
    assert record["receipt_id_digest"] == receipt_id.digest.hex()
    assert (record["lookup_id"], record["receipt_kind"], record["certificate"]) == (
        answer.json()["lookup_id"],
        "confirmation",
        A_SIGNING_CERTIFICATE.fingerprint,
    )
    (row,) = await stored(gateway)
    assert all(receipt_id.text not in str(value) and receipt_id.secret != value for value in row.values())
    assert (row["id_digest"], row["content_digest"]) == (receipt_id.digest, receipt_id.digest_of(content))
    assert (await asyncio.to_thread(verdict, content, A_SIGNING_CERTIFICATE)).bottom_line


async def test_without_being_asked_no_receipt_is_made(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in())
    assert "confirmation" not in answer.json()
    assert await stored(gateway) == []


async def test_nobody_found_is_not_confirmed(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(citizen=NOBODY, confirmation=True))
    assert (answer.json()["outcome"], answer.json()["confirmation"]) == ("not_found", None)
    assert [notice["code"] for notice in answer.json()["notices"]] == ["confirmation_only_when_found"]
    assert await stored(gateway) == []


async def test_without_a_certificate_the_answer_comes_without_its_confirmation(world: World) -> None:
    source = FakeSource(a_citizen())
    owner = await asyncpg.connect(world.database.owner_url)
    await owner.execute("delete from signing_certificate")
    await owner.close()
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in()
        answer = await gateway.look_up(token, a_lookup(confirmation=True), Accept_Language="en")
        source.answer = SourceSilentError("timeout")
        failed = await gateway.look_up(token)
        refused = await gateway.http.get(refusal_path(failed.json()["lookup_id"]), headers=bearer(token))
    assert (answer.status_code, answer.json()["confirmation"]) == (200, None)
    assert answer.json()["citizen"]["full_name"] == "TRẦN VĂN THỬ"
    assert answer.json()["notices"][-1]["code"] == "confirmation_not_made"
    assert (refused.status_code, refused.json()["code"]) == (503, "receipts_not_set_up")


async def test_what_cannot_be_recorded_does_not_leave_and_costs_no_answer(world: World) -> None:
    log = JournalLog()
    log.failing = {RecordKind.RECEIPT_ISSUED}
    source = FakeSource(a_citizen())
    async with running_gateway(
        world, an_upstream(), source=opening(source), wrap_log=lambda _: log
    ) as gateway:
        answer = await gateway.look_up(await gateway.sign_in(), a_lookup(confirmation=True))
        kept = await stored(gateway)
    assert (answer.json()["outcome"], answer.json()["confirmation"]) == ("found", None)
    assert answer.json()["notices"][-1]["code"] == "confirmation_not_made"
    assert kept == []


async def test_no_confirmation_is_made_of_an_answer_that_is_not_on_record(world: World) -> None:
    log = JournalLog()
    log.failing = {RecordKind.LOOKUP_OUTCOME}
    source = FakeSource(a_citizen())
    async with running_gateway(
        world, an_upstream(), source=opening(source), wrap_log=lambda _: log
    ) as gateway:
        answer = await gateway.look_up(await gateway.sign_in(), a_lookup(confirmation=True))
        kept = await stored(gateway)
    assert (answer.status_code, "confirmation" in answer.json(), kept) == (503, False, [])


async def test_two_requests_under_one_key_share_one_confirmation(world: World) -> None:
    source = FakeSource(a_citizen())
    source.gate = asyncio.Event()
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token, body = await gateway.sign_in(), a_lookup(confirmation=True)
        key: dict[str, Any] = {"Idempotency_Key": "dossier-0001-first"}
        both = [asyncio.create_task(gateway.look_up(token, body, **key)) for _ in range(2)]
        await source.asked.wait()
        await asyncio.sleep(0.05)  # the second one is to wait for the first
        source.gate.set()
        first, second = await asyncio.gather(*both)
        kept = await stored(gateway)
    assert first.content == second.content
    assert len(kept) == 1


async def test_a_receipt_for_an_impossible_lookup_names_no_citizen_and_checks(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = (await gateway.look_up(token, a_lookup(citizen=DOWN))).json()["lookup_id"]
    receipts = [await gateway.http.get(refusal_path(lookup_id), headers=bearer(token)) for _ in range(2)]
    assert [answer.status_code for answer in receipts] == [200, 200]
    assert receipts[0].headers["Content-Type"] == "application/pdf"
    assert receipts[0].headers["Cache-Control"] == "no-store"
    (page,) = texts(receipts[0].content)
    assert squeezed("Cơ sở dữ liệu quốc gia không trả lời") in squeezed(page)
    assert squeezed("Giấy xác nhận thông tin về cư trú (CT07)") in squeezed(page)
    assert not any(squeezed(value) in squeezed(page) for value in (*DOWN.values(), "31/01/1970"))
    assert "PHAN VĂN TẮT" not in page
    ids = [_receipt_id(answer.content) for answer in receipts]
    assert len(set(ids)) == 2
    check = await gateway.http.get(f"/v1/receipts/{ids[0]}")
    assert check.json() == {
        "valid": True,
        "issued_on": local_day(SystemClock().now()).isoformat(),
        "unit": "Ủy ban nhân dân xã Mẫu",
    }
    assert {record["receipt_kind"] for record in await gateway.records("receipt.issued")} == {"refusal"}
    assert (await asyncio.to_thread(verdict, receipts[0].content, A_SIGNING_CERTIFICATE)).bottom_line


def _receipt_id(content: bytes) -> str:
    return squeezed(texts(content)[0]).partition("/v1/receipts/")[2][:32]


async def test_only_what_opens_the_paper_path_is_receipted(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    found = (await gateway.look_up(token)).json()["lookup_id"]
    refused = (await gateway.look_up(token, a_lookup(fields=["religion"]))).json()["lookup_id"]
    first = (await gateway.look_up(token, a_lookup(citizen=NOBODY))).json()["lookup_id"]
    again = await gateway.look_up(token, a_lookup(citizen=NOBODY, retry_of=first))
    for lookup_id, outcome in ((found, "found"), (refused, "not_permitted"), (first, "not_found")):
        answer = await gateway.http.get(refusal_path(lookup_id), headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (409, "paper_not_open")
        assert (answer.json()["outcome"], answer.json()["paper"]["may_ask"]) == (outcome, False)
    assert again.json()["paper"]["may_ask"] is True
    advised = [advice["code"] for advice in again.json()["paper"]["advice"]]
    assert advised == ["show_in_vneid", "correct_at_commune_police"]
    receipt = await gateway.http.get(refusal_path(again.json()["lookup_id"]), headers=bearer(token))
    assert receipt.status_code == 200
    colleague = bearer(await gateway.sign_in(invented.PROCESSING))
    for lookup_id in (again.json()["lookup_id"], "x", "01981c5e-0000-7000-8000-000000000000"):
        answer = await gateway.http.get(refusal_path(lookup_id), headers=colleague)
        assert (answer.status_code, answer.json()["code"]) == (404, "lookup_unknown")


async def test_a_running_lookup_is_not_receipted_yet(world: World) -> None:
    source, seen = FakeSource(a_citizen()), {}
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in()

        async def look(_: object) -> None:
            (intent,) = await gateway.records("lookup.intent")
            path = f"/v1/residence-lookups/{intent['record_id']}"
            body = {"paper_asked": False}
            for name, answer in (
                ("receipt", await gateway.http.get(f"{path}/refusal-receipt", headers=bearer(token))),
                ("statement", await gateway.http.post(f"{path}/follow-up", json=body, headers=bearer(token))),
            ):
                seen[name] = (answer.status_code, answer.json()["code"])

        source.meanwhile = look
        await gateway.look_up(token)
    assert seen == dict.fromkeys(("receipt", "statement"), (409, "lookup_not_ended"))


async def test_a_receipt_nobody_issued_is_answered_in_the_same_shape(gateway: Gateway) -> None:
    for text in ("0" * 32, "x", NUMBER, "%00", "A" * 32):
        answer = await gateway.http.get(f"/v1/receipts/{text}")
        assert (answer.status_code, answer.json()) == (200, {"valid": False, "issued_on": None, "unit": None})
    page = await gateway.http.get(f"/v1/receipts/{'0' * 32}", headers={"Accept": "text/html"})
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "phiếu không hợp lệ" in page.text


async def test_people_who_scan_the_square_get_a_page(gateway: Gateway) -> None:
    await gateway.execute("update unit_version set name = 'Xã <b>Mẫu</b>'")
    token = await gateway.sign_in()
    confirmation = (await gateway.look_up(token, a_lookup(confirmation=True))).json()["confirmation"]
    page = await gateway.http.get(
        f"/v1/receipts/{confirmation['receipt_id']}", headers={"Accept": "text/html,*/*"}
    )
    assert page.headers["Content-Type"].startswith("text/html")
    assert "do cổng tra cứu lập" in page.text
    assert "<b>" not in page.text


async def test_the_serving_role_changes_nothing_of_them(world: World) -> None:
    connection = await asyncpg.connect(world.database.serving_url)
    try:
        for statement in (
            "delete from receipt",
            "update receipt set unit_name = 'x'",
            "delete from paper_follow_up",
            "update paper_follow_up set outcome = 'x'",
            "update signing_certificate set certificate = ''",
            "insert into signing_certificate (fingerprint, certificate, chain) values ('', '', '{}')",
            "select leaf from audit_record",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


class SlowPress(PaperPress):
    """A press that never finishes."""

    async def draw(self, draw: object) -> bytes:  # noqa: ARG002 - the press's own signature
        await asyncio.Event().wait()
        raise AssertionError("never")


class OneLookup(ReceiptStore):
    """A store that knows one lookup."""

    def __init__(self, lookup: EndedLookup) -> None:
        self.lookup = lookup

    async def find_lookup(self, lookup_id: object) -> EndedLookup | None:  # noqa: ARG002
        return self.lookup


def a_desk(lookup: EndedLookup, press: PaperPress) -> ReceiptDesk:
    views = Views(
        StandingView(SigningCertificates((A_SIGNING_CERTIFICATE,))),
        StandingView(a_catalogue()),
        StandingView(UnitRegister({})),
    )
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/none")
    clock = StandingClock(SystemClock().now() + timedelta(minutes=1))
    changes = ChangeLog(engine, FakeAuditLog(), clock)
    return ReceiptDesk(
        views, OneLookup(lookup), changes, press, clock, "https://mau.example/", draw_seconds=0.01
    )


def an_ended_lookup(caller: Any, **facts: Any) -> EndedLookup:
    right = {
        "lookup_id": ReceiptId.generate().secret,
        "officer_id": caller.officer.officer_id,
        "unit_id": caller.unit.unit_id,
        "procedure_code": PROCEDURE,
        "dossier_code": "H19.34.12-230301-0001",
        "asked_at": SystemClock().now(),
        "outcome": Outcome.UPSTREAM_UNAVAILABLE,
        "may_ask": True,
    }
    return EndedLookup(**(right | facts))


async def test_a_press_that_is_too_slow_is_busy_and_costs_no_answer() -> None:
    caller = a_caller()
    lookup = an_ended_lookup(caller)
    ruling = PaperRuling(may_ask=False, because=PaperReason.FOUND)
    found = Disclosure(
        lookup.lookup_id, Outcome.FOUND, ruling, SystemClock().now(), "road", {"full_name": "TRẦN VĂN THỬ"}
    )
    with SlowPress(max_waiting=1) as press:
        desk = a_desk(lookup, press)
        assert await desk.confirm(caller, a_command(), found) is found
        with pytest.raises(PapersBusyError) as busy:
            await desk.refuse(caller, lookup.lookup_id)
    assert busy.value.code is ProblemCode.PAPERS_BUSY


async def test_an_officer_who_asks_for_receipts_without_end_leaves_the_press_to_others() -> None:
    greedy, other = a_caller(), a_caller()
    found = an_ended_lookup(greedy, may_ask=False)
    with PaperPress(max_waiting=1) as press:
        desk = a_desk(found, press)
        met = []
        for _ in range(60):
            with pytest.raises(GatewayError) as refused:
                await desk.refuse(greedy, found.lookup_id)
            met.append(refused.type)
        assert (met[0], met[-1]) == (ConflictError, PapersBusyError)
        with pytest.raises(NotFoundError):
            await desk.refuse(other, found.lookup_id)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    return respond(request, error)


async def test_who_checks_too_much_is_told_to_wait() -> None:
    app, throttle = FastAPI(), SignInThrottle(StandingClock(), per_second=0.2)

    async def nobody(_: Request) -> Caller:
        raise AssertionError("a check needs no sign-in")

    with PaperPress(max_waiting=1) as press:
        app.include_router(receipt_router(a_desk(an_ended_lookup(a_caller()), press), throttle, nobody))
        app.add_middleware(RequestContext)
        app.add_exception_handler(GatewayError, _told)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
            answers = [await http.get("/v1/receipts/x") for _ in range(3)]
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
    assert answers[-1].json()["code"] == "too_many_receipt_checks"
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_a_receipt_says_what_is_known_of_its_lookup() -> None:
    caller = a_caller()
    bare = an_ended_lookup(caller, procedure_code=None, dossier_code=None)
    with PaperPress(max_waiting=1) as press:
        desk = a_desk(bare, press)
        unknown, known = desk._asked(caller, bare), desk._asked(caller, an_ended_lookup(caller))
    assert (unknown.procedure, unknown.dossier) == ("", "Chưa có mã hồ sơ")
    assert known.procedure == f"{PROCEDURE} – Thủ tục mẫu"
    assert known.unit_name == a_unit().name  # the unit of the lookup is no longer there: its successor's
