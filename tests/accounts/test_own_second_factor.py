"""Setting up a second factor, and signing in with it."""

import asyncio
from datetime import timedelta

import pytest

from app.cli import invented
from tests.accounts.calls import (
    code_now,
    confirm,
    enrol,
    fetch,
    profile,
    soon,
    tokens_of,
    turnable_gateway,
    without_second_factor,
)
from tests.gateway import Gateway, bearer
from tests.world import TurnableClock, World

OWN = invented.RECEPTION


async def test_an_officer_sets_a_second_factor_up_and_needs_it_from_then_on(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        token = await gateway.sign_in()
        secret, codes = await enrol(gateway, token)
        assert len(set(codes)) == 10
        assert await soon(gateway, token) == "session_ended"
        assert (await gateway.try_sign_in(OWN)).json()["error"] == "invalid_grant"
        used = code_now(gateway, secret)
        assert (await gateway.try_sign_in(OWN, otp=used)).status_code == 400  # it confirmed, so it is used up
        clock.ahead = timedelta(seconds=30)
        signed_in = await gateway.try_sign_in(OWN, otp=code_now(gateway, secret))
        own = (await profile(gateway, signed_in.json()["access_token"])).json()
        assert own["has_second_factor"] is True
        assert (await gateway.records("sign_in.succeeded"))[-1]["assurance"] == "password+otp"
        (record,) = await gateway.records("second_factor.added")
        assert record["assurance"] == "password"
        kept = str(await gateway.records()) + str(await fetch(gateway, "select * from second_factor"))
        assert secret not in kept
        assert not any(code in kept for code in codes)


async def test_a_code_works_once_also_on_two_processes_at_once(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as first, turnable_gateway(world, clock) as second:
        code = await first.fresh_code(invented.AUDITOR)
        answers = await asyncio.gather(
            *(each.try_sign_in(invented.AUDITOR, otp=code) for each in (first, second))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        assert (await first.try_sign_in(invented.AUDITOR, otp=code)).status_code == 400


async def test_a_code_typed_with_a_wrong_password_still_counts_afterwards(gateway: Gateway) -> None:
    code = await gateway.fresh_code(invented.AUDITOR)
    assert (await gateway.try_sign_in(invented.AUDITOR, "wrong", code)).status_code == 400
    assert (await gateway.try_sign_in(invented.AUDITOR, otp=code)).status_code == 200


async def test_a_recovery_code_opens_once(gateway: Gateway) -> None:
    _, codes = await enrol(gateway, await gateway.sign_in())
    await asyncio.sleep(0.3)
    typed = codes[0].upper().replace("-", " ")
    assert (await gateway.try_sign_in(OWN, "wrong", typed)).status_code == 400
    assert (await gateway.try_sign_in(OWN, otp=typed)).status_code == 200
    assert (await gateway.try_sign_in(OWN, otp=codes[0])).status_code == 400
    assert (await gateway.try_sign_in(OWN, otp=codes[1])).status_code == 200


@pytest.mark.parametrize("login_name", [invented.AUDITOR, invented.ADMINISTRATOR])
async def test_a_privileged_officer_may_only_set_a_second_factor_up_until_there_is_one(
    gateway: Gateway, login_name: str
) -> None:
    await without_second_factor(gateway, login_name)
    await asyncio.sleep(0.3)
    signed_in = await gateway.try_sign_in(login_name, otp="not looked at")
    token = signed_in.json()["access_token"]
    search = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    for answer in (
        await gateway.http.post("/v1/audit/searches", json=search, headers=bearer(token)),
        await gateway.look_up(token),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
    assert (await profile(gateway, token)).json()["must_first"] == "second_factor_needed"
    _, codes = await enrol(gateway, token)
    await asyncio.sleep(0.3)
    again = (await gateway.try_sign_in(login_name, otp=codes[0])).json()["access_token"]
    assert (await profile(gateway, again)).json()["must_first"] is None


async def test_a_second_factor_in_use_is_not_replaced(gateway: Gateway) -> None:
    token = (await tokens_of(gateway, invented.AUDITOR))["access_token"]
    for answer in (
        await gateway.http.post("/v1/me/otp", headers=bearer(token)),
        await confirm(gateway, token, "123456"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "second_factor_present")


async def test_a_wrong_first_code_confirms_nothing(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    assert (await confirm(gateway, token, "123456")).json()["code"] == "second_factor_present"
    begun = await gateway.http.post("/v1/me/otp", headers=bearer(token))
    assert begun.json()["uri"].startswith("otpauth://totp/")
    assert begun.json()["qr_svg"].startswith("<svg")
    wrong = await confirm(gateway, token, code_now(gateway, begun.json()["secret"], steps=20))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "otp_wrong")
    assert (await gateway.try_sign_in(OWN)).status_code == 200


async def test_the_secret_begun_last_is_the_one_that_counts(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    first = (await gateway.http.post("/v1/me/otp", headers=bearer(token))).json()["secret"]
    await gateway.http.post("/v1/me/otp", headers=bearer(token))
    assert (await confirm(gateway, token, code_now(gateway, first))).json()["code"] == "otp_wrong"


async def test_of_two_confirmations_at_once_one_gives_recovery_codes(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    secret = (await gateway.http.post("/v1/me/otp", headers=bearer(token))).json()["secret"]
    code = code_now(gateway, secret)
    answers = await asyncio.gather(*(confirm(gateway, token, code) for _ in range(3)))
    assert [answer.status_code for answer in answers].count(200) == 1
    (right,) = (answer for answer in answers if answer.status_code == 200)
    await asyncio.sleep(0.3)
    recovery = right.json()["recovery_codes"][0]
    assert (await gateway.try_sign_in(OWN, otp=recovery)).status_code == 200
