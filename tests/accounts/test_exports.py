"""Lists that leave as files: each one on record before anybody has it, pages on a screen are not."""

import csv
import io
from typing import Any

import httpx

from app.accounts.exports import Export, ListName, given
from app.accounts.officer_list import Status
from app.accounts.values import Role
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.cli import invented
from app.errors import AuditUnavailableError
from tests.accounts.administering import Administrator, an_administrator, id_of
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.world import World

NAME = "Trần Văn Bí Mật"


class LogThatTakesNoExports:
    """An audit log that takes everything but exports."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    @property
    def is_ready(self) -> bool:
        return self._log.is_ready

    async def append(self, draft: Draft) -> None:
        if draft.kind is RecordKind.LIST_EXPORTED:
            raise AuditUnavailableError
        await self._log.append(draft)


async def _get(who: Administrator, path: str, **query: Any) -> httpx.Response:
    return await who.gateway.http.get(path, params=query, headers=bearer(who.token))


async def _open_review(who: Administrator) -> None:
    opened = await who.gateway.http.post("/v1/reviews", json={}, headers=bearer(who.token))
    assert opened.status_code == 201


async def _hand_over(who: Administrator) -> str:
    """Issue slips and return the path of their record."""
    body = {
        "unit": invented.COMMUNE_CODE,
        "officer_ids": [await id_of(who.gateway, invented.RECEPTION)],
    }
    slips = await who.gateway.http.post("/v1/handovers", json=body, headers=bearer(who.token))
    return str(slips.raise_for_status() and slips.headers["location"])


def test_what_anybody_may_type_is_named_and_not_repeated() -> None:
    named = {
        "unit": "H19.34",
        "role": Role.AUDITOR,
        "status": Status.ACTIVE,
        "text": NAME,
        "incomplete": True,
    }
    export = Export(ListName.OFFICERS, "csv", 7, given((named | {"waiting": None, "on": ""}).items()))
    assert export.leaf() == {
        "exported_list": "officers",
        "exported_format": "csv",
        "exported_rows": 7,
        "exported_by": "incomplete role=auditor status=active text unit=H19.34",
    }
    assert "exported_by" not in Export(ListName.UNITS, "xlsx", 0).leaf()


async def test_every_export_is_on_record_with_who_what_and_how_many(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    await _open_review(who)
    paper = await _hand_over(who)
    exports = {
        "/v1/officers/export": (
            "officers",
            4,
            f"role=reception status=active text unit={invented.COMMUNE_CODE}",
        ),
        "/v1/units/export": ("units", 1, "kind=commune"),
        "/v1/clients/export": ("clients", 1, "status=active"),
        "/v1/reports/registration/export": ("registrations", 1, f"unit={invented.CENTRE_CODE} waiting=false"),
        "/v1/reviews/current/export": ("review", 4, ""),
        "/v1/handovers/export": ("handovers", 1, "received=false"),
    }
    queries: dict[str, dict[str, Any]] = {
        "/v1/officers/export": {
            "role": "reception", "status": "active", "text": "M", "unit": invented.COMMUNE_CODE.lower(),
        },
        "/v1/units/export": {"kind": "commune"},
        "/v1/clients/export": {"status": "active"},
        "/v1/reports/registration/export": {"unit": invented.CENTRE_CODE, "waiting": "false"},
        "/v1/reviews/current/export": {"unit": invented.COMMUNE_CODE},
        "/v1/handovers/export": {"received": "false"},
    }  # fmt: skip
    for path, (name, _rows, conditions) in exports.items():
        before = len(await gateway.records("list.exported"))
        answer = await _get(who, path, format="csv", **queries[path])
        assert answer.status_code == 200, answer.text
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        record, *_ = reversed(await gateway.records("list.exported"))
        assert len(await gateway.records("list.exported")) == before + 1
        assert record["exported_list"] == name
        assert record["exported_format"] == "csv"
        assert record["exported_rows"] == len(rows) - 1 > 0
        assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)
        if name != "review":
            assert record.get("exported_by", "") == conditions
        assert (await _get(who, path, **queries[path])).content.startswith(b"PK")
    assert (await _get(who, paper)).headers["content-type"] == "application/pdf"
    record, *_ = reversed(await gateway.records("list.exported"))
    handover = paper.split("/")[3]
    assert (record["exported_list"], record["exported_format"]) == ("handover_record", "pdf")
    assert (record["exported_rows"], record["exported_by"]) == (1, f"handover={handover}")


async def test_a_page_on_a_screen_is_no_export(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    for path in ("officers", "units", "clients", "handovers", "reports/registration"):
        assert (await _get(who, f"/v1/{path}")).status_code == 200
    assert await gateway.records("list.exported") == []


async def test_what_cannot_be_recorded_is_not_exported(world: World) -> None:
    async with running_gateway(world, an_upstream(), wrap_log=LogThatTakesNoExports) as gateway:
        who = await an_administrator(gateway)
        paper = await _hand_over(who)
        paths = ("/v1/officers/export", "/v1/units/export", "/v1/clients/export", paper)
        for path in (*paths, "/v1/reports/registration/export", "/v1/handovers/export"):
            answer = await _get(who, path)
            assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")


async def test_incomplete_accounts_leave_with_what_they_lack(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    answer = await _get(who, "/v1/officers/export", format="csv", incomplete="true", text="chuacoma")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [rows[0][-1], rows[1][-1]] == ["Còn thiếu", "chức vụ, số văn bản, mã cán bộ trên CSDLQG"]


async def test_a_kind_of_file_nobody_knows_is_pointed_out(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    for path in ("clients", "handovers", "reports/registration", "units", "reviews/current"):
        answer = await _get(who, f"/v1/{path}/export", format="pdf")
        assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/format"}])
