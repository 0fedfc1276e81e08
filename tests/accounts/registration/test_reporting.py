import io
import json
from dataclasses import replace

import openpyxl
import pytest

from app.accounts.registration.form import TITLES, WANTED, Column, recognise
from app.accounts.registration.reporting import (
    REPORT_HEADINGS,
    annotated_workbook,
    changes_text,
    report_json,
    report_rows,
)
from app.accounts.registration.template import COLUMNS, template_workbook
from app.accounts.registration.values import Action, Plan, list_rows
from app.sheets.reading import DEFAULT_LIMITS
from app.sheets.recognising import read_here
from app.sheets.tables import Table, find_table
from app.sheets.writing import Heading, write_csv, write_xlsx
from tests.accounts.registration.lists import NAMES, TERMS, an_officer, planned

ROWS = (
    ("1", "thu.tv", "Trần Văn Thử", "xã Tân Hà", "công chức TN-TKQ", "=1+1"),
    ("2", "", "Lê 2", "xã Tân Hàa", "công chức TN-TKQ", ""),
    ("x", "moi", "Lê Mới", "P. Hòa Bình", "xử lý hồ sơ", ""),
)
TITLED = (*(TITLES[column] for column in COLUMNS[:5]), "Điện thoại")


def the_table(rows: tuple[tuple[str, ...], ...] = ROWS) -> Table[Column]:
    content = write_xlsx([Heading(title) for title in TITLED], rows)
    return find_table(read_here(content, "a.xlsx", DEFAULT_LIMITS), WANTED)


def the_plan(table: Table[Column]) -> Plan:
    return planned(*list_rows(table), officers=(an_officer(),))


def test_a_report_names_row_cell_fault_and_cure() -> None:
    table = the_table()
    rows = list(report_rows(the_plan(table), table))
    assert [row[:2] + row[3:5] for row in rows] == [
        ("2", "", "Không thay đổi", ""),
        ("3", "B3", "Có lỗi", "Lỗi"),
        ("3", "C3", "Có lỗi", "Lỗi"),
        ("3", "D3", "Có lỗi", "Lỗi"),
        ("4", "A4", "Thêm mới", "Lưu ý"),
    ]
    assert all(len(row) == len(REPORT_HEADINGS) for row in rows)
    assert "UBND" not in rows[3][5]
    assert "Ủy ban nhân dân xã Tân Hà" in rows[3][6]
    assert b"".join(write_csv(REPORT_HEADINGS, rows)).count(b"\r\n") == 6


def test_a_report_is_there_in_english() -> None:
    table = the_table()
    assert ("3", "B3", "", "Refused", "error", "The login name is missing") in {
        row[:6] for row in report_rows(the_plan(table), table, "en")
    }


def test_a_report_for_programs_leaves_out_what_does_not_change() -> None:
    table = the_table()
    told = json.loads(json.dumps(report_json(the_plan(table), table)))
    assert told["counts"] == {"add": 1, "update": 0, "transfer": 0, "unchanged": 1, "refused": 1}
    assert told["may_be_applied"] is False
    assert told["ignored_columns"] == ["Điện thoại"]
    assert [row["row"] for row in told["rows"]] == [3, 4]
    assert told["rows"][0]["faults"][0]["place"] == "B3"
    assert set(told["rows"][0]["faults"][0]["fix"]) == {"vi", "en"}


def test_a_long_report_comes_page_by_page_errors_first() -> None:
    table = the_table((ROWS[2], ("2", "nam", "Lê Năm", "xã Tân Hà", "xử lý hồ sơ", ""), ROWS[1]))
    plan = the_plan(table)
    pages = [report_json(plan, table, "vi", 2), report_json(plan, table, "vi", 2, 2)]
    told = json.loads(json.dumps(pages))
    assert [[row["row"] for row in page["rows"]] for page in told] == [[4, 2], [3]]
    assert [(page["left_off"], page["next_cursor"]) for page in told] == [(1, "2"), (0, None)]
    assert report_json(plan, table, "vi", 2, 9)["rows"] == []


def test_the_annotated_list_shows_what_is_wrong_where_it_is_wrong() -> None:
    table = the_table()
    content = annotated_workbook(the_plan(table), table)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet[1]][-3:] == ["Kết quả", "Lỗi", "Cách sửa"]
    assert sheet["B3"].fill.start_color.rgb.endswith("FFC7CE")
    assert sheet["A4"].fill.start_color.rgb.endswith("FFEB9C")
    assert sheet["B2"].fill.fill_type is None
    assert sheet["F2"].data_type != "f"
    assert sheet["G3"].value == "Có lỗi"


def test_the_annotated_list_can_be_corrected_and_sent_again() -> None:
    table = the_table((ROWS[0], ROWS[2]))
    content = annotated_workbook(the_plan(table), table)
    again = find_table(read_here(content, "a.xlsx", DEFAULT_LIMITS), WANTED)
    assert the_plan(again).rows == the_plan(table).rows


def test_changes_are_told_in_the_words_of_the_form() -> None:
    table = the_table((("1", "thu.tv", "Trần Văn Thử", "P. Hòa Bình", "xử lý hồ sơ", ""),))
    plan = planned(*list_rows(table), officers=(an_officer(),), terms=replace(TERMS, document_number="1"))

    assert plan.rows[0].action is Action.TRANSFER
    assert changes_text(plan.rows[0].changes, NAMES) == (
        "Đơn vị: Ủy ban nhân dân xã Tân Hà → Ủy ban nhân dân phường Hòa Bình; Chức vụ: reception → processing"
    )


def test_the_template_is_a_list_without_rows_and_says_how_to_fill_it_in() -> None:
    content = template_workbook()
    book = openpyxl.load_workbook(io.BytesIO(content))
    form, instructions = book.worksheets
    assert [recognise(str(cell.value)) for cell in form[1]] == list(COLUMNS)
    (choice,) = form.data_validations.dataValidation
    assert str(choice.sqref).startswith("E2:")
    assert choice.formula1 == '"công chức TN-TKQ,công chức xử lý hồ sơ"'
    assert form["B400"].number_format == "@"
    assert [row[0].value for row in instructions.iter_rows(min_row=2)][:5] == [
        TITLES[each] for each in COLUMNS[:5]
    ]


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Họ và tên", Column.FULL_NAME),
        ("HỌ, TÊN CÁN BỘ", Column.FULL_NAME),
        ("MÃ CÁN BỘ", Column.UPSTREAM_OFFICER_CODE),
        ("mat khau", Column.PASSWORD),
        ("Mật khẩu lần đầu (đổi sau)", Column.PASSWORD),
        ("MK", Column.PASSWORD),
        ("Initial password", Column.PASSWORD),
        ("Chức vụ (công chức TN-TKQ / công chức xử lý hồ sơ)", Column.POSITION),
        ("x" * 300, None),
        ("", None),
    ],
)
def test_a_header_is_known_by_its_words(title: str, column: Column | None) -> None:
    assert recognise(title) is column
