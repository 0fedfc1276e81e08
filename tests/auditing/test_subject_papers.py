"""The words of a report's paper, for cases that HTTP tests do not reach."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from app.audit.record import Outcome
from app.auditing.subject_evidence import AuditLook
from app.auditing.subject_looks import Look, UnitSaid
from app.auditing.subject_paper import Told, audit_text, subject_paper
from app.auditing.subject_values import IdentityCheck, Requester, SubjectRequest
from app.papers.values import SubjectPaper

AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
TODAY = date(2026, 11, 22)
REQUEST = SubjectRequest(
    report_id=UUID(str(uuid7())),
    year=2026,
    serial=12,
    requester=Requester.CITIZEN,
    identity_check=IdentityCheck.VNEID,
    identity_reference="12/STN",
    number_count=1,
    received_on=TODAY,
    registered_at=AT,
    registered_by=UUID(str(uuid7())),
    acknowledge_by=TODAY,
    answer_by=TODAY,
)


def a_look(**facts: Any) -> Look:
    usual: dict[str, Any] = dict.fromkeys(
        ("role", "officer_name", "procedure_code", "procedure_name", "legal_basis", "dossier_code",
         "linked_dossier_code", "no_dossier_reason", "purpose", "verification_method", "reception_channel",
         "fields_asked", "outcome", "problem_code"),
    )  # fmt: skip
    usual |= {"unit": UnitSaid("H19.1", None, ()), "number": "*********017", "is_readable": True}
    usual |= {"fields_disclosed": (), "claims_asked": (), "claims_answered": 0, "records": ()}
    return Look(lookup_id=UUID(str(uuid7())), at=AT, **(usual | facts))


def paper(
    *looks: Look, numbers: tuple[str, ...] = ("099190000017",), since: datetime | None = AT
) -> SubjectPaper:
    return subject_paper(Told(REQUEST, numbers, AT, since, looks, ()), "day", "Sở", "ab" * 32, "Cổng")


def test_a_unit_that_is_gone_and_an_asked_field_that_was_not_shown_are_said() -> None:
    (row,) = paper(a_look(outcome="not_found", fields_asked=("sex",))).looks
    assert row.unit == "Đơn vị mã H19.1 (nay không còn)"
    assert row.shown == "Hỏi: Giới tính\nHiển thị: không"
    (row,) = paper(
        a_look(outcome="found", fields_asked=("full_name", "sex"), fields_disclosed=("sex",))
    ).looks
    assert row.shown.endswith("Hiển thị: Giới tính")


def test_claims_and_a_missing_dossier_are_told_in_words() -> None:
    look = a_look(claims_asked=("household_head",), no_dossier_reason="one_stop_software_down")
    (row,) = paper(look).looks
    assert row.shown == "Hỏi: chủ hộ có đúng là người đã nêu hay không"
    assert row.purpose.startswith("Chưa có hồ sơ: Phần mềm một cửa")


def test_claims_of_one_kind_are_named_once_with_how_many_there_were() -> None:
    (row,) = paper(a_look(claims_asked=("household_head", "permanent_residence", "household_head"))).looks
    assert row.shown.startswith("Hỏi: chủ hộ có đúng là người đã nêu hay không (2 câu); có thường trú")


def test_the_summary_tells_data_that_were_shown_from_claims_that_were_judged() -> None:
    shown = a_look(outcome="found", fields_asked=("sex",), fields_disclosed=("sex",))
    judged = a_look(outcome="found", claims_asked=("household_head",), claims_answered=1)
    said = paper(shown, judged, judged, a_look(outcome="not_permitted")).summary[0]
    assert said == (
        "Có 4 lượt tra cứu bằng số nêu trên, trong đó 1 lượt đã trả dữ liệu cho công chức, 2 lượt chỉ"
        " trả lời đúng hay sai, 1 lượt bị từ chối."
    )


def test_fields_stand_in_the_order_of_forms() -> None:
    names = ("birth_date", "full_name", "id_number")
    (row,) = paper(a_look(outcome="found", fields_asked=names, fields_disclosed=names)).looks
    assert row.shown.endswith("Số định danh cá nhân; Họ, chữ đệm và tên; Ngày, tháng, năm sinh")


def test_of_several_numbers_each_look_says_which() -> None:
    (row,) = paper(a_look(), numbers=("099190000017", "990000017")).looks
    assert "Theo số *********017" in row.purpose
    assert "Theo số" not in paper(a_look()).looks[0].purpose


def test_a_look_that_cannot_be_read_shows_no_fields() -> None:
    assert paper(a_look(is_readable=False)).looks[0].shown == ""


def test_where_no_month_is_whole_that_is_said() -> None:
    assert any("không đầy đủ" in line for line in paper(since=None).summary)


def test_an_auditors_look_says_case_and_kind_only_where_the_policy_tells_them() -> None:
    audit = AuditLook(AT, "audit.unmasked", None, None)
    assert audit_text(audit, "day") == "Ngày 22/11/2026: cơ quan kiểm tra."
    assert audit_text(audit, "case").endswith("xem đầy đủ số định danh trong một lượt tra cứu về ông/bà.")
    report = AuditLook(AT, "subject_report.made", None, "2026-00003")
    assert audit_text(report, "case").endswith("(vụ việc, yêu cầu số 2026-00003).")


def test_what_is_due_is_the_acknowledgement_then_the_answer_then_nothing() -> None:
    assert REQUEST.due is not None
    assert REQUEST.due[0] == "acknowledgement"
    assert not REQUEST.is_overdue(TODAY)
    assert REQUEST.is_overdue(date(2026, 11, 23))


@given(
    st.lists(
        st.builds(
            a_look,
            outcome=st.sampled_from([None, *(one.value for one in Outcome), "of a later version"]),
            fields_disclosed=st.sampled_from([(), ("sex",)]),
            claims_answered=st.integers(0, 2),
            is_readable=st.booleans(),
        ),
        max_size=30,
    )
)
def test_the_parts_of_the_summary_add_up_to_all_looks(looks: list[Look]) -> None:
    said = paper(*looks).summary[0]
    whole, *parts = [int(number) for number in re.findall(r"([0-9]+) lượt", said)]
    assert whole == len(looks) == sum(parts), said


def test_looks_without_an_answer_are_named_in_the_summary() -> None:
    outcomes = ("not_found", "mismatch", "upstream_unavailable", "unknown", None)
    said = paper(*(a_look(outcome=each) for each in outcomes)).summary[0]
    assert said == (
        "Có 5 lượt tra cứu bằng số nêu trên, trong đó 0 lượt đã trả dữ liệu cho công chức, 1 lượt không có"
        " người khớp thông tin đã nhập, 1 lượt thông tin đã nhập không khớp với dữ liệu quốc gia, 2 lượt"
        " không có kết quả (Cơ sở dữ liệu quốc gia không trả lời, hoặc bị gián đoạn), 0 lượt bị từ chối,"
        " 1 lượt đang được thực hiện khi lập báo cáo."
    )
