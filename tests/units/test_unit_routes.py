"""The tree of units over HTTP: who sees what of it, by page, by day, as a file; wards of before July 2025."""

import pytest

from app.cli import invented
from app.units.divisions import Successors, load_divisions
from tests.gateway import Gateway, bearer
from tests.units.administering_units import LATER, TODAY, a_unit_manager, unit_id_by

CODES = [invented.DEPARTMENT_CODE, invented.COMMUNE_CODE, invented.CENTRE_CODE]


async def test_the_department_sees_every_unit_by_page(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in CODES:
        page = (await manager.get(page_size="1", **cursor)).json()
        seen += [unit["agency_code"] for unit in page["units"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert (seen, cursor) == (sorted(CODES), {})


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"kind": "commune"}, [invented.COMMUNE_CODE]),
        ({"level": "province"}, [invented.DEPARTMENT_CODE, invented.CENTRE_CODE]),
        ({"text": "uy ban nhan dan xa mau"}, [invented.COMMUNE_CODE]),
        ({"text": "000.12.34"}, [invented.COMMUNE_CODE]),
        ({"on": "2000-01-01"}, []),
        ({"cursor": invented.COMMUNE_CODE}, [invented.CENTRE_CODE]),
    ],
)
async def test_a_list_is_narrowed(gateway: Gateway, query: dict[str, str], codes: list[str]) -> None:
    manager = await a_unit_manager(gateway)
    assert [unit["agency_code"] for unit in (await manager.get(**query)).json()["units"]] == codes


async def test_a_list_that_has_not_changed_is_not_sent_again(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    tag = (await manager.get()).headers["etag"]
    manager.headers["If-None-Match"] = tag
    assert (await manager.get()).status_code == 304
    assert (await manager.get(kind="commune")).status_code == 200


@pytest.mark.parametrize("query", [{"on": "hôm nay"}, {"kind": "x"}, {"page_size": "0"}, {"below": "x"}])
async def test_what_is_no_filter_is_pointed_out_and_on_record(
    gateway: Gateway, query: dict[str, str]
) -> None:
    answer = await (await a_unit_manager(gateway)).get(**query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    assert answer.json()["errors"] == [{"pointer": f"/{next(iter(query))}"}]
    (record,) = await gateway.records("request.rejected")
    assert record["problem_code"] == "invalid_value"


async def test_a_unit_administrator_sees_their_units_and_no_other(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway, invented.UNIT_ADMINISTRATOR)
    listed = (await manager.get()).json()["units"]
    assert [unit["agency_code"] for unit in listed] == [invented.COMMUNE_CODE]
    centre = await unit_id_by(gateway, invented.CENTRE_CODE)
    for refused in (await manager.get(f"/{centre}"), await manager.get(below=centre)):
        assert (refused.status_code, refused.json()["code"]) == (403, "outside_own_units")
    record, *_next_minute = await gateway.records("request.rejected")
    assert (record["problem_code"], record["changed_unit_id"]) == ("outside_own_units", centre)
    exported = await manager.get("/export", format="csv")
    assert invented.COMMUNE_CODE in exported.text
    assert invented.CENTRE_CODE not in exported.text


@pytest.mark.parametrize("login_name", [invented.RECEPTION, invented.AUDITOR])
async def test_who_is_no_administrator_sees_no_units(gateway: Gateway, login_name: str) -> None:
    manager = await a_unit_manager(gateway, login_name)
    assert (await manager.get()).json()["code"] == "role_not_permitted"


async def test_a_unit_administrator_changes_no_units(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway, invented.UNIT_ADMINISTRATOR)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    for refused in (
        await manager.add("H19.77"),
        await manager.change(unit_id, "rename", name="Phường Mẫu"),
        await manager.send(b"agency_code,name\nH19.77,x"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "role_not_permitted")


@pytest.mark.parametrize("unknown", ["01981c5e-0000-7000-8000-000000000000", "don-vi"])
async def test_nobodys_unit_is_not_found(gateway: Gateway, unknown: str) -> None:
    manager = await a_unit_manager(gateway)
    changed = await manager.change(unknown, "close", tag='"1"')
    for answer in (await manager.get(f"/{unknown}"), changed):
        assert (answer.status_code, answer.json()["code"]) == (404, "unit_unknown")


async def test_a_unit_shows_all_its_days_and_who_followed_it(gateway: Gateway) -> None:
    manager = await a_unit_manager(gateway)
    former = (await manager.add("H19.78", on="2025-07-01")).json()["unit_id"]
    await manager.knows(former)
    successor = await unit_id_by(gateway, invented.COMMUNE_CODE)
    merged = await manager.change(former, "merge", into=successor)
    shown = (await manager.knows(former, merged.headers["etag"])).json()
    assert [one["unit_id"] for one in shown["successors"]] == [successor]
    assert (shown["is_in_force"], shown["valid_to"], len(shown["history"])) == (True, LATER, 1)
    other = (await manager.get(f"/{successor}")).json()
    assert [(one["unit_id"], one["on"]) for one in other["predecessors"]] == [(former, LATER)]


@pytest.mark.parametrize(("format_", "start"), [("xlsx", b"PK"), ("csv", "\ufeff".encode())])
async def test_an_export_imported_changes_nothing(gateway: Gateway, format_: str, start: bytes) -> None:
    manager = await a_unit_manager(gateway)
    exported = await manager.get("/export", format=format_)
    assert exported.content.startswith(start)
    assert f'filename="don-vi-{TODAY.isoformat()}.{format_}"' in exported.headers["content-disposition"]
    answer = await manager.send(exported.content, exported.headers["content-type"])
    assert answer.json()["counts"] == {"nothing": 3, "add": 0, "change": 0, "error": 0}
    assert await gateway.records("unit.changed") == []


async def test_a_former_ward_says_where_it_lies_today_and_what_nobody_knows(gateway: Gateway) -> None:
    divisions = load_divisions()
    headers = bearer(await gateway.sign_in())
    for successors in (Successors.ONE, Successors.DIVIDED):
        code = next(
            code for code, present in divisions.succession.items() if present.successors is successors
        )
        answer = (await gateway.http.get(f"/v1/divisions/wards/{code}", headers=headers)).json()
        present = divisions.present_wards(code)
        assert answer["is_ambiguous"] is (successors is Successors.DIVIDED)
        assert [ward["code"] for ward in answer["present"]] == [ward.code for ward in present.wards]
        assert {ward["code"] for ward in answer["present"] if not ward["is_confirmed"]} == present.unconfirmed
        assert answer["present"][0]["province_name"]
    unknown = await gateway.http.get("/v1/divisions/wards/0000x", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "ward_unknown")
