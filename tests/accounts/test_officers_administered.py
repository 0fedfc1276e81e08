"""What one administrator does with an officer's account: seen, suspended, given a role, signed out."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from app.cli import invented
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.accounts.administering import an_administrator, id_of, into_the_commune, lock, seen_by, value_of
from tests.accounts.calls import profile, soon, tokens_of
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World

REASON = {"reason": "Nghỉ việc từ hôm nay"}


@pytest.fixture
async def second(world: World) -> AsyncIterator[Gateway]:
    """Another process's gateway over the same database."""
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock) as running:
        yield running


async def test_an_administrator_sees_an_account_by_id_and_by_name(gateway: Gateway) -> None:
    await gateway.sign_in()
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    by_id = await administrator.show(officer_id)
    by_name = await gateway.http.get(
        "/v1/officers", params={"login_name": " TiepNhan.Mau "}, headers=bearer(administrator.token)
    )
    assert by_id.json() == by_name.json()
    shown = by_id.json()
    assert by_id.headers["etag"] == f'"{shown["version"]}"'
    assert shown.pop("last_sign_in_at").endswith("Z")
    assert {name: shown[name] for name in shown if name not in {"version", "unit_id"}} == {
        "officer_id": officer_id,
        "login_name": invented.RECEPTION,
        "full_name": "Nguyễn Thị Tiếp Nhận",
        "role": "reception",
        "kind": "business",
        "unit_code": invented.COMMUNE_CODE,
        "unit_name": "Ủy ban nhân dân xã Mẫu",
        "status": "active",
        "status_reason": None,
        "status_text": None,
        "person_code": "NV-MAU-01",
        "has_second_factor": False,
        "locked_until": None,
    }


async def test_an_account_says_that_it_is_locked_and_who_never_signed_in(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    await lock(gateway, invented.PROCESSING)
    shown = (await administrator.show(await id_of(gateway, invented.PROCESSING))).json()
    assert shown["locked_until"].endswith("Z")
    assert shown["last_sign_in_at"] is None


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.AUDITOR])
async def test_who_is_no_administrator_sees_no_accounts(gateway: Gateway, login_name: str) -> None:
    token = await gateway.sign_in(login_name)
    answer = await gateway.http.get(
        f"/v1/officers/{await id_of(gateway, invented.PROCESSING)}", headers=bearer(token)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


async def test_a_unit_administrator_sees_their_units_and_no_other(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    own = await administrator.show(await id_of(gateway, invented.RECEPTION))
    other = await administrator.show(await id_of(gateway, invented.CENTRE_RECEPTION))
    assert own.status_code == 200
    assert (other.status_code, other.json()["code"]) == (403, "outside_own_units")
    (refused,) = await gateway.records("request.rejected")
    assert refused["problem_code"] == "outside_own_units"
    assert refused["changed_officer_id"] == await id_of(gateway, invented.CENTRE_RECEPTION)


async def test_a_unit_administrator_reaches_units_below_their_own(gateway: Gateway) -> None:
    await gateway.execute(
        "update unit_version set parent_id = (select unit_id from unit_version where agency_code = $1)"
        " where agency_code = $2",
        invented.COMMUNE_CODE,
        invented.CENTRE_CODE,
    )
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.CENTRE_RECEPTION)
    await seen_by(administrator, officer_id)
    answer = await administrator.change("POST", officer_id, "suspension", REASON)
    assert answer.status_code == 204


@pytest.mark.parametrize("unknown", ["01981c5e-0000-7000-8000-000000000000", "ai-do"])
async def test_nobodys_account_is_not_found(gateway: Gateway, unknown: str) -> None:
    administrator = await an_administrator(gateway)
    answers = [
        await administrator.show(unknown),
        await gateway.http.get(
            "/v1/officers", params={"login_name": unknown}, headers=bearer(administrator.token)
        ),
        await administrator.change("POST", unknown, "suspension", REASON, '"1"'),
    ]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(404, "officer_unknown")}


async def test_a_suspension_bites_everywhere_and_is_on_record(gateway: Gateway, second: Gateway) -> None:
    token = (await tokens_of(gateway))["access_token"]
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    answer = await administrator.change("POST", officer_id, "suspension", REASON)
    assert answer.status_code == 204
    for each in (gateway, second):
        assert await soon(each, token, "officer_suspended") == "officer_suspended"
    shown = await administrator.show(officer_id)
    assert (shown.json()["status"], shown.headers["etag"]) == ("suspended", answer.headers["etag"])
    assert shown.json()["status_reason"] == "administrator"
    assert shown.json()["status_text"] == "Quản trị viên tạm khóa"
    (record,) = await gateway.records("officer.suspended")
    assert (record["change"], record["reason"]) == ("suspended", REASON["reason"])
    before, after = json.loads(record["before"]), json.loads(record["after"])
    assert (before["status"], before["status_reason"]) == ("active", None)
    assert (after["status"], after["status_reason"]) == ("suspended", "administrator")
    assert record["changed_officer_id"] == officer_id
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)


