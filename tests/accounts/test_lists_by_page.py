"""Lists of administrators by page: whole, in order, narrowed, and not sent again where nothing changed."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from app.cli import invented
from app.clock import SystemClock
from tests.accounts.administering import Administrator, an_administrator, id_of
from tests.gateway import Gateway, bearer

DAY = timedelta(days=1)


async def _get(who: Administrator, path: str, tag: str | None = None, **query: Any) -> httpx.Response:
    headers = bearer(who.token) | ({"If-None-Match": tag} if tag else {})
    return await who.gateway.http.get(path, params=query, headers=headers)


async def _post(who: Administrator, path: str, body: object) -> httpx.Response:
    return await who.gateway.http.post(path, json=body, headers=bearer(who.token))


async def _walk(who: Administrator, path: str, rows: str, key: str, **query: Any) -> list[str]:
    """Return a key of every row, one row to a page."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await _get(who, path, page_size=1, **cursor, **query)).raise_for_status().json()
        found += [str(row[key]) for row in page[rows]]
        if page["next_cursor"] is None:
            return found
        assert len(page[rows]) == 1
        cursor = {"cursor": page["next_cursor"]}


async def _declare(who: Administrator, unit: str, count: int, days_ago: int) -> None:
    asked = (SystemClock().now() - days_ago * DAY).isoformat()
    body = {"declared_officers": count, "requested_at": asked, "document_number": "12/TB"}
    assert (await _post(who, f"/v1/units/{unit}/registrations", body)).status_code == 204


async def test_the_registration_report_is_whole_page_by_page(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    await _declare(who, invented.COMMUNE_CODE, 90, 3)
    await _declare(who, invented.DEPARTMENT_CODE, 90, 20)
    path = "/v1/reports/registration"
    whole = (await _get(who, path)).json()
    codes = [unit["unit_code"] for unit in whole["units"]]
    assert codes == [invented.DEPARTMENT_CODE, invented.COMMUNE_CODE, invented.CENTRE_CODE]
    assert await _walk(who, path, "units", "unit_code") == codes
    assert await _walk(who, path, "units", "unit_code", waiting="false") == [invented.CENTRE_CODE]
    assert await _walk(who, path, "units", "unit_code", unit=invented.COMMUNE_CODE) == [invented.COMMUNE_CODE]
    own = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    refused = await _get(own, path, unit=invented.CENTRE_CODE)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_own_units")


async def test_handovers_are_listed_newest_first_to_those_they_concern(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    numbers = []
    for login_name, unit in (
        (invented.RECEPTION, invented.COMMUNE_CODE),
        (invented.CENTRE_RECEPTION, invented.CENTRE_CODE),
        (invented.PROCESSING, invented.COMMUNE_CODE),
    ):
        body = {"unit": unit, "officer_ids": [await id_of(gateway, login_name)]}
        slips = (await _post(who, "/v1/handovers", body)).raise_for_status()
        numbers.append(slips.headers["location"].split("/")[3])
    newest = numbers[::-1]
    receipt = {"received_by": "Bùi Thị Quản Xã"}
    assert (await _post(who, f"/v1/handovers/{newest[2]}/receipt", receipt)).status_code == 204
    assert await _walk(who, "/v1/handovers", "handovers", "handover_id") == newest
    assert await _walk(who, "/v1/handovers", "handovers", "handover_id", received="true") == newest[2:]
    centre = {"unit": invented.CENTRE_CODE}
    assert await _walk(who, "/v1/handovers", "handovers", "handover_id", **centre) == [newest[1]]
    own = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    assert await _walk(own, "/v1/handovers", "handovers", "handover_id") == [newest[0], newest[2]]
    assert (await _get(own, "/v1/handovers", **centre)).json()["code"] == "outside_own_units"
    (first, *_) = (await _get(who, "/v1/handovers")).json()["handovers"]
    assert (first["slips"], first["used"], first["received_by"]) == (1, 0, None)
    assert (first["unit_code"], first["issued_by"]) == (
        invented.COMMUNE_CODE,
        await id_of(gateway, invented.ADMINISTRATOR),
    )


async def test_a_review_is_shown_page_by_page_the_unanswered_first(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    path = (await _post(who, "/v1/reviews", {})).headers["location"]
    officer_id = await id_of(gateway, invented.PROCESSING)
    answered = await gateway.http.put(
        f"{path}/answers/{officer_id}", json={"answer": "keep"}, headers=bearer(who.token)
    )
    assert answered.status_code == 204
    whole = [row["officer_id"] for row in (await _get(who, path)).json()["officers"]]
    assert len(whole) == 8
    assert whole[-1] == officer_id
    assert await _walk(who, path, "officers", "officer_id") == whole
    assert await _walk(who, path, "officers", "officer_id", answer="keep") == [officer_id]
    assert await _walk(who, path, "officers", "officer_id", answer="none") == whole[:-1]
    await gateway.execute(
        "insert into review_round values (gen_random_uuid(), '2020-01-01', '2020-02-01', '2020-02-02')"
    )
    assert min(await _walk(who, "/v1/reviews", "reviews", "opened_on")) == "2020-01-01"
    assert len(await _walk(who, "/v1/reviews", "reviews", "review_id")) == 2
    in_the_centre = await _walk(who, path, "officers", "officer_id", unit=invented.CENTRE_CODE)
    assert in_the_centre == [await id_of(gateway, invented.CENTRE_RECEPTION)]


async def test_client_software_is_narrowed(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    unit = next(
        one["unit_id"]
        for one in (await _get(who, "/v1/units")).json()["units"]
        if one["agency_code"] == invented.CENTRE_CODE
    )
    new = {"client_id": "giam-sat", "name": "Phần mềm Đo đếm", "networks": ["127.0.0.0/8"]}
    added = await _post(who, "/v1/clients", new | {"kind": "technical"})
    assert added.status_code == 201, added.text
    new = {"client_id": "trung-tam", "name": "Một cửa", "networks": ["127.0.0.0/8"], "unit_id": unit}
    assert (await _post(who, "/v1/clients", new)).status_code == 201

    async def ids(**query: str) -> list[str]:
        return await _walk(who, "/v1/clients", "clients", "client_id", **query)

    async with asyncio.timeout(10.0):
        while len(await ids()) < 3:  # noqa: ASYNC110 - the gateway calls nobody
            await asyncio.sleep(0.02)
    assert await ids(kind="technical") == ["giam-sat"]
    assert await ids(text="do dem") == ["giam-sat"]
    assert await ids(unit_id=unit) == ["trung-tam"]
    assert await ids(status="suspended") == []
    assert (await _get(who, "/v1/clients", status="x")).status_code == 422


async def test_a_list_that_has_not_changed_is_not_sent_again(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    for path in ("officers", "clients", "handovers", "reports/registration"):
        first = await _get(who, f"/v1/{path}")
        again = await _get(who, f"/v1/{path}", first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        assert (await _get(who, f"/v1/{path}", '"0"')).json() == first.json()


async def test_a_cursor_that_is_none_of_ours_is_pointed_out(gateway: Gateway) -> None:
    who = await an_administrator(gateway)
    for path in ("handovers", "reports/registration"):
        answer = await _get(who, f"/v1/{path}", cursor="WzFd")
        assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/cursor"}])
