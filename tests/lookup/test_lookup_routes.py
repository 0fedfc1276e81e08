"""The lookup over HTTP: shapes, statuses, and what the evidence says of it."""

from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.cli import invented
from app.clock import SystemClock
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import FakeSource, JournalLog, a_citizen, opening
from tests.world import World, a_dossier_code, a_lookup


async def test_fields_narrow_what_is_shown_in_the_catalogues_order(gateway: Gateway) -> None:
    answer = await gateway.look_up(
        await gateway.sign_in(), a_lookup(fields=["permanent_residence", "full_name"])
    )
    (intent,) = await gateway.records("lookup.intent")
    assert list(answer.json()["citizen"]) == ["full_name", "permanent_residence"]
    assert intent["fields_asked"] == "full_name permanent_residence"


async def test_no_field_asked_shows_no_field(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(fields=[]))
    assert (answer.json()["outcome"], answer.json()["citizen"]) == ("found", {})


async def test_a_field_beyond_the_procedure_is_refused_and_pointed_to(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(fields=["full_name", "religion"]))
    (refused,) = await gateway.records("lookup.refused")
    assert (answer.status_code, answer.json()["code"]) == (403, "field_not_permitted")
    assert answer.json()["errors"] == [{"pointer": "/fields"}]
    assert answer.json()["paper"]["may_ask"] is False
    assert answer.headers["X-Lookup-Id"] == answer.json()["lookup_id"] == refused["record_id"]
    assert refused["fields_asked"] == "full_name religion"
    assert await gateway.records("lookup.intent") == []


async def test_a_field_nobody_knows_is_an_invalid_value(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(fields=["shoe_size"]))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    assert "shoe_size" not in answer.text


@pytest.mark.parametrize(
    ("officer", "changes", "code"),
    [
        (invented.AUDITOR, {}, "role_not_permitted"),
        (invented.ADMINISTRATOR, {}, "role_not_permitted"),
        (invented.RECEPTION, {"procedure_code": "1.999999"}, "procedure_unknown"),
        (invented.RECEPTION, {"procedure_code": invented.ENDED_PROCEDURE}, "procedure_not_in_force"),
        (invented.RECEPTION, {"procedure_code": invented.UNGRANTED_PROCEDURE}, "procedure_not_granted"),
        (invented.RECEPTION, {"procedure_code": invented.PROCESSING_PROCEDURE}, "procedure_not_granted"),
        (invented.RECEPTION, {"procedure_code": invented.UNMAPPED_PROCEDURE}, "procedure_not_mapped"),
        (invented.UNMAPPED, {}, "officer_not_mapped"),
        (
            invented.RECEPTION,
            {"dossier_code": a_dossier_code(invented.DEPARTMENT_CODE)},
            "dossier_of_another_agency",
        ),
    ],
)
async def test_who_may_not_look_up_is_refused_on_record_and_nobody_is_asked(
    gateway: Gateway, officer: str, changes: dict[str, str], code: str
) -> None:
    answer = await gateway.look_up(await gateway.sign_in(officer), a_lookup(**changes))
    (refused,) = await gateway.records("lookup.refused")
    assert (answer.status_code, answer.json()["code"], refused["problem_code"]) == (403, code, code)
    assert answer.json()["paper"]["may_ask"] is False
    assert await gateway.records("lookup.intent") == []


async def test_a_centre_looks_up_for_the_agencies_it_serves(gateway: Gateway) -> None:
    body = a_lookup(dossier_code=a_dossier_code(invented.DEPARTMENT_CODE))
    answer = await gateway.look_up(await gateway.sign_in(invented.CENTRE_RECEPTION), body)
    assert answer.status_code == 200