async def test_a_suspension_is_lifted_and_the_officer_signs_in_again(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    await administrator.change("POST", officer_id, "suspension", REASON)
    lifted = await administrator.change("DELETE", officer_id, "suspension")
    assert lifted.status_code == 204
    again = await administrator.change("DELETE", officer_id, "suspension")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")
    records = [*await gateway.records("officer.suspended"), *await gateway.records("officer.resumed")]
    changes = [
        (json.loads(each["before"])["status"], json.loads(each["after"])["status"]) for each in records
    ]
    assert changes == [("active", "suspended"), ("suspended", "active")]


async def test_nobody_is_suspended_twice(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    await administrator.change("POST", officer_id, "suspension", REASON)
    again = await administrator.change("POST", officer_id, "suspension", REASON)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")


async def test_who_got_another_account_meanwhile_does_not_get_the_suspended_one_back(
    gateway: Gateway,
) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    await administrator.change("POST", officer_id, "suspension", REASON)
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-01' where login_name = $1", invented.PROCESSING
    )
    refused = await administrator.change("DELETE", officer_id, "suspension")
    assert (refused.status_code, refused.json()["code"]) == (409, "person_has_another_account")
    assert await value_of(gateway, invented.RECEPTION, "status") == "suspended"
    assert await gateway.records("officer.resumed") == []


CHANGES = [
    ("POST", "suspension", REASON),
    ("DELETE", "suspension", None),
    ("PUT", "role", {"role": "processing"}),
    ("DELETE", "sessions", None),
]


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
async def test_a_change_names_the_version_it_was_decided_on(
    gateway: Gateway, method: str, what: str, body: object
) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    stale = (await administrator.show(officer_id)).headers["etag"]
    await gateway.execute(
        "update officer set full_name = full_name where login_name = $1", invented.RECEPTION
    )
    outdated = await administrator.change(method, officer_id, what, body, stale)
    path = f"/v1/officers/{officer_id}/{what}"
    missing = await gateway.http.request(method, path, json=body, headers=bearer(administrator.token))
    assert (outdated.status_code, outdated.json()["code"]) == (412, "version_outdated")
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_needed")
    assert await gateway.records("officer.changed") == []


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
async def test_nobody_changes_an_account_of_their_own(
    gateway: Gateway, method: str, what: str, body: object
) -> None:
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-07' where login_name = $1", invented.RECEPTION
    )
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    for own in (invented.UNIT_ADMINISTRATOR, invented.RECEPTION):
        refused = await administrator.change(method, await id_of(gateway, own), what, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "own_account")
    assert await gateway.records("officer.changed") == []


@pytest.mark.parametrize(("method", "what", "body"), CHANGES)
async def test_a_unit_administrator_changes_no_administrator(
    gateway: Gateway, method: str, what: str, body: object
) -> None:
    await into_the_commune(gateway, invented.ADMINISTRATOR, invented.AUDITOR)
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    for privileged in (invented.ADMINISTRATOR, invented.AUDITOR):
        refused = await administrator.change(method, await id_of(gateway, privileged), what, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "role_out_of_reach")


async def test_a_role_is_given_and_ends_what_went_on_under_the_other(
    gateway: Gateway, second: Gateway
) -> None:
    token = (await tokens_of(gateway))["access_token"]
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.RECEPTION)
    answer = await administrator.change("PUT", officer_id, "role", {"role": "processing"})
    assert answer.status_code == 204
    for each in (gateway, second):
        assert await soon(each, token) == "session_ended"
    (record,) = await gateway.records("officer.changed")
    assert (record["change"], record["before"], record["after"]) == ("role", "reception", "processing")
    told = (await profile(gateway, await gateway.sign_in())).json()
    assert [notice["code"] for notice in told["notices"]] == ["role_changed"]


async def test_a_role_beyond_the_administrators_own_reach_is_refused(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.RECEPTION)
    for role in ("unit_administrator", "department_administrator", "auditor"):
        refused = await administrator.change("PUT", officer_id, "role", {"role": role})
        assert (refused.status_code, refused.json()["code"]) == (403, "role_out_of_reach")


