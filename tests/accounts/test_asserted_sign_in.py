"""Client software vouches for an officer it has signed in (grant `jwt-bearer`, RFC 7523 section 2.1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.client_desk import ASSERTION_TYPE
from app.cli import invented
from tests.accounts.calls import fetch, profile, refresh, soon, turnable_gateway
from tests.accounts.client_software import (
    RSA_KEY,
    Software,
    a_p256_key,
    change_client,
    hmac_signature,
    public_pem,
    registered,
    reloaded,
    some_software,
    unit_of,
)
from tests.accounts.forging import decoded
from tests.gateway import Gateway, bearer
from tests.world import TurnableClock, World

HOURS = 3600


@pytest.fixture
async def software(gateway: Gateway) -> Software:
    return await some_software(gateway)


async def test_an_officer_is_vouched_for_and_looks_up_and_all_of_it_is_on_record(software: Software) -> None:
    gateway = software.gateway
    answer = await software.vouch(software.sign(software.officer_claims(), header={"typ": "JWT"}))
    token = answer.raise_for_status().json()["access_token"]
    await gateway.http.post(
        "/v1/me/confidentiality-notice", json={"version": "2026-1"}, headers=bearer(token)
    )
    assert (await gateway.look_up(token)).json()["outcome"] == "found"
    (signed_in,) = await gateway.records("sign_in.succeeded")
    assert (signed_in["assurance"], signed_in["amr"]) == ("asserted", "pwd otp")
    assert signed_in["client_id"] == software.client_id
    (intent,) = await gateway.records("lookup.intent")
    assert intent["assurance"] == "asserted"
    assert intent["officer_id"] == signed_in["officer_id"]
    assert decoded(token.split(".")[1])["acr"] == "asserted"


async def test_a_key_may_prove_the_client_and_vouch_in_one_request_by_two_assertions(
    software: Software,
) -> None:
    def form(proof: str, assertion: str) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": proof,
            "assertion": assertion,
        }

    proof = software.sign(software.own_claims())
    officer = software.sign(software.officer_claims())
    assert (await software.post(form(proof, officer))).status_code == 200
    jti = software.own_claims()["jti"]
    proof, officer = (
        software.sign(claims) for claims in (software.own_claims(jti=jti), software.officer_claims(jti=jti))
    )
    assert (await software.post(form(proof, officer))).json()["error"] == "invalid_grant"


async def test_no_password_in_this_gateway_is_needed(software: Software) -> None:
    await software.gateway.execute(
        "update officer set password_hash = null, password_changed_at = null, must_change_password = true"
    )
    await reloaded(software.gateway)
    answer = await software.vouch(software.sign(software.officer_claims()))
    said = await profile(software.gateway, answer.json()["access_token"])
    assert (said.status_code, said.json()["must_first"]) == (200, None)
    assert said.json()["password_warning"] is False


async def test_the_session_refreshes_idles_and_shows_as_any_other(software: Software) -> None:
    gateway = software.gateway
    tokens = (await software.vouch(software.sign(software.officer_claims()))).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = (await software.with_secret(form)).raise_for_status().json()
    assert decoded(renewed["access_token"].split(".")[1])["acr"] == "asserted"
    assert (await refresh(gateway, renewed["refresh_token"])).json()["error"] == "invalid_grant"
    shown = await gateway.http.get("/v1/me/sessions", headers=bearer(renewed["access_token"]))
    (session,) = shown.json()["sessions"]
    assert (session["assurance"], session["client_id"]) == ("asserted", software.client_id)


async def test_it_ends_with_the_longest_session_counted_from_the_sign_in_at_the_software(
    world: World,
) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, session_idle_minutes=60) as gateway:
        software = await some_software(gateway)
        claims = software.officer_claims(auth_time=software.seconds(ahead=-11 * HOURS))
        tokens = (await software.vouch(software.sign(claims))).raise_for_status().json()
        assert (await profile(gateway, tokens["access_token"])).status_code == 200
        for _ in range(6):
            clock.ahead += timedelta(minutes=9, seconds=50)
            form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
            tokens = (await software.with_secret(form)).raise_for_status().json()
            assert (await profile(gateway, tokens["access_token"])).status_code == 200
        clock.ahead += timedelta(minutes=2)
        assert (await profile(gateway, tokens["access_token"])).json()["code"] == "session_ended"
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert (await software.with_secret(form)).json()["error"] == "invalid_grant"


def _claims(**changes: Any) -> Callable[[Software], str]:
    return lambda at: at.sign(at.officer_claims(**changes))


def _later(name: str, seconds: int) -> Callable[[Software], str]:
    return lambda at: at.sign(at.officer_claims() | {name: at.seconds(ahead=seconds)})


REFUSED: dict[str, tuple[Callable[[Software], str], str]] = {
    "no JWT": (lambda _: "x", "assertion_malformed"),
    "jwk": (lambda at: at.sign(at.officer_claims(), header={"jwk": {}}), "assertion_malformed"),
    "no jti": (_claims(jti=None), "assertion_malformed"),
    "no sub": (_claims(sub=None), "assertion_malformed"),
    "another key": (lambda at: at.sign(at.officer_claims(), key=a_p256_key()), "assertion_wrong_key"),
    "an RSA key": (lambda at: at.sign(at.officer_claims(), key=RSA_KEY), "assertion_wrong_key"),
    "HS256": (
        lambda at: at.sign(
            at.officer_claims(), header={"alg": "HS256"}, sign_with=hmac_signature(public_pem(at.key))
        ),
        "assertion_wrong_key",
    ),
    "alg none": (
        lambda at: at.sign(at.officer_claims(), header={"alg": "none"}, sign_with=lambda _: b"x"),
        "assertion_wrong_key",
    ),
    "foreign kid": (
        lambda at: at.sign(at.officer_claims(), header={"kid": registered(RSA_KEY).kid}),
        "assertion_wrong_key",
    ),
    "iss another client": (_claims(iss=invented.CLIENT_ID), "assertion_wrong_issuer"),
    "wrong aud": (_claims(aud="https://elsewhere.example"), "assertion_wrong_audience"),
    "expired": (_later("exp", -1), "assertion_wrong_time"),
    "exp too far": (_later("exp", 62), "assertion_wrong_time"),
    "no auth_time": (_claims(auth_time=None), "assertion_wrong_sign_in"),
    "auth_time in the future": (_later("auth_time", 30), "assertion_wrong_sign_in"),
    "auth_time too old": (_later("auth_time", -12 * HOURS), "assertion_wrong_sign_in"),
    "auth_time as text": (_claims(auth_time="1700000000"), "assertion_wrong_sign_in"),
    "no amr": (_claims(amr=None), "assertion_wrong_sign_in"),
    "empty amr": (_claims(amr=[]), "assertion_wrong_sign_in"),
    "amr as text": (_claims(amr="pwd"), "assertion_wrong_sign_in"),
    "amr of numbers": (_claims(amr=[1]), "assertion_wrong_sign_in"),
    "amr of long words": (_claims(amr=["x" * 17]), "assertion_wrong_sign_in"),
    "amr with somebody's number": (_claims(amr=["n099190000017"]), "assertion_wrong_sign_in"),
    "amr of many": (_claims(amr=["pwd"] * 9), "assertion_wrong_sign_in"),
    "nobody": (_claims(sub="khong.co"), "officer_not_able"),
    "an endless sub": (_claims(sub="x" * 65), "officer_not_able"),
    "the client itself": (lambda at: at.sign(at.officer_claims(sub=at.client_id)), "officer_not_able"),
    "a department administrator": (_claims(sub=invented.ADMINISTRATOR), "officer_not_able"),
    "an auditor": (_claims(sub=invented.AUDITOR), "officer_not_able"),
}


@pytest.mark.parametrize(("forge", "reason"), REFUSED.values(), ids=REFUSED)
async def test_whatever_is_wrong_gets_one_answer_and_its_reason_on_record(
    software: Software, forge: Callable[[Software], str], reason: str
) -> None:
    gateway = software.gateway
    answer = await software.vouch(forge(software))
    replayed = software.sign(software.officer_claims())
    await software.vouch(replayed)
    known = await software.vouch(replayed)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.content == known.content
    failed, again = await gateway.records("sign_in.failed")
    assert (failed["reason"], failed["client_id"]) == (reason, software.client_id)
    assert (again["reason"], failed["assurance"]) == ("assertion_replayed", "asserted")
    assert "officer_id" in again


async def test_an_officer_is_named_on_record_only_by_a_signature(software: Software) -> None:
    await software.vouch(software.sign(software.officer_claims(), key=a_p256_key()))
    await software.vouch(software.sign(software.officer_claims(invented.AUDITOR)))
    forged, true = await software.gateway.records("sign_in.failed")
    assert "officer_id" not in forged
    assert true["role"] == "auditor"


@pytest.mark.parametrize(
    "statement",
    [
        "update officer set status = 'suspended' where login_name = $1",
        "update officer set role = 'unit_administrator' where login_name = $1",
        (
            "update officer_posting set valid_to = current_date where officer_id ="
            " (select officer_id from officer where login_name = $1)"
        ),
    ],
    ids=["suspended", "unit administrator", "not posted"],
)
async def test_who_may_not_sign_in_is_not_vouched_for(software: Software, statement: str) -> None:
    await software.gateway.execute(statement, invented.RECEPTION)
    await reloaded(software.gateway)
    answer = await software.vouch(software.sign(software.officer_claims()))
    assert answer.json()["error"] == "invalid_grant"
    (failed,) = await software.gateway.records("sign_in.failed")
    assert failed["reason"] == "officer_not_able"


async def test_an_assertion_counts_once_on_all_processes(world: World, software: Software) -> None:
    token = software.sign(software.officer_claims())
    assert (await software.vouch(token)).status_code == 200
    async with turnable_gateway(world, TurnableClock()) as second:
        elsewhere = Software(second, software.client_id, software.secret, software.key)
        answer = await elsewhere.vouch(token)
    assert answer.json()["error"] == "invalid_grant"


async def test_an_assertion_of_another_client_vouches_for_nobody(
    gateway: Gateway, software: Software
) -> None:
    other = await some_software(gateway, "khac")
    for token in (other.sign(other.officer_claims()), other.sign(software.officer_claims())):
        assert (await software.vouch(token)).json()["error"] == "invalid_grant"


async def test_it_must_be_switched_on(software: Software) -> None:
    await change_client(software.gateway, software.client_id, "grants = '{password}'")
    answer = await software.vouch(software.sign(software.officer_claims()))
    assert answer.json()["error"] == "unauthorized_client"
    by_default = await software.gateway.post_form(
        "/v1/auth/token",
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"},
    )
    assert by_default.json()["error"] == "unauthorized_client"


async def test_switched_off_it_ends_what_was_begun_by_it(software: Software) -> None:
    token = (await software.vouch(software.sign(software.officer_claims()))).json()["access_token"]
    await change_client(software.gateway, software.client_id, "grants = '{password}'")
    assert (await profile(software.gateway, token)).json()["code"] == "session_ended"


async def test_an_assertion_is_needed_once(software: Software) -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
    token = software.sign(software.officer_claims())
    answers = [
        await software.with_secret(form),
        await software.with_secret(form | {"assertion": ""}),
        await software.with_secret(form | {"assertion": [token, token]}),
    ]
    assert [answer.json()["error"] for answer in answers] == ["invalid_request"] * 3


async def test_a_suspension_ends_it_within_a_second(software: Software) -> None:
    token = (await software.vouch(software.sign(software.officer_claims()))).json()["access_token"]
    await software.gateway.execute(
        "update officer set status = 'suspended' where login_name = $1", invented.RECEPTION
    )
    assert await soon(software.gateway, token, "officer_suspended") == "officer_suspended"


async def test_software_of_a_unit_vouches_for_its_officers_only(gateway: Gateway) -> None:
    unit = await unit_of(gateway, invented.RECEPTION)
    software = await some_software(gateway, unit_id=unit)
    assert (await software.vouch(software.sign(software.officer_claims()))).status_code == 200
    other = software.sign(software.officer_claims(invented.CENTRE_RECEPTION))
    assert (await software.vouch(other)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/me/password", {"current_password": "x", "new_password": "y"}),
        ("/v1/me/otp", None),
        ("/v1/me/otp/confirmation", {"code": "123456"}),
    ],
)
async def test_vouching_does_not_reach_what_the_officer_signs_in_with(
    software: Software, path: str, body: Any
) -> None:
    token = (await software.vouch(software.sign(software.officer_claims()))).json()["access_token"]
    answer = await software.gateway.http.post(path, json=body, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "own_sign_in_needed")
    (record,) = await software.gateway.records("request.rejected")
    assert (record["problem_code"], record["assurance"]) == ("own_sign_in_needed", "asserted")


async def test_no_assertion_is_written_down(software: Software) -> None:
    token = software.sign(software.officer_claims())
    await software.vouch(token)
    written = str(await software.gateway.records())
    rows = await fetch(software.gateway, "select u::text from used_assertion u")
    assert not any(part in written + str(rows) for part in token.split("."))
