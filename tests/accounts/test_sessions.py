"""Sessions: how long they last, how they are kept, who may end them."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from app.cli import invented
from tests.accounts.calls import fetch, profile, refresh, soon, tokens_of, turnable_gateway
from tests.cluster import PostgresCluster
from tests.gateway import Gateway, bearer
from tests.world import TurnableClock, World

MINUTE = timedelta(minutes=1)


async def _revoke(gateway: Gateway, token: str) -> httpx.Response:
    return await gateway.post_form("/v1/auth/revoke", {"token": token})


async def _another_client(gateway: Gateway) -> None:
    """Register a second client software with the same secret."""
    await gateway.execute(
        "insert into client (client_id, name, status, grants, networks)"
        " select 'khac', name, status, grants, networks from client"
    )
    await gateway.execute(
        "insert into client_credential (credential_id, client_id, kind, digest, created_at)"
        " select gen_random_uuid(), 'khac', kind, digest, created_at from client_credential"
    )
    await asyncio.sleep(0.3)


async def _as_another_client(gateway: Gateway, path: str, form: dict[str, str]) -> httpx.Response:
    return await gateway.http.post(path, data=form, auth=("khac", gateway.world.province.client_secret))


# Refreshing


async def test_a_refresh_gives_new_tokens_of_the_same_session_and_is_on_record(gateway: Gateway) -> None:
    tokens = await tokens_of(gateway)
    answer = await refresh(gateway, tokens["refresh_token"])
    assert answer.headers["Cache-Control"] == "no-store"
    renewed = answer.json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    for token in (tokens, renewed):
        assert (await profile(gateway, token["access_token"])).status_code == 200
    (begun,), (record,) = (
        await gateway.records("sign_in.succeeded"),
        await gateway.records("session.refreshed"),
    )
    assert begun["session_id"] == record["session_id"]
    assert renewed["refresh_token"] not in str(await gateway.records())


async def test_a_refresh_token_used_twice_ends_the_session_on_every_process_and_is_on_record(
    world: World, gateway: Gateway
) -> None:
    async with turnable_gateway(world, TurnableClock()) as second:
        tokens = await tokens_of(gateway)
        renewed = (await refresh(gateway, tokens["refresh_token"])).json()
        reused = await refresh(second, tokens["refresh_token"])
        assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
        for each in (gateway, second):
            assert await soon(each, tokens["access_token"]) == "session_ended"
            assert await soon(each, renewed["access_token"]) == "session_ended"
            assert (await refresh(each, renewed["refresh_token"])).status_code == 400
    (ended,) = await gateway.records("session.ended")
    assert ended["reason"] == "refresh_reused"
    assert ended["officer_id"]


async def test_of_two_refreshes_at_once_one_gives_tokens_and_the_session_ends(
    world: World, gateway: Gateway
) -> None:
    async with turnable_gateway(world, TurnableClock()) as second:
        tokens = await tokens_of(gateway)
        answers = await asyncio.gather(
            *(refresh(each, tokens["refresh_token"]) for each in (gateway, second))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        assert await soon(gateway, tokens["access_token"]) == "session_ended"


async def test_a_refresh_token_serves_its_own_client_only_and_another_one_does_no_harm(
    gateway: Gateway,
) -> None:
    await _another_client(gateway)
    tokens = await tokens_of(gateway)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await _as_another_client(gateway, "/v1/auth/token", form)).json()["error"] == "invalid_grant"
    assert (await refresh(gateway, tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "\u00e9" * 40])
async def test_what_is_no_refresh_token_gives_none(gateway: Gateway, token: str) -> None:
    answer = await refresh(gateway, token)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "invalid_grant" if token else "invalid_request",
    )


async def test_refresh_tokens_rest_as_digests(gateway: Gateway) -> None:
    tokens = await tokens_of(gateway)
    rows = await fetch(gateway, "select row_to_json(refresh_token)::text as kept from refresh_token")
    assert len(rows) == 1
    assert tokens["refresh_token"] not in rows[0]["kept"]


# Idling


async def test_fifteen_idle_minutes_end_an_officers_session_refreshed_or_not(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, token_minutes=60) as gateway:
        tokens = await tokens_of(gateway)
        clock.ahead = 14 * MINUTE
        renewed = (await refresh(gateway, tokens["refresh_token"])).json()
        clock.ahead = 15 * MINUTE + timedelta(seconds=5)
        late = await profile(gateway, renewed["access_token"])
        assert (late.status_code, late.json()["code"]) == (401, "session_ended")
        assert (await refresh(gateway, renewed["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await gateway.records("session.ended"))[0]["reason"] == "idle"


async def test_an_action_on_another_process_keeps_a_session_from_idling(world: World) -> None:
    clock = TurnableClock()
    async with (
        turnable_gateway(world, clock, token_minutes=60) as first,
        turnable_gateway(world, clock, token_minutes=60) as second,
    ):
        tokens = await tokens_of(first)
        for minutes in (14, 28):
            clock.ahead = minutes * MINUTE
            assert (await profile(second, tokens["access_token"])).status_code == 200
            await asyncio.sleep(0.8)  # the second process tells the database
        assert (await profile(first, tokens["access_token"])).status_code == 200
        assert (await refresh(first, tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("login_name", [invented.ADMINISTRATOR, invented.AUDITOR])
async def test_five_idle_minutes_end_a_privileged_session(world: World, login_name: str) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock) as gateway:
        token = (await tokens_of(gateway, login_name))["access_token"]
        clock.ahead = 5 * MINUTE - timedelta(seconds=2)
        assert (await profile(gateway, token)).status_code == 200
        clock.ahead += 5 * MINUTE + timedelta(seconds=2)
        assert (await profile(gateway, token)).json()["code"] in {"session_ended", "token_expired"}
        again = (await tokens_of(gateway, login_name))["access_token"]
        clock.ahead += 5 * MINUTE + timedelta(seconds=2)
        assert (await profile(gateway, again)).json()["code"] == "session_ended"


async def test_a_refused_request_is_no_action(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, token_minutes=60) as gateway:
        await gateway.execute("update officer set must_change_password = true")
        await asyncio.sleep(0.3)
        token = (await tokens_of(gateway))["access_token"]
        clock.ahead = 14 * MINUTE
        assert (await gateway.look_up(token)).json()["code"] == "password_change_needed"
        clock.ahead = 16 * MINUTE
        assert (await profile(gateway, token)).json()["code"] == "session_ended"


async def test_a_session_ends_after_twelve_hours_however_busy(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, session_idle_minutes=60, token_minutes=60) as gateway:
        tokens = await tokens_of(gateway)
        for half_hours in range(1, 24):
            clock.ahead = half_hours * 30 * MINUTE
            tokens = (await refresh(gateway, tokens["refresh_token"])).raise_for_status().json()
            assert (await profile(gateway, tokens["access_token"])).status_code == 200
            await gateway.execute("update session set last_active_at = $1", clock.now())
        clock.ahead = 12 * 60 * MINUTE + timedelta(seconds=1)
        assert (await profile(gateway, tokens["access_token"])).json()["code"] == "session_ended"
        assert (await refresh(gateway, tokens["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await gateway.records("session.ended"))[0]["reason"] == "too_old"


# Signing out


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_either_token_signs_out_on_every_process_and_is_on_record(
    world: World, gateway: Gateway, which: str
) -> None:
    async with turnable_gateway(world, TurnableClock()) as second:
        tokens = await tokens_of(gateway)
        assert (await _revoke(gateway, tokens[which])).status_code == 200
        for each in (gateway, second):
            assert await soon(each, tokens["access_token"]) == "session_ended"
        assert (await refresh(second, tokens["refresh_token"])).status_code == 400
        assert (await _revoke(gateway, tokens[which])).status_code == 200
    (ended,) = await gateway.records("session.ended")
    assert (ended["reason"], bool(ended["officer_id"])) == ("signed_out", True)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_a_token_of_another_client_is_not_revoked(gateway: Gateway, which: str) -> None:
    await _another_client(gateway)
    tokens = await tokens_of(gateway)
    answer = await _as_another_client(gateway, "/v1/auth/revoke", {"token": tokens[which]})
    assert answer.status_code == 200
    await asyncio.sleep(0.3)
    assert (await profile(gateway, tokens["access_token"])).status_code == 200
    assert (await refresh(gateway, tokens["refresh_token"])).status_code == 200


async def test_revoking_nothing_known_is_no_error_and_a_stranger_may_not(gateway: Gateway) -> None:
    assert (await _revoke(gateway, "x")).status_code == 200
    assert (await _revoke(gateway, "")).json()["error"] == "invalid_request"
    stranger = await gateway.http.post("/v1/auth/revoke", data={"token": "x"}, auth=("khac", "x"))
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")


# One's own


async def _listed(gateway: Gateway, token: str) -> list[dict[str, object]]:
    answer = await gateway.http.get("/v1/me/sessions", headers=bearer(token))
    return list(answer.raise_for_status().json()["sessions"])


async def test_an_officer_sees_their_own_lasting_sessions_newest_first(world: World) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, token_minutes=60) as gateway:
        await tokens_of(gateway)
        clock.ahead = 10 * MINUTE
        await tokens_of(gateway, invented.PROCESSING)
        first = (await tokens_of(gateway))["access_token"]
        clock.ahead = 20 * MINUTE  # the first one idled meanwhile
        second = (await tokens_of(gateway))["access_token"]
        listed = await _listed(gateway, first)
        assert [session["is_this_one"] for session in listed] == [False, True]
        assert [session["is_this_one"] for session in await _listed(gateway, second)] == [True, False]
        assert listed[0]["client_id"] == invented.CLIENT_ID
        await gateway.execute("update officer set session_epoch = session_epoch + 1")
        await asyncio.sleep(0.3)
        assert len(await _listed(gateway, (await tokens_of(gateway))["access_token"])) == 1


async def test_an_officer_ends_one_of_their_sessions_and_nobody_elses(gateway: Gateway) -> None:
    mine, other = await tokens_of(gateway), await tokens_of(gateway)
    foreign = await tokens_of(gateway, invented.PROCESSING)
    (foreign_id,) = (each["session_id"] for each in await _listed(gateway, foreign["access_token"]))
    (other_id,) = (
        each["session_id"] for each in await _listed(gateway, mine["access_token"]) if not each["is_this_one"]
    )
    for unknown in (foreign_id, uuid4(), "no-id"):
        answer = await gateway.http.delete(f"/v1/me/sessions/{unknown}", headers=bearer(mine["access_token"]))
        assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")
    ended = await gateway.http.delete(f"/v1/me/sessions/{other_id}", headers=bearer(mine["access_token"]))
    assert ended.status_code == 204
    assert await soon(gateway, other["access_token"]) == "session_ended"
    for lasting in (mine, foreign):
        assert (await profile(gateway, lasting["access_token"])).status_code == 200
    (record,) = await gateway.records("session.ended")
    assert (record["reason"], record["session_id"]) == ("ended_by_officer", other_id)


# Without a database


async def test_without_database_every_way_in_and_out_says_so(
    gateway: Gateway, postgres_cluster: PostgresCluster
) -> None:
    tokens = await tokens_of(gateway)
    headers = bearer(tokens["access_token"])
    await profile(gateway, tokens["access_token"])
    await postgres_cluster._close_to_connections(gateway.world.database.name)
    body = {"current_password": "x", "new_password": "y"}
    answers = [
        await refresh(gateway, tokens["refresh_token"]),
        await _revoke(gateway, tokens["access_token"]),
        await gateway.http.post("/v1/me/password", json=body, headers=headers),
        await gateway.http.post("/v1/me/otp", headers=headers),
        await gateway.http.post("/v1/me/otp/confirmation", json={"code": "1"}, headers=headers),
        await gateway.http.get("/v1/me/sessions", headers=headers),
        await gateway.http.delete(f"/v1/me/sessions/{uuid4()}", headers=headers),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (503, "audit_unavailable")
    ] * len(answers)


async def test_without_database_a_session_that_may_have_idled_is_not_served(
    world: World, postgres_cluster: PostgresCluster
) -> None:
    clock = TurnableClock()
    async with turnable_gateway(world, clock, token_minutes=60) as gateway:
        token = (await tokens_of(gateway))["access_token"]
        await postgres_cluster._close_to_connections(world.database.name)
        clock.ahead = 16 * MINUTE
        assert (await profile(gateway, token)).status_code == 503
