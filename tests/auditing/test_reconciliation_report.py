"""A report says the same in each form, opens in Excel, and holds no formula of the other side's."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from app.auditing.reconciliation_report import HEADINGS, Report, ReportFormat
from app.auditing.reconciliation_spill import open_spill
from app.auditing.reconciliation_texts import FAULT_TEXTS, KIND_TEXTS, local_time, summary_lines
from app.auditing.reconciliation_values import Kind, Period, RowFault, Totals
from app.errors import ConfigurationError
from tests.auditing.national_logs import HEADING, a_record, a_row, compared, id_of

EVIL = '=HYPERLINK("http://x";"y")'


@pytest.fixture
def report(tmp_path: Path) -> Iterator[Report]:
    """A look without a record whose cells are formulas, a record without a look, an uncertain one."""
    log = tmp_path / "log.csv"
    evil = a_row(2).replace("cb-002", '"=HYPERLINK(""http://x"";""y"")"')
    log.write_text("\n".join([HEADING, evil, f"x,{id_of(9)},,,,"]), encoding="utf-8")
    records = [a_record(1), a_record(3, ""), a_record(9)]
    with open_spill() as spill:
        yield Report("log.csv", "ab" * 32, compared(spill, log, iter(records)), spill)


def written(report: Report, report_format: ReportFormat) -> bytes:
    file = io.BytesIO()
    report.write(file, report_format)
    return file.getvalue()


def test_a_csv_report_lists_all_and_computes_nothing(report: Report) -> None:
    content = written(report, ReportFormat.CSV)
    assert content.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert heading == [each.title for each in HEADINGS]
    assert [row[1] for row in rows] == [
        "record_without_look",
        "look_without_record",
        "unreadable_row",
        "uncertain",
    ]
    assert {len(row) for row in rows} == {len(HEADINGS)}
    look = dict(zip(heading, rows[1], strict=True))
    assert look["Mã cán bộ phía quốc gia"] == f"'{EVIL}"
    assert (look["Thời gian phía quốc gia"], look["Dòng trong tệp"]) == ("01/11/2026 07:00:37.088", "2")
    record = dict(zip(heading, rows[0], strict=True))
    assert (record["Đường kết nối của ta"], record["Kết quả của ta"]) == ("lgsp-soap", "found")
    assert rows[2][0].endswith("thời gian không đọc được")


def test_an_xlsx_report_says_the_same_on_four_sheets(report: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(report, ReportFormat.XLSX)))
    assert book.sheetnames == ["Tổng hợp", "Sai lệch", "Dòng không đọc được", "Chưa chắc chắn"]
    assert [book[name].max_row for name in book.sheetnames[1:]] == [3, 2, 2]
    cells = [cell for row in book["Sai lệch"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert EVIL in {cell.value for cell in cells}
    assert "SHA-256: " + "ab" * 32 in {row[1] for row in book["Tổng hợp"].iter_rows(values_only=True)}


def test_a_json_report_is_json_and_says_the_same(report: Report) -> None:
    told = json.loads(written(report, ReportFormat.JSON))
    assert [each["kind"] for each in told["differences"]] == ["record_without_look", "look_without_record"]
    assert told["differences"][1]["national_side"]["at"] == "2026-11-01T07:00:37.088+07:00"
    assert told["differences"][1]["record"] is None
    assert told["unreadable_rows"] == [{"line": 3, "fault": "time", "text": "the time cannot be read"}]
    assert [each["kind"] for each in told["uncertain"]] == ["uncertain"]
    assert (told["is_clean"], told["sha256"], told["counts"]["broken_rows"]) == (False, "ab" * 32, 1)


def test_more_than_a_sheet_should_hold_is_left_to_the_other_forms(report: Report) -> None:
    totals = Totals(Period(0, 1), 0, 0, 0, 0, 0, 0, 0, None, {Kind.UNCERTAIN: 200_001})
    too_large = Report("log.csv", "", totals, report.spill)
    too_large.check(ReportFormat.CSV)
    with pytest.raises(ConfigurationError, match="too many for a sheet"):
        too_large.check(ReportFormat.XLSX)


def test_every_kind_and_fault_has_words_and_the_summary_says_each_count() -> None:
    assert KIND_TEXTS.keys() == set(Kind)
    assert FAULT_TEXTS.keys() == set(RowFault)
    totals = Totals(Period(0, 1), 11, 12, 13, 14, 15, 16, 17, 18_000, dict.fromkeys(Kind, 19))
    for language in zip(*summary_lines(totals), strict=True):
        said = "\n".join(language)
        assert all(str(number) in said for number in range(11, 20))
        assert str(19 * 7) in said.splitlines()[-1]
    clocks = Totals(Period(0, 1), 0, 0, 0, 0, 0, 0, 0, -25_200_000, {})
    assert "múi giờ" in summary_lines(clocks)[2][0]
    clean = Totals(Period(0, 1), 0, 0, 0, 0, 0, 0, 0, None, {})
    assert clean.is_clean
    assert summary_lines(clean)[-1] == ("Không có sai lệch.", "Nothing differs.")
    assert not Totals(Period(0, 1), 0, 0, 0, 0, 0, 0, 1, None, {}).is_clean


def test_a_time_is_shown_as_vietnam_has_it() -> None:
    assert local_time(1_795_309_503_120) == "22/11/2026 08:05:03.120"
    assert not local_time(None)
