"""Client software over HTTP: registered, limited, suspended, given credentials; by the department alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.accounts.clients import secret_digest
from app.cli import invented
from app.clock import SystemClock, rfc3339
from tests.accounts.administering import id_of
from tests.accounts.calls import fetch, soon, tokens_of
from tests.accounts.client_software import a_certificate, a_p256_key, public_pem
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World


def _pem() -> str:
    """Return a certificate that is in force."""
    return a_certificate(a_p256_key(), SystemClock().now()).public_bytes(Encoding.PEM).decode()


NEW = {"client_id": "giam-sat", "name": "Phần mềm giám sát", "networks": ["127.0.0.0/8"]}
REASON = {"reason": "Hết hợp đồng"}
LIMITS: dict[str, Any] = {
    "networks": ["10.1.0.0/16"],
    "grants": ["password"],
    "procedures": ["1.004194"],
    "expires_at": "2099-06-30T00:00:00Z",
}


class ClientManager:
    """One signed-in administrator, who remembers the version last seen."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self.gateway = gateway
        self.headers = bearer(token)
        self.tag = '"0"'

    async def call(self, method: str, path: str = "", body: object = None, **headers: str) -> httpx.Response:
        named = self.headers | {"If-Match": self.tag} | headers
        answer = await self.gateway.http.request(method, f"/v1/clients{path}", json=body, headers=named)
        self.tag = answer.headers.get("etag", self.tag)
        return answer


async def _until(
    ask: Callable[[], Awaitable[httpx.Response]], holds: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Return the first answer that *holds*, within a second."""
    async with asyncio.timeout(10.0):
        while not holds(answer := await ask()):  # noqa: ASYNC110 - the gateway calls nobody
            await asyncio.sleep(0.02)
    return answer


@pytest.fixture
async def manager(gateway: Gateway) -> ClientManager:
    return ClientManager(gateway, await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False))


@pytest.fixture
async def other(manager: ClientManager) -> dict[str, Any]:
    """Software other than the session's own, as its registration answered."""
    answer = await manager.call("POST", body=NEW)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _rows(gateway: Gateway) -> list[str]:
    query = "select c::text as t from client c union all select c::text from client_credential c order by 1"
    return [row["t"] for row in await fetch(gateway, query)]


async def test_a_secret_is_shown_once_and_stored_as_its_digest(
    gateway: Gateway, manager: ClientManager, other: dict[str, Any]
) -> None:
    stored = await fetch(gateway, "select digest from client_credential where client_id = 'giam-sat'")
    assert [row["digest"] for row in stored] == [secret_digest(other["secret"])]
    shown = await _until(lambda: manager.call("GET", "/giam-sat"), lambda answer: answer.is_success)
    assert "secret" not in shown.json()
    assert other["secret"] not in str(await gateway.records())
    (record,) = await gateway.records("client.added")
    assert record["changed_client_id"] == "giam-sat"
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)


async def test_clients_are_listed_by_page_with_what_ends_soon(
    gateway: Gateway, manager: ClientManager
) -> None:
    soon_over = rfc3339(gateway.clock.now() + timedelta(days=3))
    await manager.call("POST", body=NEW | {"expires_at": soon_over})
    page = await _until(
        lambda: manager.call("GET", "?page_size=1"), lambda answer: answer.json()["next_cursor"] is not None
    )
    listed = page.json()
    assert [one["client_id"] for one in listed["clients"]] == ["giam-sat"]
    assert [(one["client_id"], one["what"]) for one in listed["ending_soon"]] == [("giam-sat", "client")]
    rest = (await manager.call("GET", f"?cursor={listed['next_cursor']}")).json()
    assert ([one["client_id"] for one in rest["clients"]], rest["next_cursor"]) == (
        [invented.CLIENT_ID],
        None,
    )


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.UNIT_ADMINISTRATOR, invented.AUDITOR])
async def test_only_the_department_manages_clients(gateway: Gateway, login_name: str) -> None:
    nobody = ClientManager(gateway, await gateway.sign_in(login_name, accept_notice=False))
    for answer in (await nobody.call("GET"), await nobody.call("POST", body=NEW)):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


@pytest.mark.usefixtures("other")
async def test_limits_are_changed_and_on_record(gateway: Gateway, manager: ClientManager) -> None:
    answer = await manager.call("PUT", "/giam-sat/limits", LIMITS)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in LIMITS} == LIMITS | {
        "expires_at": "2099-06-30T00:00:00.000Z"
    }
    (record,) = await gateway.records("client.changed")
    assert record["after"] == (
        "grants password, procedures 1.004194, from 10.1.0.0/16, ends 2099-06-30T00:00:00.000Z"
    )
    again = await manager.call("PUT", "/giam-sat/limits", LIMITS)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")


