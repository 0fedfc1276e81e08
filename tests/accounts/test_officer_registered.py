"""One officer registered over HTTP: by the rules of a list with one row."""

from typing import Any

import httpx

from app.cli import invented
from tests.accounts.administering import Administrator, an_administrator, id_of, value_of
from tests.accounts.calls import fetch
from tests.accounts.slips import codes_on
from tests.gateway import Gateway, bearer

NEW: dict[str, Any] = {
    "login_name": "Moi.Mot",
    "full_name": "Trần  Văn Mới",
    "unit": invented.COMMUNE_CODE,
    "position": "công chức TN-TKQ",
    "upstream_officer_code": "cb-moi-01",
    "person_code": "NV-77",
    "document_number": "7/TB-UBND",
}


async def _register(who: Administrator, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (NEW | changes).items() if value is not None}
    return await who.gateway.http.post("/v1/officers", json=body, headers=bearer(who.token))


async def _logins(gateway: Gateway) -> int:
    return len(await fetch(gateway, "select 1 from officer"))


async def test_an_officer_is_registered_on_record_and_gets_in_by_a_code(gateway: Gateway) -> None:
    who = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    answer = await _register(who)
    assert answer.status_code == 201, answer.text
    officer_id = answer.json()["officer_id"]
    assert answer.headers["location"] == f"/v1/officers/{officer_id}"
    assert await id_of(gateway, "moi.mot") == officer_id
    assert answer.headers["etag"] == f'"{await value_of(gateway, "moi.mot", "version")}"'
    assert await value_of(gateway, "moi.mot", "password_hash") is None
    assert await value_of(gateway, "moi.mot", "full_name") == "Trần Văn Mới"
    (record,) = await gateway.records("officer.added")
    assert record["officer_id"] == await id_of(gateway, invented.UNIT_ADMINISTRATOR)
    assert (record["changed_officer_id"], record["document_number"]) == (officer_id, "7/TB-UBND")
    body = {"unit": invented.COMMUNE_CODE, "officer_ids": [officer_id]}
    slips = await gateway.http.post("/v1/handovers", json=body, headers=bearer(who.token))
    assert len(codes_on(slips.content)) == 1


async def test_the_unit_may_be_named_by_its_id(gateway: Gateway) -> None:
    (unit,) = await fetch(
        gateway, "select unit_id from unit_version where agency_code = $1", invented.CENTRE_CODE
    )
    answer = await _register(await an_administrator(gateway), unit=str(unit["unit_id"]))
    assert answer.status_code == 201
    (posted,) = await fetch(
        gateway, "select unit_id from officer_posting join officer using (officer_id) where login_name ="
        " 'moi.mot'"
    )  # fmt: skip
    assert posted["unit_id"] == unit["unit_id"]


async def test_what_a_list_would_not_take_is_refused_with_what_mends_it(gateway: Gateway) -> None:
    before = await _logins(gateway)
    who = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"unit": invented.CENTRE_CODE}, "unit_outside", "unit"),
        ({"unit": "01981c5e-0000-7000-8000-000000000000"}, "unit_code_unknown", "unit"),
        ({"position": "quản trị đơn vị"}, "role_raised", "position"),
        ({"login_name": " "}, "login_missing", "login_name"),
        ({"login_name": "099190000017"}, "login_holds_number", "login_name"),
        ({"person_code": "099190000017"}, "person_code_holds_number", "person_code"),
        ({"login_name": invented.CENTRE_RECEPTION}, "login_elsewhere", "login_name"),
        ({"upstream_officer_code": "cb-mau-03"}, "upstream_code_taken", "upstream_officer_code"),
        ({"effective_on": "2099-01-01"}, "date_in_future", "effective_on"),
    ]
    for changes, code, field in wrong:
        answer = await _register(who, **changes)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "officer_refused")
        (fault,) = problem["faults"]
        assert (fault["code"], fault["field"]) == (code, field)
        assert fault["what"]
        assert fault["fix"]
        assert problem["errors"] == [{"pointer": f"/{field}"}]
    assert await _logins(gateway) == before
    record, *_next_minute = await gateway.records("request.rejected")
    assert record["problem_code"] == "officer_refused"


async def test_who_is_registered_already_is_not_changed_by_it(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    known = {
        "login_name": invented.RECEPTION,
        "full_name": await value_of(gateway, invented.RECEPTION, "full_name"),
        "upstream_officer_code": "cb-khac-09",
        "person_code": None,
    }
    for unit in (invented.COMMUNE_CODE, invented.CENTRE_CODE):
        answer = await _register(who, unit=unit, **known)
        assert (answer.status_code, answer.json()["code"]) == (409, "officer_exists")
    assert await value_of(gateway, invented.RECEPTION, "upstream_officer_code") == "cb-mau-01"
    assert await gateway.records("officer.changed") == []


async def test_an_officer_registers_nobody(gateway: Gateway) -> None:
    who = Administrator(gateway, await gateway.sign_in(invented.RECEPTION))
    answer = await _register(who)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
