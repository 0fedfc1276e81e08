"""The national side's log is read however it is written, and broken rows are named and end nothing."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.auditing.reconciliation_reading import NationalLog
from app.auditing.reconciliation_times import read_instant
from app.auditing.reconciliation_values import BrokenRow, Look, RowFault
from app.errors import ConfigurationError

ID = "019e0000000070008000000000000001"
TIME = "22/11/2026 08:05:03"
AT = int(datetime(2026, 11, 22, 1, 5, 3, tzinfo=UTC).timestamp()) * 1000


def read(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> list[Look | BrokenRow]:
    path = tmp_path / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    log = NationalLog(path)
    rows = list(log.rows())
    assert log.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert log.bytes_read == log.size
    return rows


@pytest.mark.parametrize(
    "heading",
    [
        "MaYeuCau,ThoiGian,MaCanBo,MaDVC,KetQua",
        "maYeuCau;thoiGian;maCanBo;maDVC;ketQua",
        "ma_yeu_cau\tthoi_gian\tma_can_bo\tma_dvc\tket_qua",
        '"Mã yêu cầu","Thời gian","Mã cán bộ","Mã DVC","Kết quả"',
        "MÃ YÊU CẦU|THỜI ĐIỂM|MÃ CÁN BỘ|MÃ DỊCH VỤ CÔNG|TRẠNG THÁI",
        "request_id,time,officer_code,service_code,answer",
    ],
)
def test_headings_may_be_spelled_and_separated_in_many_ways(tmp_path: Path, heading: str) -> None:
    separator = next(mark for mark in ",;\t|" if mark in heading)
    row = separator.join((ID, TIME, "cb-01", "1.004194", "found"))
    assert read(tmp_path, f"{heading}\r\n{row}\r\n") == [
        Look(ID, AT, 2, "cb-01", "", "1.004194", "", "found")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_log_as_excel_saves_it_is_read(tmp_path: Path, encoding: str) -> None:
    heading = '"Kết quả";"ThoiGian";"MaYeuCau"'
    content = f'sep=;\r\n"NHẬT KÝ TRUY CẬP";;\r\n\r\n{heading}\r\n"từ ""chối""";{TIME};{ID}\r\n'
    assert read(tmp_path, content, encoding) == [Look(ID, AT, 5, result='từ "chối"')]


@pytest.mark.parametrize("result", ["401", "Từ chối", "not_admitted", "REFUSED"])
def test_a_call_that_was_turned_away_is_known_by_its_result(tmp_path: Path, result: str) -> None:
    (row,) = read(tmp_path, f"MaYeuCau,ThoiGian,KetQua\n,{TIME},{result}\n")
    assert isinstance(row, Look)
    assert (row.is_refused, row.request_id) == (True, "")


@pytest.mark.parametrize("written", [ID.upper(), f"'{ID}", f" {ID} ", "019E0000-0000-7000-8000-000000000001"])
def test_an_id_of_ours_is_known_however_it_is_written(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"MaYeuCau,ThoiGian\n{written},{TIME}") == [Look(ID, AT, 2)]


def test_broken_rows_are_named_by_their_line_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = [
        f"{ID},{TIME},ok",
        f"{ID},32/13/2026 08:00:00,no such day",  # both named and known to be there
        f"{ID},{TIME}",  # a column less
        f"{TIME},ok,1,2",  # slipped: believed in nothing
        f'{ID},{TIME},"never closed',
        f"{ID},{TIME},after it",
        f"{ID},{TIME},n\0l",
        f"{ID},{TIME}," + "x" * 200_000,
        f"{'a' * 101},{TIME},id",
        "",
        ",,",
        f'{ID},{TIME},"two\nlines"',
        f'{ID},{TIME},a"b"c"d" "e',
        f"{ID},{TIME},last,,",
    ]
    found = read(tmp_path, "MaYeuCau,ThoiGian,KetQua\n" + "\n".join(rows))
    assert [row for row in found if isinstance(row, BrokenRow)] == [
        BrokenRow(3, RowFault.TIME),
        BrokenRow(4, RowFault.COLUMNS),
        BrokenRow(5, RowFault.COLUMNS),
        BrokenRow(6, RowFault.QUOTES),
        BrokenRow(8, RowFault.NUL),
        BrokenRow(9, RowFault.TOO_LONG),
        BrokenRow(10, RowFault.REQUEST_ID),
        BrokenRow(15, RowFault.QUOTES),
    ]
    looks = [(row.line, row.at, row.result) for row in found if isinstance(row, Look)]
    assert looks == [
        (2, AT, "ok"),
        (3, None, "no such day"),
        (4, None, ""),
        (7, AT, "after it"),
        (13, AT, "twolines"),
        (16, AT, "last"),
    ]


