"""What one record shows of the police's five classes, and that no fault tells of a field one may not see."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.audit.record import Outcome
from app.lookup.comparison import compare
from app.lookup.data_fault_schemas import fault_notices_said
from app.lookup.data_fault_texts import (
    CLASS_NAMES,
    FAULTS,
    RESULT_NAMES,
    STATUS_NAMES,
    WHERE_TO_CORRECT,
)
from app.lookup.data_fault_values import FaultResult, FaultStatus, may_follow
from app.lookup.data_faults import CLASS_OF, Fault, FaultClass, FaultNotice, find_faults, is_number_changed
from app.lookup.paper import PaperReason
from app.lookup.values import (
    Address,
    BirthDate,
    Citizen,
    CitizenId,
    FullName,
    IdNumber,
    OldIdNumber,
    Person,
    Question,
)
from app.procedures.fields import DEFAULT_FIELDS, Field
from tests.lookup_fakes import Desk, a_catalogue, a_command, a_procedure

ALL = frozenset(Field)
NUMBER, OTHER_NUMBER, OLD_NUMBER = "099190000017", "099190000018", "990000017"
HOME = Address("Thôn Mẫu Một", "99111", None, "99", "VN")
HEAD = Person("TRẦN VĂN BỐN", "099060000018")


def a_whole_record(**changes: Any) -> Citizen:
    """Return a record in which nothing is wrong; *changes* name what is."""
    values: dict[str, Any] = {
        "id_number": NUMBER,
        "full_name": "TRẦN VĂN THỬ",
        "birth_date": BirthDate(1990, 5, 9),
        "old_id_number": OLD_NUMBER,
        "sex": "male",
        "permanent_residence": HOME,
        "current_residence": HOME,
        "household_head": HEAD,
        "relation_to_head": "CH02",
        "nationality": "VN",
        "birth_registration_place": HOME,
        "home_place": HOME,
        "ethnicity": "01",
    }
    return Citizen(**(values | changes))


def test_a_whole_record_shows_no_fault() -> None:
    assert find_faults(a_whole_record(), ALL) == ()


@pytest.mark.parametrize(
    ("changes", "fault", "fields"),
    [
        ({"household_head": None}, Fault.HOUSEHOLD_WITHOUT_HEAD, (Field.HOUSEHOLD_HEAD,)),
        ({"household_head": Person(nationality="VN")}, Fault.HOUSEHOLD_WITHOUT_HEAD, (Field.HOUSEHOLD_HEAD,)),
        (
            {"relation_to_head": "CH01"},
            Fault.HOUSEHOLD_WITH_TWO_HEADS,
            (Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD),
        ),
        (
            {"relation_to_head": "Chủ hộ"},
            Fault.HOUSEHOLD_WITH_TWO_HEADS,
            (Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD),
        ),
        ({"sex": None}, Fault.FIELDS_MISSING, (Field.SEX,)),
        (
            {"permanent_residence": None, "current_residence": Address("Thôn", None, None, "99", "VN")},
            Fault.FIELDS_MISSING,
            (Field.PERMANENT_RESIDENCE, Field.CURRENT_RESIDENCE),
        ),
        ({"old_id_number": None}, Fault.OLD_ID_NUMBER_MISSING, (Field.OLD_ID_NUMBER,)),
        (
            {"old_id_number": OTHER_NUMBER},
            Fault.EARLIER_NUMBER_CARRIED,
            (Field.ID_NUMBER, Field.OLD_ID_NUMBER),
        ),
        ({"spouse": Person("PHẠM THỊ SÁU", NUMBER)}, Fault.ONE_NUMBER_TWO_NAMES, (Field.SPOUSE,)),
    ],
)
def test_each_fault_is_told_with_the_fields_it_lies_in(
    changes: dict[str, Any], fault: Fault, fields: tuple[Field, ...]
) -> None:
    assert find_faults(a_whole_record(**changes), ALL) == (FaultNotice(fault, fields),)


@pytest.mark.parametrize(
    "changes",
    [
        {"household_head": Person("TRẦN VĂN THỬ", NUMBER), "relation_to_head": "CH01"},  # his own head
        {"household_head": Person("TRẦN VĂN BỐN"), "relation_to_head": "CH01"},  # no number to tell by
        {"relation_to_head": None},
        {"old_id_number": None, "birth_date": BirthDate(1998, 1, 1)},  # never had nine digits
        {"old_id_number": None, "birth_date": None},
        {"old_id_number": NUMBER},
        {"spouse": Person("PHẠM THỊ SÁU", OTHER_NUMBER)},
        {"spouse": Person(None, NUMBER)},
        {"representative": Person("Trần văn Thử", NUMBER)},
        {"home_place": Address("Viêng Chăn", None, None, None, "LA")},  # no communes abroad
        {"religion": None, "blood_group": None, "father": None},  # not everybody has these
    ],
)
def test_what_may_be_right_is_no_fault(changes: dict[str, Any]) -> None:
    assert find_faults(a_whole_record(**changes), ALL) == ()


def test_the_last_year_of_nine_digits_counts() -> None:
    record = a_whole_record(old_id_number=None, birth_date=BirthDate(1997))
    assert [notice.fault for notice in find_faults(record, ALL)] == [Fault.OLD_ID_NUMBER_MISSING]


FAULTY = a_whole_record(
    sex=None,
    home_place=None,
    old_id_number=OTHER_NUMBER,
    relation_to_head="CH01",
    father=Person("TRẦN VĂN BỐN", NUMBER),
    ethnicity=None,
)


def test_a_fault_never_names_a_field_that_is_not_permitted() -> None:
    assert {notice.fault for notice in find_faults(FAULTY, ALL)} == {
        Fault.ONE_NUMBER_TWO_NAMES,
        Fault.HOUSEHOLD_WITH_TWO_HEADS,
        Fault.EARLIER_NUMBER_CARRIED,
        Fault.FIELDS_MISSING,
    }
    for hidden in Field:
        for notice in find_faults(FAULTY, ALL - {hidden}):
            assert hidden not in notice.fields


@pytest.mark.parametrize("hidden", Field)
def test_what_a_hidden_field_holds_changes_nothing_of_what_is_told(hidden: Field) -> None:
    """Who finds somebody knows the name and birth date; by nine digits they need not know the number."""
    if hidden in {Field.FULL_NAME, Field.BIRTH_DATE}:
        return
    permitted = ALL - {hidden}
    for record in (FAULTY, a_whole_record(father=HEAD, spouse=HEAD, mother=HEAD, representative=HEAD)):
        emptied: Any = {hidden.value: None}
        told = find_faults(replace(record, **emptied), permitted)
        assert told == find_faults(record, permitted)


def test_a_reception_officer_with_the_usual_fields_hears_nothing_of_the_household() -> None:
    record = a_whole_record(household_head=None, old_id_number=None, ethnicity=None, current_residence=None)
    assert find_faults(record, DEFAULT_FIELDS) == (
        FaultNotice(Fault.FIELDS_MISSING, (Field.CURRENT_RESIDENCE,)),
    )


@pytest.mark.parametrize(
    ("asked", "changes", "is_changed"),
    [
        (CitizenId(NUMBER), {}, False),
        (CitizenId(OTHER_NUMBER), {}, True),
        (CitizenId(OTHER_NUMBER), {"old_id_number": OTHER_NUMBER}, True),
        (CitizenId(OTHER_NUMBER), {"id_number": None, "old_id_number": OTHER_NUMBER}, True),
        (CitizenId(OTHER_NUMBER), {"id_number": None}, False),  # silence says nothing
        (OldIdNumber("990000018"), {}, True),
        (OldIdNumber("990000018"), {"old_id_number": None}, False),
        (OldIdNumber(OLD_NUMBER), {}, False),
        (CitizenId(OTHER_NUMBER), {"full_name": "BÙI VĂN ĐÁP"}, False),  # somebody else
        (CitizenId(OTHER_NUMBER), {"birth_date": BirthDate(1990, 5, 10)}, False),
    ],
)
def test_a_number_has_changed_where_everything_else_agrees(
    asked: IdNumber,
    changes: dict[str, Any],
    is_changed: bool,  # noqa: FBT001 - a column
) -> None:
    question = Question(asked, FullName("Trần Văn Thử"), BirthDate(1990, 5, 9))
    record = a_whole_record(**changes)
    assert is_number_changed(question, record, compare(question, record)) is is_changed


async def test_a_changed_number_is_a_mismatch_told_as_what_it_is() -> None:
    desk = Desk(a_whole_record(id_number=OTHER_NUMBER))
    first = await desk.service.look_up(desk.caller, a_command())
    again = await desk.service.look_up(desk.caller, a_command(retry_of=first.lookup_id))
    assert (first.outcome, first.citizen) == (Outcome.MISMATCH, None)
    assert (first.paper.may_ask, first.paper.because) == (False, PaperReason.NUMBER_CHANGED_ENTER_AGAIN)
    assert (again.paper.may_ask, again.paper.because) == (True, PaperReason.NUMBER_CHANGED)
    assert [notice.fault for notice in first.faults] == [Fault.NUMBER_CHANGED]


async def test_a_fault_shown_is_on_record_by_its_code_and_not_by_what_the_record_says() -> None:
    desk = Desk(a_whole_record(household_head=None, current_residence=None))
    fields = dict.fromkeys(DEFAULT_FIELDS | {Field.HOUSEHOLD_HEAD}, "Điều 14")
    desk.catalogue.shown = a_catalogue(a_procedure(fields=fields))
    disclosure = await desk.service.look_up(desk.caller, a_command())
    assert [notice.fault for notice in disclosure.faults] == [
        Fault.HOUSEHOLD_WITHOUT_HEAD,
        Fault.FIELDS_MISSING,
    ]
    assert desk.outcome()["data_faults"] == "fields_missing household_without_head"


async def test_a_record_without_faults_says_nothing_of_faults() -> None:
    desk = Desk(a_whole_record())
    assert (await desk.service.look_up(desk.caller, a_command())).faults == ()
    assert "data_faults" not in desk.outcome()


def test_every_fault_and_class_has_its_words() -> None:
    assert set(FAULTS) == set(CLASS_OF) == set(Fault)
    assert set(CLASS_NAMES) == set(FaultClass) == set(CLASS_OF.values())
    assert (set(STATUS_NAMES), set(RESULT_NAMES)) == (set(FaultStatus), set(FaultResult))
    for words in (*FAULTS.values(), WHERE_TO_CORRECT):
        assert words.keys() == {"vi", "en"}
        assert all(words.values())


def test_a_notice_says_where_the_record_is_corrected_and_no_value() -> None:
    (vietnamese,) = fault_notices_said(find_faults(a_whole_record(sex=None), ALL), "vi")
    (english,) = fault_notices_said(find_faults(a_whole_record(sex=None), ALL), "en")
    assert vietnamese["fault_class"] == "missing_fields"
    assert vietnamese["fields"] == ["sex"]
    assert "Công an cấp xã" in str(vietnamese["text"])
    assert "02 ngày làm việc" in str(vietnamese["text"])
    assert "VNeID" in str(english["text"])
    assert NUMBER not in json.dumps([vietnamese, english])


S, R = FaultStatus, FaultResult.CORRECTED
ALLOWED = {
    (S.NEW, S.SENT, None),
    (S.NEW, S.CLOSED, None),
    (S.SENT, S.ANSWERED, R),
    (S.SENT, S.CLOSED, None),
    (S.ANSWERED, S.CLOSED, None),
}


@pytest.mark.parametrize("result", [None, R])
@pytest.mark.parametrize("wanted", FaultStatus)
@pytest.mark.parametrize("present", FaultStatus)
def test_a_report_goes_forward_and_is_answered_by_a_result(
    present: FaultStatus, wanted: FaultStatus, result: FaultResult | None
) -> None:
    assert may_follow(present, wanted, result) is ((present, wanted, result) in ALLOWED)
