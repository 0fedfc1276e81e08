"""Technical clients speak for themselves: the status, and never a lookup."""

from datetime import timedelta

import pytest

from app.accounts.clients import ClientKind
from app.cli import invented
from tests.accounts.client_software import Software, change_client, reloaded, some_software
from tests.accounts.forging import decoded, signed_token
from tests.gateway import Gateway, bearer
from tests.test_main import OFFERED
from tests.world import TOKEN_KEY, a_lookup

FOR_ITSELF = {"grant_type": "client_credentials"}
FOR_ANYBODY = {
    "/v1/auth/activate",
    "/v1/auth/token",
    "/v1/auth/revoke",
    "/v1/status",
    "/v1/receipts/{receipt_id}",
    "/v1/audit/checkpoint",
    "/v1/audit/tile/{level}/{position}",
    "/v1/audit/proofs/{record_id}",
    "/v1/audit/consistency",
}


@pytest.fixture
async def monitor(gateway: Gateway) -> Software:
    return await some_software(gateway, "giam-sat", kind=ClientKind.TECHNICAL)


async def token_of(monitor: Software) -> str:
    answer = (await monitor.with_secret(FOR_ITSELF)).raise_for_status().json()
    assert set(answer) == {"access_token", "token_type", "expires_in"}
    assert answer["expires_in"] == 600
    return str(answer["access_token"])


async def test_it_reads_the_status_in_which_nobody_stands(monitor: Software) -> None:
    answer = await monitor.gateway.http.get("/v1/status", headers=bearer(await token_of(monitor)))
    said = answer.raise_for_status().json()
    assert (said["ready"], said["checks"], said["version"]) == (
        True,
        {"directory": True, "audit": True, "anchoring": True, "token_key": True},
        "0.1.0",
    )
    assert 0 <= said["directory_age_seconds"] < 10
    assert said["ending_soon"] == []
    assert said["headroom"] == []
    assert not any(name in answer.text for name in monitor.gateway.world.province.passwords)
    (record,) = await monitor.gateway.records("client.signed_in")
    assert record["client_id"] == "giam-sat"


async def test_it_is_told_what_ends_soon(monitor: Software) -> None:
    at = monitor.gateway.clock.now() + timedelta(days=29)
    await monitor.gateway.execute(
        "update client_credential set expires_at = $1 where client_id = 'giam-sat' and kind = 'key'", at
    )
    await change_client(monitor.gateway, invented.CLIENT_ID, "expires_at = $2", at - timedelta(days=1))
    answer = await monitor.gateway.http.get("/v1/status", headers=bearer(await token_of(monitor)))
    soonest, later = answer.json()["ending_soon"]
    assert (soonest["client_id"], soonest["what"], soonest["credential_id"]) == (
        invented.CLIENT_ID,
        "client",
        None,
    )
    assert (later["client_id"], later["what"]) == ("giam-sat", "key")


async def test_every_route_for_officers_refuses_it_on_record(monitor: Software) -> None:
    token = await token_of(monitor)
    paths = [
        (method, path) for method, path in OFFERED if path.startswith("/v1/") and path not in FOR_ANYBODY
    ]
    assert len(paths) >= 10
    for method, path in paths:
        answer = await monitor.gateway.http.request(
            method, path, json=a_lookup() if method == "POST" else None, headers=bearer(token)
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "officer_needed"), path
    first, *next_minute = await monitor.gateway.records("token.refused")
    assert len(next_minute) <= 1  # one record a minute, and a minute may end between two calls
    for record in (first, *next_minute):
        assert (record["client_id"], record["problem_code"]) == ("giam-sat", "officer_needed")
        assert "officer_id" not in record
    assert await monitor.gateway.records("lookup.intent") == []


async def test_its_token_says_of_what_sort_it_is(monitor: Software) -> None:
    header, claims = (decoded(part) for part in (await token_of(monitor)).split(".")[:2])
    assert header["typ"] == "client-at+jwt"
    assert claims["aud"] == "dancu-status"
    assert set(claims) == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti"}


