from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.registration.fault_texts import FAULT_TEXTS, what_is_wrong, what_mends_it
from app.accounts.registration.faults import FaultCode as F
from app.accounts.registration.form import Column
from app.accounts.registration.positions import PositionFault, role_of
from app.accounts.registration.values import Action, KnownOfficer, ListRow, Terms
from app.accounts.values import Role
from tests.accounts.registration.lists import (
    BINH,
    HA,
    OUTSIDE,
    TERMS,
    TODAY,
    a_row,
    an_officer,
    carried_out,
    planned,
)

OTHER = an_officer(
    officer_id=UUID(int=101),
    login_name="khac",
    full_name="Lê Khác",
    upstream_officer_code="C1",
    person_code="P1",
)
AUDITOR = an_officer(role=Role.AUDITOR)
RIGHT_NAME = {"full_name": "Trần Văn Thử"}
WRONG: list[tuple[F, Column, dict[str, str], tuple[KnownOfficer, ...]]] = [
    (F.NOT_AN_OFFICER, Column.NUMBER, {"login_name": "", "unit": "", "position": ""}, ()),
    (F.LOGIN_MISSING, Column.LOGIN_NAME, {"login_name": ""}, ()),
    (F.LOGIN_MALFORMED, Column.LOGIN_NAME, {"login_name": "Trần Thử"}, ()),
    (F.LOGIN_MALFORMED, Column.LOGIN_NAME, {"login_name": "="}, ()),
    (F.LOGIN_MALFORMED, Column.LOGIN_NAME, {"login_name": "a" * 65}, ()),
    (F.LOGIN_HOLDS_NUMBER, Column.LOGIN_NAME, {"login_name": "099190017"}, ()),
    (F.LOGIN_HOLDS_NUMBER, Column.LOGIN_NAME, {"login_name": "cb.099190000017@xa"}, ()),
    (F.LOGIN_ELSEWHERE, Column.LOGIN_NAME, {}, (an_officer(unit_id=OUTSIDE),)),
    (F.LOGIN_OF_FORMER_OFFICER, Column.LOGIN_NAME, {}, (an_officer(unit_id=None),)),
    (F.NAME_MISSING, Column.FULL_NAME, {"full_name": ""}, ()),
    (F.NAME_MALFORMED, Column.FULL_NAME, {"full_name": "Trần Văn 2"}, ()),
    (F.NAME_MALFORMED, Column.FULL_NAME, {"full_name": "TrÇn V¨n Thö µ"}, ()),
    (F.NAME_MALFORMED, Column.FULL_NAME, {"full_name": "Тran"}, ()),
    (F.NAME_MALFORMED, Column.FULL_NAME, {"full_name": "=cmd|' /C calc'!A0"}, ()),
    (F.NAME_MALFORMED, Column.FULL_NAME, {"full_name": "---"}, ()),
    (F.NAME_TOO_LONG, Column.FULL_NAME, {"full_name": "a" * 101}, ()),
    (F.NAME_OF_ANOTHER_PERSON, Column.FULL_NAME, {}, (an_officer(full_name="Lê Thị Khác"),)),
    (F.UNIT_MISSING, Column.UNIT, {"unit": ""}, ()),
    (F.UNIT_UNKNOWN, Column.UNIT, {"unit": "xã Không Có"}, ()),
    (F.UNIT_AMBIGUOUS, Column.UNIT, {"unit": "Phòng Tư pháp"}, ()),
    (F.UNIT_OUTSIDE, Column.UNIT, {"unit": "xã Ngoài"}, ()),
    (F.UNIT_OUTSIDE, Column.AGENCY_CODE, {"unit": "", "agency_code": "H98.1"}, ()),
    (F.UNIT_CLOSED, Column.UNIT, {"unit": "xã Cũ"}, ()),
    (F.UNIT_CODE_UNKNOWN, Column.AGENCY_CODE, {"agency_code": "H1"}, ()),
    (F.UNIT_CODE_CONTRADICTS, Column.AGENCY_CODE, {"agency_code": "H99.3"}, ()),
    (F.ROLE_MISSING, Column.POSITION, {"position": ""}, ()),
    (F.ROLE_UNKNOWN, Column.POSITION, {"position": "Chủ tịch"}, ()),
    (F.ROLE_RAISED, Column.POSITION, {"position": "Quản trị đơn vị"}, ()),
    (F.PRIVILEGED_ACCOUNT, Column.LOGIN_NAME, {"full_name": "Trần Văn Thứ"}, (AUDITOR,)),
    (F.UPSTREAM_CODE_MALFORMED, Column.UPSTREAM_OFFICER_CODE, {"upstream_officer_code": "mã số"}, ()),
    (F.UPSTREAM_CODE_TAKEN, Column.UPSTREAM_OFFICER_CODE, {"upstream_officer_code": "C1"}, (OTHER,)),
    (F.PERSON_CODE_MALFORMED, Column.PERSON_CODE, {"person_code": "a" * 31}, ()),
    (F.PERSON_CODE_HOLDS_NUMBER, Column.PERSON_CODE, {"person_code": "099190000017"}, ()),
    (F.PERSON_CODE_HOLDS_NUMBER, Column.PERSON_CODE, {"person_code": "NV-099190017"}, ()),
    (F.PERSON_CODE_TAKEN, Column.PERSON_CODE, {"person_code": "P1"}, (OTHER,)),
    (F.DOCUMENT_MISSING, Column.DOCUMENT_NUMBER, {"unit": "P. Hòa Bình"}, (an_officer(),)),
    (F.DOCUMENT_MALFORMED, Column.DOCUMENT_NUMBER, {"document_number": "a" * 101}, ()),
    (F.DATE_MALFORMED, Column.EFFECTIVE_DATE, {"effective_date": "31/02/2026"}, ()),
    (F.DATE_MALFORMED, Column.EFFECTIVE_DATE, {"effective_date": "45839"}, ()),
    (F.DATE_MALFORMED, Column.EFFECTIVE_DATE, {"effective_date": "20260701"}, ()),
    (F.DATE_IN_FUTURE, Column.EFFECTIVE_DATE, {"effective_date": "23/11/2026"}, ()),
    (F.DATE_TOO_OLD, Column.EFFECTIVE_DATE, {"effective_date": "2025-11-20"}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("code", "column", "texts", "officers"), WRONG)
def test_a_fault_is_named_with_its_place_and_refuses_the_whole_list(
    code: F, column: Column, texts: dict[str, str], officers: tuple[KnownOfficer, ...]
) -> None:
    plan = planned(a_row(7, **texts), a_row(8, login_name="dung"), officers=officers)
    refused, right = plan.rows
    assert (refused.number, refused.action) == (7, Action.REFUSED)
    assert [(fault.code, fault.column) for fault in refused.faults if not fault.is_warning] == [
        (code, column)
    ]
    assert right.action is Action.ADD
    assert not plan.may_be_applied
    for language in ("vi", "en"):
        texts_shown = [what(refused.faults[0], language) for what in (what_is_wrong, what_mends_it)]
        assert all(text and "{" not in text for text in texts_shown)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        (F.LOGIN_TWICE, {"login_name": "THU.TV"}),
        (F.UPSTREAM_CODE_TWICE, {"login_name": "b2", "upstream_officer_code": "C9"}),
        (F.PERSON_CODE_TWICE, {"login_name": "b2", "person_code": "P9"}),
    ],
)
def test_what_may_stand_once_refuses_all_rows_that_bear_it(code: F, texts: dict[str, str]) -> None:
    first = a_row(2, upstream_officer_code="C9", person_code="P9")
    plan = planned(first, a_row(3, **texts))
    assert [[fault.code for fault in row.faults] for row in plan.rows] == [[code], [code]]
    assert "3" in what_is_wrong(plan.rows[0].faults[0])


