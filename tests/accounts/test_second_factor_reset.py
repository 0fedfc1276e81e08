"""A second factor comes off by two administrators: at once at the desk, a day later for the privileged."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.cli import invented
from tests.accounts.administering import Administrator, an_administrator, id_of
from tests.accounts.calls import code_now, enrol, fetch, profile, soon, tokens_of, turnable_gateway
from tests.gateway import Gateway, bearer
from tests.world import TurnableClock, World

DAY = timedelta(hours=24)
OFTEN = {"reconcile_every_seconds": 0.02}


async def _reset(gateway: Gateway, login_name: str) -> str:
    """Let two administrators reset it; return the request's id once the gateway knows."""
    has_code = login_name in gateway.world.province.otp_secrets
    open_before = (await tokens_of(gateway, login_name))["access_token"] if has_code else None
    first = await an_administrator(gateway)
    second = await an_administrator(gateway, invented.SECOND_ADMINISTRATOR)
    approval = await first.asked("reset_second_factor", await id_of(gateway, login_name))
    assert (await second.decide(approval)).status_code == 204
    if open_before is not None:
        assert await soon(gateway, open_before) == "session_ended"
    return approval


async def _notices(gateway: Gateway, token: str, **headers: str) -> list[dict[str, Any]]:
    answer = await gateway.http.get("/v1/me", headers=bearer(token) | headers)
    return list(answer.raise_for_status().json()["notices"])


async def _try_without_code(gateway: Gateway, login_name: str) -> httpx.Response:
    form = {"grant_type": "password", "username": login_name}
    return await gateway.post_form(
        "/v1/auth/token", form | {"password": gateway.world.province.passwords[login_name]}
    )


async def _until_removed(gateway: Gateway) -> None:
    async with asyncio.timeout(5.0):
        while not await gateway.records("second_factor.removed"):  # noqa: ASYNC110 - the gateway calls nobody
            await asyncio.sleep(0.02)


async def test_at_the_desk_it_comes_off_at_once_and_sessions_end(gateway: Gateway) -> None:
    token = (await tokens_of(gateway))["access_token"]
    secret, _ = await enrol(gateway, token)
    assert await soon(gateway, token) == "session_ended"
    signed_in = await gateway.try_sign_in(invented.RECEPTION, otp=code_now(gateway, secret, steps=1))
    token = signed_in.raise_for_status().json()["access_token"]
    approval = await _reset(gateway, invented.RECEPTION)
    assert await soon(gateway, token) == "session_ended"
    again = (await _try_without_code(gateway, invented.RECEPTION)).raise_for_status().json()["access_token"]
    assert [notice["code"] for notice in await _notices(gateway, again)] == ["second_factor_removed"]
    assert await fetch(gateway, "select 1 from recovery_code") == []
    (record,) = await gateway.records("second_factor.reset")
    assert (record["approval_id"], record["changed_officer_id"]) == (
        approval,
        await id_of(gateway, invented.RECEPTION),
    )


@pytest.mark.parametrize("login_name", [invented.AUDITOR, invented.UNIT_ADMINISTRATOR])
async def test_for_the_privileged_it_comes_off_a_day_later(world: World, login_name: str) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, **OFTEN) as gateway:
        before = (await tokens_of(gateway, login_name))["access_token"]
        approval = await _reset(gateway, login_name)
        assert await soon(gateway, before) == "session_ended"
        (ordered,) = await gateway.records("second_factor.reset")
        assert ordered["effective_at"] > ordered["time"]

        clock.ahead = DAY - timedelta(minutes=1)
        await asyncio.sleep(0.2)  # ten rounds in which nothing may happen
        assert (await _try_without_code(gateway, login_name)).status_code == 400
        assert (await gateway.try_sign_in(login_name)).status_code == 200
        assert await gateway.records("second_factor.removed") == []

        clock.ahead = DAY + timedelta(minutes=1)
        await _until_removed(gateway)
        token = (await _try_without_code_soon(gateway, login_name))["access_token"]
        seen = (await profile(gateway, token)).json()
        assert (seen["must_first"], seen["has_second_factor"]) == ("second_factor_needed", False)
        assert [notice["code"] for notice in seen["notices"]] == ["second_factor_removed"]
        (record,) = await gateway.records("second_factor.removed")
        assert record["approval_id"] == approval
        await enrol(gateway, token)


async def _try_without_code_soon(gateway: Gateway, login_name: str) -> dict[str, Any]:
    """Sign in once the directory knows that there is no second factor any more."""
    answer = await _try_without_code(gateway, login_name)
    for _ in range(3):
        if answer.is_success:
            break
        await asyncio.sleep(0.3)
        answer = await _try_without_code(gateway, login_name)
    return dict(answer.raise_for_status().json())


async def test_several_processes_take_it_off_once(world: World) -> None:
    clock = TurnableClock()
    async with (
        turnable_gateway(world, clock, **OFTEN) as gateway,
        turnable_gateway(world, clock, **OFTEN),
        turnable_gateway(world, clock, **OFTEN),
    ):
        await _reset(gateway, invented.AUDITOR)
        clock.ahead = DAY + timedelta(seconds=1)
        await _until_removed(gateway)
        await asyncio.sleep(0.3)  # rounds of all three
        assert len(await gateway.records("second_factor.removed")) == 1
        assert len(await fetch(gateway, "select 1 from account_notice")) == 1


