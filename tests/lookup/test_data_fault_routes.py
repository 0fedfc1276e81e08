"""Data-fault reports over HTTP: filed from one's own lookup, seen by those above, followed up on record."""

import asyncio
import csv
import io
from typing import Any

import asyncpg
import httpx
import pytest
from openpyxl import load_workbook
from uuid_utils.compat import uuid7

from app.cli import invented
from app.clock import SystemClock
from app.lookup.data_fault_export import reports_table
from app.lookup.data_fault_schemas import report_said
from app.lookup.data_fault_values import FaultReport, FaultStatus
from app.lookup.data_faults import FaultClass
from app.procedures.fields import Field
from app.units.store import UnitRegister
from mock_c06.personas import PERSONAS
from tests.gateway import Gateway, bearer
from tests.world import a_dossier_code, a_lookup

FAULTS = "/v1/data-faults"
NAME, NUMBER = "THỬ", "099190000017"


def a_report(lookup_id: str, **changes: Any) -> dict[str, Any]:
    return {"lookup_id": lookup_id, "class": "missing_fields", "fields": ["current_residence"]} | changes


async def a_lookup_of(gateway: Gateway, token: str, **changes: Any) -> str:
    return str((await gateway.look_up(token, a_lookup(**changes))).json()["lookup_id"])


async def file(gateway: Gateway, token: str, body: dict[str, Any]) -> httpx.Response:
    return await gateway.http.post(FAULTS, json=body, headers=bearer(token))


async def filed(gateway: Gateway, token: str, **changes: Any) -> dict[str, Any]:
    answer = await file(gateway, token, a_report(await a_lookup_of(gateway, token), **changes))
    return dict(answer.raise_for_status().json())


async def get(gateway: Gateway, token: str, path: str = "") -> httpx.Response:
    return await gateway.http.get(FAULTS + path, headers=bearer(token))


async def follow_up(
    gateway: Gateway, token: str, fault_id: str, version: int, body: dict[str, Any]
) -> httpx.Response:
    headers = bearer(token) | {"If-Match": f'"{version}"'}
    return await gateway.http.put(f"{FAULTS}/{fault_id}/status", json=body, headers=headers)


async def test_an_officer_reports_what_their_lookup_showed_by_names_only_and_on_record(
    gateway: Gateway,
) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_lookup_of(gateway, token)
    answer = await file(gateway, token, a_report(lookup_id, fields=["permanent_residence", "full_name"]))
    report = answer.json()
    assert answer.status_code == 201
    assert (answer.headers["ETag"], answer.headers["Location"]) == ('"1"', f"{FAULTS}/{report['fault_id']}")
    assert (report["class"], report["status"], report["unit_code"]) == (
        "missing_fields",
        "new",
        invented.COMMUNE_CODE,
    )
    assert report["fields"] == ["full_name", "permanent_residence"]
    (intent,) = await gateway.records("lookup.intent")
    (record,) = await gateway.records("data_fault.filed")
    assert report["national_request_id"] == intent["national_request_id"]
    assert (record["lookup_id"], record["data_fault_id"]) == (lookup_id, report["fault_id"])
    assert (record["change"], record["after"]) == ("missing_fields", "full_name permanent_residence")
    assert "subject" not in record
    shown = await get(gateway, token, f"/{report['fault_id']}")
    assert (shown.json(), shown.headers["ETag"]) == (report, '"1"')
    again = await file(gateway, token, a_report(lookup_id))
    assert (again.status_code, again.json()["code"]) == (409, "data_fault_reported")
    other = await file(gateway, token, a_report(lookup_id, **{"class": "duplicate_person", "fields": []}))
    assert other.status_code == 201


async def test_only_ones_own_answered_lookup_can_be_reported_and_only_fields_it_may_show(
    gateway: Gateway,
) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_lookup_of(gateway, token)
    refused_id = await a_lookup_of(gateway, token, fields=["religion"])
    broken = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}
    silent_id = await a_lookup_of(gateway, token, citizen=broken)
    colleague = await gateway.sign_in(invented.PROCESSING)
    answers = [
        await file(gateway, colleague, a_report(lookup_id)),
        await file(gateway, token, a_report(str(uuid7()))),
        await file(gateway, token, a_report(refused_id)),
        await file(gateway, token, a_report(silent_id)),
        await file(gateway, token, a_report(lookup_id, fields=["religion"])),
        await file(gateway, await gateway.sign_in(invented.ADMINISTRATOR), a_report(lookup_id)),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "lookup_unknown"),
        (404, "lookup_unknown"),
        (409, "lookup_without_answer"),
        (409, "lookup_without_answer"),
        (403, "field_not_permitted"),
        (403, "role_not_permitted"),
    ]
    assert answers[4].json()["errors"] == [{"pointer": "/fields"}]
    rejected = [record["problem_code"] for record in await gateway.records("request.rejected")]
    assert rejected == ["field_not_permitted", "role_not_permitted"]
    assert await gateway.records("data_fault.filed") == []