def test_every_fault_is_reached_by_a_test() -> None:
    twice = {F.LOGIN_TWICE, F.UPSTREAM_CODE_TWICE, F.PERSON_CODE_TWICE}
    # What a registered person or posting forbids has tests of its own, on the database.
    elsewhere = {F.PERSON_CODE_KEPT, F.OWN_ACCOUNT, F.DATE_BEFORE_POSTING, F.UNIT_ENDS, F.UNIT_BEGINS_LATER}
    assert {code for code, *_ in WRONG} | twice | elsewhere == {
        code for code in F if not code_is_warning(code)
    }
    assert set(FAULT_TEXTS) == set(F)


def code_is_warning(code: F) -> bool:
    return code in {
        F.NUMBER_ODD, F.ROLE_KEPT, F.NAME_WITHOUT_ACCENTS, F.OFFICER_SUSPENDED, F.CODE_STORED_AS_NUMBER,
    }  # fmt: skip


def test_all_faults_of_a_row_are_told_at_once() -> None:
    (row,) = planned(a_row(login_name="", full_name="1", unit="x", position="y")).rows
    assert [fault.code for fault in row.faults] == [
        F.LOGIN_MISSING,
        F.NAME_MALFORMED,
        F.UNIT_UNKNOWN,
        F.ROLE_UNKNOWN,
    ]


