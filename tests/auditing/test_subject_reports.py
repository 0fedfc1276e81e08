"""A citizen's report over HTTP: what it says, what it proves, who may make it, what it leaves."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from app.audit.record import RecordKind, leaf_hash
from app.audit.sealing import RootKey
from app.audit.tree.notes import VerifierKey
from app.audit.tree.proof_file import ProofFile
from app.audit.tree.sequencer import Sequencer
from app.audit.tree.signer import FileSigner
from app.auditing.subject_paper import MEANING
from app.cli import invented
from app.clock import VIETNAM, local_day, rfc3339
from app.errors import ConfigurationError
from app.main import create_app
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.audit.workbench import fetch
from tests.auditing.citizens import OLD_THU, PATH, THU, Department, a_department
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import FakeSource, JournalLog, StoppedClock, a_citizen, opening
from tests.papers.test_papers import squeezed, texts
from tests.units.administering_units import a_unit_manager, unit_id_by
from tests.world import ROOT_KEY, World, a_dossier_code, a_lookup, past_the_guards

FIELDS = ["birth_date", "current_residence", "full_name", "id_number", "permanent_residence"]
TITLES = {
    "birth_date": "Ngày, tháng, năm sinh",
    "current_residence": "Nơi ở hiện tại",
    "full_name": "Họ, chữ đệm và tên",
    "id_number": "Số định danh cá nhân",
    "permanent_residence": "Nơi thường trú",
}
COMMUNE, MERGED = "Ủy ban nhân dân xã Mẫu", "Ủy ban nhân dân xã Mới"
CENTRE = "Trung tâm Phục vụ hành chính công tỉnh Mẫu"
PROCEDURE = "Thủ tục thử nghiệm cần nơi cư trú"


def named(*fields: str) -> list[dict[str, str]]:
    return [{"code": field, "name": TITLES[field]} for field in fields]


@pytest.fixture
async def department(gateway: Gateway) -> Department:
    return await a_department(gateway)


@pytest.fixture
async def sequencer(world: World, tmp_path: Path) -> AsyncIterator[Sequencer]:
    async with a_sequencer(world.database, a_signer(tmp_path)) as sequencer:
        yield sequencer


def pdf_text(answer: dict[str, Any]) -> str:
    return squeezed("".join(texts(base64.b64decode(answer["pdf"]))))


async def merged_with_three_looks(gateway: Gateway, clock: StoppedClock) -> list[str]:
    """Let three units look, the first of them merged into the third between its look and the last."""
    first = await gateway.look_up(await gateway.sign_in(), a_lookup(purpose="Đăng ký thường trú"))
    body = a_lookup(dossier_code=a_dossier_code(invented.CENTRE_CODE))
    second = await gateway.look_up(await gateway.sign_in(invented.CENTRE_RECEPTION), body)
    manager = await a_unit_manager(gateway)
    former = await unit_id_by(gateway, invented.COMMUNE_CODE)
    into = (await manager.add("H19.34.77", MERGED)).json()["unit_id"]
    await manager.knows(into)
    tomorrow = local_day(clock.at) + timedelta(days=1)
    merged = await manager.change(
        former, "merge", into=into, on=tomorrow.isoformat(), administrators_stay=True
    )
    assert merged.status_code == 200, merged.text
    clock.at += timedelta(days=1)
    async with asyncio.timeout(20.0):  # the directory turns with the day, within a second
        while True:
            if await _own_unit(gateway) == MERGED:
                break
            await asyncio.sleep(0.2)
    third = await gateway.look_up(await gateway.sign_in())
    return [one.raise_for_status().json()["lookup_id"] for one in (first, second, third)]


async def _own_unit(gateway: Gateway) -> str:
    """Return for which unit the officer would work who signs in now."""
    token = await gateway.sign_in(accept_notice=False)
    me = await gateway.http.get("/v1/me", headers=bearer(token))
    return str(me.json().get("unit_name"))


def a_look(lookup_id: str, **differing: Any) -> dict[str, Any]:
    """Return what a report says of an ordinary look, its times and proofs aside."""
    return {
        "lookup_id": lookup_id,
        "number": "*********017",
        "officer_role": {"code": "reception", "name": "công chức tiếp nhận hồ sơ"},
        "officer_name": None,
        "procedure": {
            "code": invented.RESIDENCE_PROCEDURE,
            "name_on_that_day": PROCEDURE,
            "legal_basis": "Nghị định 104/2022/NĐ-CP, Điều 14",
        },
        "dossier_code": a_dossier_code(),
        "linked_dossier_code": None,
        "no_dossier_reason": None,
        "purpose": None,
        "verification_method": {"code": "online_lookup", "name": "tra cứu trực tuyến"},
        "reception_channel": {"code": "counter", "name": "trực tiếp"},
        "fields_asked": named(*FIELDS),
        "fields_disclosed": named(*FIELDS),
        "claims_asked": [],
        "claims_answered": 0,
        "outcome": "found",
        "problem_code": None,
        "result": "Đã hiển thị dữ liệu.",
        "data_released": True,
        "is_readable": True,
    } | differing


def without_proofs(look: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return a look without its records, once its times are those of *at*."""
    local = at.astimezone(VIETNAM)
    assert look.pop("time") == rfc3339(at)
    assert look.pop("time_in_vietnam") == f"{local:%H:%M:%S %d/%m/%Y}"
    look.pop("records")
    return look