IMPOSSIBLE: list[dict[str, Any]] = [
    {"class": "something_else"},
    {"fields": []},  # missing fields, but none named
    {"fields": ["shoe_size"]},
    {"fields": ["099190000017"]},
    {"note": "sai họ tên"},  # free text would name people
    {"lookup_id": "099190000017"},
]


async def test_a_report_holds_names_of_fields_and_nothing_else(gateway: Gateway) -> None:
    token = await gateway.sign_in(accept_notice=False)
    for changes in IMPOSSIBLE:
        answer = await file(gateway, token, a_report(str(uuid7())) | changes)
        assert answer.status_code == 422
        assert "099190000017" not in answer.text


async def test_the_database_refuses_values_among_the_names_of_fields(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    await filed(gateway, token)
    for wrong in ("099190000017", "Trần", "thử", None):
        with pytest.raises(asyncpg.CheckViolationError):
            await gateway.execute("update data_fault set fields = $1", [wrong])
    with pytest.raises(asyncpg.CheckViolationError):
        await gateway.execute("update data_fault set status = 'answered'")


async def test_a_report_goes_its_way_under_the_version_it_was_seen_in(gateway: Gateway) -> None:
    fault_id = (await filed(gateway, await gateway.sign_in()))["fault_id"]
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    steps: list[tuple[int, dict[str, Any]]] = [
        (1, {"status": "sent"}),
        (2, {"status": "answered", "result": "corrected"}),
        (3, {"status": "closed"}),
    ]
    for version, body in steps:
        answer = await follow_up(gateway, head, fault_id, version, body)
        assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{version + 1}"')
    report = answer.json()
    assert (report["status"], report["result"]) == ("closed", "corrected")
    assert report["filed_at"] < report["sent_at"] < report["answered_at"] < report["closed_at"]
    records = await gateway.records("data_fault.changed")
    assert [(record["before"], record["after"], record.get("change")) for record in records] == [
        ("new", "sent", None),
        ("sent", "answered", "corrected"),
        ("answered", "closed", None),
    ]
    assert {record["data_fault_id"] for record in records} == {fault_id}


async def test_a_change_that_does_not_fit_changes_nothing(gateway: Gateway) -> None:
    reporter = await gateway.sign_in()
    fault_id = (await filed(gateway, reporter))["fault_id"]
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    sent = {"status": "sent"}
    without = await gateway.http.put(f"{FAULTS}/{fault_id}/status", json=sent, headers=bearer(head))
    answers = [
        without,
        await follow_up(gateway, head, fault_id, 2, sent),
        await follow_up(gateway, head, fault_id, 1, {"status": "new"}),
        await follow_up(gateway, head, fault_id, 1, {"status": "answered", "result": "corrected"}),
        await follow_up(gateway, head, str(uuid7()), 1, sent),
        await follow_up(gateway, head, "099190000017", 1, sent),
        await follow_up(gateway, reporter, fault_id, 1, sent),
        await follow_up(gateway, head, fault_id, 1, {"status": "lost"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (428, "if_match_needed"),
        (412, "version_outdated"),
        (409, "data_fault_status_not_next"),
        (409, "data_fault_status_not_next"),
        (404, "data_fault_unknown"),
        (404, "data_fault_unknown"),
        (403, "role_not_permitted"),
        (422, "invalid_value"),
    ]
    assert (await get(gateway, head, f"/{fault_id}")).json()["status"] == "new"
    assert await gateway.records("data_fault.changed") == []


async def test_heads_see_their_units_reports_the_department_all_and_officers_their_own(
    gateway: Gateway,
) -> None:
    own = await filed(gateway, await gateway.sign_in())
    colleagues = await filed(gateway, await gateway.sign_in(invented.PROCESSING))
    centre = await gateway.sign_in(invented.CENTRE_RECEPTION)
    lookup_id = await a_lookup_of(gateway, centre, dossier_code=a_dossier_code(invented.DEPARTMENT_CODE))
    elsewhere = (await file(gateway, centre, a_report(lookup_id))).json()

    async def seen(login_name: str, query: str = "") -> list[str]:
        token = await gateway.sign_in(login_name, accept_notice=False)
        return [each["fault_id"] for each in (await get(gateway, token, query)).json()["data_faults"]]

    three = [elsewhere["fault_id"], colleagues["fault_id"], own["fault_id"]]
    assert await seen(invented.ADMINISTRATOR) == three
    assert await seen(invented.UNIT_ADMINISTRATOR) == three[1:]
    assert await seen(invented.RECEPTION) == [own["fault_id"]]
    assert await seen(invented.ADMINISTRATOR, f"?unit={invented.CENTRE_CODE}") == three[:1]
    assert await seen(invented.UNIT_ADMINISTRATOR, f"?unit={invented.CENTRE_CODE}") == []
    assert await seen(invented.ADMINISTRATOR, "?status=sent") == []
    assert await seen(invented.ADMINISTRATOR, "?status=new&class=duplicate_person") == []
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    hidden = await get(gateway, head, f"/{elsewhere['fault_id']}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "data_fault_unknown")
    answer = await follow_up(gateway, head, elsewhere["fault_id"], 1, {"status": "sent"})
    assert answer.json()["code"] == "data_fault_unknown"
    auditor = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    refused = await get(gateway, auditor)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_not_permitted")
    unknown = await get(gateway, head, "?unit=H19.99.99")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unit_unknown")
    for query in ("?status=x", "?cursor=x", "?page_size=0", "?class=099190000017"):
        wrong = await get(gateway, head, query)
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_value")


async def test_a_list_is_read_page_by_page_newest_first(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_lookup_of(gateway, token)
    for fault_class in FaultClass:
        await file(gateway, token, a_report(lookup_id, **{"class": fault_class.value}))
    classes: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await get(gateway, token, f"?page_size=2{cursor}")).json()
        classes += [each["class"] for each in page["data_faults"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert classes == [fault_class.value for fault_class in reversed(FaultClass)]


async def test_a_unit_that_took_anothers_place_has_its_reports(gateway: Gateway) -> None:
    fault_id = (await filed(gateway, await gateway.sign_in()))["fault_id"]
    former = uuid7()
    await gateway.execute("insert into unit (unit_id) values ($1)", former)
    await gateway.execute(
        "insert into unit_succession (former_unit_id, successor_unit_id, on_date, kind, deciding_document)"
        " select $1, unit_id, '2025-07-01', 'merge', '1/NQ' from unit_version where agency_code = $2",
        former,
        invented.COMMUNE_CODE,
    )
    await gateway.execute("update data_fault set unit_id = $1", former)
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    for _ in range(100):  # every process hears of the merger within a second
        seen = (await get(gateway, head)).json()["data_faults"]
        if seen:
            break
        await asyncio.sleep(0.02)
    assert [(each["fault_id"], each["unit_code"]) for each in seen] == [(fault_id, None)]


async def test_the_police_get_a_file_without_anything_of_the_citizen(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    report = await filed(gateway, token)
    head = await gateway.sign_in(invented.UNIT_ADMINISTRATOR, accept_notice=False)
    as_csv = await get(gateway, head, "/export?format=csv")
    as_xlsx = await get(gateway, head, "/export")
    header, row = csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig")))
    assert dict(zip(header, row, strict=True))["Mã yêu cầu (MaYeuCau)"] == report["national_request_id"]
    assert report["lookup_id"] in row
    assert "Thiếu trường thông tin" in row
    assert "Nơi ở hiện tại" in row
    sheet = load_workbook(io.BytesIO(as_xlsx.content)).active
    assert sheet is not None
    assert [[cell or "" for cell in line] for line in sheet.iter_rows(values_only=True)] == [header, row]
    assert as_csv.headers["Content-Disposition"] == 'attachment; filename="phan-anh-du-lieu.csv"'
    for text in (as_csv.text, str(list(sheet.values))):
        assert NAME not in text
        assert NUMBER not in text
    wrong = await get(gateway, head, "/export?format=pdf")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_value")


def test_a_report_of_a_unit_that_is_no_more_stands_in_the_list_all_the_same() -> None:
    report = FaultReport(
        fault_id=uuid7(),
        lookup_id=uuid7(),
        fault_class=FaultClass.MISSING_FIELDS,
        fields=(Field.SEX,),
        officer_id=uuid7(),
        unit_id=uuid7(),
        status=FaultStatus.NEW,
        result=None,
        version=1,
        filed_at=SystemClock().now(),
    )
    register = UnitRegister({})
    assert report_said(report, register).unit_code is None
    assert report.lookup_id.hex in str(reports_table([report], register).rows)


async def test_a_household_without_head_is_told_where_the_procedure_shows_heads_and_only_there(
    gateway: Gateway,
) -> None:
    token = await gateway.sign_in()
    persona = PERSONAS["099085000110"]
    person = {"id_number": persona.citizen_id, "full_name": persona.full_name, "birth_date": "1985-05-05"}
    answers = [
        await gateway.look_up(token, a_lookup(citizen=person, procedure_code=procedure))
        for procedure in (invented.HOUSEHOLD_PROCEDURE, invented.RESIDENCE_PROCEDURE)
    ]
    codes = [[notice["code"] for notice in answer.json()["notices"]] for answer in answers]
    assert "household_without_head" in codes[0]
    assert codes[1] == ["no_residence_history", "valid_at_retrieval"]
    told, untold = await gateway.records("lookup.outcome")
    assert "household_without_head" in told["data_faults"]
    assert "data_faults" not in untold


async def test_a_number_that_changed_is_not_a_person_unknown(gateway: Gateway) -> None:
    person = {"id_number": "099079000123", "full_name": "Bùi Văn Số", "birth_date": "1979-11-11"}
    body = (await gateway.look_up(await gateway.sign_in(), a_lookup(citizen=person))).json()
    (outcome,) = await gateway.records("lookup.outcome")
    assert (body["outcome"], body["citizen"]) == ("mismatch", None)
    (notice,) = body["notices"]
    assert (notice["code"], notice["fault_class"], notice["fields"]) == (
        "number_changed",
        "id_number_reissued",
        ["id_number"],
    )
    assert "099079000124" not in str(body)
    assert body["paper"]["may_ask"] is False
    assert (outcome["data_faults"], outcome["paper_because"]) == (
        "number_changed",
        "number_changed_enter_again",
    )
