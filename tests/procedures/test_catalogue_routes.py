"""The procedure catalogue over HTTP: under a version, on record or not at all, with its history."""

from datetime import timedelta

from app.accounts.exports import XLSX
from app.cli import invented
from app.sheets.reading import read_sheets
from tests.accounts.calls import fetch
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.procedures.administering import CSV, DOCUMENT, a_clerk
from tests.units.administering_units import TODAY
from tests.world import World, a_lookup

BODY = {"name": "Đăng ký kết hôn", "legal_basis": "Luật Hộ tịch 2014, Điều 18"}
NEW = "1.000001"


async def test_a_procedure_is_added_shown_and_on_record(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    fields = {"full_name": None, "marital_status": "Luật Hộ tịch 2014, Điều 18 khoản 2"}
    answer = await clerk.add(procedure_code=NEW, fields=fields, document_number=DOCUMENT, **BODY)
    assert answer.status_code == 201, answer.text
    shown = await clerk.get(f"procedures/{NEW}")
    assert shown.headers["etag"] == answer.headers["etag"]
    assert shown.json()["fields"] == fields | {"full_name": BODY["legal_basis"]}
    assert [one["document_number"] for one in shown.json()["history"]] == [DOCUMENT]
    (record,) = await gateway.records("procedure.added")
    assert (record["procedure_code"], record["document_number"]) == (NEW, DOCUMENT)
    again = await clerk.add(procedure_code=NEW, **BODY)
    assert (again.status_code, again.json()["code"]) == (409, "procedure_taken")


async def test_a_sensitive_field_without_its_own_basis_is_refused_in_words(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    answer = await clerk.add(procedure_code=NEW, fields={"religion": None}, **BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "procedure_change_refused")
    (fault,) = answer.json()["faults"]
    assert (fault["code"], fault["column"]) == ("field_basis_missing", "religion")
    assert await gateway.records("procedure.added") == []


async def test_a_change_leaves_past_days_and_reaches_lookups_within_a_second(gateway: Gateway) -> None:
    clerk, code = await a_clerk(gateway), invented.RESIDENCE_PROCEDURE
    before = (await clerk.get(f"procedures/{code}")).json()
    body = {name: before[name] for name in ("name", "legal_basis", "service_code", "field_of_work")}
    changed = await clerk.put(code, **body, fields={"full_name": None}, valid_from=before["valid_from"])
    assert changed.status_code == 200, changed.text
    told = {one["field"] for one in changed.json()["changes"]}
    assert {"birth_date", "permanent_residence"} <= told
    whole = (await clerk.get(f"procedures/{code}")).json()
    assert [one["holds_to"] for one in whole["history"]] == [TODAY.isoformat(), None]
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    page = (await clerk.get("procedures", on=yesterday, text=code)).json()["procedures"]
    assert page[0]["fields"] == before["fields"]
    officer = await gateway.sign_in()
    seen = (await gateway.http.get("/v1/me", headers=bearer(officer))).json()["procedures"]
    assert next(one for one in seen if one["procedure_code"] == code)["fields"] == ["full_name"]
    found = await gateway.http.post("/v1/residence-lookups", json=a_lookup(), headers=bearer(officer))
    assert list(found.json()["citizen"]) == ["full_name"]


async def test_a_change_names_the_version_it_was_decided_on_and_changes_something(gateway: Gateway) -> None:
    clerk, code = await a_clerk(gateway), invented.RESIDENCE_PROCEDURE
    stale = (await clerk.get(f"procedures/{code}")).headers["etag"]
    assert (await clerk.put(code, stale, **BODY)).status_code == 200
    outdated, nothing = await clerk.put(code, stale, **BODY), await clerk.put(code, **BODY)
    missing = await gateway.http.put(f"/v1/procedures/{code}", json=BODY, headers=clerk.headers)
    unknown = await clerk.put(NEW, stale, **BODY)
    past = await clerk.put(code, on="2023-05-01", **BODY)
    answers = [outdated, nothing, missing, unknown, past]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (412, "version_outdated"),
        (409, "nothing_to_change"),
        (428, "if_match_needed"),
        (404, "catalogue_entry_unknown"),
        (422, "invalid_value"),
    ]
    assert len(await gateway.records("procedure.changed")) == 1


async def test_a_list_is_checked_then_carried_out_once(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    exported = (await clerk.get("procedures/export", format="csv")).content
    unchanged = await clerk.send("procedures", exported, dry_run="false")
    assert unchanged.json()["counts"]["unchanged"] == len(exported.splitlines()) - 1, unchanged.text
    heading = "Mã TTHC,Tên thủ tục,Căn cứ pháp lý,Họ và tên,NĐ 104"
    file = f"{heading}\n{NEW},Kết hôn,Luật Hộ tịch,x,x\n".encode()
    checked = await clerk.send("procedures", file)
    assert (checked.json()["applied"], checked.json()["counts"]["add"]) == (False, 1)
    assert (await clerk.get(f"procedures/{NEW}")).status_code == 404
    counts = [
        (await clerk.send("procedures", file, dry_run="false", document_number=DOCUMENT)).json()["counts"]
        for _ in range(2)
    ]
    assert [(one["add"], one["unchanged"]) for one in counts] == [(1, 0), (0, 1)]
    other = file.replace("Kết hôn".encode(), b"Khai sinh")
    amended = await clerk.send("procedures", other, dry_run="false")
    assert amended.json()["counts"]["change"] == 1
    listed = (await clerk.get("procedures", is_decree_104="true", text="khai")).json()["procedures"]
    assert [one["procedure_code"] for one in listed] == [NEW]
    assert (
        len(await gateway.records("procedure.added")) == len(await gateway.records("procedure.changed")) == 1
    )


async def test_a_list_with_a_fault_changes_nothing_and_comes_back_coloured(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    file = (
        "Mã TTHC;Tên thủ tục;Căn cứ pháp lý;Tôn giáo\n"
        f"{NEW};Kết hôn;Luật Hộ tịch;\n1.000002;Khai sinh;Luật Hộ tịch;x\n"
    ).encode()
    refused = await clerk.send("procedures", file, dry_run="false")
    assert (refused.status_code, refused.json()["code"]) == (422, "list_refused")
    (row,) = [one for one in refused.json()["report"]["rows"] if one["action"] == "refused"]
    assert [fault["place"] for fault in row["faults"]] == ["D3"]
    workbook = await clerk.send("procedures", file, accept=XLSX)
    (sheet,) = read_sheets(workbook.content, "")
    assert [one.cells[4] for one in sheet.rows[1:]] == ["Thêm mới", "Có lỗi"]
    unreadable = await clerk.send("procedures", b"%PDF-1.7", dry_run="false")
    assert unreadable.json()["code"] == "list_unreadable"
    kind = await clerk.send("procedures", file, "text/plain")
    assert kind.json()["code"] == "unsupported_media_type"
    assert await gateway.records("procedure.added") == []


async def test_who_may_read_and_who_may_change(gateway: Gateway) -> None:
    unit = await a_clerk(gateway, invented.UNIT_ADMINISTRATOR)
    listed = {one["procedure_code"] for one in (await unit.get("procedures")).json()["procedures"]}
    assert invented.RESIDENCE_PROCEDURE in listed
    assert invented.UNGRANTED_PROCEDURE not in listed
    hidden = await unit.get(f"procedures/{invented.UNGRANTED_PROCEDURE}")
    assert hidden.json()["code"] == "catalogue_entry_unknown"
    assert (await unit.get(f"procedures/{invented.RESIDENCE_PROCEDURE}")).status_code == 200
    assert (await unit.add(procedure_code=NEW, **BODY)).json()["code"] == "role_not_permitted"
    assert (await unit.send("procedures", b"x")).json()["code"] == "role_not_permitted"
    officer = await a_clerk(gateway, invented.RECEPTION)
    assert (await officer.get("procedures")).json()["code"] == "role_not_permitted"


async def test_pages_lead_through_the_whole_catalogue(gateway: Gateway) -> None:
    clerk, seen, cursor = await a_clerk(gateway), list[str](), ""
    while not seen or cursor:
        page = (await clerk.get("procedures", page_size="4", cursor=cursor)).json()
        seen += [one["procedure_code"] for one in page["procedures"]]
        cursor = page["next_cursor"]
    rows = await fetch(gateway, "select procedure_code from procedure order by procedure_code")
    assert seen == [row["procedure_code"] for row in rows]
    template = await clerk.get("procedures/template")
    assert template.headers["content-type"] == XLSX
    tag = (await clerk.get(f"procedures/{seen[0]}")).headers["etag"]
    headers = clerk.headers | {"If-None-Match": tag}
    again = await gateway.http.get(f"/v1/procedures/{seen[0]}", headers=headers)
    assert again.status_code == 304


async def test_what_cannot_be_recorded_is_not_changed(world: World) -> None:
    log = FakeAuditLog()
    async with running_gateway(world, an_upstream(), wrap_log=lambda _: log) as gateway:
        clerk = await a_clerk(gateway)
        log.fail = True
        answer = await clerk.add(procedure_code=NEW, **BODY)
        file = f"procedure_code,name,legal_basis\n{NEW},A,Luật\n".encode()
        sent = await clerk.send("procedures", file, CSV, dry_run="false")
        codes = {answer.json()["code"], sent.json()["code"]}
        assert codes == {"audit_unavailable"}
        assert await fetch(gateway, "select from procedure where procedure_code = $1", NEW) == []


async def test_what_no_database_takes_is_refused_and_not_a_trouble_of_the_gateway(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    unreadable = [
        await clerk.get("procedures", **{name: "a\0"}) for name in ("text", "cursor", "field_of_work")
    ]
    unreadable += [await clerk.get("grants", **{name: "a\0"}) for name in ("procedure", "cursor")]
    assert {(one.status_code, one.json()["code"]) for one in unreadable} == {(422, "invalid_value")}
    assert (await clerk.get("procedures/a%00")).json()["code"] == "catalogue_entry_unknown"
