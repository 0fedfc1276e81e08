"""`POST /v1/decisions/explain` over HTTP: the same answer a lookup gets, for any day, for administrators."""

from datetime import timedelta
from typing import Any

import httpx

from app.cli import invented
from app.clock import local_day
from tests.accounts.administering import id_of
from tests.gateway import Gateway, bearer
from tests.world import a_dossier_code, a_lookup

PATH = "/v1/decisions/explain"
NOBODY = "01981c5e-0000-7000-8000-000000000000"
ASKED: dict[str, Any] = {
    "login_name": invented.RECEPTION,
    "procedure_code": invented.RESIDENCE_PROCEDURE,
    "dossier_code": a_dossier_code(),
}


class Explainer:
    """One signed-in officer who asks."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway, self._token = gateway, token

    async def ask(self, body: Any = None, **changes: Any) -> httpx.Response:
        sent = body if body is not None else ASKED | changes
        return await self._gateway.http.post(PATH, json=sent, headers=bearer(self._token))

    async def said(self, **changes: Any) -> dict[str, Any]:
        answer = await self.ask(**changes)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def _explainer(gateway: Gateway, login_name: str = invented.ADMINISTRATOR) -> Explainer:
    return Explainer(gateway, await gateway.sign_in(login_name, accept_notice=False))


async def test_the_explanation_is_what_a_lookup_gets(gateway: Gateway) -> None:
    officer, explainer = await gateway.sign_in(), await _explainer(gateway)
    found = (await gateway.look_up(officer)).json()
    explained = await explainer.said()
    assert explained["is_permitted"] is True
    assert {field["field"] for field in explained["fields"]} == set(found["citizen"])
    assert all(field["legal_basis"] for field in explained["fields"])
    for changes in (
        {"procedure_code": invented.UNGRANTED_PROCEDURE},
        {"procedure_code": invented.PROCESSING_PROCEDURE},
        {"procedure_code": invented.ENDED_PROCEDURE},
        {"procedure_code": invented.UNMAPPED_PROCEDURE},
        {"procedure_code": "9.999999"},
        {"dossier_code": a_dossier_code("H20.34.12")},
        {"fields": ["religion"]},
    ):
        refused = (await gateway.look_up(officer, a_lookup(**changes))).json()
        explained = await explainer.said(**changes)
        assert explained["refusal"]["code"] == refused["code"]
        assert explained["refusal"]["detail"]["vi"] == refused["detail"]


async def test_an_answer_is_on_record_and_stored_by_nobody(gateway: Gateway) -> None:
    explainer = await _explainer(gateway)
    answer = await explainer.ask()
    assert answer.headers["Cache-Control"] == "no-store"
    (record,) = await gateway.records("decision.explained")
    assert record["searched_officer_id"] == answer.json()["officer_id"]
    assert record["searched_client_id"] == invented.CLIENT_ID
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)
    assert "subject" not in record


async def test_a_unit_administrator_asks_below_their_own_unit_and_who_looks_up_not_at_all(
    gateway: Gateway,
) -> None:
    administrator = await _explainer(gateway, invented.UNIT_ADMINISTRATOR)
    assert (await administrator.said())["is_permitted"] is True
    elsewhere = await administrator.ask(login_name=invented.CENTRE_RECEPTION)
    assert elsewhere.json()["code"] == "outside_own_units"
    for login_name in (invented.RECEPTION, invented.AUDITOR):
        refused = await (await _explainer(gateway, login_name)).ask()
        assert refused.json()["code"] == "role_not_permitted"


async def test_the_day_decides_where_the_officer_works_and_what_their_unit_holds(gateway: Gateway) -> None:
    tomorrow = local_day(gateway.clock.now()) + timedelta(days=1)
    officer_id = await id_of(gateway, invented.RECEPTION)
    await gateway.execute(
        "update officer_posting set valid_to = $1 where officer_id = $2::text::uuid", tomorrow, officer_id
    )
    await gateway.execute(
        "insert into officer_posting (officer_id, unit_id, valid_from)"
        " select $2::text::uuid, unit_id, $1 from unit_version where agency_code = $3",
        tomorrow,
        officer_id,
        invented.CENTRE_CODE,
    )
    explainer = await _explainer(gateway)
    before, now, then = [
        await explainer.said(on=day, dossier_code=None, login_name=None, officer_id=officer_id)
        for day in ("2022-12-31", None, tomorrow.isoformat())
    ]
    assert (before["unit"], before["refusal"]["rule"]) == (None, "posted")
    assert now["unit"]["agency_code"] == invented.COMMUNE_CODE
    assert then["unit"]["agency_code"] == invented.CENTRE_CODE
    assert now["is_permitted"] is then["is_permitted"] is True
    assert {rule["rule"]: rule["state"] for rule in now["rules"]}["dossier_of_unit"] == "not_applicable"
    household = await explainer.said(on=tomorrow.isoformat(), procedure_code=invented.HOUSEHOLD_PROCEDURE)
    assert household["refusal"]["rule"] == "unit_granted"


WRONG: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"login_name": None}, "invalid_value", ["/officer_id", "/login_name"]),
    ({"officer_id": NOBODY}, "invalid_value", ["/officer_id", "/login_name"]),
    ({"officer_id": "x", "login_name": None}, "invalid_value", ["/officer_id"]),
    ({"question_type": "gossip"}, "invalid_value", ["/question_type"]),
    ({"fields": ["shoe_size"]}, "invalid_value", ["/fields/0"]),
    ({"on": "1999-12-31"}, "invalid_value", ["/on"]),
    ({"procedure_code": "khai sinh"}, "invalid_procedure_code", ["/procedure_code"]),
    ({"dossier_code": "HS-1"}, "invalid_dossier_code", ["/dossier_code"]),
    ({"on": "2022-01-01"}, "invalid_dossier_code", ["/dossier_code"]),
    ({"citizen": {}}, "unknown_field", [""]),
]


async def test_what_cannot_be_right_is_told_by_pointers_and_leaves_no_explanation(gateway: Gateway) -> None:
    explainer = await _explainer(gateway)
    for changes, code, pointers in WRONG:
        answer = await explainer.ask(**changes)
        assert answer.status_code == 422
        assert (answer.json()["code"], [each["pointer"] for each in answer.json()["errors"]]) == (
            code,
            pointers,
        )
    assert (await explainer.ask(body={"login_name": invented.RECEPTION})).json()["code"] == "invalid_value"
    assert not await gateway.records("decision.explained")
    unknown = [
        await explainer.ask(login_name="nguoi.la"),
        await explainer.ask(login_name=None, officer_id=NOBODY),
        await explainer.ask(client_id="phan-mem-la"),
    ]
    assert [answer.status_code for answer in unknown] == [404, 404, 404]
