import io

import openpyxl
import pytest

from app.sheets.reading import DEFAULT_LIMITS
from app.sheets.recognising import read_here
from app.sheets.writing import Cell, Colour, Heading, is_computed, write_csv, write_xlsx

HEADINGS = (Heading("Mã", 12), Heading("Họ và tên", 30))
COMPUTED = [
    "=1+1",
    "+84",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "＝1",
    "=HYPERLINK(1)",
]


@pytest.mark.parametrize("text", COMPUTED)
def test_nothing_in_a_csv_is_computed(text: str) -> None:
    line = b"".join(write_csv(HEADINGS, [[text, "b"]])).decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('"').startswith("'")


def test_a_csv_shows_vietnamese_in_excel_and_keeps_what_is_harmless() -> None:
    content = b"".join(write_csv(HEADINGS, [["007", 'Trần "Thử", A']]))
    assert content.startswith(b"\xef\xbb\xbf")
    assert read_here(content, "a.csv", DEFAULT_LIMITS)[0].rows[1].cells == ("007", 'Trần "Thử", A')


@pytest.mark.parametrize("text", [*COMPUTED, "#N/A", "007", "_x0041_", "thường"])
def test_everything_in_a_workbook_is_text(text: str) -> None:
    content = write_xlsx(HEADINGS, [[text, "b"]])
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]["A2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.number_format == "@"
    assert bool(cell.quotePrefix) is is_computed(text)


def test_a_workbook_comes_back_as_it_was_written() -> None:
    rows = [["007", "Trần Văn Thử"], ["_x0041_", "=1+1"], ["", "chỉ một ô"]]
    content = write_xlsx(HEADINGS, rows, title="Danh sách: [1]/2")
    (sheet,) = read_here(content, "a.xlsx", DEFAULT_LIMITS)
    assert [list(row.cells) for row in sheet.rows] == [["Mã", "Họ và tên"], *rows]
    assert sheet.name == "Danh sách 1 2"


def test_the_header_is_bold_frozen_and_as_wide_as_asked() -> None:
    content = write_xlsx(HEADINGS, [["1", Cell("sai", Colour.WRONG)]])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet["A1"].font.bold
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].width == 30
    assert sheet["B2"].fill.start_color.rgb.endswith("FFC7CE")
    assert sheet["A2"].fill.fill_type is None


def test_a_text_that_no_workbook_may_hold_is_shown_as_such() -> None:
    content = write_xlsx(HEADINGS, [["a\x01\ud800b", "x" * 40_000]])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet["A2"].value == "a\ufffd\ufffdb"
    assert len(sheet["B2"].value) == 32_767