@pytest.mark.usefixtures("other")
async def test_a_suspension_is_made_and_lifted(gateway: Gateway, manager: ClientManager) -> None:
    assert (await manager.call("POST", "/giam-sat/suspension", REASON)).json()["status"] == "suspended"
    twice = await manager.call("POST", "/giam-sat/suspension", REASON)
    assert twice.json()["code"] == "nothing_to_change"
    assert (await manager.call("DELETE", "/giam-sat/suspension")).json()["status"] == "active"
    records = await gateway.records("client.changed")
    assert [(one["change"], one.get("reason")) for one in records] == [
        ("suspended", REASON["reason"]),
        ("resumed", None),
    ]


async def test_a_secret_is_rotated_with_an_overlap(
    gateway: Gateway, manager: ClientManager, other: dict[str, Any]
) -> None:
    rotated = await manager.call("POST", "/giam-sat/secrets", {"overlap_hours": 24})
    assert (rotated.status_code, rotated.headers["cache-control"]) == (201, "no-store")
    assert rotated.json()["secret"] != other["secret"]
    third = await manager.call("POST", "/giam-sat/secrets", {})
    assert (third.status_code, third.json()["code"]) == (409, "too_many_secrets")
    at_once = await manager.call("POST", "/giam-sat/secrets", {"overlap_hours": 0})
    assert [one["kind"] for one in at_once.json()["credentials"]] == ["secret"]
    recorded = str(await gateway.records())
    assert not any(one.json()["secret"] in recorded for one in (rotated, at_once))


@pytest.mark.usefixtures("other")
async def test_keys_and_certificates_are_added_once_and_ended(
    gateway: Gateway, manager: ClientManager
) -> None:
    key = {"public_key": public_pem(a_p256_key())}
    certificate = {"certificate": _pem()}
    ids = []
    for path, body in (("keys", key), ("certificates", certificate)):
        added = await manager.call("POST", f"/giam-sat/{path}", body)
        assert added.status_code == 201, added.text
        ids.append(added.json()["credential_id"])
        again = await manager.call("POST", f"/giam-sat/{path}", body)
        assert (again.status_code, again.json()["code"]) == (422, "credential_refused")
    for credential_id in ids:
        ended = await manager.call("DELETE", f"/giam-sat/credentials/{credential_id}")
        assert credential_id not in ended.text
        gone = await manager.call("DELETE", f"/giam-sat/credentials/{credential_id}")
        assert (gone.status_code, gone.json()["code"]) == (404, "credential_unknown")
    said = [record["change"] for record in await gateway.records("client.changed")]
    assert said == ["key added", "certificate added", "key ended", "certificate ended"]


CALLS = [
    ("PUT", "limits", LIMITS),
    ("POST", "suspension", REASON),
    ("DELETE", "suspension", None),
    ("POST", "secrets", {}),
    ("POST", "keys", {"public_key": public_pem(a_p256_key())}),
    ("POST", "certificates", {"certificate": _pem()}),
    ("DELETE", "credentials/01981c5e-0000-7000-8000-000000000000", None),
]


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(("method", "what", "body"), CALLS)
async def test_a_change_names_the_version_it_was_decided_on(
    gateway: Gateway, manager: ClientManager, method: str, what: str, body: object
) -> None:
    before = await _rows(gateway)
    outdated = await manager.call(method, f"/giam-sat/{what}", body, **{"If-Match": '"7"'})
    unknown = await manager.call(method, f"/{'khong-co'}/{what}", body)
    odd = await manager.call(method, f"/A%00/{what}", body)
    path = f"/v1/clients/giam-sat/{what}"
    missing = await gateway.http.request(method, path, json=body, headers=manager.headers)
    assert (outdated.status_code, outdated.json()["code"]) == (412, "version_outdated")
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_needed")
    assert {each.json()["code"] for each in (unknown, odd)} == {"client_unknown"}
    assert await _rows(gateway) == before


OWN_CALLS = [
    ("POST", "suspension", REASON),
    ("PUT", "limits", LIMITS),
    ("PUT", "limits", LIMITS | {"networks": ["127.0.0.0/8"], "grants": []}),
    ("POST", "secrets", {"overlap_hours": 0}),
    ("POST", "certificates", {"certificate": _pem()}),
    ("DELETE", "credentials/01981c5e-0000-7000-8000-000000000000", None),
]


