"""An account's life over HTTP: postings, slips, activation, reviews, notices, and who may do what."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.accounts.activation import HandoverFault, code_digest
from app.accounts.life_problems import PROBLEM_OF
from app.accounts.posting_plan import PostingFault
from app.accounts.review import ReviewFault
from app.accounts.standing import StandingFault
from app.cli import invented
from app.clock import SystemClock, local_day
from tests.accounts.administering import Administrator, an_administrator, id_of, value_of
from tests.accounts.calls import fetch
from tests.accounts.slips import codes_on
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World

TODAY = local_day(SystemClock().now())
DAY = timedelta(days=1)
LETTER = {"document_number": "12/TB-UBND"}
PASSWORD = "Cửa-sổ-xanh-2027!"


@pytest.fixture
async def gateway(world: World) -> AsyncIterator[Gateway]:
    async with running_gateway(world, an_upstream()) as started:
        yield started


async def call(who: Administrator, method: str, path: str, body: object = None) -> httpx.Response:
    return await who.gateway.http.request(method, path, json=body, headers=bearer(who.token))


def a_move(unit: str = invented.CENTRE_CODE, **changes: Any) -> dict[str, Any]:
    return {"kind": "transfer", "unit": unit, "on": TODAY.isoformat(), **LETTER} | changes


async def hand_over(
    who: Administrator, *officer_ids: str, unit: str = invented.COMMUNE_CODE
) -> httpx.Response:
    named = {"officer_ids": list(officer_ids)} if officer_ids else {}
    return await call(who, "POST", "/v1/handovers", {"unit": unit, **named})


async def activate(gateway: Gateway, login_name: str, code: str, password: str = PASSWORD) -> httpx.Response:
    body = {"username": login_name, "activation_code": code, "new_password": password}
    secret = (invented.CLIENT_ID, gateway.world.province.client_secret)
    return await gateway.http.post("/v1/auth/activate", json=body, auth=secret)


async def never_activated(gateway: Gateway, login_name: str) -> str:
    """Let an officer be one who never had a password, and return their id."""
    await gateway.execute(
        "update officer set password_hash = null, password_changed_at = null, activated_at = null"
        " where login_name = $1",
        login_name,
    )
    return await id_of(gateway, login_name)


async def is_soon_refused(gateway: Gateway, token: str, code: str) -> bool:
    async with asyncio.timeout(10.0):
        while (await gateway.look_up(token)).json().get("code") != code:  # noqa: ASYNC110 - nobody calls back
            await asyncio.sleep(0.02)
    return True


def test_every_reason_to_refuse_has_its_problem() -> None:
    faults = [*PostingFault, *StandingFault, *HandoverFault, *ReviewFault]
    assert all(fault in PROBLEM_OF for fault in faults)


async def test_a_whole_life_from_slip_to_leaving(gateway: Gateway) -> None:
    officer_id = await never_activated(gateway, invented.RECEPTION)
    department = await an_administrator(gateway)

    slips = await hand_over(department)
    assert slips.status_code == 201, slips.text
    assert slips.headers["content-type"] == "application/pdf"
    assert slips.headers["cache-control"] == "no-store"
    (code,) = codes_on(slips.content)
    record = await call(department, "GET", slips.headers["location"])
    assert record.status_code == 200
    assert codes_on(record.content) == []
    handover = slips.headers["location"].removesuffix("/record")
    receipt = await call(department, "POST", f"{handover}/receipt", {"received_by": "Bùi Thị Quản Xã"})
    again = await call(department, "POST", f"{handover}/receipt", {"received_by": "Bùi Thị Quản Xã"})
    assert (receipt.status_code, again.json()["code"]) == (204, "handover_received_already")

    done = await activate(gateway, invented.RECEPTION, code)
    assert (done.status_code, done.headers["cache-control"]) == (204, "no-store")
    used = await activate(gateway, invented.RECEPTION, code)
    assert used.json()["code"] == "activation_refused"
    token = await signed_in_soon(gateway, invented.RECEPTION)
    looked_up = await gateway.look_up(token)
    assert looked_up.status_code != 403, looked_up.text

    moved = await department.change("POST", officer_id, "postings", a_move())
    assert moved.status_code == 204, moved.text
    assert await is_soon_refused(gateway, token, "token_expired")
    shown = await call(department, "GET", f"/v1/officers/{officer_id}/postings")
    assert [each["kind"] for each in shown.json()["postings"]] == ["appointment", "transfer"]
    token = await signed_in_soon(gateway, invented.RECEPTION)

    left = await department.change("POST", officer_id, "leave", {"on": TODAY.isoformat(), **LETTER})
    assert left.status_code == 204, left.text
    assert await is_soon_refused(gateway, token, "officer_suspended")
    kinds = [
        record["kind"] for record in await gateway.records() if record.get("changed_officer_id") == officer_id
    ]
    assert kinds == ["activation_code.issued", "account.activated", "officer.posted", "officer.left"]


async def signed_in_soon(gateway: Gateway, login_name: str) -> str:
    """Sign in once the directory knows of it, and accept the notice."""
    async with asyncio.timeout(2.0):
        while not (answer := await gateway.try_sign_in(login_name, PASSWORD)).is_success:  # noqa: ASYNC110 - so
            await asyncio.sleep(0.1)
    token = str(answer.json()["access_token"])
    body = {"version": "2026-1"}
    await gateway.http.post("/v1/me/confidentiality-notice", json=body, headers=bearer(token))
    return token


async def test_codes_are_never_stored_and_never_recorded(gateway: Gateway) -> None:
    await never_activated(gateway, invented.RECEPTION)
    (code,) = codes_on((await hand_over(await an_administrator(gateway))).content)
    (row,) = await fetch(gateway, "select code_digest, activation_code::text as whole from activation_code")
    assert row["code_digest"] == code_digest(code)
    assert code not in row["whole"]
    assert all(code not in str(record) for record in await gateway.records())


async def test_activation_tells_nothing_apart(gateway: Gateway) -> None:
    officer_id = await never_activated(gateway, invented.RECEPTION)
    administrator = await an_administrator(gateway)
    (replaced,) = codes_on((await hand_over(administrator, officer_id)).content)
    (code,) = codes_on((await hand_over(administrator, officer_id)).content)
    answers = [
        await activate(gateway, invented.RECEPTION, replaced),
        await activate(gateway, "ai.do", code),
        await activate(gateway, invented.PROCESSING, code),
    ]
    assert {(each.status_code, each.json()["code"], each.json()["detail"]) for each in answers} == {
        (403, "activation_refused", answers[0].json()["detail"])
    }


async def test_activation_needs_software_that_is_known(gateway: Gateway) -> None:
    body = {"username": invented.RECEPTION, "activation_code": "x", "new_password": PASSWORD}
    answer = await gateway.http.post("/v1/auth/activate", json=body, auth=(invented.CLIENT_ID, "sai"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert await gateway.records("account.activation_failed") == []


async def test_software_of_another_unit_activates_nobody(gateway: Gateway) -> None:
    officer_id = await never_activated(gateway, invented.RECEPTION)
    (code,) = codes_on((await hand_over(await an_administrator(gateway), officer_id)).content)
    await gateway.execute(
        "update client set unit_id = (select unit_id from unit_version where agency_code = $1)",
        invented.CENTRE_CODE,
    )
    async with asyncio.timeout(10.0):  # the code was right, and worked as long as the software served all
        while (await gateway.try_sign_in(invented.PROCESSING)).is_success:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    answer = await activate(gateway, invented.RECEPTION, code)
    assert answer.json()["code"] == "activation_refused"


async def test_a_refused_password_leaves_the_code_working(gateway: Gateway) -> None:
    officer_id = await never_activated(gateway, invented.RECEPTION)
    (code,) = codes_on((await hand_over(await an_administrator(gateway), officer_id)).content)
    weak = await activate(gateway, invented.RECEPTION, code, "ngắn")
    assert (weak.status_code, weak.json()["code"]) == (422, "password_refused")
    assert (await activate(gateway, invented.RECEPTION, code)).status_code == 204


@pytest.mark.parametrize(
    ("login_name", "asked_by", "problem"),
    [
        (invented.UNIT_ADMINISTRATOR, invented.UNIT_ADMINISTRATOR, "own_account"),
        (invented.CENTRE_RECEPTION, invented.UNIT_ADMINISTRATOR, "outside_own_units"),
        (invented.CENTRE_RECEPTION, invented.ADMINISTRATOR, "officer_not_in_unit"),
        (invented.AUDITOR, invented.ADMINISTRATOR, "second_person_needed"),
        (invented.SECOND_ADMINISTRATOR, invented.ADMINISTRATOR, "second_person_needed"),
        (invented.RECEPTION, invented.RECEPTION, "role_not_permitted"),
    ],
)
async def test_codes_are_issued_by_those_who_may(
    gateway: Gateway, login_name: str, asked_by: str, problem: str
) -> None:
    answer = await hand_over(await an_administrator(gateway, asked_by), await id_of(gateway, login_name))
    assert answer.json()["code"] == problem
    assert await fetch(gateway, "select 1 from activation_code") == []


async def test_a_unit_administrator_hands_slips_to_their_own_officers_only(gateway: Gateway) -> None:
    for login_name in (invented.RECEPTION, invented.UNIT_ADMINISTRATOR, invented.CENTRE_RECEPTION):
        await gateway.execute("update officer set activated_at = null where login_name = $1", login_name)
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    assert (await hand_over(administrator)).status_code == 201
    issued = await fetch(gateway, "select officer_id from activation_code")
    assert [str(row["officer_id"]) for row in issued] == [await id_of(gateway, invented.RECEPTION)]
    other = await hand_over(administrator, unit=invented.CENTRE_CODE)
    assert other.json()["code"] == "outside_own_units"


async def test_where_nobody_needs_a_slip_nothing_is_made(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    assert (await hand_over(administrator)).json()["code"] == "handover_empty"
    assert (await hand_over(administrator, unit="H19.99")).json()["code"] == "unit_unknown"
    suspended = await id_of(gateway, invented.RECEPTION)
    await administrator.change("POST", suspended, "suspension", {"reason": "Nghỉ phép"})
    assert (await hand_over(administrator, suspended)).json()["code"] == "handover_officer_suspended"


@pytest.mark.parametrize(
    ("move", "problem"),
    [
        (a_move(invented.COMMUNE_CODE), "same_unit"),
        (a_move("H19.99"), "unit_unknown"),
        (a_move(kind="appointment"), "posted_already"),
        (a_move(kind="secondment", until=TODAY.isoformat()), "period_empty"),
        (a_move(kind="secondment"), "invalid_value"),
        (a_move(until=TODAY.isoformat()), "invalid_value"),
        (a_move(document_number="công dân 099190000017"), "invalid_value"),
    ],
)
async def test_a_posting_that_cannot_be_is_refused(
    gateway: Gateway, move: dict[str, Any], problem: str
) -> None:
    administrator = await an_administrator(gateway)
    answer = await administrator.change("POST", await id_of(gateway, invented.RECEPTION), "postings", move)
    assert answer.json()["code"] == problem
    assert await gateway.records("officer.posted") == []


async def test_a_secondment_has_its_way_back(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    move = a_move(kind="secondment", until=(TODAY + 30 * DAY).isoformat())
    assert (await administrator.change("POST", officer_id, "postings", move)).status_code == 204
    shown = (await call(administrator, "GET", f"/v1/officers/{officer_id}/postings")).json()
    assert [each["kind"] for each in shown["postings"]] == ["appointment", "secondment", "return"]


async def test_a_unit_administrator_moves_nobody_into_a_unit_of_others(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    answer = await administrator.change(
        "POST", await id_of(gateway, invented.RECEPTION), "postings", a_move()
    )
    assert answer.json()["code"] == "outside_own_units"
    (refused,) = await gateway.records("request.rejected")
    assert refused["changed_officer_id"] == await id_of(gateway, invented.RECEPTION)


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("POST", "postings", a_move()),
        ("POST", "leave", {"on": TODAY.isoformat(), **LETTER}),
        ("PUT", "term", {"active_from": None, "active_until": None, **LETTER}),
    ],
)
async def test_a_change_of_life_names_its_version(
    gateway: Gateway, method: str, what: str, body: dict[str, Any]
) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    old = await administrator.change(method, officer_id, what, body, '"0"')
    none = await call(administrator, method, f"/v1/officers/{officer_id}/{what}", body)
    assert [each.json()["code"] for each in (old, none)] == ["version_outdated", "if_match_needed"]
    own = await administrator.change(method, await id_of(gateway, invented.ADMINISTRATOR), what, body)
    assert own.json()["code"] == "own_account"


async def test_a_term_in_the_past_ends_access_and_its_record_names_the_letter(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    officer_id, token = await id_of(gateway, invented.RECEPTION), await gateway.sign_in()
    term = {"active_from": None, "active_until": TODAY.isoformat(), **LETTER}
    assert (await administrator.change("PUT", officer_id, "term", term)).status_code == 204
    assert await is_soon_refused(gateway, token, "officer_suspended")
    (record,) = await gateway.records("officer.term_set")
    assert record["document_number"] == "12/TB-UBND"
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)


async def test_the_last_administrator_who_can_act_stays(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    await gateway.execute(
        "update officer set password_hash = null where login_name = $1", invented.ADMINISTRATOR
    )  # who is signed in but could not sign in again does not count
    second = await id_of(gateway, invented.SECOND_ADMINISTRATOR)
    tag = f'"{await value_of(gateway, invented.SECOND_ADMINISTRATOR, "version")}"'
    answer = await administrator.change("POST", second, "suspension", {"reason": "Thử"}, tag)
    assert answer.json()["code"] in {"last_administrator", "session_ended"}
    assert await value_of(gateway, invented.SECOND_ADMINISTRATOR, "status") == "active"


async def test_a_review_is_opened_answered_and_shown_to_those_it_concerns(gateway: Gateway) -> None:
    department = await an_administrator(gateway)
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    refused = await call(unit, "POST", "/v1/reviews", {})
    assert refused.json()["code"] == "role_not_permitted"
    assert (await call(unit, "GET", "/v1/reviews/current")).json()["code"] == "review_unknown"
    early = await call(department, "POST", "/v1/reviews", {"due_on": TODAY.isoformat()})
    assert early.json()["code"] == "review_due_too_soon"
    opened = await call(department, "POST", "/v1/reviews", {})
    assert opened.json()["due_on"] == (TODAY + 30 * DAY).isoformat()
    twice = await call(department, "POST", "/v1/reviews", {})
    assert twice.json()["code"] == "review_open_already"

    review = opened.headers["location"]
    shown = (await call(unit, "GET", review)).json()
    assert {each["login_name"] for each in shown["officers"]} == {
        invented.RECEPTION, invented.PROCESSING, invented.UNMAPPED, invented.UNIT_ADMINISTRATOR
    }  # fmt: skip

    async def answer(login_name: str, word: str) -> httpx.Response:
        path = f"{review}/answers/{await id_of(gateway, login_name)}"
        return await call(unit, "PUT", path, {"answer": word})

    assert (await answer(invented.PROCESSING, "keep")).status_code == 204
    assert (await answer(invented.RECEPTION, "remove")).status_code == 204
    assert await value_of(gateway, invented.RECEPTION, "status_reason") == "review_removed"
    refusals = [
        (await answer(invented.RECEPTION, "keep")).json()["code"],
        (await answer(invented.UNIT_ADMINISTRATOR, "keep")).json()["code"],
        (await answer(invented.CENTRE_RECEPTION, "keep")).json()["code"],
    ]
    assert refusals == ["review_removed_already", "own_account", "outside_own_units"]
    answered = await gateway.records("review.answered")
    assert [record["officer_id"] for record in answered] == [
        await id_of(gateway, invented.UNIT_ADMINISTRATOR)
    ] * 2


async def test_a_lapsed_account_is_suspended_at_start_and_its_unit_reads_why(world: World) -> None:
    async with running_gateway(world, an_upstream()) as gateway:
        await gateway.execute(
            "update officer set created_at = created_at - interval '60 days', status_changed_at ="
            " status_changed_at - interval '60 days', activated_at = activated_at - interval '60 days'"
            " where login_name = $1",
            invented.RECEPTION,
        )
    async with running_gateway(world, an_upstream()) as gateway:
        async with asyncio.timeout(5.0):
            while await value_of(gateway, invented.RECEPTION, "status") == "active":  # noqa: ASYNC110 - so
                await asyncio.sleep(0.05)
        unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
        path = f"/v1/units/{invented.COMMUNE_CODE}/notices"
        (notice,) = (await call(unit, "GET", path)).json()["notices"]
        assert notice["code"] == "officer_unused"
        assert notice["text"].startswith("Tài khoản bị tạm khóa vì không được sử dụng từ ngày ")
        read = f"{path}/{notice['notice_id']}/acknowledgement"
        answers = [await call(unit, "POST", read), await call(unit, "POST", read)]
        assert [each.status_code for each in answers] == [204, 404]
        assert (await call(unit, "GET", path)).json()["notices"] == []
        other = await call(unit, "GET", f"/v1/units/{invented.CENTRE_CODE}/notices")
        assert other.json()["code"] == "outside_own_units"
        (record,) = await gateway.records("account_notice.read")
        assert record["after"] == notice["notice_id"]


async def test_who_is_late_comes_first(gateway: Gateway) -> None:
    department = await an_administrator(gateway)

    async def declare(unit: str, count: int, days_ago: int) -> httpx.Response:
        asked = (SystemClock().now() - days_ago * DAY).isoformat()
        body = {"declared_officers": count, "requested_at": asked, **LETTER}
        return await call(department, "POST", f"/v1/units/{unit}/registrations", body)

    assert (await declare(invented.CENTRE_CODE, 9, 3)).status_code == 204
    assert (await declare(invented.COMMUNE_CODE, 1, 20)).status_code == 204
    report = (await call(department, "GET", "/v1/reports/registration")).json()["units"]
    assert report[0]["unit_code"] == invented.CENTRE_CODE
    assert (report[0]["declared"], report[0]["activated"], report[0]["coverage_percent"]) == (9, 1, 11)
    assert [each["is_waiting"] for each in report] == [True, False, False]
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    mine = (await call(unit, "GET", "/v1/reports/registration")).json()["units"]
    assert [each["unit_code"] for each in mine] == [invented.COMMUNE_CODE]
    (first, _) = await gateway.records("unit.declared")
    assert first["document_number"] == "12/TB-UBND"
