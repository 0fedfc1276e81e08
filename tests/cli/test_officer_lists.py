"""`dancu officers template|import|export|list`: what they write, say and refuse."""

from pathlib import Path

import pytest

from app.accounts.registering_lists import read_list
from tests.accounts.sent_lists import PROCESSING, a_csv, a_row
from tests.cli.commands import ask, dancu
from tests.world import Database

ONE, TWO = a_row("mot", unit="xã Mẫu"), a_row("hai", unit="", code="H19.34", position=PROCESSING)


@pytest.fixture(autouse=True)
def _units(recordable: Database) -> None:
    for code, name, *more in (("H19", "Tỉnh Mẫu"), ("H19.34", "Ủy ban nhân dân xã Mẫu", "--parent", "H19")):
        assert dancu("units", "add", name, code, *more).code == 0


def a_file(folder: Path, content: bytes, name: str = "list.csv") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_the_template_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "mau.xlsx"
    assert dancu("officers", "template", str(path)).code == 0
    assert path.read_bytes().startswith(b"PK")
    assert dancu("officers", "template", str(path)).refuses("mau.xlsx")


@pytest.mark.parametrize("group", ["officers", "procedures", "grants"])
def test_a_template_is_what_its_name_says_or_nothing(tmp_path: Path, group: str) -> None:
    path = tmp_path / "mau.csv"
    assert dancu(group, "template", str(path)).code == 0
    headings, empty = path.read_bytes().decode("utf-8-sig").split("\r\n")
    assert headings.startswith("STT,")
    assert not empty
    assert dancu(group, "template", str(tmp_path / "mau.txt")).refuses(".xlsx or .csv")
    assert [each.name for each in tmp_path.iterdir()] == ["mau.csv"]


def test_a_template_in_csv_can_be_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "mau.csv"
    dancu("officers", "template", str(path))
    with path.open("a", encoding="utf-8") as file:
        file.write("1,mot.nguoi,Nguyễn Thị Mẫu,xã Mẫu,công chức TN-TKQ\r\n")
    (row,) = read_list(path.read_bytes(), "mau.csv").rows
    assert row.cells[1:3] == ("mot.nguoi", "Nguyễn Thị Mẫu")


def test_a_list_lands_once_and_is_on_record(tmp_path: Path, recordable: Database) -> None:
    file = a_file(tmp_path, a_csv(ONE, TWO))
    dry = dancu("officers", "import", file, "--dry-run")
    assert dry.out.endswith(
        "add 2, update 0, transfer 0, unchanged 0, refused 0; dry run: nothing was changed\n"
    )
    count = "select count(*) from officer"
    assert ask(recordable.owner_url, count) == 0
    assert dancu("officers", "import", file, "--document", "7/TB").code == 0
    assert ask(recordable.owner_url, count) == 2
    assert ask(recordable.owner_url, "select count(*) from audit_record where kind = 'officer.added'") == 2
    assert "unchanged 2" in dancu("officers", "import", file).out


def test_faults_are_named_in_both_languages_and_nothing_lands(tmp_path: Path, recordable: Database) -> None:
    report = tmp_path / "ket-qua.xlsx"
    file = a_file(tmp_path, a_csv(ONE, a_row("hai", unit="xã Không Có")))
    answer = dancu("officers", "import", file, "--report", str(report))
    assert answer.code == 2
    assert "C3 hai: " in answer.err
    assert " | " in answer.err
    assert "refused 1; nothing was changed" in answer.err
    assert ask(recordable.owner_url, "select count(*) from officer") == 0
    assert "Có lỗi" in read_list(report.read_bytes(), "x.xlsx").rows[1].cells
    assert dancu("officers", "import", file, "--report", str(report)).refuses("exists already")


def test_a_report_is_what_its_name_says_or_nothing(tmp_path: Path, recordable: Database) -> None:
    report = tmp_path / "ket-qua.csv"
    file = a_file(tmp_path, a_csv(ONE, a_row("hai", unit="xã Không Có")))
    assert dancu("officers", "import", file, "--report", str(report)).code == 2
    told = read_list(report.read_bytes(), "x.csv").rows[1].cells
    assert told[-3] == "Có lỗi"
    assert told[-2].startswith("C3: ")
    elsewhere = a_file(tmp_path, a_csv(ONE), "dung.csv")
    assert dancu("officers", "import", elsewhere, "--report", "x.txt").refuses(".xlsx or .csv")
    assert dancu("officers", "import", elsewhere, "--report", "none/x.csv").refuses("no directory")
    assert ask(recordable.owner_url, "select count(*) from officer") == 0


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    assert dancu("officers", "import", a_file(tmp_path, b"PK\x03\x04", "x.xlsx")).refuses(" | ")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(20 * 2**20 + 1)
    assert dancu("officers", "import", str(large)).refuses("20 MB")
    assert dancu("officers", "import", str(large), "--on", "2999-01-01").refuses(
        "--on is today or a day of the year"
    )


def test_an_update_is_told_row_by_row(tmp_path: Path) -> None:
    dancu("officers", "import", a_file(tmp_path, a_csv(ONE)))
    changed = a_file(tmp_path, a_csv(a_row("mot", unit="xã Mẫu", upstream="C9")), "changed.csv")
    assert "row 2: mot update: upstream_officer_code" in dancu("officers", "import", changed).out


def test_officers_are_listed_and_exported(tmp_path: Path) -> None:
    dancu("officers", "import", a_file(tmp_path, a_csv(ONE, TWO)))
    listed = dancu("officers", "list", "--unit", "H19").out.splitlines()
    assert [line.split()[0] for line in listed] == ["hai", "mot"]
    assert "  H19.34  active" in listed[0]
    assert "lacks: document" in dancu("officers", "list", "--incomplete", "--text", "mot").out
    assert dancu("officers", "list", "--role", "auditor").out == "no officers\n"
    for name in ("can-bo.xlsx", "can-bo.csv"):
        path = str(tmp_path / name)
        assert dancu("officers", "export", path, "--unit", "H19.34").out.startswith("2 officers written")
        assert "unchanged 2" in dancu("officers", "import", path, "--dry-run").out
    assert dancu("officers", "export", str(tmp_path / "x.ods")).refuses(".xlsx")
