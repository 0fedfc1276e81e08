"""Reports of use over HTTP: who sees which units, as what, and that files leave on record."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx

from app.cli import invented
from app.clock import SystemClock, local_day
from app.database.connect import connector
from app.reports.counting import UsageCounter
from tests.gateway import Gateway, bearer
from tests.reports.books import add_figure, take_all
from tests.world import a_lookup

USAGE, EXPORT = "/v1/reports/usage", "/v1/reports/usage/export"
TODAY = local_day(SystemClock().now())


async def _get(gateway: Gateway, who: str, path: str = USAGE, **query: str) -> httpx.Response:
    token = await gateway.sign_in(who, accept_notice=False)
    return await gateway.http.get(path, params=query, headers=bearer(token))


async def _report(gateway: Gateway, who: str, **query: str) -> dict[str, Any]:
    answer = await _get(gateway, who, **query)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def test_lookups_are_counted_shown_by_unit_and_split_by_level(gateway: Gateway) -> None:
    commune, centre = await gateway.sign_in(), await gateway.sign_in(invented.CENTRE_RECEPTION)
    for _ in range(2):
        assert (await gateway.look_up(commune)).is_success
    dossier = f"{invented.DEPARTMENT_CODE}-230301-0001"
    assert (await gateway.look_up(centre, a_lookup(dossier_code=dossier))).is_success
    refused = a_lookup(procedure_code=invented.UNGRANTED_PROCEDURE)
    assert (await gateway.look_up(commune, refused)).status_code == 403
    before = await _report(gateway, invented.AUDITOR)
    assert (before["counted_at"], before["total"]["uses"]) == (None, 0)
    database = gateway.world.database
    await take_all(database)
    waiting = await _report(gateway, invented.AUDITOR)
    counted = await UsageCounter(connector(database.reporting_url)).count()
    assert waiting["uncounted_records"] == counted > 4
    report = await _report(gateway, invented.AUDITOR)
    total = {"uses": 3, "lookups": 3, "verifications": 0, "refused": 1, "departments": 1, "localities": 2}
    assert total.items() <= report["total"].items()
    assert report["total"]["outcomes"] == {"found": 3}
    assert report["counted_at"] is not None
    assert report["uncounted_records"] == 0
    standings = {one["unit_code"]: (one["standing"], one["uses"], one["officers"]) for one in report["units"]}
    assert standings == {
        invented.CENTRE_CODE: ("few", 1, 1),
        invented.COMMUNE_CODE: ("few", 2, 3),
        invented.DEPARTMENT_CODE: ("no_officers", 0, 0),
    }
    assert report["channels"][0]["reception_channel"] == "counter"
    named = {one["procedure_code"]: (one["uses"], one["refused"]) for one in report["procedures"]}
    assert named == {invented.RESIDENCE_PROCEDURE: (3, 0), invented.UNGRANTED_PROCEDURE: (0, 1)}
    assert len(report["trend"]) == 13
    assert report["trend"][-1]["uses"] == 3


async def test_administrators_see_their_units_and_others_nothing(gateway: Gateway) -> None:
    own = await _report(gateway, invented.UNIT_ADMINISTRATOR, level="commune", few="0", trend="week")
    assert [one["unit_code"] for one in own["units"]] == [invented.COMMUNE_CODE]
    of_one = await _report(gateway, invented.ADMINISTRATOR, unit=invented.CENTRE_CODE)
    assert [one["unit_code"] for one in of_one["units"]] == [invented.CENTRE_CODE]
    assert len((await _report(gateway, invented.ADMINISTRATOR))["units"]) == 3
    a_year = str(TODAY - timedelta(days=365 * 11))
    for who, query, status, code in (
        (invented.RECEPTION, {}, 403, "role_not_permitted"),
        (invented.UNIT_ADMINISTRATOR, {"unit": invented.CENTRE_CODE}, 403, "outside_own_units"),
        (invented.AUDITOR, {"unit": "H19.99"}, 404, "unit_unknown"),
        (invented.AUDITOR, {"from_day": a_year}, 422, "period_too_long"),
        (invented.AUDITOR, {"from_day": "2026-02-01", "to_day": "2026-01-01"}, 422, "period_too_long"),
        (invented.AUDITOR, {"level": "ward"}, 422, "invalid_value"),
        (invented.AUDITOR, {"trend": "year"}, 422, "invalid_value"),
    ):
        for path in (USAGE, EXPORT):
            answer = await _get(gateway, who, path, **query)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await gateway.records("list.exported") == []


async def test_each_part_leaves_as_a_file_once_it_is_on_record(gateway: Gateway) -> None:
    await add_figure(gateway.world.database, date(2026, 1, 5), lookups=12)
    days = {"from_day": "2026-01-01", "to_day": "2026-01-31"}
    for sheet in ("units", "trend", "procedures", "channels"):
        answer = await _get(gateway, invented.AUDITOR, EXPORT, format="csv", sheet=sheet, **days)
        assert answer.is_success, answer.text
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        place = rows[0].index("Tổng lượt khai thác")
        assert (rows[-1][0], rows[-1][place]) == ("Tổng cộng", "12")
        record = (await gateway.records("list.exported"))[-1]
        assert (record["exported_list"], record["exported_rows"]) == ("usage", len(rows) - 1)
        conditions = f"few=30 from_day=2026-01-01 sheet={sheet} to_day=2026-01-31 trend=month"
        assert record["exported_by"] == conditions
    xlsx = await _get(gateway, invented.ADMINISTRATOR, EXPORT, unit=invented.COMMUNE_CODE.lower(), **days)
    assert xlsx.content.startswith(b"PK")
    assert f"unit={invented.COMMUNE_CODE}" in (await gateway.records("list.exported"))[-1]["exported_by"]