def test_a_new_login_is_added() -> None:
    (row,) = planned(a_row(effective_date="1/11/2026", document_number="12/UBND")).rows
    assert (row.action, row.officer_id) == (Action.ADD, None)
    assert row.wish is not None
    assert (row.wish.login_name, row.wish.unit_id, row.wish.role) == ("thu.tv", HA, Role.RECEPTION)


@pytest.mark.parametrize(
    ("name", "known"),
    [("TRẦN VĂN THỬ", "Trần Văn Thử"), ("Hoà Bình", "Hòa Bình"), ("Tran Van Thu", "Trần Văn Thử")],
)
def test_another_spelling_of_the_name_changes_nothing(name: str, known: str) -> None:
    (row,) = planned(a_row(full_name=name), officers=(an_officer(full_name=known),)).rows
    assert row.action is Action.UNCHANGED


@pytest.mark.parametrize(
    ("texts", "facts", "changed"),
    [
        ({}, {"full_name": "Tran Van Thu"}, {"full_name": "Trần Văn Thử"}),
        ({"upstream_officer_code": "7"}, {"full_name": "Lê Khác", "upstream_officer_code": "7"}, RIGHT_NAME),
        ({"person_code": "P7"}, {"full_name": "Lê Khác", "person_code": "P7"}, RIGHT_NAME),
        ({"position": "Công chức xử lý hồ sơ"}, {}, {"role": "processing"}),
        ({"upstream_officer_code": "C7"}, {"upstream_officer_code": "C6"}, {"upstream_officer_code": "C7"}),
    ],
)  # fmt: skip
def test_what_differs_is_updated_and_shown(
    texts: dict[str, str], facts: dict[str, str], changed: dict[str, str]
) -> None:
    (row,) = planned(a_row(**texts), officers=(an_officer(**facts),)).rows
    assert row.action is Action.UPDATE
    assert {change.field: change.after for change in row.changes} == changed


def test_what_could_be_a_citizens_number_is_not_repeated() -> None:
    texts = {"login_name": "099190000017", "person_code": "099190017"}
    (row,) = planned(a_row(**texts)).rows
    assert [fault.code for fault in row.faults] == [F.LOGIN_HOLDS_NUMBER, F.PERSON_CODE_HOLDS_NUMBER]
    said = [what(fault) for fault in row.faults for what in (what_is_wrong, what_mends_it)]
    assert "099190" not in " ".join([row.login_name, *said])


def test_what_was_registered_in_earlier_days_stays_as_it_is() -> None:
    texts = {"login_name": "099190000017", "person_code": "099190017"}
    known = an_officer(**texts)
    assert planned(a_row(**texts), officers=(known,)).changes_nothing


def test_an_empty_cell_never_empties_a_field() -> None:
    known = an_officer(upstream_officer_code="C7", person_code="P7")
    assert planned(a_row(), officers=(known,)).changes_nothing


@pytest.mark.parametrize("terms", [TERMS, replace(TERMS, document_number="12/UBND")])
def test_a_transfer_bears_the_number_of_its_document(terms: Terms) -> None:
    written = "" if terms is not TERMS else "12/UBND"
    (row,) = planned(
        a_row(unit="P. Hòa Bình", document_number=written), officers=(an_officer(),), terms=terms
    ).rows
    assert row.action is Action.TRANSFER
    assert row.wish is not None
    assert (row.wish.unit_id, row.wish.document_number) == (BINH, "12/UBND")


@pytest.mark.parametrize("role", [Role.UNIT_ADMINISTRATOR, Role.DEPARTMENT_ADMINISTRATOR, Role.AUDITOR])
def test_an_administrators_role_is_kept_and_said(role: Role) -> None:
    (row,) = planned(a_row(), officers=(an_officer(role=role),)).rows
    assert (row.action, [fault.code for fault in row.faults]) == (Action.UNCHANGED, [F.ROLE_KEPT])


def test_a_suspension_is_not_lifted_by_a_list() -> None:
    (row,) = planned(a_row(), officers=(an_officer(is_active=False),)).rows
    assert (row.action, [fault.code for fault in row.faults]) == (Action.UNCHANGED, [F.OFFICER_SUSPENDED])


def test_odd_numbering_and_lost_zeros_are_warned_of_only() -> None:
    texts = {**a_row(person_code="123").texts, Column.NUMBER: "x"}
    plan = planned(ListRow(2, texts, frozenset({Column.PERSON_CODE})))
    assert [fault.code for fault in plan.rows[0].faults] == [F.NUMBER_ODD, F.CODE_STORED_AS_NUMBER]
    assert plan.may_be_applied


