"""What officers asked of citizens after a lookup: stated once, sealed where it may name people, listed."""

import asyncio
import csv
import io
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from app.accounts.store import Accounts
from app.audit.record import Outcome
from app.cli import invented
from app.errors import InvalidRequestError
from app.lookup.follow_up import PaperWhy, Statement
from app.lookup.follow_up_schemas import EXPORT_HEADINGS, asked_answer, export_row
from app.lookup.follow_up_store import FollowUp
from app.units.store import UnitRegister
from app.web.papers import Paper
from tests.gateway import Gateway, bearer
from tests.world import a_lookup

LIST, EXPORT = "/v1/paper-asked", "/v1/paper-asked/export"
ASKED = {"paper_asked": True, "which": "ct07_confirmation", "why": "history_needed"}
SECRET = "Bà Lê Thị Bí Mật nộp thay"
DOWN = {"id_number": "099070000131", "full_name": "Phan Văn Tắt", "birth_date": "1970-01-31"}


async def state(gateway: Gateway, token: str, lookup_id: str, body: object) -> httpx.Response:
    path = f"/v1/residence-lookups/{lookup_id}/follow-up"
    return await gateway.http.post(path, json=body, headers=bearer(token))


async def a_found_lookup(gateway: Gateway, token: str, **changes: Any) -> str:
    return str((await gateway.look_up(token, a_lookup(**changes))).json()["lookup_id"])


WRONG = {
    "asked, but for what": ({"paper_asked": True}, ("/which", "/why")),
    "asked, but why": ({"paper_asked": True, "which": Paper.ID_NOTICE}, ("/why",)),
    "not asked, but which": ({"paper_asked": False, "which": Paper.ID_NOTICE}, ("/which",)),
    "not asked, but why": ({"paper_asked": False, "why": PaperWhy.OTHER, "note": "x"}, ("/why", "/note")),
    "not asked, but a note": ({"paper_asked": False, "note": "x"}, ("/note",)),
    "other without note": (
        {"paper_asked": True, "which": Paper.ID_NOTICE, "why": PaperWhy.OTHER},
        ("/note",),
    ),
}


