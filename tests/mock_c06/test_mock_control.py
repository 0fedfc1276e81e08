"""Troubles can be switched, statistics and the access log tell what was asked, and neither tells whom."""

import asyncio
import json
from pathlib import Path

import pytest

from mock_c06.troubles import Troubles
from tests.mock_c06.national_side import (
    LOOKUP_PATH,
    PARTNER,
    VERIFY_PATH,
    NationalSide,
    a_question,
    sample,
    start,
)

PERSON = "099190000017"


async def test_the_stand_in_says_it_lives(national_side: NationalSide) -> None:
    assert (await national_side.http.get("/livez")).json() == {"status": "ok"}


async def test_statistics_count_tokens_calls_and_lookups(national_side: NationalSide) -> None:
    await national_side.ask(a_question(request_id="yc-1"))
    await national_side.ask(a_question(full_name="AIDO", request_id="yc-2"))
    await national_side.ask(sample("requests/vpcp761-soap-033.xml"), VERIFY_PATH)
    await national_side.ask(b"garbage")
    assert await national_side.stats() == {
        "tokens_issued": 4,
        "calls": 4,
        "lookups": 3,
        "by_operation": {"TraCuuThongTinCongDan": 2, "XacThucThongTinCongDan": 1},
        "by_answer": {"found": 2, "not_found": 1, "fault": 1},
        "request_ids": ["yc-1", "yc-2", "YC0001"],
    }


async def test_the_access_log_tells_what_was_asked_but_not_about_whom(tmp_path: Path) -> None:
    path = tmp_path / "c06.jsonl"
    async with (side := start(access_log=path)).http:
        await side.ask(a_question(request_id="yc-1"))
        await side.ask(b"garbage")
    text = path.read_text(encoding="utf-8")
    asked, refused = (json.loads(line) for line in text.splitlines())
    assert asked == {
        "time": "2023-11-14T22:13:20.000+00:00",
        "operation": "TraCuuThongTinCongDan",
        "MaYeuCau": "yc-1",
        "MaCanBo": "canbo.test.c06",
        "MaDVC": "1.000001",
        "answer": "found",
    }
    assert refused["answer"] == "fault"
    assert PERSON not in text


async def test_an_officer_code_that_is_a_personal_number_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "c06.jsonl"
    async with (side := start(access_log=path)).http:
        await side.ask(sample("requests/court-soap-037-fulldate.xml"))
    assert json.loads(path.read_text(encoding="utf-8"))["MaCanBo"] == "*021"


async def test_the_access_log_names_persons_only_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "c06.jsonl"
    async with (side := start(access_log=path, logs_persons=True)).http:
        await side.ask(a_question())
    assert json.loads(path.read_text(encoding="utf-8"))["number"] == PERSON


async def test_a_service_that_is_down_gives_neither_tokens_nor_answers(national_side: NationalSide) -> None:
    headers = await national_side.headers()
    await national_side.http.post("/mock/troubles", json={"down": True})
    form = {"grant_type": "client_credentials"}
    token = await national_side.http.post("/token", data=form, headers={"lgspaccesstoken": PARTNER})
    answer = await national_side.http.post(LOOKUP_PATH, content=a_question(), headers=headers)
    assert (token.status_code, answer.status_code) == (503, 503)
    assert (await national_side.stats())["by_answer"] == {"trouble": 1}


async def test_a_post_replaces_all_troubles(national_side: NationalSide) -> None:
    await national_side.http.post("/mock/troubles", json={"down": True, "latency_ms": 5})
    await national_side.http.post("/mock/troubles", json={})
    present = (await national_side.http.get("/mock/troubles")).json()
    assert present == Troubles().model_dump(mode="json")
    assert (await national_side.ask(a_question())).status_code == 200


async def test_errors_come_at_their_rate() -> None:
    async with (side := start(troubles=Troubles(latency_ms=1))).http:
        headers = await side.headers()
        await side.http.post("/mock/troubles", json={"error_rate": 0.5})
        statuses = [
            (await side.http.post(LOOKUP_PATH, content=a_question(), headers=headers)).status_code
            for _ in range(40)
        ]
    assert set(statuses) == {200, 500}


async def test_a_hanging_service_answers_nothing(national_side: NationalSide) -> None:
    headers = await national_side.headers()
    await national_side.http.post("/mock/troubles", json={"hang": True})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await national_side.http.post(LOOKUP_PATH, content=a_question(), headers=headers)


@pytest.mark.parametrize("wrong", ["", "[]", '{"fire": true}', '{"error_rate": 2}', '{"latency_ms": -1}'])
async def test_troubles_nobody_knows_are_refused(national_side: NationalSide, wrong: str) -> None:
    answer = await national_side.http.post("/mock/troubles", content=wrong)
    assert answer.status_code == 422
    assert (await national_side.http.get("/mock/troubles")).json()["down"] is False


async def test_the_access_log_is_handed_out_as_csv_without_formulas_and_persons(tmp_path: Path) -> None:
    path = tmp_path / "c06.jsonl"
    async with (side := start(access_log=path, logs_persons=True)).http:
        empty = await side.http.get("/mock/access-log.csv")
        await side.ask(a_question(request_id="=1+1"))
        await side.ask(b"garbage")
        answer = await side.http.get("/mock/access-log.csv")
    assert empty.text.splitlines() == ["\ufeffThoiGian,MaYeuCau,MaCanBo,MaDVC,DichVu,KetQua"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[1:] == [
        "2023-11-14T22:13:20.000+00:00,'=1+1,canbo.test.c06,1.000001,TraCuuThongTinCongDan,found",
        "2023-11-14T22:13:20.000+00:00,,,,TraCuuThongTinCongDan,fault",
    ]


async def test_a_stand_in_that_keeps_no_access_log_has_none_to_hand_out(national_side: NationalSide) -> None:
    assert (await national_side.http.get("/mock/access-log.csv")).status_code == 404
