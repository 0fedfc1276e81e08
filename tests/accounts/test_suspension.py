"""What an administrator takes away is gone within a second, in every process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest

from app.cli import invented
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.accounts.calls import soon
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import TurnableClock, World


@pytest.fixture
async def second(world: World) -> AsyncIterator[Gateway]:
    """Another process's gateway over the same database."""
    async with running_gateway(
        world, an_upstream(), transport=httpx.ASGITransport(create_mock(MockConfig()))
    ) as running:
        yield running


async def _change(world: World, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(world.database.owner_url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def _first_answer(gateway: Gateway, token: str, *, other_than: int) -> httpx.Response:
    """Return the first answer with another status than that; TimeoutError after a second."""
    async with asyncio.timeout(1.0):
        answer = await gateway.look_up(token)
        for _ in range(1000):
            if answer.status_code != other_than:
                break
            await asyncio.sleep(0.02)
            answer = await gateway.look_up(token)
    return answer


async def _code_within_a_second(gateway: Gateway, token: str) -> str:
    """Return what a lookup is refused with, as soon as it is refused."""
    answer = await _first_answer(gateway, token, other_than=200)
    assert answer.json()["paper"]["may_ask"] is False
    return str(answer.json()["code"])


CHANGES = {
    "officer suspended": (
        "update officer set status = 'suspended' where login_name = $1",
        invented.RECEPTION,
        "officer_suspended",
    ),
    "client suspended": (
        "update client set status = 'suspended' where client_id = $1",
        invented.CLIENT_ID,
        "client_suspended",
    ),
    "client moved to another network": (
        "update client set networks = '{10.20.0.0/16}' where client_id = $1",
        invented.CLIENT_ID,
        "client_address_not_allowed",
    ),
    "posting moved": (
        (
            "update officer_posting set unit_id = (select unit_id from unit_version where agency_code = $1)"
            " where officer_id = (select officer_id from officer where login_name = 'tiepnhan.mau')"
        ),
        invented.CENTRE_CODE,
        "token_expired",
    ),
    "posting ended": (
        (
            "update officer_posting set valid_to = current_date - 1"
            " where officer_id = (select officer_id from officer where login_name = $1)"
        ),
        invented.RECEPTION,
        "token_expired",
    ),
    "unit closed": (
        "update unit_version set valid_to = current_date - 1 where agency_code = $1",
        invented.COMMUNE_CODE,
        "unit_inactive",
    ),
    "role changed": (
        "update officer set role = 'auditor' where login_name = $1",
        invented.RECEPTION,
        "session_ended",
    ),
    "password set by hand": (
        "update officer set password_changed_at = clock_timestamp() where login_name = $1",
        invented.RECEPTION,
        "session_ended",
    ),
}


@pytest.mark.parametrize(("statement", "whose", "code"), CHANGES.values(), ids=CHANGES)
async def test_a_right_taken_away_ends_the_token_everywhere_within_a_second(
    gateway: Gateway, second: Gateway, statement: str, whose: str, code: str
) -> None:
    token = await gateway.sign_in()
    assert (await second.look_up(token)).status_code == 200
    await _change(gateway.world, statement, whose)
    assert await _code_within_a_second(second, token) == code
    assert await _code_within_a_second(gateway, token) == code
    recorded = [record.get("problem_code") for record in await gateway.records()]
    assert code in recorded


async def test_a_suspended_officer_gets_no_new_token(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    await _change(
        gateway.world, "update officer set status = 'suspended' where login_name = $1", invented.RECEPTION
    )
    await _code_within_a_second(gateway, token)
    answer = await gateway.try_sign_in(invented.RECEPTION)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


BACK_AND_FORTH = {
    "suspended": ("update officer set status = $2 where login_name = $1", "suspended", "active"),
    "another role": ("update officer set role = $2 where login_name = $1", "processing", "reception"),
    "another unit": (
        (
            "update officer_posting set unit_id = (select unit_id from unit_version where agency_code = $2)"
            " where officer_id = (select officer_id from officer where login_name = $1)"
        ),
        invented.CENTRE_CODE,
        invented.COMMUNE_CODE,
    ),
}


@pytest.mark.parametrize(("statement", "away", "back"), BACK_AND_FORTH.values(), ids=BACK_AND_FORTH)
async def test_a_session_that_a_change_ended_does_not_come_back_with_the_change_undone(
    gateway: Gateway, second: Gateway, statement: str, away: str, back: str
) -> None:
    await gateway.sign_in()
    tokens = (await gateway.try_sign_in(invented.RECEPTION)).json()
    for value in (away, back):
        await _change(gateway.world, statement, invented.RECEPTION, value)
    for each in (gateway, second):
        assert await soon(each, tokens["access_token"]) == "session_ended"
    refreshed = await gateway.post_form(
        "/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    )
    assert refreshed.json()["error"] == "invalid_grant"
    await gateway.sign_in()


async def test_a_token_from_outside_the_clients_networks_is_refused_and_recorded(
    gateway: Gateway, world: World
) -> None:
    token = await gateway.sign_in()
    async with running_gateway(world, an_upstream(), address="10.9.9.9") as elsewhere:
        answers = (
            await elsewhere.look_up(token),
            await elsewhere.http.get("/v1/me", headers=bearer(token)),
        )
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (403, "client_address_not_allowed")
        assert answer.json()["paper"]["may_ask"] is False
    refused = await gateway.records("token.refused")
    assert {(one["problem_code"], one["address"]) for one in refused} == {
        ("client_address_not_allowed", "10.9.9.9")
    }


async def test_forwarding_headers_do_not_move_the_caller(gateway: Gateway, world: World) -> None:
    token = await gateway.sign_in()
    async with running_gateway(world, an_upstream(), address="10.9.9.9") as elsewhere:
        answer = await elsewhere.look_up(token, X_Forwarded_For="127.0.0.1", Forwarded="for=127.0.0.1")
    assert answer.json()["code"] == "client_address_not_allowed"


async def test_a_token_ends_by_the_gateways_clock(world: World) -> None:
    clock = TurnableClock()
    async with running_gateway(
        world, an_upstream(), clock=clock, directory_max_age_seconds=3600.0
    ) as gateway:
        token = await gateway.sign_in()
        clock.ahead = timedelta(minutes=9)
        early = await gateway.http.get("/v1/me", headers=bearer(token))
        clock.ahead = timedelta(minutes=11)
        late = await gateway.http.get("/v1/me", headers=bearer(token))
    assert early.status_code == 200
    assert (late.status_code, late.json()["code"]) == (401, "token_expired")


async def test_what_a_role_does_not_permit_is_refused_and_on_record(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    answer = await gateway.http.post("/v1/audit/searches", json={}, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
    (record,) = await gateway.records("request.rejected")
    assert record["problem_code"] == "role_not_permitted"


async def test_what_is_served_is_published_and_the_keys_are_public_ones(gateway: Gateway) -> None:
    (key,) = (await gateway.http.get("/.well-known/jwks.json")).json()["keys"]
    served = (await gateway.http.get("/.well-known/oauth-authorization-server")).json()
    assert "d" not in key
    assert served["token_endpoint"].endswith("/v1/auth/token")
    assert served["revocation_endpoint"].endswith("/v1/auth/revoke")