@pytest.mark.parametrize("role", ["department_administrator", "auditor"])
async def test_the_departments_roles_are_not_given_by_one(gateway: Gateway, role: str) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    refused = await administrator.change("PUT", officer_id, "role", {"role": role})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    assert await value_of(gateway, invented.RECEPTION, "role") == "reception"


async def test_an_administrators_role_needs_to_know_the_person(gateway: Gateway) -> None:
    await gateway.execute("update officer set person_code = null where login_name = $1", invented.RECEPTION)
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    unknown = await administrator.change("PUT", officer_id, "role", {"role": "unit_administrator"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "person_code_needed")
    body = {"role": "unit_administrator", "person_code": "nv-mau-70"}
    assert (await administrator.change("PUT", officer_id, "role", body)).status_code == 204
    assert await value_of(gateway, invented.RECEPTION, "person_code") == "NV-MAU-70"


async def test_a_registered_person_is_not_replaced_by_another_one(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    body = {"role": "unit_administrator", "person_code": "NV-MAU-70"}
    refused = await administrator.change("PUT", officer_id, "role", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")
    assert await value_of(gateway, invented.RECEPTION, "role") == "reception"


async def test_one_person_does_not_hold_two_administrators_accounts(gateway: Gateway) -> None:
    await gateway.execute(
        "update officer set person_code = 'NV-MAU-07' where login_name = $1", invented.RECEPTION
    )
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    refused = await administrator.change("PUT", officer_id, "role", {"role": "unit_administrator"})
    assert (refused.status_code, refused.json()["code"]) == (409, "person_has_another_account")


@pytest.mark.parametrize(
    "body",
    [
        {"role": "king"},
        {"role": None},
        {},
        {"role": "processing", "person_code": "có dấu"},
        {"role": "processing", "person_code": "A" * 33},
        {"role": "processing", "person_code": ""},
    ],
)
async def test_a_role_that_is_none_is_refused(gateway: Gateway, body: object) -> None:
    administrator = await an_administrator(gateway)
    answer = await administrator.change("PUT", await id_of(gateway, invented.RECEPTION), "role", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


@pytest.mark.parametrize(
    "reason",
    [
        "",
        " ",
        "a" * 201,
        "căn cước 099190000017",
        "099 190 000 017",
        "099\u200b190\u200b000017",
        "dòng\nmới",
        None,
    ],
)
async def test_a_reason_is_a_sentence_without_anybodys_number(gateway: Gateway, reason: object) -> None:
    administrator = await an_administrator(gateway)
    officer_id = await id_of(gateway, invented.RECEPTION)
    answer = await administrator.change("POST", officer_id, "suspension", {"reason": reason})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_an_administrator_sees_an_officers_sessions_and_ends_them_all(
    gateway: Gateway, second: Gateway
) -> None:
    tokens = [(await tokens_of(each))["access_token"] for each in (gateway, second)]
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    officer_id = await id_of(gateway, invented.RECEPTION)
    path = f"/v1/officers/{officer_id}/sessions"
    seen = (await gateway.http.get(path, headers=bearer(administrator.token))).json()["sessions"]
    assert [(one["client_id"], one["address"], one["assurance"]) for one in seen] == [
        (invented.CLIENT_ID, "127.0.0.1", "password")
    ] * 2
    assert (await administrator.change("DELETE", officer_id, "sessions")).status_code == 204
    for token in tokens:
        for each in (gateway, second):
            assert await soon(each, token) == "session_ended"
    assert (await gateway.http.get(path, headers=bearer(administrator.token))).json() == {"sessions": []}
    (record,) = await gateway.records("officer.changed")
    assert (record["change"], record["changed_officer_id"]) == ("sessions_ended", officer_id)


async def test_what_cannot_be_recorded_is_not_done(world: World) -> None:
    broken = FakeAuditLog()
    async with running_gateway(world, an_upstream(), wrap_log=lambda _: broken) as gateway:
        administrator = await an_administrator(gateway)
        officer_id = await id_of(gateway, invented.RECEPTION)
        tag = (await administrator.show(officer_id)).headers["etag"]
        broken.fail = True
        answers = [
            await administrator.change(method, officer_id, what, body, tag)
            for method, what, body in CHANGES[:1]
        ] + [await administrator.ask("reset_second_factor", await id_of(gateway, invented.AUDITOR))]
        assert {(each.status_code, each.json()["code"]) for each in answers} == {(503, "audit_unavailable")}
        assert await value_of(gateway, invented.RECEPTION, "status") == "active"
        broken.fail = False
        assert await administrator.open() == []