@pytest.mark.parametrize(("method", "what", "body"), OWN_CALLS)
async def test_nobody_locks_themselves_out_of_their_own_software(
    gateway: Gateway, manager: ClientManager, method: str, what: str, body: object
) -> None:
    before = await _rows(gateway)
    await manager.call("GET", f"/{invented.CLIENT_ID}")
    refused = await manager.call(method, f"/{invented.CLIENT_ID}/{what}", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_client")
    assert await _rows(gateway) == before
    (record,) = await gateway.records("request.rejected")
    assert (record["problem_code"], record["changed_client_id"]) == ("own_client", invented.CLIENT_ID)


async def test_ones_own_software_is_limited_as_long_as_it_still_serves(manager: ClientManager) -> None:
    await manager.call("GET", f"/{invented.CLIENT_ID}")
    body = LIMITS | {"networks": ["127.0.0.0/8"]}
    assert (await manager.call("PUT", f"/{invented.CLIENT_ID}/limits", body)).status_code == 200
    assert (await manager.call("POST", f"/{invented.CLIENT_ID}/secrets", {})).status_code == 201


@pytest.mark.usefixtures("other")
async def test_no_administrator_makes_software_that_vouches_for_officers(
    gateway: Gateway, manager: ClientManager
) -> None:
    before = await _rows(gateway)
    vouching = {"grants": ["jwt_bearer"]}
    refused = [
        await manager.call("PUT", "/giam-sat/limits", LIMITS | vouching),
        await manager.call("POST", body=NEW | vouching | {"client_id": "khac"}),
    ]
    assert {(one.status_code, one.json()["code"]) for one in refused} == {(403, "operator_needed")}
    assert await _rows(gateway) == before
    await gateway.execute("update client set grants = '{jwt_bearer}' where client_id = 'giam-sat'")
    await _until(
        lambda: manager.call("GET", "/giam-sat"), lambda answer: answer.json().get("grants") == ["jwt_bearer"]
    )
    keyed = await manager.call("POST", "/giam-sat/keys", {"public_key": public_pem(a_p256_key())})
    assert (keyed.status_code, keyed.json()["code"]) == (403, "operator_needed")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": invented.CLIENT_ID}, "client_taken"),
        ({"client_id": "001099000001"}, "invalid_value"),
        ({"networks": ["10.1.2.3/8"]}, "invalid_value"),
        ({"networks": []}, "invalid_value"),
        ({"grants": ["client_credentials"]}, "invalid_value"),
        ({"kind": "technical", "procedures": ["1.004194"]}, "invalid_value"),
        ({"unit_id": "01981c5e-0000-7000-8000-000000000000"}, "invalid_value"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid_value"),
        ({"name": "=1+1"}, "invalid_value"),
    ],
)
async def test_software_that_cannot_be_registered_is_not(
    gateway: Gateway, manager: ClientManager, changes: dict[str, Any], code: str
) -> None:
    before = await _rows(gateway)
    assert (await manager.call("POST", body=NEW | changes)).json()["code"] == code
    assert await _rows(gateway) == before


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("keys", {"public_key": "nothing"}, "credential_refused"),
        (
            "keys",
            {"public_key": public_pem(a_p256_key()), "expires_at": "2020-01-01T00:00:00Z"},
            "invalid_value",
        ),
        ("certificates", {"certificate": "nothing"}, "credential_refused"),
    ],
)
async def test_what_is_no_credential_is_refused(
    manager: ClientManager, what: str, body: object, code: str
) -> None:
    answer = await manager.call("POST", f"/giam-sat/{what}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_limit_bites_within_a_second(gateway: Gateway, manager: ClientManager) -> None:
    token = (await tokens_of(gateway))["access_token"]
    secret = (await manager.call("POST", body=NEW)).json()["secret"]
    form = {"grant_type": "password", "username": invented.PROCESSING}
    form["password"] = gateway.world.province.passwords[invented.PROCESSING]
    signed = await _until(
        lambda: gateway.http.post("/v1/auth/token", data=form, auth=("giam-sat", secret)),
        lambda answer: answer.is_success,
    )
    other_token = signed.json()["access_token"]
    await manager.call("PUT", "/giam-sat/limits", LIMITS)
    code = "client_address_not_allowed"
    assert await soon(gateway, other_token, code) == code
    assert await soon(gateway, token, "none", seconds=1.0) is None


async def test_while_nothing_can_be_recorded_nothing_changes(world: World) -> None:
    broken = FakeAuditLog()
    async with running_gateway(world, an_upstream(), wrap_log=lambda _: broken) as gateway:
        token = await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False)
        manager = ClientManager(gateway, token)
        await manager.call("GET", f"/{invented.CLIENT_ID}")
        before = await _rows(gateway)
        broken.fail = True
        for answer in (
            await manager.call("POST", body=NEW),
            await manager.call("POST", f"/{invented.CLIENT_ID}/secrets", {}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
            assert "secret" not in answer.json()
        assert await _rows(gateway) == before


async def test_the_serving_role_changes_no_more_of_a_client_than_its_limits(gateway: Gateway) -> None:
    connection = await asyncpg.connect(gateway.world.database.serving_url)
    try:
        for statement in (
            "delete from client",
            "update client set client_id = 'khac'",
            "update client set kind = 'technical'",
            "update client set unit_id = null",
            "update client_credential set digest = digest",
            "update client_credential set public_jwk = null",
            "delete from client_credential",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()
