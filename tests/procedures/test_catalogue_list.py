"""Lists of procedures: what a row comes to, and that a list written is the same when read again."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.values import Role
from app.audit.record import Draft
from app.clock import SystemClock
from app.procedures.catalogue.entries import entry_cells, read_entry
from app.procedures.catalogue.files import read_list, template_workbook, write_list
from app.procedures.catalogue.form import HEADINGS, TITLES, recognise
from app.procedures.catalogue.planning import plan_catalogue
from app.procedures.catalogue.records import entry_event
from app.procedures.catalogue.values import EntryChange, Version
from app.procedures.fields import DEFAULT_FIELDS, FIELD_TITLES, SENSITIVE_FIELDS, Field
from app.procedures.lists.fault_texts import FAULT_TEXTS, what_is_wrong, what_mends_it
from app.procedures.lists.faults import FaultCode
from app.procedures.lists.reporting import ListReport
from app.procedures.lists.values import Action, ListRow, PlannedRow, Terms, list_rows
from app.procedures.values import Procedure, QuestionType
from app.sheets.errors import SheetError
from app.sheets.reading import read_sheets
from tests.procedures.lists import BASIS, CODE, OWN_BASIS, TERMS, TODAY, a_procedure, a_row, said


def planned(row: ListRow, *versions: Version, terms: Terms = TERMS) -> PlannedRow[EntryChange]:
    (plan,) = plan_catalogue([row], {CODE: list(versions)} if versions else {}, terms).rows
    return plan


def after(row: ListRow, *versions: Version) -> Procedure:
    work = planned(row, *versions).work
    assert work is not None
    return work.after


def codes_of(row: PlannedRow[EntryChange]) -> list[tuple[FaultCode, str]]:
    return [(fault.code, fault.column.value) for fault in row.faults if not fault.is_warning]


def test_every_field_has_a_name_for_clerks_and_every_column_is_recognised_by_it() -> None:
    assert set(FIELD_TITLES) == set(Field)
    assert [recognise(TITLES[heading]) for heading in HEADINGS] == list(HEADINGS)


def test_a_row_without_marks_needs_the_usual_five_fields() -> None:
    assert after(a_row()).fields == dict.fromkeys(sorted(DEFAULT_FIELDS), BASIS)


def test_a_mark_takes_the_rows_own_basis_and_a_text_is_the_fields() -> None:
    fields = after(a_row(full_name="x", household_head=OWN_BASIS)).fields
    assert fields == {Field.FULL_NAME: BASIS, Field.HOUSEHOLD_HEAD: OWN_BASIS}


@pytest.mark.parametrize("field", sorted(SENSITIVE_FIELDS))
@pytest.mark.parametrize("mark", ["x", "X", "có", "1", " yes"])
def test_no_sensitive_field_is_shown_on_a_mark(field: Field, mark: str) -> None:
    plan = planned(a_row({field.value: mark}))
    assert (plan.action, codes_of(plan)) == (Action.REFUSED, [(FaultCode.FIELD_BASIS_MISSING, field.value)])


@pytest.mark.parametrize("field", sorted(SENSITIVE_FIELDS))
def test_a_sensitive_field_is_shown_on_a_basis_of_its_own(field: Field) -> None:
    assert after(a_row({field.value: OWN_BASIS}, full_name="x")).fields[field] == OWN_BASIS


@pytest.mark.parametrize("cell", ["", "không", "no"])
def test_what_is_not_marked_is_not_shown(cell: str) -> None:
    assert Field.RELIGION not in after(a_row(full_name="x", religion=cell)).fields


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"procedure_code": ""}, FaultCode.CODE_MISSING, "procedure_code"),
        ({"procedure_code": "1.00419"}, FaultCode.CODE_MALFORMED, "procedure_code"),
        ({"procedure_code": "1.011442.000.00.00.h38"}, FaultCode.CODE_MALFORMED, "procedure_code"),
        ({"name": ""}, FaultCode.TEXT_MISSING, "name"),
        ({"name": "=HYPERLINK(1)"}, FaultCode.TEXT_UNFIT, "name"),
        ({"name": "của 099190000017"}, FaultCode.TEXT_UNFIT, "name"),
        ({"name": "a" * 301}, FaultCode.TEXT_UNFIT, "name"),
        ({"legal_basis": ""}, FaultCode.TEXT_MISSING, "legal_basis"),
        ({"religion": "+cmd|calc và hơn nữa"}, FaultCode.TEXT_UNFIT, "religion"),
        ({"religion": "abc"}, FaultCode.WORD_UNKNOWN, "religion"),
        ({"service_code": "mã 1"}, FaultCode.SERVICE_CODE_MALFORMED, "service_code"),
        ({"question_types": "tra cứu; hỏi"}, FaultCode.WORD_UNKNOWN, "question_types"),
        ({"roles": "kiểm tra"}, FaultCode.WORD_UNKNOWN, "roles"),
        ({"is_decree_104": "hình như"}, FaultCode.WORD_UNKNOWN, "is_decree_104"),
        ({"valid_from": "31/02/2026"}, FaultCode.DATE_MALFORMED, "valid_from"),
        ({"valid_to": "01/01/2020"}, FaultCode.DATES_REVERSED, "valid_to"),
        ({"document_number": "=1+1"}, FaultCode.DOCUMENT_MALFORMED, "document_number"),
        ({field.value: "Điều khoản " * 25 for field in Field}, FaultCode.BASES_TOO_LONG, "legal_basis"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(cells: dict[str, str], code: FaultCode, column: str) -> None:
    plan = planned(a_row(cells))
    assert (plan.action, plan.work) == (Action.REFUSED, None)
    assert (code, column) in codes_of(plan)
    assert all("{" not in what_is_wrong(one, "vi") + what_mends_it(one, "en") for one in plan.faults)


def test_a_code_that_a_spreadsheet_cut_is_suggested_whole() -> None:
    (fault,) = planned(a_row(procedure_code="1.00419")).faults
    assert fault.details["suggestion"] == ": 1.004190?"


def test_a_code_stands_in_one_row_only() -> None:
    rows = plan_catalogue([a_row(number=2), a_row(number=3)], {}, TERMS).rows
    assert [row.action for row in rows] == [Action.ADD, Action.REFUSED]
    assert codes_of(rows[1]) == [(FaultCode.CODE_TWICE, "procedure_code")]


def test_words_and_days_are_read_as_clerks_write_them() -> None:
    row = a_row(
        question_types="Tra cứu, hộ gia đình",
        roles="Công chức TN-TKQ",
        is_decree_104="X",
        valid_from="1/7/2025",
        valid_to="2027-01-01",
        service_code="G18-YT04",
    )
    procedure = after(row)
    assert procedure.question_types == {QuestionType.LOOKUP, QuestionType.HOUSEHOLD}
    assert procedure.roles == {Role.RECEPTION}
    assert procedure.is_decree_104
    assert (procedure.valid_from, procedure.valid_to) == (date(2025, 7, 1), date(2027, 1, 1))


def test_a_column_that_the_list_lacks_leaves_what_is() -> None:
    before = a_procedure(service_code="1.004194.01", is_decree_104=True, valid_to=date(2030, 1, 1))
    before = replace(before, fields={Field.RELIGION: OWN_BASIS, Field.FULL_NAME: BASIS})
    only = frozenset(HEADINGS) - {HEADINGS[1], HEADINGS[2], HEADINGS[5]}
    changed = after(a_row(name="Tên mới", legal_basis="Luật Cư trú, Điều 9", without=only), said(before))
    assert replace(changed, name=before.name, legal_basis=BASIS, fields=before.fields) == before
    assert changed.fields == {Field.RELIGION: OWN_BASIS, Field.FULL_NAME: "Luật Cư trú, Điều 9"}


def test_a_change_is_not_put_before_one_that_is_planned() -> None:
    later = TODAY + timedelta(days=9)
    versions = said(a_procedure(), TODAY, later), said(a_procedure(name="Tên khác"), later)
    assert codes_of(planned(a_row(name="Tên mới"), *versions)) == [
        (FaultCode.LATER_VERSION, "procedure_code")
    ]
    on_the_day = planned(a_row(name="Tên mới"), *versions, terms=replace(TERMS, on=later))
    assert on_the_day.action is Action.CHANGE


def test_without_a_service_code_a_row_passes_with_a_warning() -> None:
    plan = planned(a_row())
    assert [fault.code for fault in plan.faults] == [FaultCode.SERVICE_CODE_MISSING]
    assert plan.action is Action.ADD


_bases = st.text(st.sampled_from("abc đĐ,;:=x/-.0 "), min_size=8, max_size=20).map(
    lambda text: f"Luật {text.strip()} số"
)
_procedures = st.builds(
    a_procedure,
    service_code=st.none() | st.just("1.004194.01"),
    is_decree_104=st.booleans(),
    roles=st.sets(st.sampled_from([Role.RECEPTION, Role.PROCESSING]), min_size=1).map(frozenset),
    question_types=st.sets(st.sampled_from(QuestionType), min_size=1).map(frozenset),
    fields=st.dictionaries(st.sampled_from(Field), st.just(BASIS) | _bases, min_size=1).filter(
        lambda fields: sum(map(len, fields.values())) < 3000
    ),
    valid_to=st.none() | st.dates(date(2027, 1, 1), date(2050, 1, 1)),
    field_of_work=st.sampled_from(["", "Hộ tịch"]),
)


@given(_procedures)
def test_what_is_written_as_a_row_reads_back_as_it_was(procedure: Procedure) -> None:
    cells = {heading: " ".join(text.split()) for heading, text in entry_cells(procedure).items()}
    row = ListRow(2, {heading: text for heading, text in cells.items() if text}, frozenset(HEADINGS))
    read = read_entry(row, CODE, None, TODAY)
    assert isinstance(read, Procedure)
    tidy = {field: " ".join(basis.split()) for field, basis in procedure.fields.items()}
    assert read == replace(procedure, fields=tidy)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_imported_again_changes_nothing(kind: str) -> None:
    before = said(
        a_procedure(fields={Field.RELIGION: OWN_BASIS, Field.SEX: BASIS}, valid_to=date(2030, 1, 1))
    )
    other = said(a_procedure("1.011442.000.00.00.H38", service_code="VPCP"))
    table = read_list(write_list([before, other], is_xlsx=kind == "xlsx"), "")
    known = {one.procedure.procedure_code: [one] for one in (before, other)}
    plan = plan_catalogue(list_rows(table), known, TERMS)
    assert [row.action for row in plan.rows] == [Action.UNCHANGED] * 2


def test_what_a_spreadsheet_would_compute_is_neutralised_where_it_got_in_before() -> None:
    content = write_list([said(a_procedure(name="=1+1"))], is_xlsx=False).decode("utf-8-sig")
    assert "'=1+1" in content


def test_the_template_holds_every_column_and_says_how() -> None:
    form, instructions = read_sheets(template_workbook(), "")
    assert form.rows[0].cells == tuple(TITLES[heading] for heading in HEADINGS)
    told = {row.cells[0] for row in instructions.rows}
    assert {TITLES[heading] for heading in HEADINGS[1:]} <= told


def test_a_template_that_nobody_filled_in_is_refused() -> None:
    with pytest.raises(SheetError, match="no_rows"):
        read_list(template_workbook(), "")


def test_the_list_comes_back_with_what_is_wrong_beside_each_row() -> None:
    bad = said(a_procedure(fields={Field.SEX: BASIS}))
    table = read_list(write_list([bad], is_xlsx=True), "")
    rows = [replace(row, texts={**row.texts, Field.RELIGION: "x"}) for row in list_rows(table)]
    report = ListReport(plan_catalogue(rows, {}, TERMS), table)
    (sheet,) = read_sheets(report.workbook(), "")
    assert sheet.rows[0].cells[-3:] == ("Kết quả", "Lỗi", "Cách sửa")
    assert sheet.rows[1].cells[-3] == "Có lỗi"
    (told,) = report.as_json("vi")["rows"]
    (fault,) = [one for one in told["faults"] if not one["is_warning"]]
    assert (fault["column"], fault["what"]) == (
        "religion",
        FAULT_TEXTS[FaultCode.FIELD_BASIS_MISSING]["vi"][0],
    )
    assert fault["place"].endswith("2")
    assert any("religion" not in line and "nhạy cảm" in line for line in report.lines(report.plan.rows[0]))


def test_every_fault_is_told_in_both_languages_about_the_same() -> None:
    assert set(FAULT_TEXTS) == set(FaultCode)
    for texts in FAULT_TEXTS.values():
        english, vietnamese = (set(re.findall(r"{(\w+)}", "".join(texts[each]))) for each in ("en", "vi"))
        assert english <= vietnamese


@settings(max_examples=20)
@given(_procedures)
def test_a_record_of_any_entry_can_be_written(procedure: Procedure) -> None:
    event = entry_event(EntryChange(a_procedure(), replace(procedure, name="Khác"), TODAY, "1/QĐ"))
    Draft(event.kind, SystemClock().now(), event.facts).check()


def test_the_record_of_the_longest_entry_can_be_written() -> None:
    longest = a_procedure(
        name='"' * 300, legal_basis='"' * 300, fields=dict.fromkeys(Field, '"' * 142), field_of_work='"' * 200
    )
    other = replace(longest, name="ạ" * 300, legal_basis="ạ" * 300, fields=dict.fromkeys(Field, "ạ" * 142))
    event = entry_event(EntryChange(longest, other, TODAY, "1/QĐ"))
    Draft(event.kind, SystemClock().now(), event.facts).check()
