"""Lookups before there is a dossier: the reason they state, the one link, the list for heads of units."""

import asyncio
import csv
import io
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.audit.record import RecordKind
from app.cli import invented
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.dossier import NoDossierReason
from app.lookup.texts import NO_DOSSIER_REASONS
from tests.gateway import Gateway, bearer
from tests.lookup.asking import command_of
from tests.lookup_fakes import Desk, a_catalogue, a_command, a_procedure
from tests.world import World, a_dossier_code, a_lookup

REASON = "guidance_before_receipt"
CENTRE_DOSSIER = a_dossier_code("H19")


def without_dossier(reason: str | None = REASON, **changes: Any) -> dict[str, Any]:
    body = a_lookup(no_dossier_reason=reason) | changes
    return {name: value for name, value in body.items() if name != "dossier_code"}


async def look_up(gateway: Gateway, token: str, **changes: Any) -> str:
    answer = await gateway.look_up(token, without_dossier(**changes))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["lookup_id"])


async def link(gateway: Gateway, token: str, lookup_id: str, code: str | None = None) -> httpx.Response:
    return await gateway.http.post(
        f"/v1/residence-lookups/{lookup_id}/dossier",
        json={"dossier_code": code or a_dossier_code()},
        headers=bearer(token),
    )


async def waiting(gateway: Gateway, token: str, **query: Any) -> httpx.Response:
    return await gateway.http.get("/v1/unlinked-lookups", params=query, headers=bearer(token))


async def ids(gateway: Gateway, token: str, **query: Any) -> list[str]:
    answer = await waiting(gateway, token, **query)
    assert answer.status_code == 200, answer.text
    return [each["lookup_id"] for each in answer.json()["lookups"]]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("reason", NoDossierReason)
def test_a_lookup_states_why_it_has_no_dossier(reason: NoDossierReason) -> None:
    command = command_of(without_dossier(reason.value))
    assert (command.dossier, command.dossier_code, command.no_dossier_reason) == (None, None, reason)
    assert NO_DOSSIER_REASONS[reason]