async def test_until_then_every_sign_in_tells_of_it_and_reading_does_not_end_that(gateway: Gateway) -> None:
    await _reset(gateway, invented.AUDITOR)
    for language, word in (("vi", "hai lớp"), ("en", "second factor")):
        token = (await tokens_of(gateway, invented.AUDITOR))["access_token"]
        (notice,) = await _notices(gateway, token, **{"Accept-Language": language})
        assert (notice["code"], notice["notice_id"]) == ("second_factor_reset_pending", None)
        assert word in notice["text"]


async def test_the_person_cancels_it_with_the_old_factor(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, **OFTEN) as gateway:
        approval = await _reset(gateway, invented.AUDITOR)
        token = (await tokens_of(gateway, invented.AUDITOR))["access_token"]
        path = "/v1/me/second-factor-reset"
        assert (await gateway.http.delete(path, headers=bearer(token))).status_code == 204
        again = await gateway.http.delete(path, headers=bearer(token))
        assert (again.status_code, again.json()["code"]) == (404, "reset_unknown")
        (record,) = await gateway.records("second_factor.reset_cancelled")
        assert (record["approval_id"], record["officer_id"]) == (approval, record["changed_officer_id"])
        assert [one["code"] for one in await _notices(gateway, token)] == ["second_factor_reset_cancelled"]
        clock.ahead = DAY + timedelta(minutes=1)
        await asyncio.sleep(0.2)
        assert (await gateway.try_sign_in(invented.AUDITOR)).status_code == 200
        assert await gateway.records("second_factor.removed") == []


async def _cancel(administrator: Administrator, officer_id: str) -> httpx.Response:
    path = f"/v1/officers/{officer_id}/second-factor-reset"
    return await administrator.gateway.http.delete(path, headers=bearer(administrator.token))


@pytest.mark.parametrize("who", [invented.ADMINISTRATOR, invented.SECOND_ADMINISTRATOR])
async def test_whoever_could_have_approved_it_cancels_it(gateway: Gateway, who: str) -> None:
    await _reset(gateway, invented.AUDITOR)
    officer_id = await id_of(gateway, invented.AUDITOR)
    answer = await _cancel(await an_administrator(gateway, who), officer_id)
    assert answer.status_code == 204
    (record,) = await gateway.records("second_factor.reset_cancelled")
    assert record["officer_id"] == await id_of(gateway, who)


@pytest.mark.parametrize(
    ("who", "code"),
    [(invented.UNIT_ADMINISTRATOR, "outside_own_units"), (invented.RECEPTION, "role_not_permitted")],
)
async def test_nobody_else_cancels_it(gateway: Gateway, who: str, code: str) -> None:
    await _reset(gateway, invented.AUDITOR)
    answer = await _cancel(await an_administrator(gateway, who), await id_of(gateway, invented.AUDITOR))
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert await gateway.records("second_factor.reset_cancelled") == []


async def test_a_cancelled_reset_may_be_ordered_again_and_a_pending_one_not_twice(gateway: Gateway) -> None:
    await _reset(gateway, invented.AUDITOR)
    officer_id = await id_of(gateway, invented.AUDITOR)
    administrator = await an_administrator(gateway)
    twice = await administrator.ask("reset_second_factor", officer_id)
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_to_change")
    assert (await _cancel(administrator, officer_id)).status_code == 204
    await _reset(gateway, invented.AUDITOR)


async def test_two_requests_for_one_reset_lead_to_one(gateway: Gateway) -> None:
    first = await an_administrator(gateway)
    second = await an_administrator(gateway, invented.SECOND_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.AUDITOR)
    asked = [await first.asked("reset_second_factor", officer_id) for _ in range(2)]
    answers = await asyncio.gather(*(second.decide(approval) for approval in asked))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(await fetch(gateway, "select 1 from second_factor_reset")) == 1


async def test_a_notice_is_shown_until_it_was_read_by_its_officer(gateway: Gateway) -> None:
    secret, _ = await enrol(gateway, (await tokens_of(gateway))["access_token"])
    assert secret
    await _reset(gateway, invented.RECEPTION)
    token = (await _try_without_code_soon(gateway, invented.RECEPTION))["access_token"]
    (notice,) = await _notices(gateway, token)
    path = f"/v1/me/notices/{notice['notice_id']}/acknowledgement"
    other = (await tokens_of(gateway, invented.PROCESSING))["access_token"]
    answers = [await gateway.http.post(path, headers=bearer(who)) for who in (other, token, token)]
    assert [answer.status_code for answer in answers] == [404, 204, 404]
    assert await _notices(gateway, token) == []
    (record,) = await gateway.records("account_notice.read")
    assert record["change"] == "second_factor_removed"


async def test_what_is_no_notice_cannot_be_read(gateway: Gateway) -> None:
    token = (await tokens_of(gateway))["access_token"]
    for notice_id in ("01981c5e-0000-7000-8000-000000000000", "khong-co"):
        path = f"/v1/me/notices/{notice_id}/acknowledgement"
        answer = await gateway.http.post(path, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (404, "account_notice_unknown")