async def test_three_units_before_and_after_a_merger_are_told_by_both_names(
    world: World, sequencer: Sequencer
) -> None:
    clock = StoppedClock()
    start, mock = clock.at, httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock, clock=clock) as gateway:
        first, second, third = await merged_with_three_looks(gateway, clock)
        await sequencer.sequence()
        answer = await (await a_department(gateway)).made(THU)
    report = answer["report"]
    complete_from = report.pop("complete_from")
    looks = report.pop("looks")
    assert report == {
        "format": "dancu-subject-report/1",
        "authority_code": "H19",
        "request_number": f"{local_day(clock.at).year}-00001",
        "requester": "citizen",
        "received_on": local_day(clock.at).isoformat(),
        "made_at": rfc3339(clock.at),
        "numbers": ["*********017"],
        "officers": "hidden",
        "audits_policy": "day",
        "audits": [],
        "meaning": list(MEANING),
    }
    assert complete_from.endswith("-01T00:00:00.000Z")
    assert all(record["proof"] and record["leaf"] is None for look in looks for record in look["records"])
    assert [[one["kind"] for one in look["records"]] for look in looks] == [
        ["lookup.intent", "lookup.outcome"]
    ] * 3
    assert [without_proofs(look, at) for look, at in zip(looks, (start, start, clock.at), strict=True)] == [
        a_look(
            first,
            unit={"code": "H19.34.12", "name_on_that_day": COMMUNE, "names_today": [MERGED]},
            purpose="Đăng ký thường trú",
        ),
        a_look(
            second,
            unit={"code": "H19.90", "name_on_that_day": CENTRE, "names_today": [CENTRE]},
            dossier_code=a_dossier_code(invented.CENTRE_CODE),
        ),
        a_look(third, unit={"code": "H19.34.77", "name_on_that_day": MERGED, "names_today": [MERGED]}),
    ]
    paper = pdf_text(answer)
    for said in (
        f"{COMMUNE} (nay là: {MERGED})",
        CENTRE,
        PROCEDURE,
        "Mục đích: Đăng ký thường trú",
        "Có 3 lượt tra cứu bằng số nêu trên, trong đó 3 lượt đã trả dữ liệu cho công chức",
        "3 trên 3 lượt đã có bằng chứng",
        "Bằng chứng KHÔNG cho thấy",
        answer["report_sha256"],
    ):
        assert squeezed(said) in paper, said