async def test_neither_sort_of_token_is_taken_for_the_other_by_a_change_of_header(monitor: Software) -> None:
    """Even the gateway's own key does not help: type, audience and claims must all agree."""
    officer, technical = await monitor.gateway.sign_in(), await token_of(monitor)
    (head, said), (own_head, own) = (
        [decoded(part) for part in token.split(".")[:2]] for token in (officer, technical)
    )
    http = monitor.gateway.http
    for header, claims in ((head, own), (own_head, said), (head, own | {"aud": "dancu"})):
        forged = bearer(signed_token(header, claims, TOKEN_KEY))
        assert (await http.get("/v1/me", headers=forged)).json()["code"] == "token_invalid"
        assert (await http.get("/v1/status", headers=forged)).json()["code"] == "token_invalid"


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.PROCESSING, invented.AUDITOR])
async def test_officers_whose_role_does_not_permit_it_do_not_read_the_status(
    gateway: Gateway, login_name: str
) -> None:
    token = await gateway.sign_in(login_name, accept_notice=False)
    answer = await gateway.http.get("/v1/status", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
    (record,) = await gateway.records("request.rejected")
    assert record["problem_code"] == "role_not_permitted"


async def test_department_administrators_read_it(gateway: Gateway) -> None:
    token = await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
    assert (await gateway.http.get("/v1/status", headers=bearer(token))).status_code == 200


async def test_it_signs_no_officer_in(monitor: Software) -> None:
    password = monitor.gateway.world.province.passwords[invented.RECEPTION]
    forms = [
        {"grant_type": "password", "username": invented.RECEPTION, "password": password},
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": monitor.sign(monitor.officer_claims()),
        },
    ]
    said = [(await monitor.with_secret(form)).json()["error"] for form in forms]
    assert said == ["unauthorized_client"] * 3


async def test_service_software_gets_no_token_for_itself(gateway: Gateway) -> None:
    software = await some_software(gateway)
    assert (await software.with_secret(FOR_ITSELF)).json()["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    ("assignment", "code"),
    [
        ("status = 'suspended'", "client_suspended"),
        ("expires_at = now() - interval '1 s'", "client_expired"),
        ("networks = '{10.9.9.0/24}'", "client_address_not_allowed"),
        ("grants = '{}'", "token_invalid"),
    ],
)
async def test_what_ends_its_rights_ends_its_token_on_record(
    monitor: Software, assignment: str, code: str
) -> None:
    token = await token_of(monitor)
    await change_client(monitor.gateway, "giam-sat", assignment)
    answer = await monitor.gateway.http.get("/v1/status", headers=bearer(token))
    assert answer.json()["code"] == code
    (record,) = await monitor.gateway.records("token.refused")
    assert (record["client_id"], record["problem_code"]) == ("giam-sat", code)


async def test_its_token_ends_after_ten_minutes(monitor: Software) -> None:
    header, claims = (decoded(part) for part in (await token_of(monitor)).split(".")[:2])
    over = signed_token(header, claims | {"exp": monitor.seconds(ahead=-1)}, TOKEN_KEY)
    answer = await monitor.gateway.http.get("/v1/status", headers=bearer(over))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert claims["exp"] - claims["iat"] == 600


@pytest.mark.parametrize(
    "assignment",
    [
        "grants = '{password}'",
        "grants = '{client_credentials, jwt_bearer}'",
        "procedures = '{1.004194}'",
        "kind = 'service'",
        "kind = 'both'",
    ],
)
async def test_the_database_keeps_the_kinds_apart(monitor: Software, assignment: str) -> None:
    with pytest.raises(Exception, match="ck_client_"):
        await monitor.gateway.execute(f"update client set {assignment} where client_id = 'giam-sat'")  # noqa: S608 - our words
    await reloaded(monitor.gateway)
    await token_of(monitor)
