"""`dancu units`: decisions by command, what they print, what they refuse; files in and out."""

import csv
from pathlib import Path

import pytest

from tests.cli.commands import ask, dancu
from tests.world import Database

DECIDED = ("--document", "1656/NQ-UBTVQH15", "--on", "2999-01-01")


@pytest.fixture(autouse=True)
def _units(recordable: Database) -> None:
    for code, name, *more in (
        ("H19", "Tỉnh Mẫu", "--kind", "department", "--level", "province"),
        ("H19.34", "Ủy ban nhân dân xã Mẫu", "--parent", "H19", "--legacy-ward-code", "00007"),
        ("H19.35", "Ủy ban nhân dân xã Khác", "--parent", "H19", "--ward-code", "00004"),
    ):
        assert dancu("units", "add", name, code, *more).code == 0


def a_file(folder: Path, *lines: str, heading: str = "agency_code,name,kind,level,parent_code") -> str:
    path = folder / "units.csv"
    path.write_text("\n".join((heading, *lines, "")), encoding="utf-8")
    return str(path)


def test_the_tree_is_printed_each_below_its_own() -> None:
    lines = dancu("units", "list").out.splitlines()
    assert lines[0] == "H19  Tỉnh Mẫu  (department, province)"
    assert lines[1:] == [
        "  H19.34  Ủy ban nhân dân xã Mẫu  (commune, commune)",
        "  H19.35  Ủy ban nhân dân xã Khác  (commune, commune)",
    ]
    assert dancu("units", "list", "--below", "H19.34").out.splitlines()[0].startswith("H19.34  ")
    assert "no units" in dancu("units", "list", "--on", "1999-01-01").out


def test_a_unit_shows_its_days_wards_and_old_code() -> None:
    assert dancu("units", "rename", "H19.34", "Phường Mẫu", *DECIDED).code == 0
    shown = dancu("units", "show", "H19.34").out
    assert "until before 2999-01-01" in shown
    assert "from 2999-01-01 (1656/NQ-UBTVQH15)" in shown
    assert "old code: 000.00.34.H19" in shown
    assert "ward before July 2025: 00007" in shown
    assert "divided: " in shown
    assert "ward: 00004 Phường Ba Đình, Thành phố Hà Nội" in dancu("units", "show", "H19.35").out


def test_a_rename_says_what_changes_and_a_dry_run_changes_nothing(recordable: Database) -> None:
    command = ("units", "rename", "H19.34", "Phường Mẫu", "--code", "H19.36", *DECIDED)
    tried = dancu(*command, "--dry-run")
    assert "name Ủy ban nhân dân xã Mẫu → Phường Mẫu" in tried.out
    assert tried.out.endswith("dry run: nothing was changed\n")
    assert ask(recordable.owner_url, "select count(*) from unit_version") == 3
    assert dancu(*command).out.startswith("H19.36 is changed from 2999-01-01 (1656/NQ-UBTVQH15): ")
    assert ask(recordable.owner_url, "select count(*) from unit_version") == 4


def test_a_unit_moves_below_another_to_the_top_and_to_another_level() -> None:
    assert dancu("units", "move", "H19.34", "--parent", "H19.35", *DECIDED).code == 0
    assert dancu("units", "list", "--on", "2999-01-01").out.splitlines()[2].startswith("    H19.34")
    assert dancu("units", "move", "H19.34", "--top", "--level", "province", *DECIDED).code == 0
    assert "(commune, province)" in dancu("units", "list", "--on", "2999-01-01").out
    assert dancu("units", "move", "H19", "--parent", "H19.35", *DECIDED).refuses("below itself")


@pytest.mark.parametrize("options", [(), ("--top", "--parent", "H19")])
def test_a_move_says_where(options: tuple[str, ...]) -> None:
    assert dancu("units", "move", "H19.34", *options, *DECIDED).refuses("--parent")


def test_a_merger_moves_officers_and_grants() -> None:
    dancu("officers", "add", "mau", "Nguyễn Thị Mẫu", "--unit", "H19.34")
    answer = dancu("units", "merge", "H19.34", "--into", "H19.35", *DECIDED)
    assert "H19.34 is merged from 2999-01-01 (1656/NQ-UBTVQH15)" in answer.out
    assert "officers moved: 1; grants moved: 0" in answer.out
    assert "merge on 2999-01-01 (1656/NQ-UBTVQH15)" in dancu("units", "show", "H19.35").out


def test_units_merge_into_a_new_one_that_keeps_a_code() -> None:
    assert dancu("units", "merge", "H19.34", "H19.35", "--name", "Phường Mới", *DECIDED).code == 0
    assert "H19.34  Phường Mới" in dancu("units", "list", "--on", "2999-01-01").out
    assert "H19.35" not in dancu("units", "list", "--on", "2999-01-01").out


@pytest.mark.parametrize("options", [(), ("--into", "H19.35", "--name", "Phường"), ("--code", "H19.9")])
def test_a_merger_says_into_what(options: tuple[str, ...]) -> None:
    assert dancu("units", "merge", "H19.34", *options, *DECIDED).refuses("--into")


def test_a_rename_says_to_what() -> None:
    assert dancu("units", "rename", "H19.34", *DECIDED).refuses("--code")