async def test_what_is_listed_is_proven_by_the_log_and_the_records_bytes(
    world: World, sequencer: Sequencer, tmp_path: Path
) -> None:
    source = opening(FakeSource(a_citizen()))
    async with running_gateway(
        world, an_upstream(), source=source, subject_report_officers="name"
    ) as gateway:
        await gateway.look_up(await gateway.sign_in())
        before = await (await a_department(gateway)).made()
        await sequencer.sequence()
        answer = await (await a_department(gateway)).made()
    (unproven,), (look,) = before["report"]["looks"], answer["report"]["looks"]
    assert [record["proof"] for record in unproven["records"]] == [None, None]
    assert look["officer_name"] == "Nguyễn Thị Tiếp Nhận"
    root = RootKey.from_text(ROOT_KEY)
    key = VerifierKey.from_text(FileSigner(tmp_path / "signer", root, invented.AUTHORITY).verifier)
    for record in look["records"]:
        leaf = base64.b64decode(record["leaf"])
        proof = ProofFile.from_text(record["proof"])
        assert leaf_hash(leaf).hex() == record["leaf_hash"]
        assert proof.trouble(key, leaf) is None
        assert proof.trouble(key, leaf + b" ") is not None
    canonical = orjson.dumps(answer["report"], option=orjson.OPT_SORT_KEYS)
    assert hashlib.sha256(canonical).hexdigest() == answer["report_sha256"]


async def test_refused_attempts_former_numbers_and_later_dossiers_are_told(
    gateway: Gateway, department: Department
) -> None:
    token = await gateway.sign_in()
    await gateway.look_up(token, a_lookup(fields=["religion"]))
    await gateway.look_up(token, a_lookup(citizen={"id_number": OLD_THU}))
    waiting = {name: value for name, value in a_lookup().items() if name != "dossier_code"}
    waiting |= {"no_dossier_reason": "completing_papers"}
    lookup_id = (await gateway.look_up(token, waiting)).json()["lookup_id"]
    link = {"dossier_code": a_dossier_code()}
    path = f"/v1/residence-lookups/{lookup_id}/dossier"
    (await gateway.http.post(path, json=link, headers=bearer(token))).raise_for_status()
    answer = await department.made(THU, OLD_THU)
    report = answer["report"]
    refused, old, linked = report["looks"]
    assert report["numbers"] == ["*********017", "******017"]
    assert (refused["outcome"], refused["data_released"]) == ("not_permitted", False)
    assert refused["problem_code"] == "field_not_permitted"
    assert [field["code"] for field in refused["fields_asked"]] == ["religion"]
    assert (refused["fields_disclosed"], refused["number"]) == ([], "*********017")
    assert old["number"] == "******017"
    assert (linked["dossier_code"], linked["linked_dossier_code"]) == (None, a_dossier_code())
    assert [one["kind"] for one in linked["records"]][-1] == "lookup.dossier_linked"
    assert squeezed("1 lượt bị từ chối") in pdf_text(answer)


@pytest.mark.parametrize(("policy", "case"), [("day", None), ("case", "TTr-9")])
async def test_auditors_looks_are_told_as_the_policy_says(
    world: World, policy: str, case: str | None
) -> None:
    source = opening(FakeSource(a_citizen()))
    async with running_gateway(world, an_upstream(), source=source, subject_report_audits=policy) as gateway:
        await gateway.look_up(await gateway.sign_in())
        auditor = bearer(await gateway.sign_in(invented.AUDITOR, accept_notice=False))
        for criteria in ({"citizen_id_number": THU}, {"citizen_id_number": OLD_THU}):
            body = {"case_number": "TTr-9"} | criteria
            (await gateway.http.post("/v1/audit/searches", json=body, headers=auditor)).raise_for_status()
        department = await a_department(gateway)
        number = await department.registered(THU)
        (searched,) = (await department.make(number)).json()["report"]["audits"]
        again = (await department.make(number)).json()["report"]["audits"]
    assert searched["case_number"] == case
    assert (searched["time"] is None) == (case is None)
    assert ("TTr-9" in searched["said"]) == (case is not None)
    assert len(again) == 2  # the first report was a look, too


