"""Grants over HTTP: by a document, never two on a day, on record, and what was allowed on any day."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.cli import invented
from tests.accounts.calls import fetch
from tests.gateway import Gateway, bearer
from tests.procedures.administering import DOCUMENT, a_clerk
from tests.units.administering_units import LATER, TODAY, a_unit_manager, unit_id_by
from tests.world import a_lookup

CODE = invented.RESIDENCE_PROCEDURE
UNGRANTED = invented.UNGRANTED_PROCEDURE
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


async def test_a_grant_is_given_used_and_withdrawn(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    given = await clerk.grant(unit_id, UNGRANTED)
    assert given.status_code == 200, given.text
    assert given.json()["is_granted"]
    officer = bearer(await gateway.sign_in())
    lookup = a_lookup(procedure_code=UNGRANTED)
    await _until(gateway, officer, lookup, 200)
    withdrawn = await clerk.grant(unit_id, UNGRANTED, "withdraw")
    assert withdrawn.json()["periods"] == []  # begun and ended today: on no day at its end
    await _until(gateway, officer, lookup, 403)
    for kind, document in (("grant.added", DOCUMENT), ("grant.withdrawn", DOCUMENT)):
        (record,) = await gateway.records(kind)
        assert (record["changed_unit_id"], record["after"]) == (unit_id, UNGRANTED)
        assert (record["document_number"], record["effective_on"]) == (document, TODAY.isoformat())


async def _until(gateway: Gateway, headers: dict[str, str], lookup: object, status: int) -> None:
    async with asyncio.timeout(1.5):  # what changes is known within a second
        while True:
            answer = await gateway.http.post("/v1/residence-lookups", json=lookup, headers=headers)
            if answer.status_code == status:
                return
            await asyncio.sleep(0.02)


async def test_a_decision_names_its_version_its_document_and_days_ahead(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    stale = (await clerk.get(f"grants/{unit_id}/{CODE}")).headers["etag"]
    ended = await clerk.grant(unit_id, CODE, "withdraw", on=LATER)
    assert ended.json()["periods"][0]["valid_to"] == LATER
    answers = [
        await clerk.grant(unit_id, CODE, "withdraw", stale, on=LATER),
        await clerk.grant(unit_id, CODE, "withdraw", on=LATER),
        await clerk.grant(unit_id, CODE, on="2024-01-01"),
        await clerk.grant(unit_id, CODE, document_number=""),
        await clerk.grant(unit_id, "9.999999", tag='"1"'),
        await clerk.grant("khong-co", CODE, tag='"1"'),
        await clerk.grant(unit_id, CODE, on=LATER, until=TODAY.isoformat()),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (412, "version_outdated"),
        (409, "nothing_to_change"),
        (422, "invalid_value"),
        (422, "invalid_value"),
        (404, "catalogue_entry_unknown"),
        (404, "unit_unknown"),
        (409, "grant_change_refused"),
    ]
    (fault,) = answers[-1].json()["faults"]
    assert fault["code"] == "dates_reversed"


async def test_what_was_allowed_on_a_day_is_what_held_that_day(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    entry: dict[str, Any] = {"name": "Khác", "legal_basis": "Luật Cư trú, Điều 9", "fields": {"sex": None}}
    assert (await clerk.put(CODE, **entry)).status_code == 200
    await clerk.grant(unit_id, CODE, "withdraw")

    async def allowed(on: str, **more: str) -> list[dict[str, object]]:
        query = {"on": on, "procedure": CODE, "unit": invented.COMMUNE_CODE} | more
        return list((await clerk.get("grants", **query)).raise_for_status().json()["grants"])

    (then,) = await allowed(YESTERDAY)
    assert set(then["fields"]) > {"permanent_residence"}  # type: ignore[call-overload]
    assert (then["is_allowed"], then["ending_document_number"]) == (True, DOCUMENT)
    assert await allowed(TODAY.isoformat()) == []
    assert await allowed("2022-12-31", unit=unit_id) == []
    ended = await clerk.get("grants", on=YESTERDAY, procedure=invented.ENDED_PROCEDURE)
    assert [one["is_allowed"] for one in ended.json()["grants"]] == [False]


async def test_a_merger_moves_grants_and_the_days_before_stay_the_former_units(gateway: Gateway) -> None:
    clerk, manager = await a_clerk(gateway), await a_unit_manager(gateway)
    former = await unit_id_by(gateway, invented.COMMUNE_CODE)
    into = await unit_id_by(gateway, invented.CENTRE_CODE)
    late = (TODAY - timedelta(days=40)).isoformat()  # the decision reaches whoever enters it weeks later
    merged = await manager.change(former, "merge", into=into, on=late, administrators_stay=True)
    assert merged.status_code == 200, merged.text
    await manager.knows(former, merged.headers["etag"])
    code = invented.HOUSEHOLD_PROCEDURE

    async def holders(on: str, **more: str) -> list[str]:
        answer = await clerk.get("grants", on=on, procedure=code, **more)
        return [one["unit_id"] for one in answer.raise_for_status().json()["grants"]]

    assert await holders(YESTERDAY) == [former]
    assert await holders(TODAY.isoformat()) == [into]
    assert await holders(YESTERDAY, unit=into) == []
    assert await holders(YESTERDAY, unit=into, with_predecessors="true") == [former]
    moved = await gateway.records("grant.moved")
    assert code in moved[0]["after"].split()
    assert (moved[0]["before"], moved[0]["changed_unit_id"]) == (former, into)
    periods = (await clerk.get(f"grants/{into}/{code}")).json()["periods"]
    assert [one["document_number"] for one in periods] == ["1656/NQ-UBTVQH15"]


async def test_a_list_grants_and_withdraws_once(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    exported = (await clerk.get("grants/export", format="csv")).content
    unchanged = await clerk.send("grants", exported, dry_run="false")
    assert unchanged.json()["counts"]["unchanged"] == len(exported.splitlines()) - 1, unchanged.text
    file = (
        "Mã đơn vị,Mã TTHC,Thao tác\n"
        f"{invented.COMMUNE_CODE},{UNGRANTED},cấp\n{invented.COMMUNE_CODE},{CODE},thu hồi\n"
    ).encode()
    without = await clerk.send("grants", file, dry_run="false")
    assert without.json()["code"] == "list_refused"
    counts = [
        (await clerk.send("grants", file, dry_run="false", document_number=DOCUMENT)).json()["counts"]
        for _ in range(2)
    ]
    assert [(one["add"], one["end"], one["unchanged"]) for one in counts] == [(1, 1, 0), (0, 0, 2)]
    kinds = [len(await gateway.records(kind)) for kind in ("grant.added", "grant.withdrawn")]
    assert kinds == [1, 1]


async def test_unit_administrators_see_their_own_grants_and_change_none(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway, invented.UNIT_ADMINISTRATOR)
    commune = await unit_id_by(gateway, invented.COMMUNE_CODE)
    centre = await unit_id_by(gateway, invented.CENTRE_CODE)
    seen = (await clerk.get("grants")).json()["grants"]
    assert {one["unit_id"] for one in seen} == {commune}
    outside = [await clerk.get("grants", unit=centre), await clerk.get(f"grants/{centre}/{CODE}")]
    assert [one.json()["code"] for one in outside] == ["outside_own_units"] * 2
    (record,) = await gateway.records("request.rejected")
    assert record["changed_unit_id"] == centre
    assert (await clerk.grant(commune, CODE, tag='"1"')).json()["code"] == "role_not_permitted"
    rows = await fetch(gateway, "select 1 from permission_grant where unit_id = $1::uuid", commune)
    page = (await clerk.get("grants", page_size="2")).json()
    following = (await clerk.get("grants", page_size="200", cursor=page["next_cursor"])).json()
    assert len(page["grants"]) + len(following["grants"]) == len(rows)


async def test_no_two_grants_of_a_pair_hold_on_one_day_whoever_writes_them(gateway: Gateway) -> None:
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await gateway.execute(
            "insert into permission_grant (unit_id, procedure_code, valid_from) values ($1::uuid, $2, $3)",
            unit_id,
            CODE,
            TODAY,
        )


async def test_two_who_grant_at_once_do_not_both(gateway: Gateway) -> None:
    clerk = await a_clerk(gateway)
    unit_id = await unit_id_by(gateway, invented.COMMUNE_CODE)
    tag = (await clerk.get(f"grants/{unit_id}/{UNGRANTED}")).headers["etag"]
    answers = await asyncio.gather(*(clerk.grant(unit_id, UNGRANTED, tag=tag) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412]
    assert len(await gateway.records("grant.added")) == 1