def test_a_quote_that_somebody_left_open_hides_no_row_behind_it(tmp_path: Path) -> None:
    rows = [f'{ID},{TIME},"open', *[f"{ID},{TIME},{number}" for number in range(40)], f'{ID},{TIME},end"']
    found = read(tmp_path, "MaYeuCau,ThoiGian,KetQua\n" + "\n".join(rows))
    assert [row.line for row in found if isinstance(row, Look)] == list(range(3, 43))
    assert [row.line for row in found if isinstance(row, BrokenRow)] == [2, 43]


def test_two_quotes_left_open_hide_no_row_between_them(tmp_path: Path) -> None:
    rows = [f'{ID},{TIME},"a', f"{ID},{TIME},b", f'{ID},{TIME},c"', f'{ID},{TIME},"d"e', f'{ID},{TIME},"f']
    found = read(tmp_path, "MaYeuCau,ThoiGian,KetQua\n" + "\n".join([*rows, 'g"h"', f"{ID},{TIME},i"]))
    assert [row.line for row in found if isinstance(row, Look)] == [3, 8]
    quotes = [row.line for row in found if isinstance(row, BrokenRow) and row.fault is RowFault.QUOTES]
    assert quotes == [2, 4, 5, 6]


def test_nothing_in_a_log_steers_the_terminal_it_is_shown_on(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"MaYeuCau,ThoiGian,MaCanBo\n{ID},{TIME},cb\x1b[2J\x9b1\n")
    assert isinstance(row, Look)
    assert row.officer_code == "cb\ufffd[2J\ufffd1"


def test_bytes_that_are_no_text_spoil_only_their_own_row(tmp_path: Path) -> None:
    content = f"MaYeuCau,ThoiGian\n\xff\xfe{ID},{TIME}\n{ID},{TIME}\n".encode("latin-1")
    assert read(tmp_path, content) == [BrokenRow(2, RowFault.REQUEST_ID), Look(ID, AT, 3)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no heading"),
        (b"a,b\n1,2\n", "no heading"),
        (b"MaYeuCau,ThoiGian,Ma_Yeu_Cau\n", "two columns are called MaYeuCau"),
        (b"\n" * 30 + b"MaYeuCau,ThoiGian\n", "no heading"),
        (b"PK\x03\x04.......", "Excel"),
        (b"\x00" * 100_000, "no heading"),
    ],
)
def test_a_file_that_is_no_such_log_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T08:05:03",
        "2026-11-22 08:05:03.000",
        "2026-11-22T01:05:03Z",
        "2026-11-22T01:05:03.000+00:00",
        "2026-11-22 08:05:03 +07:00",
        "2026-11-22 08:05:03,000000+0700",
        "22/11/2026 08:05:03",
        "22-11-2026 8:05:03.0",
        "22.11.2026 08:05:03",
        "08:05:03 22/11/2026",
        "22/11/2026 8:05:03 SA",
        "22/11/2026 08:05:03 am",
        "22/11/2026 01:05:03Z",
        "22/11/2026 02:05:03 +01:00",
        "21/11/2026 23:05:03-0200",
        "20261122080503",
        "20261122080503000",
        str(AT),
        str(AT // 1000),
    ],
)
def test_a_time_is_read_in_many_notations_and_is_vietnams_without_a_zone(text: str) -> None:
    assert read_instant(text) == AT


def test_noon_and_midnight_of_a_half_day_clock() -> None:
    half_a_day = 12 * 3_600_000
    assert read_instant("22/11/2026 12:00 CH") - read_instant("22/11/2026 12:00 SA") == half_a_day
    assert read_instant("22/11/2026 1:00 PM") == read_instant("22/11/2026 13:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "11/22/2026 08:00:00",
        "22/11/26 08:00",
        "22/11/2026 13:00 SA",
        "22/11/2026 0:30 CH",
        "31/02/2026 08:00",
        "22/11/2026 24:00",
        "1900-01-01 00:00:00",
        "3000-01-01 00:00:00",
        "12345",
        "9" * 13,
        "99999999999999",
        "22/11/2026 08:00 +99:99",
        "=NOW()",
        "2026-13-01T00:00:00",
        "٢٢/١١/٢٠٢٦ 08:00",
    ],
)
def test_what_is_no_time_is_said_to_be_none_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no time that can be read$"):
        read_instant(text)