async def test_months_without_keys_are_said_to_be_missing(gateway: Gateway, department: Department) -> None:
    await gateway.look_up(await gateway.sign_in())
    number = await department.registered()
    this_month = gateway.clock.now().strftime("%Y-%m")
    await gateway.execute(
        past_the_guards(
            f"delete from audit_month_secret where key_id <> 'H19/{this_month}'"  # noqa: S608 - ours
        )
    )
    report = (await department.make(number)).json()["report"]
    assert report["complete_from"] == f"{this_month}-01T01:00:00.000Z"
    assert len(report["looks"]) == 1
    await gateway.execute(past_the_guards("delete from audit_month_secret"))
    answer = await department.make(number)
    assert (answer.status_code, answer.json()["code"]) == (409, "subject_request_unreadable")


async def test_who_registered_a_request_does_not_make_its_report_unless_the_department_lets_them(
    world: World,
) -> None:
    for needed, expected in ((True, 403), (False, 200)):
        source = opening(FakeSource())
        async with running_gateway(
            world, an_upstream(), source=source, subject_report_second_person=needed
        ) as gateway:
            department = await a_department(gateway)
            department.maker = department.registrar
            answer = await department.make(await department.registered())
            assert answer.status_code == expected
            rejected = [one["problem_code"] for one in await gateway.records("request.rejected")]
            made = await gateway.records("subject_report.made")
            assert (rejected, len(made)) == (["subject_report_needs_another"], int(not needed))


async def test_a_changed_row_of_the_book_reports_on_nobody_else(
    gateway: Gateway, department: Department
) -> None:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup())
    first, second = await department.registered(THU), await department.registered(OLD_THU)
    await gateway.execute(
        "update subject_request set registered_by = (select officer_id from officer where login_name = $1)",
        invented.SECOND_ADMINISTRATOR,
    )
    registrar = Department(gateway, department.registrar, department.registrar)
    refused = await registrar.make(first)
    assert (refused.status_code, refused.json()["code"]) == (403, "subject_report_needs_another")
    other = "select report_id from subject_request where serial = 2"
    ((second_id,),) = await fetch(gateway.world.database.owner_url, other)
    await gateway.execute("update subject_request set report_id = gen_random_uuid() where serial = 2")
    for report_id in (answer.json()["lookup_id"], second_id):
        await gateway.execute("update subject_request set report_id = $1 where serial = 1", str(report_id))
        named = await department.make(first)
        assert (named.status_code, named.json()["code"]) == (409, "subject_request_unreadable")
    assert (await department.make(second)).status_code == 409
    assert await gateway.records("subject_report.made") == []


async def test_every_step_is_on_record_and_nobody_in_the_clear(
    gateway: Gateway, department: Department
) -> None:
    number = await department.registered(THU, OLD_THU)
    early = await department.step(number, "answer", result="handed_over")
    assert (early.status_code, early.json()["code"]) == (409, "subject_report_not_made")
    acknowledged = await department.step(number, "acknowledgement")
    assert acknowledged.json()["due"] == "answer"
    twice = await department.step(number, "acknowledgement")
    extended = await department.step(number, "extension", days=15, reason="Nhật ký nhiều năm")
    again = await department.step(number, "extension", days=1, reason="Lần hai")
    assert [one.json()["code"] for one in (twice, again)] == ["subject_step_refused"] * 2
    assert extended.json()["answer_by"] > acknowledged.json()["answer_by"]
    answer = (await department.make(number)).json()
    ended = await department.step(number, "answer", result="handed_over")
    assert (ended.json()["due"], ended.json()["result"], ended.json()["look_count"]) == (
        None, "handed_over", 0,
    )  # fmt: skip
    over = await department.make(number)
    assert (over.status_code, over.json()["code"]) == (409, "subject_request_ended")
    records = [one for one in await gateway.records() if one["kind"].startswith("subject_report.")]
    assert [one["kind"].partition(".")[2] for one in records] == [
        "requested", "acknowledged", "extended", "made", "answered",
    ]  # fmt: skip
    assert {one["report_number"] for one in records} == {number}
    assert ["subject" in one for one in records] == [True, False, False, True, False]
    assert records[3]["report_digest"] == answer["report_sha256"]
    assert records[3]["receipt_digest"] == answer["pdf_sha256"]
    (row,) = await fetch(gateway.world.database.owner_url, "select r::text as row from subject_request r")
    for sealed in (str(records), row["row"]):
        assert THU not in sealed
        assert OLD_THU not in sealed