async def test_an_answer_is_in_the_language_asked_for(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    vietnamese = await gateway.look_up(token)
    english = await gateway.look_up(token, Accept_Language="en-GB,vi;q=0.5")
    refused = await gateway.look_up(token, a_lookup(fields=["religion"]), Accept_Language="en")
    assert vietnamese.headers["Content-Language"] == "vi"
    assert vietnamese.json()["message"].startswith("Đã tìm thấy")
    assert english.headers["Content-Language"] == refused.headers["Content-Language"] == "en"
    assert english.json()["message"] == "The citizen was found in the National Population Database."
    assert english.json()["paper"]["because"].startswith("Residence was looked up")
    assert [notice["code"] for notice in english.json()["notices"]] == [
        "no_residence_history",
        "valid_at_retrieval",
    ]
    for answer in (vietnamese, english, refused):
        assert answer.headers["Cache-Control"] == "no-store"


IMPOSSIBLE: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"citizen": {"id_number": "09919000001"}}, "invalid_id_number", ["/citizen/id_number"]),
    ({"citizen": {"full_name": "Thử 099190000017"}}, "invalid_full_name", ["/citizen/full_name"]),
    ({"citizen": {"birth_date": "1990-02-30"}}, "invalid_birth_date", ["/citizen/birth_date"]),
    (
        {"citizen": {"birth_date": "1991-05-09"}},
        "birth_year_contradicts_number",
        ["/citizen/id_number", "/citizen/birth_date"],
    ),
    ({"procedure_code": "x"}, "invalid_procedure_code", ["/procedure_code"]),
    ({"dossier_code": "x"}, "invalid_dossier_code", ["/dossier_code"]),
    ({"purpose": "\u0000"}, "invalid_value", ["/purpose"]),
    ({"verification_method": "x"}, "invalid_value", ["/verification_method"]),
    ({"surprise": "099190000017"}, "unknown_field", [""]),
]