def test_dates_of_a_list_sent_again_later_do_not_matter() -> None:
    row = a_row(effective_date="01/11/2026")
    later = replace(TERMS, today=TODAY + timedelta(days=800))
    assert planned(row, officers=(an_officer(),), terms=later).changes_nothing


def test_a_list_of_one_login_name_only_is_judged_in_reasonable_time() -> None:
    plan = planned(*(a_row(number) for number in range(2, 20_002)))
    assert plan.counts[Action.REFUSED] == 20_000


def test_a_list_of_nonsense_units_is_judged_in_reasonable_time() -> None:
    rows = [a_row(n, login_name=f"b{n}", unit=f"{n}," + "phường," * 250) for n in range(2, 500)]
    assert planned(*rows).counts[Action.REFUSED] == 498


def test_a_suggested_login_is_one_that_nobody_has() -> None:
    taken = an_officer(login_name="tvt.tanha", full_name="Trần Văn Tư")
    (row, _) = planned(a_row(login_name=""), a_row(3, login_name="tvt.tanha2"), officers=(taken,)).rows
    assert row.faults[0].details["suggestion"] == "tvt.tanha3"


def test_a_namesake_outside_is_neither_preferred_nor_asked_about() -> None:
    terms = replace(TERMS, scope=frozenset({UUID(int=7)}))
    (row,) = planned(a_row(unit="Phòng Tư pháp"), terms=terms).rows
    assert row.wish is not None
    assert row.wish.unit_id == UUID(int=7)


def test_a_code_says_which_of_two_namesakes() -> None:
    (row,) = planned(a_row(unit="Phòng Tư pháp", agency_code="H99.6")).rows
    assert row.wish is not None
    assert row.wish.unit_id == UUID(int=8)


def test_faults_do_not_tell_of_units_and_people_outside() -> None:
    outsider = an_officer(unit_id=OUTSIDE, full_name="Bí Mật", upstream_officer_code="C5")
    rows = (
        a_row(),
        a_row(3, login_name="b2", upstream_officer_code="C5"),
        a_row(4, login_name="b3", agency_code="H98.1"),
    )
    told = [text for row in planned(*rows, officers=(outsider,)).rows for fault in row.faults
            for text in (what_is_wrong(fault), what_mends_it(fault))]  # fmt: skip
    assert len(told) >= 6
    assert not any("Bí Mật" in text or "Ngoài" in text for text in told)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "login_name": st.sampled_from(["a1", "b2", "c3", "d4", "thu.tv"]),
                "full_name": st.sampled_from(["Trần Văn Thử", "TRẦN VĂN THỬ", "Tran Van Thu", "Lê Khác"]),
                "unit": st.sampled_from(["xã Tân Hà", "P. Hòa Bình", "Sở KHCN"]),
                "position": st.sampled_from(["công chức TN-TKQ", "xử lý hồ sơ"]),
                "upstream_officer_code": st.sampled_from(["", "C1", "C2", "C3"]),
            }
        ),
        max_size=5,
        unique_by=lambda texts: texts["login_name"],
    ),
    st.sampled_from([(), (an_officer(),), (an_officer(upstream_officer_code="C1"), OTHER)]),
)
def test_a_list_carried_out_changes_nothing_the_second_time(
    lists: list[dict[str, str]], officers: tuple[KnownOfficer, ...]
) -> None:
    rows = [a_row(number, **texts) for number, texts in enumerate(lists, start=2)]
    terms = replace(TERMS, document_number="1/CV")
    plan = planned(*rows, officers=officers, terms=terms)
    if plan.may_be_applied:
        after = carried_out(plan, officers)
        assert planned(*rows, officers=after, terms=terms).changes_nothing
        assert {each.login_name for each in officers} <= {each.login_name for each in after}
        assert not any(each.is_privileged for each in after)


@pytest.mark.parametrize(
    ("position", "role"),
    [
        ("công chức TN-TKQ", Role.RECEPTION),
        ("Công chức TN – TKQ", Role.RECEPTION),
        ("CC TN&TKQ", Role.RECEPTION),
        ("Tiếp nhận và trả kết quả", Role.RECEPTION),
        ("cong chuc xu ly ho so", Role.PROCESSING),
        ("CÔNG CHỨC XỬ LÍ HỒ SƠ", Role.PROCESSING),
        ("TN-TKQ và xử lý hồ sơ", PositionFault.UNKNOWN),
        ("Trưởng phòng", PositionFault.UNKNOWN),
        ("admin", PositionFault.PRIVILEGED),
        ("Kiểm toán viên", PositionFault.PRIVILEGED),
    ],
)
def test_a_position_gives_one_of_two_roles_or_none(position: str, role: Role | PositionFault) -> None:
    assert role_of(position) is role
