import codecs
import unicodedata
from dataclasses import replace

import pytest

from app.accounts.registration.form import WANTED, Column
from app.sheets.child import answer_to
from app.sheets.errors import SheetError, SheetReason
from app.sheets.parts import shows_date
from app.sheets.reading import DEFAULT_LIMITS, ask_child, read_measured, read_sheets
from app.sheets.recognising import read_here
from app.sheets.tables import Table, find_table
from app.sheets.values import Row, Sheet, column_letters
from app.sheets.workbook import read_workbook
from tests.sheets.workbooks import HEADER, MAIN, OFFICER, cell, parts, row, sheet, workbook, zipped

CSV = "\r\n".join((";".join(HEADER), ";".join(OFFICER)))


def the_table(content: bytes, name: str = "a.xlsx", sheet_name: str | None = None) -> Table[Column]:
    return find_table(read_here(content, name, DEFAULT_LIMITS), WANTED, sheet_name)


def test_the_process_apart_reads_what_reading_here_reads() -> None:
    content = workbook(after='<mergeCells><mergeCell ref="F1:G1"/></mergeCells>')
    assert read_sheets(content, "a.xlsx") == read_here(content, "a.xlsx", DEFAULT_LIMITS)


def test_a_process_that_somebody_waits_for_too_long_is_ended() -> None:
    with pytest.raises(SheetError) as caught:
        read_sheets(workbook(), "a.xlsx", replace(DEFAULT_LIMITS, patience_seconds=0.001))
    assert caught.value.reason is SheetReason.TOO_SLOW


def test_a_process_out_of_processor_time_is_ended() -> None:
    many_rows = ("ê;" * 11 + "\n").encode() * 400_000  # seconds on any processor of today
    boundless = replace(DEFAULT_LIMITS, max_rows=10**9, max_cells=10**9, max_characters=10**9)
    limits = replace(boundless, seconds=0, memory_bytes=2 * 1024**3)
    with pytest.raises(SheetError) as caught:
        read_sheets(many_rows, "a.csv", limits)
    assert caught.value.reason is SheetReason.TOO_SLOW


def test_a_process_out_of_memory_is_ended() -> None:
    answer = ask_child(workbook(), "a.xlsx", replace(DEFAULT_LIMITS, memory_bytes=1024 * 1024))
    assert answer["error"]["reason"] == "too_much_memory"


def test_reading_a_small_list_takes_little_memory() -> None:
    assert 0 < read_measured(workbook(), "a.xlsx").peak_kib < 60_000


def test_a_file_too_large_starts_no_process() -> None:
    with pytest.raises(SheetError) as caught:
        read_sheets(b"12345", "a.csv", replace(DEFAULT_LIMITS, max_file_bytes=4))
    assert caught.value.reason is SheetReason.FILE_TOO_LARGE


class Broken:
    def read(self, _size: int) -> bytes:
        raise ZeroDivisionError("geheim")


class Full:
    def read(self, _size: int) -> bytes:
        raise MemoryError


@pytest.mark.parametrize(("stream", "reason"), [(Broken(), "unreadable"), (Full(), "too_much_memory")])
def test_a_fault_of_ours_is_answered_without_its_words(stream: object, reason: str) -> None:
    answer = answer_to(stream, "a.csv", DEFAULT_LIMITS)  # type: ignore[arg-type]
    assert answer == {"error": SheetError(SheetReason(reason)).as_json()}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CSV.encode(), id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + CSV.encode(), id="utf-8 with mark"),
        pytest.param(CSV.encode("utf-16"), id="utf-16"),
        pytest.param(CSV.encode("utf-16-le"), id="utf-16-le without mark"),
        pytest.param(CSV.encode("utf-16-be"), id="utf-16-be without mark"),
        pytest.param(CSV.replace(";", ",").encode(), id="comma"),
        pytest.param(CSV.replace(";", "\t").encode("utf-16"), id="Unicode text of Excel"),
        pytest.param(("sep=;\r\n" + CSV).encode(), id="sep line"),
        pytest.param(CSV.replace("\r\n", "\n").encode(), id="bare line feeds"),
        pytest.param(unicodedata.normalize("NFD", CSV).encode(), id="decomposed"),
        pytest.param(CSV.replace("Trần", "\u200bTrần\u00a0").encode(), id="invisible letters"),
        pytest.param(CSV.replace("UBND xã Mẫu", '"UBND\r\nxã\tMẫu"').encode(), id="line break in a cell"),
    ],
)
def test_a_csv_is_read_however_it_was_saved(content: bytes) -> None:
    table = the_table(content, "a.csv")
    assert [each.cells for each in table.rows] == [OFFICER]


def test_titles_blank_rows_and_column_numbers_are_passed_over() -> None:
    rows = (
        row(1, ["UBND TỈNH MẪU"])
        + row(3, ["DANH SÁCH ĐĂNG KÝ TÀI KHOẢN"])
        + row(6, HEADER)
        + row(8, ["(1)", "(2)", "(3)", "(4)", "(5)"])
        + row(9, OFFICER)
    )
    table = the_table(
        workbook(rows, after='<mergeCells><mergeCell ref="A3:E4"/><mergeCell ref="A6:A7"/></mergeCells>')
    )
    assert [each.number for each in table.rows] == [9]
    assert table.header.number == 6