async def test_questions_that_cannot_be_are_recorded_without_values_and_ask_nobody(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    for changes, code, pointers in IMPOSSIBLE * 2:
        answer = await gateway.look_up(token, a_lookup(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
        assert answer.json()["paper"]["may_ask"] is False
        assert "0991900000" not in answer.text
    rejected, codes = await gateway.records("request.rejected"), {code for _, code, _ in IMPOSSIBLE}
    assert {record["problem_code"] for record in rejected} == codes
    assert len(rejected) <= 2 * len(codes)  # one a minute and problem, and the minute may turn meanwhile
    assert not any("subject" in record for record in rejected)
    assert await gateway.records("lookup.intent") == []


async def test_ones_own_lookup_is_shown_without_the_citizen(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = (await gateway.look_up(token)).json()["lookup_id"]
    answer = await gateway.http.get(f"/v1/residence-lookups/{lookup_id}", headers=bearer(token))
    asked_at = answer.json().pop("asked_at")
    assert answer.json() == {
        "lookup_id": lookup_id,
        "outcome": "found",
        "problem_code": None,
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "dossier_code": a_dossier_code(),
        "no_dossier_reason": None,
        "dossier_linked_at": None,
        "asked_at": asked_at,
    }
    assert answer.headers["Cache-Control"] == "no-store"


async def test_ones_own_refused_lookup_says_why(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = (await gateway.look_up(token, a_lookup(fields=["religion"]))).json()["lookup_id"]
    record = (await gateway.http.get(f"/v1/residence-lookups/{lookup_id}", headers=bearer(token))).json()
    assert (record["outcome"], record["problem_code"]) == ("not_permitted", "field_not_permitted")


async def test_a_lookup_that_failed_says_why(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    unavailable = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}
    lookup_id = (await gateway.look_up(token, a_lookup(citizen=unavailable))).json()["lookup_id"]
    record = (await gateway.http.get(f"/v1/residence-lookups/{lookup_id}", headers=bearer(token))).json()
    assert (record["outcome"], record["problem_code"]) == ("upstream_unavailable", "upstream_unavailable")


async def test_a_colleagues_lookup_looks_like_none(gateway: Gateway) -> None:
    lookup_id = (await gateway.look_up(await gateway.sign_in())).json()["lookup_id"]
    colleague = bearer(await gateway.sign_in(invented.PROCESSING))
    auditor = bearer(await gateway.sign_in(invented.AUDITOR))
    nobodys = await gateway.http.get(f"/v1/residence-lookups/{uuid7()}", headers=colleague)
    for headers in (colleague, auditor):
        answer = await gateway.http.get(f"/v1/residence-lookups/{lookup_id}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "lookup_unknown")
        assert answer.json().keys() == nobodys.json().keys()


@pytest.mark.parametrize("garbage", ["099190000017", "x", "0" * 33, "%00", "'--"])
async def test_an_id_that_is_none_is_unknown_and_not_repeated(gateway: Gateway, garbage: str) -> None:
    headers = bearer(await gateway.sign_in())
    answer = await gateway.http.get(f"/v1/residence-lookups/{garbage}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "lookup_unknown")
    assert "099190000017" not in answer.text


async def test_the_record_of_something_else_is_no_lookup(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    await gateway.look_up(token)
    for record in await gateway.records():
        if record["kind"] != "lookup.intent":
            answer = await gateway.http.get(
                f"/v1/residence-lookups/{record['record_id']}", headers=bearer(token)
            )
            assert answer.status_code == 404


async def test_an_accident_is_told_as_ours_and_opens_no_paper(world: World) -> None:
    source = FakeSource(RuntimeError("cannot read 099190000017"))
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in()
        answer = await gateway.look_up(token)
        record = await gateway.http.get(
            f"/v1/residence-lookups/{answer.json()['lookup_id']}", headers=bearer(token)
        )
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["paper"]["may_ask"] is False
    assert "099190000017" not in answer.text
    assert record.json()["outcome"] == "unknown"


async def test_what_cannot_be_recorded_is_neither_asked_nor_told(world: World) -> None:
    source, log = FakeSource(a_citizen()), JournalLog()
    log.failing = {RecordKind.LOOKUP_INTENT}
    async with running_gateway(
        world, an_upstream(), source=opening(source), wrap_log=lambda _: log
    ) as gateway:
        answer = await gateway.look_up(await gateway.sign_in())
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert answer.json()["paper"]["may_ask"] is False
    assert source.requests == []


async def test_without_its_database_a_lookup_is_neither_asked_nor_told(world: World) -> None:
    source = FakeSource(a_citizen())
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in(accept_notice=False)
        owner = await asyncpg.connect(world.database.owner_url)
        try:
            # What the desk reads goes away; who may sign in and the log stay.
            await owner.execute("revoke select on notice_acceptance from dancu_serving")
        finally:
            await owner.close()
        answer = await gateway.look_up(token)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert source.requests == []


async def test_a_running_lookup_has_no_outcome_yet(world: World) -> None:
    source = FakeSource(a_citizen())
    seen = {}
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:
        token = await gateway.sign_in()

        async def look(_: object) -> None:
            (intent,) = await gateway.records("lookup.intent")
            path = f"/v1/residence-lookups/{intent['record_id']}"
            seen.update((await gateway.http.get(path, headers=bearer(token))).json())

        source.meanwhile = look
        await gateway.look_up(token)
    assert (seen["outcome"], seen["problem_code"]) == (None, None)


async def test_what_the_reconciler_closed_first_is_withheld_over_http(world: World) -> None:
    source = FakeSource(a_citizen())
    logs: list[AuditLog] = []

    def keep(log: AuditLog) -> AuditLog:
        logs.append(log)
        return log

    async with running_gateway(world, an_upstream(), source=opening(source), wrap_log=keep) as gateway:

        async def close(_: object) -> None:
            (intent,) = await gateway.records("lookup.intent")
            facts = {"lookup_id": str(intent["record_id"]), "outcome": "unknown"}
            await logs[0].append(Draft(RecordKind.LOOKUP_OUTCOME, SystemClock().now(), facts))

        source.meanwhile = close
        answer = await gateway.look_up(await gateway.sign_in())
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert "THỬ" not in answer.text
