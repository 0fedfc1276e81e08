"""Exported searches over HTTP and out of a real database: sound, sealed, on record, and for auditors only."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from app.audit.record import RecordKind
from app.audit.tree.signer import FileSigner
from app.audit.verifying.command import verify
from app.audit.verifying.search_rows import PAPER_TITLES, SEARCH_COLUMNS
from app.auditing.search_evidence import SearchEvidence
from app.cli import invented
from app.database.connect import open_engine
from app.errors import AuditUnavailableError
from app.gateway_parts import WrapLog
from app.web.papers import PAPER_NAMES
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import JournalLog, StoppedClock
from tests.world import World, a_dossier_code, a_lookup

THU = "099190000017"
NOBODY = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}
ROUTE = "/v1/audit/search-exports"


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return a_signer(tmp_path)


@asynccontextmanager
async def a_gateway(
    world: World, clock: StoppedClock, wrap_log: WrapLog | None = None, **settings: Any
) -> AsyncIterator[Gateway]:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(
        world, an_upstream(), transport=mock, clock=clock, wrap_log=wrap_log, **settings
    ) as gateway:
        yield gateway


async def take_in(world: World, signer: FileSigner) -> None:
    async with a_sequencer(world.database, signer) as sequencer:
        await sequencer.sequence()


async def ask(gateway: Gateway, **criteria: Any) -> httpx.Response:
    token = await gateway.sign_in(invented.AUDITOR, accept_notice=False)
    body = {"case_number": "TTr-12/2026"} | criteria
    return await gateway.http.post(ROUTE, json=body, headers=bearer(token))


def checked(answer: httpx.Response, signer: FileSigner, tmp_path: Path, *more: str) -> zipfile.ZipFile:
    """Return an answer's package, which is sound."""
    assert answer.status_code == 200, answer.text
    path = tmp_path / f"{answer.headers['x-export-id']}.zip"
    path.write_bytes(answer.content)
    assert verify(("--dir", str(path), "--log-key", signer.verifier, *more)) == 0
    return zipfile.ZipFile(path)


async def test_every_format_says_what_the_records_say_and_a_verifier_finds_it_sound(
    world: World, signer: FileSigner, tmp_path: Path
) -> None:
    clock = StoppedClock()
    async with a_gateway(world, clock) as gateway:
        token = await gateway.sign_in()
        ids = list[str]()
        for body in (a_lookup(), a_lookup(citizen=NOBODY), a_lookup(fields=["religion"])):
            ids.insert(0, (await gateway.look_up(token, body)).json()["lookup_id"])
            clock.at += timedelta(seconds=1)
        path = f"/v1/residence-lookups/{ids[2]}/follow-up"
        said = {"paper_asked": True, "which": "id_notice", "why": "history_needed"}
        (await gateway.http.post(path, json=said, headers=bearer(token))).raise_for_status()
        await take_in(world, signer)
        clock.at += timedelta(seconds=11)
        answers = [
            await ask(gateway, officer_login=invented.RECEPTION, format=each)
            for each in ("csv", "xlsx", "jsonl")
        ]
        ended = await gateway.records("audit.search_export_ended")
    texts, sheet, lines = (
        checked(each, signer, tmp_path, "--manifest-digest", record["manifest_digest"])
        for each, record in zip(answers, ended, strict=True)
    )
    content = texts.read("danh-sach.csv")
    assert content.startswith(b"\xef\xbb\xbf")
    titles, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert titles == [title for title, _ in SEARCH_COLUMNS]
    named = [dict(zip(titles, row, strict=True)) for row in rows]
    assert [row["Mã lượt tra cứu"] for row in named] == ids
    assert [row["Kết quả"] for row in named] == ["Không được phép tra cứu", "Không tìm thấy", "Tìm thấy"]
    assert named[2]["Số định danh công dân (che bớt)"] == "*********017"
    assert named[2]["Tên đăng nhập của cán bộ"] == invented.RECEPTION
    assert named[2]["Mã hồ sơ"] == a_dossier_code()
    assert [row["Đã yêu cầu giấy tờ"] for row in named] == ["", "", "Có"]
    assert [row["Giấy tờ đã yêu cầu"] for row in named] == ["", "", PAPER_TITLES["id_notice"]]
    assert {paper.value: names["vi"] for paper, names in PAPER_NAMES.items()} == PAPER_TITLES
    workbook = openpyxl.load_workbook(io.BytesIO(sheet.read("danh-sach.xlsx")))
    (worksheet,) = workbook.worksheets
    shown = [[cell or "" for cell in row] for row in worksheet.iter_rows(values_only=True)]
    assert shown == [titles, *rows]
    assert (worksheet.freeze_panes, worksheet.auto_filter.ref) == ("A2", "A1:S4")
    assert {cell.data_type for cell in worksheet[2] if cell.value is not None} == {"s"}
    assert [worksheet.column_dimensions[letter].width for letter in "ABC"] == [8, 21, 24]
    roles = [one["role"] for one in json.loads(texts.read("records.jsonl").splitlines()[2])["records"]]
    assert roles == ["follow_up", "outcome", "lookup"]
    facts = [json.loads(line) for line in lines.read("danh-sach.jsonl").splitlines()]
    assert (facts[2]["paper_asked"], facts[2]["paper_which"]) == (True, "id_notice")
    assert [(each["lookup_id"], each["citizen"]) for each in facts] == [
        (ids[0], "*********017"),
        (ids[1], "*********109"),
        (ids[2], "*********017"),
    ]


