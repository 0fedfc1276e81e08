"""Decisions about units over HTTP: under a version, by a document, on record or not at all."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.posting_plan import Document, Notice, PostingFault, PostingRefusedError
from app.accounts.postings import appoint_officer, second_officer, transfer_officer
from app.cli import invented
from app.database.connect import open_engine
from tests.accounts.administering import id_of
from tests.fakes import FakeAuditLog
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.units.administering_units import (
    DOCUMENT,
    LATER,
    TODAY,
    UnitManager,
    a_unit_manager,
    unit_id_by,
    versions,
)
from tests.world import World


async def test_a_unit_is_registered_and_on_record(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    above = await unit_id_by(gateway, invented.DEPARTMENT_CODE)
    answer = await manager.add("H19.77", parent_id=above, document_number=DOCUMENT)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    shown = await manager.knows(made["unit_id"])
    assert (shown.json()["agency_code"], shown.json()["parent_id"]) == ("H19.77", above)
    assert answer.headers["etag"] == shown.headers["etag"] == f'"{made["version"]}"'
    (record,) = await gateway.records("unit.added")
    assert (record["changed_unit_id"], record["document_number"]) == (made["unit_id"], DOCUMENT)
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("rename", {"name": "Phường Mẫu"}, "renamed"),
    ("recode", {"agency_code": "H19.34.13"}, "recoded"),
    ("move", {"parent_id": None}, "moved"),
    ("level", {"level": "province"}, "level_changed"),
    ("details", {"ward_code": "00004", "serves": ["H19.20"]}, "changed"),
]


@pytest.mark.parametrize(("change", "more", "said"), CHANGES)
async def test_a_decision_holds_from_its_day_and_is_on_record(
    gateway: Gateway, change: str, more: dict[str, Any], said: str
) -> None:
    manager = await a_unit_manager(gateway)
    above = await unit_id_by(gateway, invented.DEPARTMENT_CODE)
    unit_id = (await manager.add("H19.77", parent_id=above, on="2025-07-01")).json()["unit_id"]
    await manager.knows(unit_id)
    answer = await manager.change(unit_id, change, **more)
    assert answer.status_code == 200, answer.text
    (record,) = await gateway.records("unit.changed")
    assert (record["change"], record["effective_on"]) == (said, LATER)
    assert record["officer_id"] == await id_of(gateway, invented.ADMINISTRATOR)
    again = await manager.change(unit_id, change, tag=answer.headers["etag"], **more)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_change")


async def test_a_change_names_the_version_it_was_decided_on(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    stale = (await manager.get(f"/{unit_id}")).headers["etag"]
    first = await manager.change(unit_id, "rename", name="Phường Mẫu")
    assert first.headers["etag"] != stale
    outdated = await manager.change(unit_id, "rename", tag=stale, name="Phường Khác")
    path, body = f"/v1/units/{unit_id}/changes", {"change": "close", "on": LATER, "document_number": "1/QĐ"}
    missing = await gateway.http.post(path, json=body, headers=manager.headers)
    assert (outdated.status_code, outdated.json()["code"]) == (412, "version_outdated")
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_needed")
    assert len(await gateway.records("unit.changed")) == 1


@pytest.mark.parametrize(
    ("change", "more", "fault"),
    [
        ("rename", {"name": "Công ty TNHH Mẫu"}, "private_body"),
        ("close", {}, "has_officers"),
        ("move", {"parent_id": "01981c5e-0000-7000-8000-000000000000"}, "unit_unknown"),
        ("split", {"into": []}, "too_few_units"),
        ("merge", {}, "one_successor_needed"),
        ("recode", {"agency_code": invented.CENTRE_CODE}, "code_taken"),
    ],
)
async def test_what_the_tree_refuses_says_why_and_changes_nothing(
    gateway: Gateway, change: str, more: dict[str, Any], fault: str
) -> None:
    manager = await a_unit_manager(gateway)
    before = await versions(gateway)
    answer = await manager.change(await unit_id_by(gateway, invented.COMMUNE_CODE), change, **more)
    assert (answer.status_code, answer.json()["code"]) == (409, "unit_change_refused")
    (said,) = answer.json()["faults"]
    assert said["code"] == fault
    assert said["wrong"]
    assert await versions(gateway) == before


@pytest.mark.parametrize(
    "body",
    [
        {"change": "sell", "on": LATER, "document_number": DOCUMENT},
        {"change": "close", "on": LATER},
        {"change": "close", "on": "1999-12-31", "document_number": DOCUMENT},
        {"change": "close", "on": LATER, "document_number": "căn cước 001099000001"},
    ],
)
async def test_a_decision_that_cannot_be_read_is_refused(gateway: Gateway, body: object) -> None:
    manager = await a_unit_manager(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    headers = manager.headers | {"If-Match": '"1"'}
    answer = await gateway.http.post(f"/v1/units/{unit_id}/changes", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_a_dry_run_says_what_would_change_and_changes_nothing(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    before = await versions(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    answer = await manager.change(unit_id, "rename", name="Phường Mẫu", dry_run=True)
    (fact,) = answer.json()["facts"]
    assert [change["after"] for change in fact["changes"]] == ["Phường Mẫu"]
    added = await manager.add("H19.77", dry_run=True)
    assert (added.status_code, added.json()["is_dry_run"]) == (200, True)
    assert await versions(gateway) == before
    assert await gateway.records("unit.changed") == await gateway.records("unit.added") == []


async def _merge(manager: UnitManager, **more: Any) -> httpx.Response:
    former = await unit_id_by(manager.gateway, invented.COMMUNE_CODE)
    into = await unit_id_by(manager.gateway, invented.CENTRE_CODE)
    return await manager.change(former, "merge", into=into, **more)


async def test_no_merger_takes_administrators_along_unsaid(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    before = await versions(gateway)
    refused = await _merge(manager)
    assert (refused.status_code, refused.json()["code"]) == (409, "administrators_would_move")
    (named,) = refused.json()["administrators"]
    assert named["login_name"] == invented.UNIT_ADMINISTRATOR
    assert await versions(gateway) == before


async def test_a_merger_moves_officers_grants_and_named_administrators_on_record(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    answer = await _merge(manager, administrators_stay=True)
    assert answer.status_code == 200, answer.text
    (moved,) = answer.json()["moved"]
    assert (moved["officers"], moved["grants"]) == (4, 5)
    assert [one["login_name"] for one in answer.json()["administrators"]] == [invented.UNIT_ADMINISTRATOR]
    posted = {record["changed_officer_id"] for record in await gateway.records("officer.posted")}
    assert await id_of(gateway, invented.RECEPTION) in posted
    (record,) = await gateway.records("officer.changed")
    assert (record["change"], record["effective_on"]) == ("administers_successor", LATER)
    assert record["changed_officer_id"] == await id_of(gateway, invented.UNIT_ADMINISTRATOR)
    assert record["after"] == await unit_id_by(gateway, invented.CENTRE_CODE)


async def test_units_merge_into_a_new_one_and_divide_again(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    ids = [(await manager.add(f"H19.7{number}", on="2025-07-01")).json()["unit_id"] for number in (1, 2)]
    await manager.knows(ids[1])
    merged = await manager.change(ids[0], "merge", into_new={"name": "Phường Gộp"}, together_with=ids[1:])
    assert [fact["event"] for fact in merged.json()["facts"]] == ["unit.added", "unit.merged", "unit.merged"]
    commune = await unit_id_by(gateway, invented.COMMUNE_CODE)
    centre = await unit_id_by(gateway, invented.CENTRE_CODE)
    divided = await manager.change(commune, "split", into=[commune, centre])
    assert [fact["event"] for fact in divided.json()["facts"]] == ["unit.split"]


async def test_while_nothing_can_be_recorded_nothing_changes(world: World) -> None:
    broken = FakeAuditLog()
    async with running_gateway(world, an_upstream(), wrap_log=lambda _: broken) as gateway:
        manager = await a_unit_manager(gateway)
        before = await versions(gateway)
        unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
        tag = (await manager.get(f"/{unit_id}")).headers["etag"]
        broken.fail = True
        for answer in (
            await manager.add("H19.77"),
            await manager.change(unit_id, "rename", tag=tag, name="Phường Mẫu"),
            await manager.send("agency_code,name,kind,level\nH19.77,Xã Mới,commune,commune".encode()),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
        assert await versions(gateway) == before


FILE = "agency_code,name,kind,level\nH19.77,Xã Mới,commune,commune\nH19.78,Xã Hai,commune,commune\n".encode()


async def test_a_file_is_tried_lands_and_changes_nothing_again(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    tried = (await manager.send(FILE, dry_run="true")).json()
    assert (tried["is_dry_run"], tried["counts"]["add"]) == (True, 2)
    assert await gateway.records("unit.added") == []
    assert (await manager.send(FILE)).json()["counts"]["add"] == 2
    again = (await manager.send(FILE)).json()
    assert again["counts"] == {"nothing": 2, "add": 0, "change": 0, "error": 0}
    assert len(await gateway.records("unit.added")) == 2


async def test_a_file_with_faults_names_row_column_and_cure_and_lands_nothing(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    before = await versions(gateway)
    faulty = FILE + b"H19.79,,commune,commune\n"
    answer = await manager.send(faulty)
    assert (answer.status_code, answer.json()["code"]) == (422, "unit_file_refused")
    tried = (await manager.send(faulty, dry_run="true")).json()
    rows = [row for row in tried["rows"] if row["faults"]]
    assert rows == [row for row in answer.json()["report"]["rows"] if row["faults"]]
    assert (rows[0]["row"], rows[0]["faults"][0]["code"]) == (4, "name_missing")
    assert await versions(gateway) == before


async def test_a_file_that_changes_units_needs_its_document(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    file = f"agency_code,name\n{invented.COMMUNE_CODE},Phường Mẫu\n".encode()
    refused = await manager.send(file)
    assert refused.json()["faults"][0]["code"] == "document_unfit"
    landed = await manager.send(file, document_number=DOCUMENT, on=LATER)
    assert landed.json()["counts"]["change"] == 1


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"%PDF-1.7", "text/csv", 422, "unit_file_unreadable"),
        (b"x" * (5 * 2**20 + 1), "text/csv", 413, "request_too_large"),
        (b"agency_code,name\nH19.1,x,y", "text/csv", 422, "unit_file_refused"),
        (FILE, "application/json", 415, "unsupported_media_type"),
    ],
)
async def test_what_is_no_file_of_units_is_refused(
    gateway: Gateway, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await (await a_unit_manager(gateway)).send(content, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_is_posted_to_a_unit_beyond_its_end(gateway: Gateway) -> None:
    assert (await _merge(await a_unit_manager(gateway), administrators_stay=True)).status_code == 200
    former = UUID(await unit_id_by(gateway, invented.COMMUNE_CODE))
    officer_id = UUID(await id_of(gateway, invented.CENTRE_RECEPTION))
    end = TODAY + timedelta(days=30)
    notice = Notice(TODAY + timedelta(days=1), TODAY, Document("1/TB"))
    engine = open_engine(gateway.world.database.serving_url)
    try:
        posts: tuple[Callable[[AsyncConnection], Awaitable[object]], ...] = (
            lambda c: transfer_officer(c, officer_id, former, notice),
            lambda c: second_officer(c, officer_id, former, notice, end + timedelta(days=1)),
            lambda c: appoint_officer(c, officer_id, former, Notice(end, TODAY)),
        )
        for late in posts:
            with pytest.raises(PostingRefusedError) as caught:
                async with engine.begin() as connection:
                    await late(connection)
            assert caught.value.fault is PostingFault.UNIT_NOT_IN_FORCE
        async with engine.begin() as connection:
            await second_officer(connection, officer_id, former, notice, end)
    finally:
        await engine.dispose()
