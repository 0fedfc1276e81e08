"""All that is neither found nor nobody is HTTP 400 or more, in the software's own shape, and on record."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from app.accounts.compatible_credentials import CompatiblePolicy
from app.accounts.values import Role
from app.audit.record import Outcome, RecordKind
from app.errors import ProblemCode, SourceConfusedError, SourceRefusedError, SourceSilentError
from app.lookup.source import PlannedStop
from app.lookup.unavailable import stopped
from app.units.store import UnitRegister
from tests.compat.face import (
    ALLOWS_ALL,
    CONFIRM,
    FIND,
    JSON,
    KEY_NAME,
    KEY_PASS,
    LGSP,
    VDXP,
    Face,
    a_face,
    auth_hash,
    fault,
    sample,
)
from tests.lookup_fakes import DOSSIER, StandingClock, a_citizen

COURT = sample("requests/court-soap-037-fulldate.xml")
HG = sample("requests/hg-soap-TraCuuThongTinCongDan-037.xml")
DONG_THAP = sample("requests/dt-json-XacThucThongTinCongDan-12digit.json")


NATIONAL: list[tuple[Any, int, str]] = [
    (a_citizen(full_name="LÊ THỊ KHÁC"), 409, "record_differs"),
    (SourceSilentError("timeout"), 503, "upstream_unavailable"),
    (SourceConfusedError("soap_fault"), 502, "upstream_confused"),
    (
        SourceRefusedError(ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED, "fault_004"),
        403,
        "upstream_procedure_not_licensed",
    ),
    (
        SourceRefusedError(ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, "fault_005"),
        403,
        "upstream_officer_not_permitted",
    ),
]


@pytest.mark.parametrize(("came", "status", "code"), NATIONAL, ids=[code for _, _, code in NATIONAL])
async def test_what_the_national_side_does_else_is_a_fault_that_names_the_lookup(
    came: Any, status: int, code: str
) -> None:
    async with a_face(came) as face:
        answer = await face.over_vdxp(COURT)
        (intent,) = face.desk.log.of(RecordKind.LOOKUP_INTENT)
    assert (answer.status_code, answer.headers["x-problem-code"]) == (status, code)
    assert answer.headers["x-lookup-id"] == str(intent.record_id)
    assert str(intent.record_id) in fault(answer)


@pytest.mark.parametrize("words", ["Nâng cấp.", "Nâng\x01 cấp \ufffe<&>."], ids=["plain", "awkward"])
async def test_a_planned_stop_reaches_the_officer_through_old_software(words: str) -> None:
    now = StandingClock().now()
    stop = PlannedStop(now, now + timedelta(minutes=5), frozenset({"r"}), {"vi": words, "en": "Upgrade."})
    async with a_face(stopped("planned_stop", stop, StandingClock())) as face:
        in_soap = await face.over_vdxp(COURT)
        in_json = await face.in_json(DONG_THAP)

    written = words.replace("\x01", "").replace("\ufffe", "")
    assert (in_soap.status_code, in_soap.headers["retry-after"]) == (503, "300")
    assert f"Tạm dừng theo kế hoạch đến 10:05 22/11/2026: {written} " in fault(in_soap), fault(in_soap)
    assert "Giấy xác nhận thông tin về cư trú (CT07)" in fault(in_soap)
    assert (in_json.status_code, in_json.headers["retry-after"]) == (503, "300")
    assert words in in_json.json()["message"]


async def test_a_mismatch_in_json_is_no_answer_that_could_be_read_as_no() -> None:
    async with a_face(a_citizen(full_name="LÊ THỊ KHÁC")) as face:
        answer = await face.in_json(DONG_THAP)
        assert face.desk.outcome()["outcome"] == Outcome.MISMATCH.value
    assert answer.status_code == 409
    assert answer.json()["data"] is None
    assert "không khớp" in answer.json()["message"]


Turn = Callable[[Face], Awaitable[Any] | None]
OFFICERS: dict[str, tuple[Turn, int, str]] = {
    "suspended": (lambda face: face.set_officer(is_active=False), 403, "officer_suspended"),
    "left": (lambda face: face.set_officer(is_active=False, unit_id=None), 403, "officer_suspended"),
    "password lapsed": (
        lambda face: face.set_officer(password_changed_at=face.desk.clock.now() - timedelta(days=200)),
        403,
        "password_change_needed",
    ),
    "must change the password": (
        lambda face: face.set_officer(must_change_password=True),
        403,
        "password_change_needed",
    ),
    "another password since": (
        lambda face: face.set_officer(password_changed_at=face.desk.clock.now()),
        401,
        "lookup_key_expired",
    ),
    "another unit since": (lambda face: face.set_key(unit_id=uuid4()), 401, "lookup_key_expired"),
    "key ran out": (
        lambda face: face.set_key(expires_at=face.desk.clock.now()),
        401,
        "lookup_key_expired",
    ),
    "key for other software": (lambda face: face.set_key(client_id="khac"), 401, "lookup_key_refused"),
    "privileged without second factor": (
        lambda face: face.set_officer(role=Role.UNIT_ADMINISTRATOR),
        403,
        "second_factor_needed",
    ),
    "client suspended": (lambda face: face.set_client(is_active=False), 403, "client_suspended"),
    "client serves another unit": (
        lambda face: face.set_client(unit_id=uuid4()),
        403,
        "client_unit_not_served",
    ),
    "notice not accepted": (
        lambda face: face.desk.store.acceptances.clear(),
        403,
        "notice_not_accepted",
    ),
    "nobody any more": (
        lambda face: face.accounts.shown.officers.clear(),  # type: ignore[attr-defined] # a dict it is
        401,
        "lookup_key_refused",
    ),
    "unit is gone": (lambda face: setattr(face.units, "shown", UnitRegister({})), 403, "unit_inactive"),
    "software's credential ran out": (lambda face: face.expire(), 401, "software_credential_refused"),
    "no national code": (
        lambda face: face.set_officer(upstream_officer_code=None),
        403,
        "officer_not_mapped",
    ),
}


@pytest.mark.parametrize(("turn", "status", "code"), OFFICERS.values(), ids=OFFICERS)
async def test_whom_a_lookup_would_stop_the_face_stops_too_and_records_it(
    turn: Turn, status: int, code: str
) -> None:
    async with a_face() as face:
        turn(face)
        answer = await face.over_vdxp(COURT)
        refusals = [draft.facts.get("problem_code") for draft in face.desk.log.drafts]
        assert face.desk.source.requests == []
    assert (answer.status_code, answer.headers["x-problem-code"]) == (status, code)
    assert code in refusals
    assert fault(answer)


async def test_software_speaks_from_its_own_network_only() -> None:
    async with a_face(address="192.0.2.7") as face:
        answer = await face.over_vdxp(COURT)
    assert answer.headers["x-problem-code"] == "client_address_not_allowed"


@pytest.mark.parametrize("given", ["", auth_hash("", ""), "không"], ids=["none", "empty pair", "no base64"])
async def test_software_that_sends_no_key_of_an_officer_is_refused(given: str) -> None:
    async with a_face() as face:
        headers = face.signed(f"{VDXP}/{FIND}") | ({"AuthHash": given} if given.isascii() else {})
        answer = await face.post(f"{VDXP}/{FIND}", COURT, headers)
        assert face.desk.source.requests == []
    assert (answer.status_code, answer.headers["x-problem-code"]) == (401, "lookup_key_needed")


async def test_a_key_may_stand_where_the_officers_code_does() -> None:
    content = COURT.replace(b"099185000021", f"{KEY_NAME}:{KEY_PASS}".encode())
    async with a_face() as face:
        answer = await face.post(f"{VDXP}/{FIND}", content, face.signed(f"{VDXP}/{FIND}"))
        (intent,) = face.desk.log.of(RecordKind.LOOKUP_INTENT)
    assert answer.status_code == 200
    assert KEY_PASS not in str(intent.facts)


async def test_the_record_says_by_which_key_the_lookup_came() -> None:
    async with a_face() as face:
        await face.over_lgsp(HG)
        (intent,) = face.desk.log.of(RecordKind.LOOKUP_INTENT)
        assert face.active.noted
    assert (intent.facts["assurance"], intent.facts["session_id"]) == ("lookup_key", str(face.key.key_id))
    assert intent.facts["procedure_code"] == "1.004194"


async def test_a_wrong_key_is_counted_on_record_and_in_the_end_told_to_wait() -> None:
    async with a_face() as face:
        answers = [await face.over_vdxp(COURT, AuthHash=auth_hash(KEY_NAME, "sai")) for _ in range(7)]
        right = await face.over_vdxp(COURT)
        refused = face.desk.log.of(RecordKind.TOKEN_REFUSED)
        (locked,) = face.desk.log.of(RecordKind.ADDRESS_LOCKED)
    assert locked.facts["client_id"] == face.desk.caller.client.client_id
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].headers["retry-after"] == "60"
    assert right.status_code == 200  # 256 bits are no guess: one mistyped key stops nobody else
    assert [draft.facts["officer_id"] for draft in refused] == [str(face.key.officer_id)]
    assert all(KEY_NAME not in name for name, _, _ in face.guards.tries)


async def test_a_key_with_another_officers_code_beside_it_is_refused() -> None:
    async with a_face() as face:
        other = face.desk.caller.officer
        face.accounts.shown.officers_by_login["khac.mau"] = other  # type: ignore[index] # a dict it is
        answer = await face.over_vdxp(COURT.replace(b"099185000021", b"khac.mau"))
    assert answer.headers["x-problem-code"] == "lookup_key_refused"


async def test_an_error_holds_the_id_it_asks_for_and_names_what_is_wrong_by_its_old_name() -> None:
    wrong = re.sub(rb">19[0-9]{6}<", b">19901399<", COURT)
    assert wrong != COURT
    async with a_face() as face:
        in_soap = await face.over_vdxp(wrong)
        unread = await face.over_vdxp(b"<no envelope/>")
        in_json = await face.in_json(DONG_THAP.replace(b"1990-05-09", b"1990-13-09"))
    detail = etree.fromstring(in_soap.content).find(".//detail")
    assert detail is not None
    assert detail.findtext("request_id") == in_soap.headers["x-request-id"]
    assert [each.text for each in detail.iter("field")] == ["NgayThangNamSinh"]
    assert " Xem: NgayThangNamSinh. " in fault(in_soap)
    assert "19900509" in fault(in_soap)
    assert "1990-05-09" not in fault(in_soap)
    assert "Không yêu cầu công dân nộp giấy tờ" in fault(in_soap)
    assert f"Mã yêu cầu: {unread.headers['x-request-id']}." in fault(unread)
    told = in_json.json()
    assert (told["request_id"], told["fields"]) == (in_json.headers["x-request-id"], ["NgayThangNamSinh"])


STRICT = CompatiblePolicy()


@pytest.mark.parametrize(
    ("policy", "headers", "code"),
    [
        (STRICT, {}, "dossier_needed"),
        (STRICT, {"X_Dossier_Code": DOSSIER}, "procedure_needed"),
        (STRICT, {"X_Dossier_Code": "không-phải".encode().hex()}, "invalid_dossier_code"),
        (ALLOWS_ALL, {"X_No_Dossier_Reason": "other"}, "invalid_value"),
        (ALLOWS_ALL, {"X_Reception_Channel": "other"}, "invalid_value"),
        (ALLOWS_ALL, {"X_Retry_Of": "other"}, "retry_of_unknown"),
        (ALLOWS_ALL, {"X_Procedure_Code": "1.009999"}, "procedure_unknown"),
        (ALLOWS_ALL, {"X_Dossier_Code": "H19.99.99-230301-0001"}, "dossier_of_another_agency"),
    ],
)
async def test_what_an_old_call_leaves_out_is_decided_by_headers_or_by_what_the_department_set(
    policy: CompatiblePolicy, headers: dict[str, str], code: str
) -> None:
    async with a_face(policy=policy) as face:
        answer = await face.over_vdxp(COURT, **headers)  # MaDVC is the constant VPCP
        assert face.desk.source.requests == []
        codes = [draft.facts.get("problem_code") for draft in face.desk.log.drafts]
    assert answer.headers["x-problem-code"] == code
    assert answer.status_code >= 400
    assert code in codes


async def test_agreed_headers_make_an_old_call_whole() -> None:
    async with a_face(policy=STRICT) as face:
        answer = await face.over_vdxp(COURT, X_Dossier_Code=DOSSIER, X_Procedure_Code="1.004194")
        (intent,) = face.desk.log.of(RecordKind.LOOKUP_INTENT)
    assert answer.status_code == 200
    assert intent.facts["dossier_code"] == DOSSIER


async def test_the_same_request_id_asks_the_national_side_once_and_names_the_first_lookup() -> None:
    strict = CompatiblePolicy("1.004194", "guidance_before_receipt")
    async with a_face(policy=strict) as face:
        first = await face.over_vdxp(COURT)
        second = await face.over_vdxp(COURT)
        other = await face.over_vdxp(sample("requests/court-soap-037-yearonly.xml"))
        assert len(face.desk.source.requests) == 1
    assert (second.status_code, second.headers["x-problem-code"]) == (409, "already_answered")
    assert second.headers["x-lookup-id"] == first.headers["x-lookup-id"]
    assert first.headers["x-lookup-id"] in fault(second)
    assert other.headers["x-problem-code"] == "idempotency_key_reused"


async def test_software_whose_request_ids_come_again_is_told_apart_by_its_questions() -> None:
    async with a_face() as face:  # its MaYeuCau are set down as coming again
        answers = [await face.over_vdxp(COURT), await face.over_vdxp(COURT)]
        answers.append(await face.over_vdxp(sample("requests/court-soap-037-yearonly.xml")))
        face.desk.clock.turn(minutes=10)
        answers.append(await face.over_vdxp(COURT))
    assert [answer.status_code for answer in answers] == [200, 409, 200, 200]


async def test_without_a_request_id_every_call_is_its_own() -> None:
    content = COURT.replace(b"RANDOM093015123", b"")
    async with a_face() as face:
        assert [(await face.over_vdxp(content)).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("name", ["CungCapThongTinHoGiaDinh", "XacMinhTinhTrangHonNhan", "GetRequests"])
async def test_services_that_are_not_served_are_refused_on_record(name: str) -> None:
    async with a_face() as face:
        answer = await face.over_vdxp(COURT.replace(FIND.encode(), name.encode()))
        (rejected,) = face.desk.log.of(RecordKind.REQUEST_REJECTED)
    assert answer.headers["x-problem-code"] == "operation_not_served"
    assert rejected.facts["problem_code"] == "operation_not_served"


async def test_the_household_service_is_refused_by_its_code_too() -> None:
    async with a_face() as face:
        answer = await face.in_json(DONG_THAP.replace(b"{", b'{"maTichHop": "034", ', 1))
    assert answer.json()["error_code"] == "operation_not_served"


async def test_a_second_number_that_is_not_theirs_is_no_match() -> None:
    content = sample("requests/vpcp761-soap-033.xml").replace(b">990000017<", b">990000018<")
    async with a_face() as face:
        answer = await face.over_lgsp(content, CONFIRM)
        assert face.desk.outcome()["fields_differing"] == "old_id_number"
    assert answer.headers["x-problem-code"] == "record_differs"


async def test_a_yes_or_no_shows_no_field_and_is_limited_like_a_verification() -> None:
    content = sample("requests/vpcp761-soap-033.xml").replace(b"YC0001", b"")
    async with a_face() as face:
        answers = [await face.over_lgsp(content, CONFIRM) for _ in range(6)]
        intent = face.desk.log.of(RecordKind.LOOKUP_INTENT)[0]
        outcome = face.desk.log.of(RecordKind.LOOKUP_OUTCOME)[0]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert intent.facts["question_type"] == "verification"
    assert outcome.facts["fields_disclosed"] == ""


async def test_a_malformed_call_of_a_known_officer_is_on_record_and_repeats_nothing() -> None:
    async with a_face() as face:
        answer = await face.over_vdxp(COURT[:-40])
        (rejected,) = face.desk.log.of(RecordKind.REQUEST_REJECTED)
    assert (answer.status_code, answer.headers["x-problem-code"]) == (422, "malformed_request")
    assert rejected.facts["officer_id"] == str(face.key.officer_id)
    assert "099190000017" not in answer.text


async def test_a_malformed_call_that_names_no_officer_is_refused_all_the_same() -> None:
    async with a_face() as face:
        answer = await face.post(f"{VDXP}/{FIND}", COURT[:-40], face.signed(f"{VDXP}/{FIND}"))
    assert answer.status_code == 422


async def test_a_body_beyond_the_limit_is_refused() -> None:
    async with a_face() as face:
        answer = await face.over_vdxp(COURT + b" " * 70_000)
    assert answer.status_code == 413


async def test_a_header_that_comes_twice_is_refused() -> None:
    async with a_face() as face:
        headers = [
            *face.signed(f"{VDXP}/{FIND}").items(),
            ("AuthHash", auth_hash()),
            ("AuthHash", auth_hash()),
        ]
        answer = await face.http.post(f"{VDXP}/{FIND}", content=COURT, headers=headers)
    assert answer.headers["x-problem-code"] == "malformed_request"


async def test_any_path_under_a_prefix_is_served_and_only_by_post() -> None:
    async with a_face() as face:
        assert (await face.over_lgsp(HG, "lgsp/tinh/DanCu")).status_code == 200
        assert (await face.http.get(f"{LGSP}/{FIND}")).status_code == 405
        assert (await face.http.post("/elsewhere")).status_code == 404
        assert (await face.http.post(JSON)).status_code == 401


async def test_an_envelope_that_is_called_a_form_is_an_envelope_all_the_same() -> None:
    async with a_face() as face:
        answer = await face.over_vdxp(COURT, Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