async def test_an_export_by_citizen_holds_the_number_nowhere_in_clear(
    world: World, signer: FileSigner, tmp_path: Path
) -> None:
    clock = StoppedClock()
    async with a_gateway(world, clock) as gateway:
        token = await gateway.sign_in()
        linked = (await gateway.look_up(token)).json()["lookup_id"]
        await gateway.look_up(token, a_lookup(citizen=NOBODY))
        await take_in(world, signer)
        clock.at += timedelta(seconds=11)
        answer = await ask(gateway, citizen_id_number=THU, case_number=" 12/QĐ-TTr ")
        (asked,) = await gateway.records("audit.search_exported")
        (ended,) = await gateway.records("audit.search_export_ended")
    package = checked(answer, signer, tmp_path)
    with zipfile.ZipFile(package.open("danh-sach.xlsx")) as workbook:
        inside = [workbook.read(name) for name in workbook.namelist()]
    inside += [package.read(name) for name in package.namelist()]
    assert not any(THU.encode() in content for content in inside)
    assert THU not in str(asked) + str(ended)
    assert asked["subject"]
    assert (asked["searched_by"], asked["exported_format"], asked["role"]) == ("citizen", "xlsx", "auditor")
    assert (ended["part_of"], ended["exported_rows"]) == (asked["record_id"], 1)
    manifest = json.loads(package.read("manifest.json"))
    assert manifest["criteria"]["case_number"] == "12/QĐ-TTr"
    assert manifest["auditor"]["login_name"] == invented.AUDITOR
    assert manifest["export_record_id"] == asked["record_id"] == answer.headers["x-export-id"]
    (line,) = [json.loads(line) for line in package.read("records.jsonl").splitlines()]
    assert line["lookup_id"] == linked
    assert [each["role"] for each in line["records"]] == ["outcome", "lookup"]
    readme = package.read("DOC-TRUOC.txt").decode("utf-8-sig")
    assert "Số vụ việc: 12/QĐ-TTr" in readme
    assert asked["record_id"] in readme


async def test_what_no_checkpoint_covers_yet_is_exported_and_told(
    world: World, signer: FileSigner, tmp_path: Path
) -> None:
    clock = StoppedClock()
    async with a_gateway(world, clock) as gateway:
        token = await gateway.sign_in()
        await gateway.look_up(token)
        await take_in(world, signer)
        clock.at += timedelta(minutes=3)  # the checkpoint bears the real time, on however slow a machine
        await gateway.look_up(token)
        clock.at += timedelta(seconds=11)
        answer = await ask(gateway, officer_login=invented.RECEPTION, format="csv")
    package = checked(answer, signer, tmp_path)
    records = [
        each for line in package.read("records.jsonl").splitlines() for each in json.loads(line)["records"]
    ]
    assert [(each["in_tree"], bool(each["proof"])) for each in records] == [(False, False)] * 2 + [
        (True, True)
    ] * 2
    assert json.loads(package.read("manifest.json"))["records_not_in_tree"] == 2