@pytest.mark.parametrize(("facts", "pointers"), WRONG.values(), ids=WRONG)
def test_a_statement_that_contradicts_itself_is_refused(
    facts: dict[str, Any], pointers: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Statement(**facts).check()
    assert refused.value.fields == pointers


@pytest.mark.parametrize("note", [None, "x"])
def test_a_statement_is_whole_with_paper_and_reason_or_with_neither(note: str | None) -> None:
    Statement(paper_asked=False).check()
    Statement(paper_asked=True, which=Paper.ID_NOTICE, why=PaperWhy.NOT_FOUND, note=note).check()
    assert "x" not in repr(Statement(paper_asked=True, note="x")).partition("note")[2]


async def test_a_statement_is_on_record_with_its_lookup_and_its_note_sealed(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_found_lookup(gateway, token)
    body = {**ASKED, "why": "other", "note": SECRET}
    answer = await state(gateway, token, lookup_id, body)
    (record,) = await gateway.records("lookup.follow_up")
    told = answer.json()
    assert (answer.status_code, datetime.fromisoformat(told.pop("recorded_at")).tzinfo) == (201, UTC)
    assert told == {
        "lookup_id": lookup_id,
        "paper_asked": True,
        "which": "ct07_confirmation",
        "why": "other",
        "against_ruling": True,
    }
    said = {
        "lookup_id": lookup_id,
        "paper_asked": 1,
        "paper_may_ask": 0,
        "paper_which": "ct07_confirmation",
        "paper_why": "other",
        "procedure_code": invented.RESIDENCE_PROCEDURE,
    }
    assert said.items() <= record.items()
    assert "subject" in record
    assert SECRET not in str(record)


async def test_no_may_become_yes_and_yes_stays(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_found_lookup(gateway, token)
    no = {"paper_asked": False}
    answers = [await state(gateway, token, lookup_id, body) for body in (no, no, ASKED, ASKED, no)]
    assert [answer.status_code for answer in answers] == [201, 409, 201, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.is_error} == {"follow_up_recorded"}
    records = await gateway.records("lookup.follow_up")
    assert [record["paper_asked"] for record in records] == [0, 1]
    assert "paper_which" not in records[0]


async def test_only_ones_own_lookup_is_stated_about(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    lookup_id = await a_found_lookup(gateway, token)
    colleague = await gateway.sign_in(invented.PROCESSING)
    for of_whom, known in ((colleague, lookup_id), (token, str(uuid7())), (token, "x")):
        answer = await state(gateway, of_whom, known, ASKED)
        assert (answer.status_code, answer.json()["code"]) == (404, "lookup_unknown")
    wrong = await state(gateway, token, lookup_id, {**ASKED, "which": SECRET})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_value")
    assert SECRET not in wrong.text
    assert await gateway.records("lookup.follow_up") == []


async def _seen(gateway: Gateway, who: str, **query: str) -> dict[str, Any]:
    token = await gateway.sign_in(who, accept_notice=False)
    answer = await gateway.http.get(LIST, params=query, headers=bearer(token))
    assert answer.is_success, answer.text
    return dict(answer.json())


async def test_heads_of_units_see_their_own_and_the_department_all(gateway: Gateway) -> None:
    commune, centre = await gateway.sign_in(), await gateway.sign_in(invented.CENTRE_RECEPTION)
    department_dossier = f"{invented.DEPARTMENT_CODE}-230301-0001"
    found = await a_found_lookup(gateway, commune)
    silent = await a_found_lookup(gateway, commune, citizen=DOWN)
    elsewhere = await a_found_lookup(gateway, centre, dossier_code=department_dossier)
    unasked = await a_found_lookup(gateway, commune)
    for token, lookup_id in ((commune, found), (commune, silent), (centre, elsewhere)):
        assert (await state(gateway, token, lookup_id, ASKED)).status_code == 201
    await state(gateway, commune, unasked, {"paper_asked": False})
    own = await _seen(gateway, invented.UNIT_ADMINISTRATOR)
    everything = await _seen(gateway, invented.ADMINISTRATOR)
    of_one = await _seen(gateway, invented.ADMINISTRATOR, unit=invented.CENTRE_CODE)
    against = await _seen(gateway, invented.UNIT_ADMINISTRATOR, against_ruling="true")
    later = await _seen(gateway, invented.ADMINISTRATOR, from_day="2199-01-01", to_day="9999-12-30")
    ids = [
        [line["lookup_id"] for line in page["asked"]] for page in (own, everything, of_one, against, later)
    ]
    assert ids == [[silent, found], [elsewhere, silent, found], [elsewhere], [found], []]
    assert own["next_cursor"] is None
    line = own["asked"][-1]
    assert (line["outcome"], line["may_ask"], line["login_name"], line["unit_code"]) == (
        "found",
        False,
        invented.RECEPTION,
        invented.COMMUNE_CODE,
    )
    assert not any(value in str(own) for value in (*DOWN.values(), "099190000017", "THỬ"))
    first = await _seen(gateway, invented.ADMINISTRATOR, page_size="2")
    rest = await _seen(gateway, invented.ADMINISTRATOR, page_size="2", cursor=first["next_cursor"])
    assert [line["lookup_id"] for page in (first, rest) for line in page["asked"]] == ids[1]
    assert rest["next_cursor"] is None


async def test_what_was_asked_for_in_a_unit_of_before_is_its_successors(gateway: Gateway) -> None:
    token, former = await gateway.sign_in(), uuid7()
    lookup_id = await a_found_lookup(gateway, token)
    assert (await state(gateway, token, lookup_id, ASKED)).status_code == 201
    await gateway.execute("update paper_follow_up set unit_id = $1", former)
    await gateway.execute("insert into unit (unit_id) values ($1)", former)
    await gateway.execute(
        "insert into unit_succession (former_unit_id, successor_unit_id, on_date, kind, deciding_document)"
        " select $1, unit_id, '2025-07-01', 'merge', '1/NQ' from unit_version where agency_code = $2",
        former,
        invented.COMMUNE_CODE,
    )
    (shown,) = (await until_seen(gateway))["asked"]
    assert (shown["lookup_id"], shown["unit_id"], shown["unit_code"]) == (lookup_id, str(former), None)


async def until_seen(gateway: Gateway) -> dict[str, Any]:
    for _ in range(100):  # every process hears of the merger within a second
        page = await _seen(gateway, invented.UNIT_ADMINISTRATOR)
        if page["asked"]:
            break
        await asyncio.sleep(0.02)
    return page


async def test_the_list_is_closed_to_others_and_to_what_is_no_query(gateway: Gateway) -> None:
    officer, administrator = await gateway.sign_in(), await gateway.sign_in(invented.UNIT_ADMINISTRATOR)
    no_zone = urlsafe_b64encode(f"2026-11-22T00:00:00|{uuid7()}".encode()).decode()
    for token, query, status, code in (
        (officer, {}, 403, "role_not_permitted"),
        (administrator, {"unit": invented.CENTRE_CODE}, 403, "outside_own_units"),
        (administrator, {"unit": "H19.99"}, 404, "unit_unknown"),
        (administrator, {"to_day": "9999-12-31"}, 422, "invalid_value"),
        (administrator, {"from_day": SECRET}, 422, "invalid_value"),
        (administrator, {"cursor": SECRET}, 422, "invalid_value"),
        (administrator, {"cursor": no_zone}, 422, "invalid_value"),
    ):
        for path in (LIST, EXPORT):
            if path == EXPORT and "cursor" in query:
                continue
            answer = await gateway.http.get(path, params=query, headers=bearer(token))
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert SECRET not in answer.text


async def test_the_list_is_exported_as_tables(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    for _ in range(2):
        await state(gateway, token, await a_found_lookup(gateway, token), ASKED)
    headers = bearer(await gateway.sign_in(invented.ADMINISTRATOR))
    as_csv = await gateway.http.get(EXPORT, params={"format": "csv"}, headers=headers)
    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert rows[0] == [heading.title for heading in EXPORT_HEADINGS]
    assert len(rows) == 3
    assert rows[1][3:6] == ["Nguyễn Thị Tiếp Nhận", invented.RECEPTION, invented.RESIDENCE_PROCEDURE]
    assert rows[1][7:11] == [
        "Tìm thấy",
        "Không được",
        "Giấy xác nhận thông tin về cư trú (CT07)",
        "Thủ tục cần nơi cư trú trước đây",
    ]
    as_xlsx = await gateway.http.get(EXPORT, headers=headers)
    assert as_xlsx.content.startswith(b"PK")
    assert 'filename="yeu-cau-giay-to.xlsx"' in as_xlsx.headers["Content-Disposition"]


def test_who_and_what_is_no_longer_there_is_shown_by_its_id() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    gone = FollowUp(
        uuid7(), uuid7(), uuid7(), None, None, Outcome.UNKNOWN, may_ask=False, paper_asked=False,
        which=None, why=None, asked_at=at, recorded_at=at,
    )  # fmt: skip
    accounts, units = Accounts({}, {}, {}), UnitRegister({})
    line = asked_answer(gone, accounts, units)
    assert (line.login_name, line.unit_name, line.against_ruling) == (None, None, False)
    row = export_row(gone, accounts, units)
    assert (row[0], row[1], row[3]) == ("22/11/2026 07:00", str(gone.unit_id), str(gone.officer_id))