@pytest.mark.parametrize("body", [without_dossier(None), a_lookup(no_dossier_reason=REASON)])
def test_a_lookup_has_a_dossier_or_a_reason_and_not_both(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        command_of(body)
    assert caught.value.code is ProblemCode.INVALID_VALUE
    assert caught.value.fields == ("/dossier_code", "/no_dossier_reason")


async def test_the_record_says_why_there_is_no_dossier() -> None:
    desk = Desk(None)
    await desk.service.look_up(desk.caller, command_of(without_dossier()))
    facts = desk.log.of(RecordKind.LOOKUP_INTENT)[0].facts
    assert facts["no_dossier_reason"] == REASON
    assert "dossier_code" not in facts


async def test_a_second_entry_without_dossier_is_for_the_same_procedure() -> None:
    desk = Desk(None)
    nameless: dict[str, Any] = {
        "dossier": None,
        "no_dossier_reason": NoDossierReason.COMPLETING_PAPERS,
    }
    first = await desk.service.look_up(desk.caller, a_command(**nameless))
    second = await desk.service.look_up(desk.caller, a_command(**nameless, retry_of=first.lookup_id))
    assert second.paper.may_ask
    with pytest.raises(InvalidRequestError) as caught:
        await desk.service.look_up(desk.caller, a_command(retry_of=first.lookup_id))
    assert caught.value.code is ProblemCode.RETRY_OF_UNKNOWN


async def test_a_second_entry_without_dossier_for_another_procedure_is_none() -> None:
    desk = Desk(None)
    nameless: dict[str, Any] = {
        "dossier": None,
        "no_dossier_reason": NoDossierReason.COMPLETING_PAPERS,
    }
    first = await desk.service.look_up(desk.caller, a_command(**nameless))
    other = "1.000894"
    desk.catalogue.shown = a_catalogue(a_procedure(procedure_code=other))
    with pytest.raises(InvalidRequestError):
        await desk.service.look_up(
            desk.caller, a_command(**nameless, procedure_code=other, retry_of=first.lookup_id)
        )


async def test_its_officer_links_a_lookup_once(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await look_up(gateway, token)
    shown = f"/v1/residence-lookups/{lookup_id}"
    before = (await gateway.http.get(shown, headers=bearer(token))).json()
    linked = await link(gateway, token, lookup_id)
    after = (await gateway.http.get(shown, headers=bearer(token))).json()
    (record,) = await gateway.records("lookup.dossier_linked")
    assert (before["dossier_code"], before["no_dossier_reason"], before["dossier_linked_at"]) == (
        None,
        REASON,
        None,
    )
    assert (linked.status_code, linked.content) == (204, b"")
    assert (after["dossier_code"], after["no_dossier_reason"]) == (a_dossier_code(), REASON)
    assert after["dossier_linked_at"].endswith("Z")
    assert (record["lookup_id"], record["dossier_code"]) == (lookup_id, a_dossier_code())
    assert record["procedure_code"] == invented.RESIDENCE_PROCEDURE
    assert not {"subject", "changed_officer_id"} & set(record)
    assert code_of(await link(gateway, token, lookup_id, a_dossier_code(running_number=2))) == (
        409,
        "lookup_has_dossier",
    )
    assert len(await gateway.records("lookup.dossier_linked")) == 1


async def test_of_two_who_link_at_once_one_does(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await look_up(gateway, token)
    codes = [a_dossier_code(running_number=number) for number in (1, 2)]
    answers = await asyncio.gather(*(link(gateway, token, lookup_id, code) for code in codes))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(await gateway.records("lookup.dossier_linked")) == 1


async def test_a_lookup_with_a_dossier_and_one_that_never_was_are_not_linked(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    whole = (await gateway.look_up(token)).json()["lookup_id"]
    assert code_of(await link(gateway, token, whole)) == (409, "lookup_has_dossier")
    refused = await gateway.look_up(token, without_dossier(fields=["religion"]))
    for unknown in (refused.json()["lookup_id"], str(uuid4()), "099190000017"):
        assert code_of(await link(gateway, token, unknown)) == (404, "lookup_unknown")
    administrator = await gateway.sign_in(invented.ADMINISTRATOR)
    assert code_of(await link(gateway, administrator, whole)) == (404, "lookup_unknown")


async def test_only_the_units_own_dossiers_are_linked(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await look_up(gateway, token)
    assert code_of(await link(gateway, token, lookup_id, CENTRE_DOSSIER)) == (
        403,
        "dossier_of_another_agency",
    )
    assert code_of(await link(gateway, token, lookup_id, "HS-1")) == (422, "invalid_dossier_code")
    rejected = await gateway.records("request.rejected")
    assert [each["problem_code"] for each in rejected] == [
        "dossier_of_another_agency",
        "invalid_dossier_code",
    ]
    assert await ids(gateway, await gateway.sign_in(invented.ADMINISTRATOR)) == [lookup_id]


async def test_heads_link_for_their_units_and_colleagues_do_not(gateway: Gateway) -> None:
    own = await look_up(gateway, await gateway.sign_in())
    other = await look_up(gateway, await gateway.sign_in(invented.CENTRE_RECEPTION))
    colleague = await gateway.sign_in(invented.PROCESSING)
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR)
    assert code_of(await link(gateway, colleague, own)) == (404, "lookup_unknown")
    assert code_of(await link(gateway, head, other, CENTRE_DOSSIER)) == (403, "outside_own_units")
    assert (await link(gateway, head, own)).status_code == 204
    department = await gateway.sign_in(invented.ADMINISTRATOR)
    assert (await link(gateway, department, other, CENTRE_DOSSIER)).status_code == 204
    first, _ = await gateway.records("lookup.dossier_linked")
    intent, _ = await gateway.records("lookup.intent")
    assert (first["changed_officer_id"], first["role"]) == (intent["officer_id"], "unit_administrator")
    assert await ids(gateway, department) == []


async def test_heads_see_what_waits_in_their_units_without_a_word_of_the_citizen(gateway: Gateway) -> None:
    own = await look_up(gateway, await gateway.sign_in(), reason="completing_papers")
    other = await look_up(gateway, await gateway.sign_in(invented.CENTRE_RECEPTION))
    await gateway.look_up(await gateway.sign_in())
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR)
    department = await gateway.sign_in(invented.ADMINISTRATOR)
    (shown,) = (await waiting(gateway, head)).json()["lookups"]
    assert shown.pop("asked_at").endswith("Z")
    assert len(shown.pop("officer_id")) == len(shown.pop("unit_id")) == 36
    assert shown == {
        "lookup_id": own,
        "waited_days": 0,
        "officer_login": invented.RECEPTION,
        "officer_name": "Nguyễn Thị Tiếp Nhận",
        "unit_code": invented.COMMUNE_CODE,
        "unit_name": "Ủy ban nhân dân xã Mẫu",
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "no_dossier_reason": "completing_papers",
    }
    assert await ids(gateway, department) == [own, other]
    assert await ids(gateway, department, unit=invented.CENTRE_CODE) == [other]
    assert await ids(gateway, department, reason=REASON) == [other]
    assert await ids(gateway, department, older_than_days=1) == []
    assert code_of(await waiting(gateway, head, unit=invented.CENTRE_CODE)) == (403, "outside_own_units")
    assert code_of(await waiting(gateway, head, unit="H19.77")) == (404, "unit_unknown")
    assert code_of(await waiting(gateway, await gateway.sign_in())) == (403, "role_not_permitted")
    for wrong in ({"reason": "x"}, {"older_than_days": -1}, {"cursor": "x"}, {"page_size": 0}):
        assert code_of(await waiting(gateway, head, **wrong)) == (422, "invalid_value")


async def test_the_list_is_paged_and_exported_whole(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    made = [await look_up(gateway, token) for _ in range(3)]
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR)
    first = (await waiting(gateway, head, page_size=2)).json()
    second = (await waiting(gateway, head, page_size=2, cursor=first["next_cursor"])).json()
    assert [each["lookup_id"] for page in (first, second) for each in page["lookups"]] == made
    assert second["next_cursor"] is None
    path = "/v1/unlinked-lookups/export"
    as_csv = await gateway.http.get(path, params={"format": "csv"}, headers=bearer(head))
    as_xlsx = await gateway.http.get(path, headers=bearer(head))
    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [row[-1] for row in rows[1:]] == made
    assert rows[1][2:8] == [
        "Ủy ban nhân dân xã Mẫu",
        invented.COMMUNE_CODE,
        "Nguyễn Thị Tiếp Nhận",
        invented.RECEPTION,
        invented.RESIDENCE_PROCEDURE,
        "Hướng dẫn công dân trước khi tiếp nhận hồ sơ",
    ]
    assert as_xlsx.headers["content-disposition"].endswith('.xlsx"')
    assert as_xlsx.content[:2] == b"PK"


async def test_what_waited_in_a_unit_of_before_reaches_its_successor(gateway: Gateway) -> None:
    lookup_id = await look_up(gateway, await gateway.sign_in())
    former = str(uuid4())
    await gateway.execute("update lookup_without_dossier set unit_id = $1, officer_id = $1", former)
    await gateway.execute("insert into unit (unit_id) values ($1)", former)
    await gateway.execute(
        "insert into unit_succession (former_unit_id, successor_unit_id, on_date, kind, deciding_document)"
        " select $1, unit_id, '2025-07-01', 'merge', '1/NQ' from unit_version where agency_code = $2",
        former,
        invented.COMMUNE_CODE,
    )
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR)
    (shown,) = (await waiting(gateway, head)).json()["lookups"]
    assert (shown["lookup_id"], shown["unit_name"], shown["officer_login"]) == (lookup_id, None, None)
    assert (await link(gateway, head, lookup_id)).status_code == 204


async def test_auditors_see_the_reason_and_the_dossier_that_came(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    linked = await look_up(gateway, token)
    await look_up(gateway, token)
    await link(gateway, token, linked)
    auditor = await gateway.sign_in(invented.AUDITOR)
    answer = await gateway.http.post(
        "/v1/audit/searches",
        json={"case_number": "1/TT", "officer_login": invented.RECEPTION},
        headers=bearer(auditor),
    )
    seen = [
        (each["dossier_code"], each["no_dossier_reason"], each["linked_dossier_code"], each["is_readable"])
        for each in answer.json()["lookups"]
    ]
    assert seen == [(None, REASON, None, True), (None, REASON, a_dossier_code(), True)]


async def test_the_serving_role_neither_invents_nor_removes_nor_links_anew(
    gateway: Gateway, world: World
) -> None:
    token = await gateway.sign_in()
    await link(gateway, token, await look_up(gateway, token))
    serving = await asyncpg.connect(world.database.serving_url)
    try:
        for statement in (
            "insert into lookup_without_dossier (lookup_id) values (gen_random_uuid())",
            "delete from lookup_without_dossier",
            "update lookup_without_dossier set reason = 'x'",
            "update lookup_without_dossier set unit_id = gen_random_uuid()",
            "update lookup_without_dossier set dossier_code = 'H19-260301-0002'",
            "update lookup_without_dossier set dossier_code = null, linked_at = null, linked_by = null",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await serving.execute(statement)
    finally:
        await serving.close()