async def test_a_tampered_row_of_the_database_is_seen_in_its_export(
    world: World, signer: FileSigner, tmp_path: Path
) -> None:
    clock = StoppedClock()
    async with a_gateway(world, clock) as gateway:
        await gateway.look_up(await gateway.sign_in())
        await take_in(world, signer)
        clock.at += timedelta(seconds=11)
        await gateway.execute(
            "alter table audit_record disable trigger user; update audit_record set leaf ="
            " convert_to(replace(convert_from(leaf, 'UTF8'), 'full_name', 'full-name'), 'UTF8')"
            " where kind = 'lookup.outcome'"
        )
        answer = await ask(gateway, officer_login=invented.RECEPTION, format="csv")
    (tmp_path / "x.zip").write_bytes(answer.content)
    assert verify(("--dir", str(tmp_path / "x.zip"), "--log-key", signer.verifier)) == 1


async def test_before_the_first_checkpoint_there_is_nothing_to_prove_with(world: World) -> None:
    async with a_gateway(world, StoppedClock()) as gateway:
        answer = await ask(gateway, officer_login=invented.RECEPTION)
        assert (answer.status_code, answer.json()["code"]) == (404, "proof_not_ready")
        assert await gateway.records("audit.search_exported") == []


async def test_an_export_that_cannot_be_recorded_tells_nothing(world: World, signer: FileSigner) -> None:
    log = JournalLog()
    log.failing = {RecordKind.AUDIT_SEARCH_EXPORTED}
    clock = StoppedClock()
    async with a_gateway(world, clock) as recording:
        await recording.look_up(await recording.sign_in())
    await take_in(world, signer)
    async with a_gateway(world, clock, lambda _: log) as gateway:
        answer = await ask(gateway, officer_login=invented.RECEPTION)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")


@pytest.mark.parametrize("officer", [invented.RECEPTION, invented.ADMINISTRATOR])
async def test_who_is_no_auditor_exports_nothing_and_is_on_record(gateway: Gateway, officer: str) -> None:
    token = await gateway.sign_in(officer, accept_notice=False)
    body = {"case_number": "TTr-1", "citizen_id_number": THU}
    answer = await gateway.http.post(ROUTE, json=body, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
    (rejected,) = await gateway.records("request.rejected")
    assert rejected["problem_code"] == "role_not_permitted"


async def test_exports_that_cannot_be_are_refused_and_on_record(gateway: Gateway) -> None:
    impossible: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["/citizen_id_number", "/officer_login", "/dossier_code", "/from_day"]),
        ({"officer_login": invented.RECEPTION, "format": "pdf"}, ["/format"]),
        ({"officer_login": invented.RECEPTION, "page_size": 50}, ["/page_size"]),
        ({"officer_login": invented.RECEPTION, "cursor": None, "page_size": 1}, ["/page_size", "/cursor"]),
        ({"citizen_id_number": THU, "case_number": THU}, ["/case_number"]),
    ]
    for criteria, pointers in impossible:
        answer = await ask(gateway, **criteria)
        assert answer.status_code == 422, criteria
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
        assert THU not in answer.text
    assert await gateway.records("request.rejected")
    assert await gateway.records("audit.search_exported") == []


async def test_where_audits_are_not_read_nothing_is_exported(world: World) -> None:
    async with a_gateway(world, StoppedClock(), audit_database_url=None) as gateway:
        answer = await ask(gateway, officer_login=invented.RECEPTION)
    assert (answer.status_code, answer.json()["code"]) == (503, "auditing_not_served")


async def test_evidence_out_of_reach_is_said() -> None:
    engine = open_engine("postgresql://nobody:secret@127.0.0.1:1/none", pool_size=1)
    with pytest.raises(AuditUnavailableError):
        await SearchEvidence(engine).checkpoint()
    await engine.dispose()


async def test_bodies_are_described_without_pages(gateway: Gateway) -> None:
    described = (await gateway.http.get("/openapi.json")).json()
    body = described["components"]["schemas"]["SearchExportRequest"]["properties"]
    assert "format" in body
    assert not {"page_size", "cursor"} & body.keys()