def test_headers_are_known_by_what_they_mean() -> None:
    titles = [
        "TT",
        "TÊN  TÀI KHOẢN\nđăng nhập",
        "Họ tên (*)",
        "Cơ quan/đơn vị",
        "CHUC VU (công chức …)",
        "Email",
    ]
    table = the_table(workbook(row(1, titles) + row(2, OFFICER)))
    assert list(table.columns) == [
        Column.NUMBER, Column.LOGIN_NAME, Column.FULL_NAME, Column.UNIT, Column.POSITION,
    ]  # fmt: skip
    assert table.unknown == (5,)


def test_the_sheet_with_the_list_is_found_among_others() -> None:
    notes = sheet(row(1, ["Ghi chú chung"]) + '<row r="2"><c r="A2"><f>1+1</f></c></row>')
    content = zipped(parts({"Hướng dẫn": notes, "Danh sách": sheet()}))
    assert the_table(content).sheet == "Danh sách"


def test_of_two_lists_the_one_named_is_read() -> None:
    content = zipped(parts({"A": sheet(), "B": sheet()}))
    assert the_table(content, sheet_name="B").sheet == "B"
    with pytest.raises(SheetError) as caught:
        the_table(content, sheet_name="C")
    assert (caught.value.reason, caught.value.detail) == (SheetReason.SHEET_UNKNOWN, "A, B")


def test_of_a_csv_no_sheet_can_be_named() -> None:
    with pytest.raises(SheetError) as caught:
        find_table((Sheet("", (Row(1, tuple(HEADER), ""),)),), WANTED, "Danh sách")
    assert caught.value.reason is SheetReason.NO_SHEETS


def test_a_hidden_sheet_is_not_read_and_not_even_inflated() -> None:
    content = zipped(parts({"A": sheet(), "B": "<broken"}, states={"B": "hidden"}))
    assert the_table(content).sheet == "A"


def test_a_computed_number_column_is_no_hindrance() -> None:
    rows = (
        row(1, HEADER)
        + '<row r="2"><c r="A2"><f>ROW()-1</f><v>1</v></c>'
        + "".join(cell(n, 2, OFFICER[n - 1]) for n in range(2, 6))
        + "</row>"
    )
    assert the_table(workbook(rows)).rows[0].cells == OFFICER


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy;@"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/></cellXfs></styleSheet>'
)


@pytest.mark.parametrize(
    ("written", "text", "kind"),
    [
        ('<c s="1"><v>45839</v></c>', "2025-07-01", "d"),
        ('<c s="2"><v>1</v></c>', "1900-01-01", "d"),
        ('<c s="2"><v>61.5</v></c>', "1900-03-01", "d"),
        ('<c s="2"><v>-5</v></c>', "-5", "n"),
        ('<c s="0"><v>45839</v></c>', "45839", "n"),
        ("<c><v>1.2E1</v></c>", "12", "n"),
        ("<c><v>0.25</v></c>", "0.25", "n"),
        ('<c t="d"><v>2025-07-01T00:00:00</v></c>', "2025-07-01", "d"),
        ('<c t="b"><v>1</v></c>', "TRUE", "b"),
        ('<c t="s"><v>0</v></c>', "Hai mảnh", "t"),
        ('<c t="inlineStr"><is><r><t>một_x000D_</t></r><r><t>hai</t></r></is></c>', "một hai", "t"),
        ('<c t="inlineStr"><is><t>a_xD800_b</t></is></c>', "a\ufffdb", "t"),
        ('<c t="inlineStr"><is><t>hiện</t><rPh sb="0" eb="1"><t>ẩn</t></rPh></is></c>', "hiện", "t"),
    ],
)
def test_a_cell_becomes_what_a_person_sees(written: str, text: str, kind: str) -> None:
    strings = f'<sst xmlns="{MAIN}"><si><r><t>Hai </t></r><rPh><t>x</t></rPh><r><t>mảnh</t></r></si></sst>'
    content = zipped(parts({"A": sheet(f'<row r="1">{written}</row>')}, strings=strings, styles=STYLES))
    (read,) = read_workbook(content, DEFAULT_LIMITS)
    assert (read.rows[0].cells, read.rows[0].kinds) == ((text,), kind)


def test_days_counted_from_1904_are_known() -> None:
    content = zipped(
        parts(
            {"A": sheet('<row><c s="1"><v>44377</v></c></row>')},
            styles=STYLES,
            book='<workbookPr date1904="1"/>',
        )
    )
    assert read_workbook(content, DEFAULT_LIMITS)[0].rows[0].cells == ("2025-07-01",)


def test_a_program_that_prefixes_its_elements_is_read() -> None:
    prefixed = (
        sheet().replace("<worksheet xmlns=", "<x:worksheet xmlns:x=").replace("</worksheet", "</x:worksheet")
    )
    for name in ("sheetData", "row", "c ", "is", "t>"):
        prefixed = prefixed.replace(f"<{name}", f"<x:{name}").replace(
            f"</{name.strip()}", f"</x:{name.strip()}"
        )
    assert the_table(zipped(parts({"A": prefixed}))).rows[0].cells == OFFICER


@pytest.mark.parametrize(
    ("code", "shows"),
    [("dd/mm/yyyy", True), ("[h]:mm", True), ("General", False), ('0" ngày"', False), ("0.00", False)],
)
def test_number_formats_that_show_dates_are_known(code: str, *, shows: bool) -> None:
    assert shows_date(code) is shows


@pytest.mark.parametrize(("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (16_384, "XFD")])
def test_columns_have_letters(column: int, letters: str) -> None:
    assert column_letters(column) == letters
