"""Lists of officers over HTTP: the template, dry runs, carrying out, and officers listed and exported."""

import csv
import io
from typing import Any

import httpx
import pytest

from app.accounts.registering_lists import read_list
from app.accounts.registration.form import Column
from app.cli import invented
from tests.accounts.administering import Administrator, an_administrator, id_of
from tests.accounts.calls import fetch
from tests.accounts.sent_lists import PROCESSING, a_csv, a_row, an_xlsx
from tests.gateway import Gateway, bearer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEW = a_row("danhsach.mot", unit="UBND xã Mẫu", person="NV-77")
IN_THE_CENTRE = a_row("danhsach.hai", unit="", code=invented.CENTRE_CODE)


async def _send(
    sender: Administrator, content: bytes, *, kind: str = "text/csv", apply: bool = False, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": kind}
    return await sender.gateway.http.post(
        "/v1/officers/import",
        params={"dry_run": str(not apply).lower()},
        content=content,
        headers=bearer(sender.token) | named,
    )


async def _list(reader: Administrator, **conditions: Any) -> dict[str, Any]:
    answer = await reader.gateway.http.get("/v1/officers", params=conditions, headers=bearer(reader.token))
    return dict(answer.raise_for_status().json())


def _names(page: dict[str, Any]) -> list[str]:
    return [one["login_name"] for one in page["officers"]]


async def test_the_template_is_a_list_without_officers(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    answer = await gateway.http.get("/v1/officers/import/template", headers=bearer(administrator.token))
    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-disposition"] == 'attachment; filename="danh-sach-can-bo.xlsx"'
    assert answer.content.startswith(b"PK")


async def test_a_dry_run_reports_and_changes_nothing_by_default(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    answer = await gateway.http.post(
        "/v1/officers/import",
        content=an_xlsx(NEW, IN_THE_CENTRE),
        headers=bearer(administrator.token) | {"Content-Type": XLSX, "Accept-Language": "en"},
    )
    report = answer.json()
    assert answer.status_code == 200
    assert (report["applied"], report["may_be_applied"]) == (False, False)
    assert (report["counts"]["add"], report["counts"]["refused"]) == (1, 1)
    (fault,) = report["rows"][1]["faults"]
    assert (fault["code"], fault["place"]) == ("unit_outside", "E3")
    assert fault["what"] == "The unit “H19.90” is outside your own"
    assert await fetch(gateway, "select 1 from officer where login_name = 'danhsach.mot'") == []


async def test_a_list_is_carried_out_in_the_administrators_name(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    first = await _send(administrator, a_csv(NEW), apply=True)
    assert (first.status_code, first.json()["applied"], first.json()["counts"]["add"]) == (200, True, 1)
    (record,) = await gateway.records("officer.added")
    assert record["officer_id"] == await id_of(gateway, invented.UNIT_ADMINISTRATOR)
    assert record["changed_officer_id"] == await id_of(gateway, "danhsach.mot")
    second = await _send(administrator, a_csv(NEW), apply=True)
    assert second.json()["counts"] == {"add": 0, "update": 0, "transfer": 0, "unchanged": 1, "refused": 0}
    assert len(await gateway.records("officer.added")) == 1


async def test_the_department_registers_everywhere(gateway: Gateway) -> None:
    answer = await _send(await an_administrator(gateway), a_csv(NEW, IN_THE_CENTRE), apply=True)
    assert answer.json()["counts"]["add"] == 2


async def test_a_list_with_faults_is_refused_with_its_report(gateway: Gateway) -> None:
    wrong = a_row("hai", unit="xã Mẫu", position="Chủ tịch")
    answer = await _send(await an_administrator(gateway), a_csv(NEW, wrong), apply=True)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "list_refused")
    faults = [fault["code"] for row in problem["report"]["rows"] for fault in row["faults"]]
    assert faults == ["role_unknown"]
    assert await gateway.records("officer.added") == []
    (record,) = await gateway.records("request.rejected")
    assert record["problem_code"] == "list_refused"


async def test_a_long_report_is_sent_page_by_page_in_a_dry_run(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)

    async def page(**query: Any) -> httpx.Response:
        return await gateway.http.post(
            "/v1/officers/import",
            params=query,
            content=a_csv(NEW, IN_THE_CENTRE, a_row("ba", unit="xã Không Có")),
            headers=bearer(administrator.token) | {"Content-Type": "text/csv"},
        )

    first = (await page(page_size=2)).json()
    rest = (await page(page_size=2, cursor=first["next_cursor"])).json()
    assert [row["row"] for row in (*first["rows"], *rest["rows"])] == [4, 2, 3]
    assert (first["left_off"], rest["left_off"], rest["next_cursor"]) == (1, 0, None)
    refused = (await page(dry_run="false", page_size=2)).json()["report"]
    assert (len(refused["rows"]), refused["next_cursor"]) == (2, "2")
    wrong = await page(dry_run="false", cursor=2)
    assert (wrong.status_code, wrong.json()["errors"]) == (422, [{"pointer": "/cursor"}])


async def test_the_report_comes_as_the_list_itself_where_that_is_asked_for(gateway: Gateway) -> None:
    answer = await _send(await an_administrator(gateway), a_csv(NEW), Accept=XLSX)
    assert answer.headers["content-type"] == XLSX
    table = read_list(answer.content, "x.xlsx")
    assert table.rows[0].cells[table.columns[Column.LOGIN_NAME]] == "danhsach.mot"
    assert "Thêm mới" in table.rows[0].cells


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"PK\x03\x04nothing", XLSX, 422, "list_unreadable"),
        (b"", "text/csv", 422, "list_unreadable"),
        (a_csv(NEW), "application/json", 415, "unsupported_media_type"),
        (bytes(5 * 1024 * 1024 + 1), "text/csv", 413, "request_too_large"),
    ],
)
async def test_what_is_no_list_is_refused(
    gateway: Gateway, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await _send(await an_administrator(gateway), content, kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "list_unreadable":
        assert answer.json()["reason"]


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.AUDITOR])
async def test_who_is_no_administrator_registers_nobody(gateway: Gateway, login_name: str) -> None:
    sender = Administrator(gateway, await gateway.sign_in(login_name))
    answer = await _send(sender, a_csv(NEW), apply=True)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