def test_a_split_and_a_close_end_units() -> None:
    dancu("units", "add", "Xã Mới", "H19.37")
    into = ("--into", "H19.35", "--into", "H19.37")
    assert "H19.34 is split" in dancu("units", "split", "H19.34", *into, *DECIDED).out
    assert "H19.37 ends" in dancu("units", "close", "H19.37", *DECIDED).out
    assert dancu("units", "close", "H19", *DECIDED).refuses("H19.35")


def test_a_unit_with_officers_is_not_closed() -> None:
    dancu("officers", "add", "mau", "Nguyễn Thị Mẫu", "--unit", "H19.34")
    assert dancu("units", "close", "H19.34", *DECIDED).refuses("officers: 1")
    assert dancu("units", "close", "H19.34", *DECIDED, "--dry-run").refuses("officers: 1")


def test_what_is_so_already_changes_nothing() -> None:
    answer = dancu("units", "rename", "H19.34", "Ủy ban nhân dân xã Mẫu", *DECIDED)
    assert (answer.code, answer.out) == (0, "nothing to change\n")


@pytest.mark.parametrize("verb", ["rename", "move", "merge", "split", "close"])
def test_every_change_needs_its_document(verb: str) -> None:
    answer = dancu("units", verb, "H19.34")
    assert answer.code == 2
    assert "--document" in answer.err


def test_private_bodies_are_refused() -> None:
    refused = dancu("units", "add", "Văn phòng công chứng Mẫu", "H19.38")
    assert refused.refuses("private body")


def test_a_file_is_tried_landed_and_changes_nothing_again(tmp_path: Path) -> None:
    file = a_file(tmp_path, "H19.39.1,Xã Con,commune,commune,H19.39", "H19.39,Phường Cha,commune,commune,H19")
    tried = dancu("units", "import", file, "--dry-run")
    assert tried.out.endswith("nothing 0, add 2, change 0, error 0; dry run: nothing was changed\n")
    assert "H19.39" not in dancu("units", "list").out
    assert dancu("units", "import", file).out.endswith("nothing 0, add 2, change 0, error 0\n")
    assert dancu("units", "import", file).out == "nothing 2, add 0, change 0, error 0\n"


def test_a_file_that_changes_units_needs_its_document(tmp_path: Path) -> None:
    file = a_file(tmp_path, "H19.34,Phường Mẫu,commune,commune,H19")
    assert dancu("units", "import", file).refuses("--document")
    landed = dancu("units", "import", file, "--document", "1/QĐ")
    assert "row 2: H19.34 changed: name Ủy ban nhân dân xã Mẫu → Phường Mẫu" in landed.out


def test_a_faulty_file_names_row_column_and_cure_and_lands_nothing(tmp_path: Path) -> None:
    file = a_file(tmp_path, "H19.40,Xã,commune,commune,", "H19.41,,commune,commune,")
    answer = dancu("units", "import", file)
    assert answer.code == 2
    assert "row 3, Tên đơn vị: Tên đơn vị để trống: " in answer.err
    assert "the name is empty: give the full name" in answer.err
    assert "nothing was changed" in answer.err
    assert "H19.40" not in dancu("units", "list").out


def test_headings_that_nobody_knows_are_named(tmp_path: Path) -> None:
    answer = dancu("units", "import", a_file(tmp_path, "1", heading="xyz"))
    assert answer.code == 2
    assert "xyz" in answer.err


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"M\xe3 \xf0\xf2nh danh,T\xean\nH19.1,X\xe3", "Unicode"),
        (b'agency_code,name\n"H19.1,x', "CSV"),
        (b"agency_code,name\nH19.1,x,y", "more cells"),
        (b"x" * (5 * 2**20 + 1), "larger"),
        (b"a\n" + b"x\n" * 50_001, "too many rows"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "units.csv").write_bytes(content)
    assert dancu("units", "import", str(tmp_path / "units.csv")).refuses(word)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert dancu("units", "import", str(tmp_path / "none.csv")).refuses("none.csv")


def test_an_export_imports_back_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "tree.csv"
    assert dancu("units", "export", str(path)).out.startswith("3 units of ")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [row["Mã định danh"] for row in csv.DictReader(file)] == ["H19", "H19.34", "H19.35"]
    assert dancu("units", "import", str(path)).out == "nothing 3, add 0, change 0, error 0\n"
    assert dancu("units", "export", str(path)).refuses("tree.csv")


def test_a_merger_that_takes_administrators_along_must_say_so(recordable: Database) -> None:
    named = ("--unit", "H19.34", "--role", "unit_administrator", "--person-code", "NV-1")
    assert dancu("officers", "add", "quan.tri", "Bùi Thị Quản", *named).code == 0
    merge = ("units", "merge", "H19.34", "--into", "H19.35", *DECIDED)
    tried = dancu(*merge, "--dry-run")
    assert "administers the successor: quan.tri" in tried.out
    assert dancu(*merge).refuses("quan.tri", "--administrators-stay")
    unit = (
        "select agency_code from officer_posting p join unit_version using (unit_id) where p.valid_to is null"
    )
    assert ask(recordable.owner_url, unit) == "H19.34"
    done = dancu(*merge, "--administrators-stay")
    assert "administers the successor: quan.tri" in done.out, done.err
    assert ask(recordable.owner_url, unit) == "H19.35"
    query = (
        "select count(*) from audit_record where convert_from(leaf, 'UTF8') like '%administers_successor%'"
    )
    assert ask(recordable.owner_url, query) == 1