async def test_a_report_that_cannot_be_recorded_is_not_shown(world: World) -> None:
    log = JournalLog()
    async with running_gateway(world, an_upstream(), source=opening(FakeSource())) as recording:
        number = await (await a_department(recording)).registered()
    log.failing = {RecordKind.SUBJECT_REPORT_MADE}
    source = opening(FakeSource())
    async with running_gateway(world, an_upstream(), source=source, wrap_log=lambda _: log) as gateway:
        department = await a_department(gateway)
        answer = await department.make(number)
        (request,) = (await department.listed())["requests"]
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")
    assert "report" not in answer.json()
    assert request["made_count"] == 0


async def test_a_list_says_what_is_due_and_overdue_by_page(world: World) -> None:
    clock, source = StoppedClock(), opening(FakeSource())
    async with running_gateway(world, an_upstream(), source=source, clock=clock) as gateway:
        department = await a_department(gateway)
        late = (local_day(clock.at) - timedelta(days=60)).isoformat()
        numbers = [await department.registered(received_on=day) for day in (late,)]
        numbers += [await department.registered() for _ in range(2)]
        await department.step(numbers[2], "answer", result="withdrawn", reason="Công dân rút yêu cầu")
        overdue = await department.listed(state="overdue")
        first = await department.listed(state="all", page_size="2")
        rest = await department.listed(state="all", cursor=first["next_cursor"])
        status = await gateway.http.get("/v1/status", headers=department.registrar)
        beyond = await department.step(numbers[0], "extension", days=5, reason="Muộn")
        wrong = await gateway.http.get(PATH, params={"cursor": "x"}, headers=department.registrar)
    (one,) = overdue["requests"]
    assert (one["request_number"], one["due"], one["is_overdue"]) == (numbers[0], "acknowledgement", True)
    assert one["registered_by"] == invented.ADMINISTRATOR
    listed = [each["request_number"] for page in (first, rest) for each in page["requests"]]
    assert (sorted(listed), listed[0]) == (sorted(numbers), numbers[0])
    assert status.json()["subject_requests"] == {"open": 2, "overdue": 1, "registered_today": 3}
    assert beyond.json()["code"] == "subject_step_refused"
    assert wrong.status_code == 422


async def test_one_person_registers_only_so_many_a_day(world: World) -> None:
    source = opening(FakeSource())
    async with running_gateway(
        world, an_upstream(), source=source, clock=StoppedClock(), subject_reports_per_officer_per_day=1
    ) as gateway:
        department = await a_department(gateway)
        await department.registered()
        answer = await department.ask()
        records = await gateway.records("request.rejected")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_subject_reports")
    assert 0 < int(answer.headers["retry-after"]) <= 86_401
    assert [one["problem_code"] for one in records] == ["too_many_subject_reports"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id_numbers": ["0991"]}, "/id_numbers/0"),
    ({"id_numbers": [THU, THU]}, "/id_numbers"),
    ({"id_numbers": []}, "/id_numbers"),
    ({"id_numbers": [f"09919000001{digit}" for digit in range(4)]}, "/id_numbers"),
    ({"identity_reference": THU}, "/identity_reference"),
    ({"identity_reference": " "}, "/identity_reference"),
    ({"received_on": "2199-01-01"}, "/received_on"),
    ({"received_on": "0001-01-01"}, "/received_on"),
    ({"requester": "neighbour"}, "/requester"),
    ({"requester": "citizen", "identity_check": "authorisation"}, "/identity_check"),
]


