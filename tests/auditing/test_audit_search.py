"""The auditor's searches over HTTP: what they find, what they leave, who may not."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.audit.record import RecordKind
from app.audit.sealing import RootKey
from app.cli import invented
from app.clock import local_day
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import FakeSource, JournalLog, StoppedClock, a_citizen, opening
from tests.world import World, a_dossier_code, a_lookup

THU = "099190000017"
NOBODY = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}


async def ask(gateway: Gateway, **criteria: Any) -> httpx.Response:
    token = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    body = {"case_number": "TTr-12/2026"} | criteria
    return await gateway.http.post("/v1/audit/searches", json=body, headers=bearer(token))


async def search(gateway: Gateway, **criteria: Any) -> list[dict[str, Any]]:
    """Return what a search found that must not fail."""
    answer = await ask(gateway, **criteria)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["lookups"]
    return found


async def search_page_by_page(gateway: Gateway, **criteria: Any) -> list[list[str]]:
    """Return the ids on each page, in the order given, down to the last page."""
    pages: list[list[str]] = []
    cursor = None
    while cursor is not None or not pages:
        answer = (await ask(gateway, **criteria, **({"cursor": cursor} if cursor else {}))).json()
        pages.append([found["lookup_id"] for found in answer["lookups"]])
        cursor = answer["next_cursor"]
    return pages


async def test_a_citizens_lookups_and_refusals_are_found_with_their_outcomes(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    found = await gateway.look_up(token)
    refused = await gateway.look_up(token, a_lookup(fields=["religion"]))
    await gateway.look_up(token, a_lookup(citizen=NOBODY))
    second, first = await search(gateway, citizen_id_number=THU)
    assert [second["lookup_id"], first["lookup_id"]] == [
        refused.json()["lookup_id"],
        found.json()["lookup_id"],
    ]
    time, officer_id = first.pop("time"), first.pop("officer_id")
    assert first == {
        "lookup_id": found.json()["lookup_id"],
        "officer_login": invented.RECEPTION,
        "unit_code": invented.COMMUNE_CODE,
        "client_id": invented.CLIENT_ID,
        "citizen": "*********017",
        "citizen_because": None,
        "citizen_because_text": None,
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "dossier_code": a_dossier_code(),
        "no_dossier_reason": None,
        "linked_dossier_code": None,
        "outcome": "found",
        "problem_code": None,
        "fields_disclosed": [
            "birth_date",
            "current_residence",
            "full_name",
            "id_number",
            "permanent_residence",
        ],
        "paper_may_ask": False,
        "paper_asked": None,
        "paper_which": None,
        "is_readable": True,
    }
    assert (second["outcome"], second["problem_code"]) == ("not_permitted", "field_not_permitted")
    assert (second["fields_disclosed"], second["paper_may_ask"]) == ([], None)
    assert second["officer_id"] == officer_id
    assert time.endswith("Z")


async def test_an_officers_lookups_are_found_whoever_they_were_about(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    await gateway.look_up(await gateway.sign_in(invented.PROCESSING))
    await gateway.look_up(token)
    await gateway.look_up(token, a_lookup(citizen=NOBODY))
    found = await search(gateway, officer_login=f" {invented.RECEPTION.upper()} ")
    assert [(one["citizen"], one["outcome"]) for one in found] == [
        ("*********109", "not_found"),
        ("*********017", "found"),
    ]
    assert {one["officer_login"] for one in found} == {invented.RECEPTION}


async def test_citizen_and_officer_together_narrow(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    await gateway.look_up(await gateway.sign_in(invented.PROCESSING))
    await gateway.look_up(token, a_lookup(citizen=NOBODY))
    mine = (await gateway.look_up(token)).json()["lookup_id"]
    found = await search(gateway, officer_login=invented.RECEPTION, citizen_id_number=THU)
    assert [one["lookup_id"] for one in found] == [mine]


async def test_a_number_of_the_former_card_is_found_by_that_number(gateway: Gateway) -> None:
    await gateway.look_up(await gateway.sign_in(), a_lookup(citizen={"id_number": "990000017"}))
    (found,) = await search(gateway, citizen_id_number="990000017")
    assert found["citizen"] == "******017"
    assert await search(gateway, citizen_id_number=THU) == []


async def test_a_lookup_that_still_runs_has_no_outcome(world: World) -> None:
    source, seen = FakeSource(a_citizen()), []
    async with running_gateway(world, an_upstream(), source=opening(source)) as gateway:

        async def look(_: object) -> None:
            seen.extend(await search(gateway, citizen_id_number=THU))

        source.meanwhile = look
        await gateway.look_up(await gateway.sign_in())
    assert [(one["outcome"], one["paper_may_ask"]) for one in seen] == [(None, None)]


async def test_pages_hold_everything_once_though_lookups_go_on(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    made = [(await gateway.look_up(token)).json()["lookup_id"] for _ in range(5)]
    first = (await ask(gateway, citizen_id_number=THU, page_size=2)).json()
    await gateway.look_up(token)
    second = (await ask(gateway, citizen_id_number=THU, page_size=2, cursor=first["next_cursor"])).json()
    await gateway.look_up(token)
    third = (await ask(gateway, citizen_id_number=THU, page_size=2, cursor=second["next_cursor"])).json()
    shown = [one["lookup_id"] for page in (first, second, third) for one in page["lookups"]]
    assert shown == made[::-1]
    assert third["next_cursor"] is None


@pytest.mark.parametrize("criteria", [{"citizen_id_number": THU}, {"officer_login": invented.RECEPTION}])
async def test_pages_hold_everything_once_though_all_happened_at_one_instant(
    world: World, criteria: dict[str, str]
) -> None:
    source = opening(FakeSource(a_citizen()))
    async with running_gateway(world, an_upstream(), source=source, clock=StoppedClock()) as gateway:
        token = await gateway.sign_in()
        made = [(await gateway.look_up(token)).json()["lookup_id"] for _ in range(6)]
        pages = await search_page_by_page(gateway, page_size=2, **criteria)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert sorted(lookup_id for page in pages for lookup_id in page) == sorted(made)


async def test_a_period_is_cut_at_midnight_in_vietnam(world: World) -> None:
    clock = StoppedClock()
    midnight = clock.at.replace(hour=17, minute=0, second=0, microsecond=0)
    day = local_day(midnight)
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock, clock=clock) as gateway:
        lookup_ids = []
        for instant in (midnight - timedelta(milliseconds=1), midnight):
            clock.at = instant
            lookup_ids.append((await gateway.look_up(await gateway.sign_in())).json()["lookup_id"])
        for first, last, expected in (
            (day, day, lookup_ids[1:]),
            (day - timedelta(days=1), day - timedelta(days=1), lookup_ids[:1]),
            (day - timedelta(days=1), day, lookup_ids[::-1]),
        ):
            period = {"from_day": first.isoformat(), "to_day": last.isoformat()}
            found = await search(gateway, citizen_id_number=THU, **period)
            assert [one["lookup_id"] for one in found] == expected
            assert len(await search(gateway, officer_login=invented.RECEPTION, **period)) == len(expected)


async def test_a_search_crosses_the_turn_of_a_month_and_its_keys(world: World) -> None:
    clock = StoppedClock()
    turn = (clock.at.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock, clock=clock) as gateway:
        for instant in (turn - timedelta(seconds=1), turn, turn + timedelta(seconds=1)):
            clock.at = instant
            await gateway.look_up(await gateway.sign_in())
        by_citizen = await search_page_by_page(gateway, citizen_id_number=THU, page_size=1)
        found = await search(gateway, officer_login=invented.RECEPTION)
        key_ids = {record["key_id"] for record in await gateway.records("lookup.intent")}
    assert len(key_ids) == 2
    assert [len(page) for page in by_citizen] == [1, 1, 1]
    assert [one["citizen"] for one in found] == ["*********017"] * 3


async def test_a_search_is_on_record_with_its_case_and_reason(gateway: Gateway) -> None:
    await gateway.look_up(await gateway.sign_in())
    await search(gateway, citizen_id_number=THU, officer_login=invented.RECEPTION, case_number="  12/QĐ-TTr ")
    (record,) = await gateway.records("audit.searched")
    (intent,) = await gateway.records("lookup.intent")
    assert record["case_number"] == "12/QĐ-TTr"
    assert record["searched_by"] == "citizen officer"
    assert record["searched_officer_id"] == intent["officer_id"]
    assert record["search_results"] == 1
    assert record["role"] == "auditor"
    assert record["searched_from"] < record["searched_to"]
    assert record["subject"]
    assert THU not in str(record)


async def test_a_search_by_officer_alone_seals_nobody(gateway: Gateway) -> None:
    await search(gateway, officer_login=invented.RECEPTION)
    (record,) = await gateway.records("audit.searched")
    assert (record["searched_by"], record["search_results"]) == ("officer", 0)
    assert "subject" not in record


async def test_a_search_that_cannot_be_recorded_tells_nothing(world: World) -> None:
    log = JournalLog()
    log.failing = {RecordKind.AUDIT_SEARCHED}
    async with (
        running_gateway(world, an_upstream(), source=opening(FakeSource(a_citizen()))) as recording,
        running_gateway(
            world, an_upstream(), source=opening(FakeSource()), wrap_log=lambda _: log
        ) as gateway,
    ):
        await recording.look_up(await recording.sign_in())
        answer = await ask(gateway, citizen_id_number=THU)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert "lookups" not in answer.json()


IMPOSSIBLE: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["/citizen_id_number", "/officer_login", "/dossier_code", "/from_day"]),
    ({"about": "everything"}, ["/about"]),
    (
        {"about": "audit_reads", "citizen_id_number": THU, "outcome": "found"},
        ["/citizen_id_number", "/outcome"],
    ),
    ({"from_day": "2026-01-01", "to_day": "2026-02-02"}, ["/from_day", "/to_day"]),
    ({"unit_code": "H99.9", "from_day": "2026-01-01", "to_day": "2026-01-01"}, ["/unit_code"]),
    ({"client_id": THU, "from_day": "2026-01-01", "to_day": "2026-01-01"}, ["/client_id"]),
    ({"dossier_code": THU}, ["/dossier_code"]),
    ({"officer_login": ""}, ["/officer_login"]),
    ({"officer_login": "nobody.here"}, ["/officer_login"]),
    ({"citizen_id_number": "0991"}, ["/citizen_id_number"]),
    ({"citizen_id_number": ""}, ["/citizen_id_number"]),
    ({"citizen_id_number": THU, "case_number": THU}, ["/case_number"]),
    ({"citizen_id_number": THU, "cursor": "x"}, ["/cursor"]),
    ({"citizen_id_number": THU, "cursor": ""}, ["/cursor"]),
    ({"citizen_id_number": THU, "page_size": 201}, ["/page_size"]),
    ({"citizen_id_number": THU, "page_size": 0}, ["/page_size"]),
    (
        {"citizen_id_number": THU, "from_day": "2026-11-02", "to_day": "2026-11-01"},
        ["/from_day", "/to_day"],
    ),
    (
        {"citizen_id_number": THU, "from_day": "2010-01-01", "to_day": "2026-11-01"},
        ["/from_day", "/to_day"],
    ),
    (
        {"citizen_id_number": THU, "from_day": "0001-01-01", "to_day": "0001-01-02"},
        ["/from_day", "/to_day"],
    ),
    ({"citizen_id_number": THU, "to_day": "9999-12-31"}, ["/to_day"]),
]


async def test_searches_that_cannot_be_are_refused_and_recorded_once_a_minute(gateway: Gateway) -> None:
    codes, token = set(), await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    for criteria, pointers in IMPOSSIBLE * 2:
        body = {"case_number": "TTr-12/2026"} | criteria
        answer = await gateway.http.post("/v1/audit/searches", json=body, headers=bearer(token))
        assert answer.status_code == 422, criteria
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
        assert THU not in answer.text
        codes.add(answer.json()["code"])
    rejected = await gateway.records("request.rejected")
    assert {record["problem_code"] for record in rejected} == codes
    assert {record["role"] for record in rejected} == {"auditor"}
    assert len(rejected) <= 2 * len(codes)  # the minute may turn meanwhile
    assert await gateway.records("audit.searched") == []


@pytest.mark.parametrize("officer", [invented.RECEPTION, invented.PROCESSING, invented.ADMINISTRATOR])
async def test_who_is_no_auditor_reads_nothing_and_is_on_record(gateway: Gateway, officer: str) -> None:
    token = await gateway.sign_in(officer, accept_notice=False)
    body = {"case_number": "TTr-1", "citizen_id_number": THU}
    answer = await gateway.http.post("/v1/audit/searches", json=body, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
    assert [record["problem_code"] for record in await gateway.records("request.rejected")] == [
        "role_not_permitted"
    ]


async def test_an_auditor_looks_nobody_up(gateway: Gateway) -> None:
    answer = await gateway.look_up(await gateway.sign_in(invented.AUDITOR))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


@pytest.mark.parametrize("missing", ["audit_database_url", "audit_root_key"])
async def test_where_audits_are_not_read_that_is_said(world: World, missing: str) -> None:
    source = opening(FakeSource())
    settings: dict[str, Any] = {missing: None}
    async with running_gateway(world, an_upstream(), source=source, **settings) as gateway:
        answer = await ask(gateway, citizen_id_number=THU)
    assert (answer.status_code, answer.json()["code"]) == (503, "auditing_not_served")


async def test_another_root_key_fails_clearly_and_shows_nothing(world: World) -> None:
    source, other = opening(FakeSource(a_citizen())), SecretStr(RootKey.generate_text())
    async with running_gateway(world, an_upstream(), source=source, audit_root_key=other) as gateway:
        await gateway.look_up(await gateway.sign_in())
        answer = await ask(gateway, officer_login=invented.RECEPTION)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")


@pytest.mark.parametrize("part", ["auditor:", "/test_"])
async def test_evidence_out_of_reach_is_said_and_not_an_empty_answer(world: World, part: str) -> None:
    astray = SecretStr(world.database.auditing_url.replace(part, f"{part}astray"))
    source = opening(FakeSource())
    async with running_gateway(world, an_upstream(), source=source, audit_database_url=astray) as gateway:
        answer = await ask(gateway, citizen_id_number=THU)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
