"""What client software may do for whom: units, procedures, time; enforced at sign-in and at every call."""

import pytest

from app.cli import invented
from tests.accounts.calls import profile
from tests.accounts.client_software import change_client, reloaded, some_software, unit_of
from tests.gateway import Gateway
from tests.world import a_lookup

PASSWORD = {"grant_type": "password"}


async def signed_in(gateway: Gateway, assignment: str, *values: object) -> str:
    """Return a token issued before the client software was changed so."""
    token = await gateway.sign_in()
    await change_client(gateway, invented.CLIENT_ID, assignment, *values)
    return token


async def test_software_of_a_unit_serves_officers_at_and_below_it(gateway: Gateway) -> None:
    above = await unit_of(gateway, invented.CENTRE_RECEPTION)
    await gateway.execute(
        "update unit_version set parent_id = $1 where unit_id = $2",
        above,
        await unit_of(gateway, invented.RECEPTION),
    )
    token = await signed_in(gateway, "unit_id = $2", above)
    assert (await profile(gateway, token)).status_code == 200
    for login_name in (invented.RECEPTION, invented.CENTRE_RECEPTION):
        assert (await gateway.try_sign_in(login_name)).status_code == 200


async def test_an_officer_of_another_unit_is_refused_at_each_call_and_on_record(gateway: Gateway) -> None:
    token = await signed_in(gateway, "unit_id = $2", await unit_of(gateway, invented.CENTRE_RECEPTION))
    answer = await gateway.look_up(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "client_unit_not_served")
    (record,) = await gateway.records("token.refused")
    assert record["problem_code"] == "client_unit_not_served"
    assert await gateway.records("lookup.intent") == []


async def test_at_sign_in_an_officer_of_another_unit_looks_like_a_wrong_password(gateway: Gateway) -> None:
    await change_client(
        gateway, invented.CLIENT_ID, "unit_id = $2", await unit_of(gateway, invented.CENTRE_RECEPTION)
    )
    right = await gateway.try_sign_in(invented.RECEPTION)
    wrong = await gateway.try_sign_in(invented.RECEPTION, "wrong")
    unknown = await gateway.try_sign_in("khong.co", "wrong")
    assert right.content == wrong.content == unknown.content
    assert right.json()["error"] == "invalid_grant"
    assert len(await gateway.records("sign_in.failed")) == 3


async def test_software_of_a_unit_that_is_no_more_serves_nobody(gateway: Gateway) -> None:
    centre = await unit_of(gateway, invented.CENTRE_RECEPTION)
    token = await gateway.sign_in(invented.CENTRE_RECEPTION)
    await change_client(gateway, invented.CLIENT_ID, "unit_id = $2", centre)
    assert (await profile(gateway, token)).status_code == 200
    await gateway.execute("update unit_version set valid_to = current_date where unit_id = $1", centre)
    await reloaded(gateway)
    assert (await profile(gateway, token)).json()["code"] == "unit_inactive"


async def test_software_for_certain_procedures_is_refused_others_on_record(gateway: Gateway) -> None:
    token = await signed_in(gateway, "procedures = array[$2]", invented.HOUSEHOLD_PROCEDURE)
    refused = await gateway.look_up(token)
    assert (refused.status_code, refused.json()["code"]) == (403, "client_procedure_not_permitted")
    assert refused.json()["paper"]["may_ask"] is False
    (record,) = await gateway.records("lookup.refused")
    assert record["problem_code"] == "client_procedure_not_permitted"
    found = await gateway.look_up(token, a_lookup(procedure_code=invented.HOUSEHOLD_PROCEDURE))
    assert found.json()["outcome"] == "found"


async def test_an_officer_sees_only_procedures_their_software_may_use(gateway: Gateway) -> None:
    token = await signed_in(gateway, "procedures = array[$2]", invented.HOUSEHOLD_PROCEDURE)
    shown = (await profile(gateway, token)).json()["procedures"]
    assert [one["procedure_code"] for one in shown] == [invented.HOUSEHOLD_PROCEDURE]


async def test_a_client_that_ran_out_is_refused_like_a_suspended_one(gateway: Gateway) -> None:
    token = await signed_in(gateway, "expires_at = now() - interval '1 s'")
    answer = await profile(gateway, token)
    assert (answer.status_code, answer.json()["code"]) == (403, "client_expired")
    (record,) = await gateway.records("token.refused")
    assert record["problem_code"] == "client_expired"
    assert (await gateway.try_sign_in(invented.RECEPTION)).json()["error"] == "invalid_client"


async def test_switched_off_passwords_end_the_sessions_begun_by_them(gateway: Gateway) -> None:
    token = await signed_in(gateway, "grants = '{jwt_bearer}'")
    assert (await profile(gateway, token)).json()["code"] == "session_ended"


async def test_without_any_grant_nothing_is_refreshed(gateway: Gateway) -> None:
    software = await some_software(gateway)
    await change_client(gateway, software.client_id, "grants = '{}'")
    answer = await software.with_secret({"grant_type": "refresh_token", "refresh_token": "x"})
    assert answer.json()["error"] == "unauthorized_client"


async def test_of_two_secrets_both_count_until_the_older_runs_out(gateway: Gateway) -> None:
    software = await some_software(gateway)
    await gateway.execute(
        "insert into client_credential (credential_id, client_id, kind, digest, created_at)"
        " values (gen_random_uuid(), $1, 'secret', sha256('moi'), now())",
        software.client_id,
    )
    await reloaded(gateway)
    old, software.secret = software.secret, "moi"
    assert (await software.with_secret({"grant_type": "none"})).json()["error"] == "unsupported_grant_type"
    await gateway.execute(
        "update client_credential set expires_at = now() - interval '1 s'"
        " where client_id = $1 and kind = 'secret' and digest <> sha256('moi')",
        software.client_id,
    )
    await reloaded(gateway)
    assert (await software.with_secret({"grant_type": "none"})).json()["error"] == "unsupported_grant_type"
    software.secret = old
    assert (await software.with_secret({"grant_type": "none"})).json()["error"] == "invalid_client"


@pytest.mark.parametrize("secret", ["", "\0", "x" * 5000])
async def test_a_client_without_secrets_has_none_that_fits(gateway: Gateway, secret: str) -> None:
    software = await some_software(gateway)
    await gateway.execute(
        "delete from client_credential where client_id = $1 and kind = 'secret'", "phan-mem"
    )
    await reloaded(gateway)
    software.secret = secret
    assert (await software.with_secret({"grant_type": "none"})).json()["error"] == "invalid_client"