async def test_officers_are_listed_page_by_page_and_by_what_is_asked(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway)
    whole = _names(await _list(administrator))
    assert whole == sorted(whole)
    assert len(whole) == 8
    page = await _list(administrator, page_size=5)
    rest = await _list(administrator, page_size=5, cursor=page["next_cursor"])
    assert _names(page) + _names(rest) == whole
    assert rest["next_cursor"] is None
    assert _names(await _list(administrator, role="auditor")) == [invented.AUDITOR]
    assert _names(await _list(administrator, unit=invented.CENTRE_CODE)) == [invented.CENTRE_RECEPTION]
    assert _names(await _list(administrator, text="XỬ LÝ")) == [invented.PROCESSING]
    assert _names(await _list(administrator, text="%")) == []
    assert _names(await _list(administrator, status="suspended")) == []
    incomplete = await _list(administrator, incomplete="true", text="chuacoma")
    assert incomplete["officers"][0]["missing"] == ["position", "document", "upstream_officer_code"]


async def test_a_unit_administrator_lists_their_own_units_only(gateway: Gateway) -> None:
    administrator = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    assert invented.CENTRE_RECEPTION not in _names(await _list(administrator))
    assert invented.RECEPTION in _names(await _list(administrator))
    answer = await gateway.http.get(
        "/v1/officers", params={"unit": invented.CENTRE_CODE}, headers=bearer(administrator.token)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "outside_own_units")


@pytest.mark.parametrize(
    "wrong", [{"unit": "H0"}, {"cursor": "á"}, {"cursor": "AAA"}, {"page_size": 0}, {"role": "king"}]
)
async def test_conditions_that_mean_nothing_are_refused(gateway: Gateway, wrong: dict[str, Any]) -> None:
    administrator = await an_administrator(gateway)
    answer = await gateway.http.get("/v1/officers", params=wrong, headers=bearer(administrator.token))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_export_imported_again_changes_nothing(gateway: Gateway, kind: str) -> None:
    administrator = await an_administrator(gateway)
    await _send(
        administrator, a_csv(NEW, a_row("danhsach.ba", unit="xã Mẫu", position=PROCESSING)), apply=True
    )
    answer = await gateway.http.get(
        "/v1/officers/export",
        params={"format": kind, "unit": invented.COMMUNE_CODE, "text": "danhsach"},
        headers=bearer(administrator.token),
    )
    media_type = "text/csv" if kind == "csv" else XLSX
    assert answer.headers["content-type"].startswith(media_type)
    again = (await _send(administrator, answer.content, kind=media_type)).json()
    assert (again["counts"]["unchanged"], again["may_be_applied"]) == (2, True)


async def test_an_export_computes_nothing(gateway: Gateway) -> None:
    await gateway.execute(
        "update officer set full_name = '=1+1' where login_name = $1", invented.CENTRE_RECEPTION
    )
    administrator = await an_administrator(gateway)
    answer = await gateway.http.get(
        "/v1/officers/export",
        params={"format": "csv", "unit": invented.CENTRE_CODE},
        headers=bearer(administrator.token),
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["'=1+1"]
