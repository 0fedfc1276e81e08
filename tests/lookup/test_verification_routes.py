"""Verifications over HTTP: from the desk to the national side and back, limits and refusals."""

import asyncio
from typing import Any

import httpx
import pytest

from app.cli import invented
from app.lookup.values import Address
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import FakeSource, a_citizen, opening
from tests.world import World, a_lookup

PATH = "/v1/residence-verifications"
HOME = {
    "kind": "permanent_residence",
    "address": {
        "line": "5 Đ. Thử, X. Mẫu",
        "commune_code": "99111",
        "district_code": "991",
        "province_code": "99",
    },
}
ELSEWHERE = {"kind": "permanent_residence", "address": {"line": "Số 7 đường Thử, xã Mẫu"}}


def a_verification(*claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    usual = {"procedure_code": invented.HOUSEHOLD_PROCEDURE, "claims": list(claims) or [HOME]}
    return a_lookup(**(usual | changes))


async def verify(gateway: Gateway, token: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.post(PATH, json=body, headers=bearer(token) | named)


async def test_every_kind_of_claim_is_answered_and_no_data_comes_back(gateway: Gateway) -> None:
    claims = (
        HOME,
        ELSEWHERE,
        {"kind": "current_residence", "address": {"province_code": "79"}},
        {"kind": "household_head", "full_name": "Tran Van Thu"},
        {"kind": "household_member", "id_number": "099190000017", "relation": "CH03"},
    )
    answer = await verify(gateway, await gateway.sign_in(), a_verification(*claims))
    body = answer.json()
    (intent,) = await gateway.records("lookup.intent")
    (outcome,) = await gateway.records("lookup.outcome")
    assert answer.status_code == 200, answer.text
    assert set(body) == {
        "lookup_id", "outcome", "message", "claims", "paper", "fetched_at", "source", "notices",
    }  # fmt: skip
    assert [claim["kind"] for claim in body["claims"]] == [claim["kind"] for claim in claims]
    assert [claim["verdict"] for claim in body["claims"]] == ["true", "false", "unknown", "true", "false"]
    assert all(claim["message"] for claim in body["claims"])
    assert (body["outcome"], body["paper"]["may_ask"]) == ("found", False)
    assert [notice["code"] for notice in body["notices"]] == ["valid_at_retrieval"]
    assert not any(value in answer.text for value in ("THỬ", "MẪU", "BỐN", "099", "99111"))
    assert answer.headers["X-Lookup-Id"] == body["lookup_id"] == intent["record_id"] == outcome["lookup_id"]
    assert (intent["question_type"], outcome["fields_disclosed"]) == ("verification", "")


async def test_the_answer_comes_in_the_language_that_was_asked_for(gateway: Gateway) -> None:
    answer = await verify(gateway, await gateway.sign_in(), a_verification(), Accept_Language="en")
    assert answer.json()["claims"] == [
        {"kind": "permanent_residence", "verdict": "true", "message": "The national record says so."}
    ]


async def test_nobody_found_leaves_claims_unknown_and_opens_paper_after_a_second_entry(
    gateway: Gateway,
) -> None:
    token = await gateway.sign_in()
    nobody = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}
    first = (await verify(gateway, token, a_verification(citizen=nobody))).json()
    again = a_verification(citizen=nobody, retry_of=first["lookup_id"])
    second = (await verify(gateway, token, again)).json()
    assert [claim["verdict"] for claim in first["claims"]] == ["unknown"]
    assert (first["outcome"], first["paper"]["may_ask"], first["notices"]) == ("not_found", False, [])
    assert (second["outcome"], second["paper"]["may_ask"]) == ("not_found", True)


async def test_its_record_is_found_like_a_lookups(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = (await verify(gateway, token, a_verification())).json()["lookup_id"]
    found = await gateway.http.get(f"/v1/residence-lookups/{lookup_id}", headers=bearer(token))
    assert (found.status_code, found.json()["outcome"]) == (200, "found")


async def test_what_the_procedure_does_not_permit_cannot_be_learned_by_claims(gateway: Gateway) -> None:
    head = {"kind": "household_head", "full_name": "Trần Văn Bốn"}
    body = a_verification(HOME, head, procedure_code=invented.RESIDENCE_PROCEDURE)
    answer = await verify(gateway, await gateway.sign_in(), body)
    assert (answer.status_code, answer.json()["code"]) == (403, "field_not_permitted")
    assert answer.json()["errors"] == [{"pointer": "/claims"}]
    assert await gateway.records("lookup.intent") == []


async def test_a_procedure_that_allows_lookups_only_allows_no_verification(gateway: Gateway) -> None:
    await gateway.execute(
        "update procedure_version set question_types = '{lookup}' where procedure_code = $1",
        invented.HOUSEHOLD_PROCEDURE,
    )
    token = await gateway.sign_in()
    for _ in range(50):
        answer = await verify(gateway, token, a_verification())
        if answer.status_code == 403:
            break
        await asyncio.sleep(0.05)
    (refused, *_) = await gateway.records("lookup.refused")
    assert answer.json()["code"] == refused["problem_code"] == "question_type_not_permitted"
    assert refused["claims_asked"] == "permanent_residence"


@pytest.mark.parametrize(
    ("claims", "code", "pointer"),
    [
        ([], "invalid_value", "/claims"),
        ([HOME] * 6, "invalid_value", "/claims"),
        ([{"kind": "religion", "full_name": "Bí Mật"}], "invalid_value", "/claims/0/kind"),
        ([HOME, {"kind": "household_head"}], "invalid_value", "/claims/1"),
        ([HOME | {"Bí Mật": 1}], "unknown_field", "/claims/0"),
    ],
)
async def test_what_is_no_claim_is_pointed_to_and_not_repeated(
    gateway: Gateway, claims: list[Any], code: str, pointer: str
) -> None:
    body = a_verification() | {"claims": claims}
    answer = await verify(gateway, await gateway.sign_in(), body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"] == [{"pointer": pointer}]
    assert "Bí Mật" not in answer.text


async def test_a_number_that_changed_is_no_claim_that_failed(world: World) -> None:
    source = FakeSource(a_citizen(id_number="099190000018"))
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in()
        first = (await verify(gateway, token, a_verification())).json()
        second = (await verify(gateway, token, a_verification(retry_of=first["lookup_id"]))).json()
    assert [notice["code"] for notice in second["notices"]] == ["number_changed"]
    assert [claim["verdict"] for claim in second["claims"]] == ["unknown"]
    assert [one["paper"]["may_ask"] for one in (first, second)] == [False, True]
    assert [one["code"] for one in second["paper"]["advice"]] == [
        "show_in_vneid",
        "correct_at_commune_police",
    ]
    assert "099190000018" not in str((first, second))


async def test_guessing_about_one_citizen_ends_and_is_on_record(world: World) -> None:
    source = FakeSource(a_citizen())
    settings: dict[str, Any] = {"verifications_per_citizen_per_day": 2}
    async with running_gateway(world, an_upstream(), source=opening(source), **settings) as gateway:
        token = await gateway.sign_in()
        answers = [await verify(gateway, token, a_verification()) for _ in range(3)]
        other = await verify(gateway, token, a_verification(citizen={"id_number": "099190000018"}))
        looked_up = await gateway.look_up(token)
        rejected = await gateway.records("request.rejected")
    refused = answers[2]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (refused.json()["code"], refused.json()["paper"]["may_ask"]) == ("too_many_verifications", False)
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert (other.status_code, looked_up.status_code) == (200, 200)
    assert [record["problem_code"] for record in rejected] == ["too_many_verifications"]
    assert len(source.requests) == 4


async def test_the_same_key_leads_to_one_national_call_and_one_count(world: World) -> None:
    source = FakeSource(a_citizen())
    source.gate = asyncio.Event()
    key = {"Idempotency_Key": "dossier-0001-verify"}
    settings: dict[str, Any] = {"verifications_per_citizen_per_day": 2}
    async with running_gateway(world, an_upstream(), source=opening(source), **settings) as gateway:
        token = await gateway.sign_in()
        asking = [asyncio.create_task(verify(gateway, token, a_verification(), **key)) for _ in range(3)]
        await source.asked.wait()
        source.gate.set()
        answers = await asyncio.gather(*asking)
        afterwards = await verify(gateway, token, a_verification(), **key)
        another = await verify(gateway, token, a_verification())
    assert {answer.status_code for answer in answers} == {200}
    assert (afterwards.status_code, afterwards.json()["code"]) == (409, "already_answered")
    assert another.status_code == 200
    assert len(source.requests) == 2


async def test_an_address_of_before_2025_is_confirmed_by_a_record_of_today(world: World) -> None:
    record = a_citizen(permanent_residence=Address("SỐ 12 ĐƯỜNG LÊ LỢI", "26740", None, "79", "VN"))
    claim = {"kind": "permanent_residence", "address": {"line": "12 Lê Lợi, P. Bến Nghé, Q.1, TP.HCM"}}
    async with running_gateway(world, an_upstream(), source=opening(FakeSource(record))) as gateway:
        token = await gateway.sign_in()
        verified = await verify(gateway, token, a_verification(claim))
        looked_up = await gateway.look_up(token)
    assert [claim["verdict"] for claim in verified.json()["claims"]] == ["true"]
    assert looked_up.json()["citizen"]["permanent_residence"]["commune_code"] == "26740"
    assert looked_up.json()["present_units"]["permanent_residence"]["commune_name"] == "Phường Sài Gòn"


async def test_a_lookup_that_finds_nobody_shows_no_units(gateway: Gateway) -> None:
    nobody = a_lookup(citizen={"birth_date": "1990-05-10"})
    answer = await gateway.look_up(await gateway.sign_in(), nobody)
    assert (answer.json()["citizen"], answer.json()["present_units"]) == (None, {})