async def test_a_request_is_registered_within_sixty_days_so_that_a_slip_alarms_nobody(
    world: World,
) -> None:
    clock, source = StoppedClock(), opening(FakeSource())
    async with running_gateway(world, an_upstream(), source=source, clock=clock) as gateway:
        department = await a_department(gateway)
        today = local_day(clock.at)
        answers = {
            days: await department.ask(received_on=(today - timedelta(days=days)).isoformat())
            for days in (60, 61, 1500)
        }
        status = await gateway.http.get("/v1/status", headers=department.registrar)
    assert {days: answer.status_code for days, answer in answers.items()} == {60: 201, 61: 422, 1500: 422}
    for days in (61, 1500):
        problem = answers[days].json()
        assert (problem["code"], problem["errors"]) == (
            "subject_request_too_old",
            [{"pointer": "/received_on"}],
        )
    assert status.json()["subject_requests"] == {"open": 1, "overdue": 1, "registered_today": 1}


async def test_what_cannot_be_a_request_is_refused_without_its_values(
    gateway: Gateway, department: Department
) -> None:
    for wrong, pointer in WRONG:
        answer = await department.ask(**wrong)
        assert answer.status_code == 422, wrong
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert THU not in answer.text
    number = await department.registered()
    for what, body in (
        ("extension", {"days": 16, "reason": "Dài"}),
        ("extension", {"days": 5, "reason": f"Số {THU}"}),
        ("acknowledgement", {"told_on": "2020-01-01"}),
        ("answer", {"result": "refused"}),
        ("answer", {"result": "handed_over", "reason": "Thừa"}),
    ):
        assert (await department.step(number, what, **body)).status_code == 422, what
    for unknown in ("2020-00001", "x", "2026-", "20260-1", "2026-0000000001", "2026-\u0661"):
        assert (await department.step(unknown, "answer", result="refused", reason="Sai")).status_code == 404
    assert len(await gateway.records("subject_report.requested")) == 1


@pytest.mark.parametrize("officer", [invented.RECEPTION, invented.UNIT_ADMINISTRATOR])
async def test_who_neither_leads_the_department_nor_audits_is_refused(gateway: Gateway, officer: str) -> None:
    headers = bearer(await gateway.sign_in(officer, accept_notice=False))
    calls = [("GET", PATH), ("POST", PATH)]
    calls += [
        ("POST", f"{PATH}/2026-00001/{what}") for what in ("report", "acknowledgement", "extension", "answer")
    ]
    for method, path in calls:
        answer = await gateway.http.request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")


async def test_where_audits_are_not_read_that_is_said(world: World) -> None:
    nothing: dict[str, Any] = {"audit_database_url": None}
    async with running_gateway(world, an_upstream(), source=opening(FakeSource()), **nothing) as gateway:
        department = await a_department(gateway)
        answers = [
            await department.ask(),
            await department.make("2026-00001"),
            await department.step("2026-00001", "acknowledgement"),
            await gateway.http.get(PATH, headers=department.registrar),
        ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "auditing_not_served")}


async def test_an_auditor_registers_and_an_administrator_makes_the_report(gateway: Gateway) -> None:
    department = await a_department(gateway)
    department.registrar = bearer(await gateway.sign_in(invented.AUDITOR, accept_notice=False))
    assert (await department.made(THU))["report"]["looks"] == []


async def test_another_root_key_fails_clearly_and_shows_nothing(world: World) -> None:
    source, other = opening(FakeSource(a_citizen())), SecretStr(RootKey.generate_text())
    async with running_gateway(world, an_upstream(), source=source, audit_root_key=other) as gateway:
        department = await a_department(gateway)
        answer = await department.make(await department.registered())
        assert await gateway.records("subject_report.made") == []
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_unavailable")


async def test_without_a_certificate_there_is_no_report(world: World) -> None:
    await fetch(world.database.owner_url, "delete from signing_certificate returning fingerprint")
    async with running_gateway(world, an_upstream(), source=opening(FakeSource())) as gateway:
        department = await a_department(gateway)
        answer = await department.make(await department.registered())
    assert (answer.status_code, answer.json()["code"]) == (503, "receipts_not_set_up")


def test_days_that_are_none_stop_the_start(world: World) -> None:
    with pytest.raises(ConfigurationError, match="DANCU_DAYS_OFF"):
        create_app(world.settings(days_off="tomorrow"), an_upstream())
