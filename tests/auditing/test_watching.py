"""Who watches the auditors: quotas that nothing resets, an alert that others see, nothing about oneself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.auditing.criteria import Position
from app.cli import invented
from app.clock import SystemClock, local_day
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.auditing.auditors import SECOND_AUDITOR, an_auditor, code_of, with_two_auditors
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import StoppedClock
from tests.world import World, a_lookup

TODAY = {"from_day": local_day(SystemClock().now()).isoformat()}
OFFICER = {"officer_login": invented.RECEPTION}


@pytest.fixture
async def two(world: World) -> World:
    return await with_two_auditors(world)


@pytest.fixture
async def served(two: World) -> AsyncIterator[Gateway]:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(two, an_upstream(), transport=mock) as running:
        yield running


def a_gateway(world: World, **more: Any) -> Any:
    return running_gateway(world, an_upstream(), **more)


async def test_a_quota_outlives_the_process_and_opens_an_hour_later(two: World) -> None:
    clock = StoppedClock()
    few: dict[str, Any] = {"audit_searches_per_auditor_per_hour": 2, "clock": clock}
    async with a_gateway(two, **few) as gateway:
        auditor = await an_auditor(gateway)
        await auditor.found(**TODAY)
        clock.at += timedelta(minutes=20)
        await (await an_auditor(gateway)).found(**TODAY)
    async with a_gateway(two, **few) as gateway:
        again = await (await an_auditor(gateway)).search(**TODAY)
        assert (*code_of(again), again.headers["retry-after"]) == (429, "audit_quota_reached", "2400")
        await (await an_auditor(gateway, SECOND_AUDITOR)).found(**TODAY)  # everybody has a quota of their own
        clock.at += timedelta(minutes=40)
        await (await an_auditor(gateway)).found(**TODAY)
        (rejected,) = await gateway.records("request.rejected")
    assert (rejected["problem_code"], rejected["role"]) == ("audit_quota_reached", "auditor")


async def test_many_searches_at_once_do_not_slip_through(two: World) -> None:
    async with a_gateway(two, audit_searches_per_auditor_per_hour=3) as gateway:
        auditor = await an_auditor(gateway)
        answers = await asyncio.gather(*(auditor.search(**TODAY) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert sum(answer.status_code == 200 for answer in answers) <= 3


async def test_who_keeps_reading_one_officer_is_noticed_once_by_others(two: World) -> None:
    async with a_gateway(two, audit_alert_searches=3) as gateway:
        auditor, administrator = (
            await an_auditor(gateway),
            await gateway.sign_in(invented.ADMINISTRATOR, accept_notice=False),
        )
        for _ in range(2):
            await auditor.found(**OFFICER)
            await auditor.found(officer_login=invented.PROCESSING)
            await (await an_auditor(gateway, SECOND_AUDITOR)).found(**OFFICER)
        assert await gateway.records("audit.alerted") == []
        for _ in range(3):
            await auditor.found(**OFFICER)
        (alert,) = await gateway.records("audit.alerted")
        path = f"/v1/units/{invented.DEPARTMENT_CODE}/notices"
        told = await gateway.http.get(path, headers=bearer(administrator))
        refused = await gateway.http.get(path, headers=auditor.headers)
        own = await auditor.found(about="audit_reads", **TODAY)
        others = await (await an_auditor(gateway, SECOND_AUDITOR)).found(about="audit_reads", **TODAY)
        searched = (await gateway.records("audit.searched"))[0]
    assert (alert["search_results"], alert["alert_days"]) == (3, 30)
    assert alert["searched_officer_id"] == searched["searched_officer_id"]
    (notice,) = told.json()["notices"]
    assert notice["code"] == "auditor_reads_one_officer"
    assert " 3 lần" in notice["text"]
    assert invented.RECEPTION not in told.text
    assert code_of(refused) == (403, "role_not_permitted")
    assert "audit.alerted" not in {one["kind"] for one in own["records"]}
    assert "audit.alerted" in {one["kind"] for one in others["records"]}


async def test_further_pages_of_one_search_raise_no_alert(two: World) -> None:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with a_gateway(two, transport=mock, audit_alert_searches=2) as gateway:
        token = await gateway.sign_in()
        for number in range(1, 4):
            await gateway.look_up(token, a_lookup(dossier_code=f"{invented.COMMUNE_CODE}-230301-000{number}"))
        auditor, cursor = await an_auditor(gateway), dict[str, str]()
        for _ in range(3):
            page = await auditor.found(**OFFICER, **cursor, page_size=1)
            cursor = {"cursor": page["next_cursor"]}
        assert await gateway.records("audit.alerted") == []
        continued = [record.get("search_continued") for record in await gateway.records("audit.searched")]
    assert (page["next_cursor"], continued) == (None, [None, 1, 1])


async def test_a_cursor_of_ones_own_making_hides_no_search(two: World) -> None:
    forged = {"cursor": Position(SystemClock().now() + timedelta(days=1), UUID(int=2**128 - 1)).to_text()}
    async with a_gateway(two, audit_alert_searches=3) as gateway:
        auditor = await an_auditor(gateway)
        await auditor.found(**OFFICER, about="audit_reads", **forged)
        await auditor.found(**OFFICER, **forged)
        await auditor.found(**OFFICER, **forged)  # goes on with the one before, as far as anybody can tell
        assert await gateway.records("audit.alerted") == []
        await auditor.found(**OFFICER | {"case_number": "TTr-13/2026"}, **forged)
        assert len(await gateway.records("audit.alerted")) == 1
        searched = await gateway.records("audit.searched")
    assert [one.get("search_continued") for one in searched] == [None, None, 1, None]


async def test_auditors_see_what_others_searched_and_nothing_about_themselves(served: Gateway) -> None:
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    assert code_of(await first.search(officer_login=invented.AUDITOR)) == (403, "own_records")
    await first.found(citizen_id_number="099190000017", outcome="found", paper_asked=True, **TODAY)
    await second.found(officer_login=invented.AUDITOR)
    await second.found(**OFFICER)
    seen = await first.found(about="audit_reads", **TODAY)
    (record,) = seen["records"]
    assert seen["lookups"] == []
    assert (record["kind"], record["officer_login"]) == ("audit.searched", SECOND_AUDITOR)
    assert record["facts"]["searched_by"] == "officer"
    own = await second.found(about="audit_reads", officer_login=invented.AUDITOR)
    assert [one["facts"]["searched_by"] for one in own["records"]] == [
        "", "citizen outcome paper_asked"
    ]  # fmt: skip
    assert own["records"][1]["citizen"] == "*********017"
    assert own["records"][1]["facts"]["searched_paper"] == "asked=1"
    assert "subject" not in own["records"][1]["facts"]
    rejected = await served.records("request.rejected")
    assert [one["problem_code"] for one in rejected] == ["own_records"]


async def test_a_unit_is_found_with_what_its_former_ones_looked_up(two: World) -> None:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with a_gateway(two, transport=mock) as gateway:
        token = await gateway.sign_in()
        body = {name: value for name, value in a_lookup().items() if name != "dossier_code"}
        answer = await gateway.look_up(token, body | {"no_dossier_reason": "completing_papers"})
        lookup_id = answer.json()["lookup_id"]
        path = f"/v1/residence-lookups/{lookup_id}"
        code = f"{invented.COMMUNE_CODE}-230301-0001"
        for part, said in (
            ("dossier", {"dossier_code": code}),
            ("follow-up", {"paper_asked": True, "which": "ct07_confirmation", "why": "history_needed"}),
        ):
            (await gateway.http.post(f"{path}/{part}", json=said, headers=bearer(token))).raise_for_status()
        await gateway.execute(
            "insert into unit_succession"
            " select former.unit_id, heir.unit_id, current_date - 1, 'merge', '1/NQ'"
            " from unit_version former, unit_version heir"
            " where former.agency_code = $1 and heir.agency_code = $2",
            invented.COMMUNE_CODE,
            invented.DEPARTMENT_CODE,
        )
    async with a_gateway(two) as gateway:
        auditor = await an_auditor(gateway)
        for criteria in (
            {"unit_code": invented.DEPARTMENT_CODE} | TODAY,
            {"dossier_code": code},
            {"client_id": invented.CLIENT_ID, "outcome": "found"} | TODAY,
            {"procedure_code": invented.RESIDENCE_PROCEDURE, "paper_asked": True} | TODAY,
            {"paper_may_ask": False} | TODAY,
        ):
            (found,) = (await auditor.found(**criteria))["lookups"]
            assert (found["lookup_id"], found["linked_dossier_code"]) == (lookup_id, code)
            assert (found["paper_asked"], found["paper_which"]) == (True, "ct07_confirmation")
