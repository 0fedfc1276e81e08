"""`dancu procedures` and `dancu grants`: entry by entry, as lists, and what was allowed on a day."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.inputs import today
from app.sheets.reading import read_sheets
from tests.cli.commands import Answer, ask, dancu
from tests.world import Database

pytestmark = pytest.mark.usefixtures("recordable")
DOCUMENT = ("--document", "12/QĐ-UBND")


def add(code: str = "1.004194", *more: str) -> Answer:
    return dancu("procedures", "add", code, "Đăng ký tạm trú", "--legal-basis", "Luật Cư trú, Điều 27", *more)


def test_an_entry_is_added_listed_and_changed_from_a_day_on(migrated: Database) -> None:
    assert add("1.004194", "--service-code", "1.004194.01", "--decree-104").code == 0
    tomorrow = (today() + timedelta(days=1)).isoformat()
    changed = dancu("procedures", "change", "1.004194", "--field", "sex", "--on", tomorrow, *DOCUMENT)
    assert (changed.code, "procedure 1.004194 changed" in changed.out) == (0, True), changed.err
    now, then = dancu("procedures", "list"), dancu("procedures", "list", "--on", tomorrow, "--decree-104")
    assert "permanent_residence" in now.out
    assert then.out == "1.004194  Đăng ký tạm trú  1.004194.01  sex\n"
    assert "says so already" in dancu("procedures", "change", "1.004194", "--name", "Đăng ký tạm trú").out
    kinds = "select string_agg(kind, ' ' order by record_id) from audit_record where kind like 'procedure.%'"
    assert ask(migrated.owner_url, kinds) == "procedure.added procedure.changed"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (("--field", "religion"), "căn cứ pháp lý của riêng"),
        (("--field", "shoe_size"), "no such field"),
        (("--service-code", "mã số 1"), "Mã dịch vụ công"),
        (("--on", "2023-01-01"), "past days"),
        (("--document", "=1+1"), "document"),
    ],
)
def test_what_the_catalogue_cannot_say_is_refused(more: tuple[str, ...], word: str) -> None:
    assert add("1.004194", *more).refuses(word)


def test_a_list_goes_in_and_out_and_in_again(tmp_path: Path) -> None:
    add()
    template, exported, report = tmp_path / "mau.xlsx", tmp_path / "ra.xlsx", tmp_path / "ket-qua.xlsx"
    assert dancu("procedures", "template", str(template)).code == 0
    assert dancu("procedures", "export", str(exported)).out.startswith("1 procedures of")
    again = dancu("procedures", "import", str(exported))
    assert (again.code, "unchanged 1" in again.out) == (0, True), again.err
    wrong = tmp_path / "sai.csv"
    wrong.write_text(
        "Mã TTHC,Tên thủ tục,Căn cứ pháp lý,Dân tộc\n1.000001,Kết hôn,Luật,x\n", encoding="utf-8"
    )
    refused = dancu("procedures", "import", str(wrong), "--report", str(report))
    assert refused.code == 2
    assert "D2 1.000001" in refused.err
    assert read_sheets(report.read_bytes(), "")[0].rows[1].cells[4] == "Có lỗi"
    assert dancu("procedures", "import", str(wrong), "--dry-run", "--report", str(report)).refuses("exists")
    assert dancu("procedures", "import", str(wrong), "--report", "x.txt").refuses(".xlsx or .csv")
    assert dancu("procedures", "import", str(wrong), "--report", str(tmp_path / "ket-qua.csv")).code == 2
    assert ',Có lỗi,"D2: ' in (tmp_path / "ket-qua.csv").read_text(encoding="utf-8-sig")
    assert dancu("procedures", "export", str(tmp_path / "ra.ods")).refuses(".xlsx or .csv")


def test_grants_are_given_listed_withdrawn_and_answered_for_past_days(migrated: Database) -> None:
    add()
    dancu("units", "add", "Xã Mẫu", "H19.34.12")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert dancu("grants", "give", "H19.34.12", "1.004194", "--dry-run", *DOCUMENT).code == 0
    assert dancu("grants", "list").out == f"nothing is granted on {today()}\n"
    given = dancu("grants", "give", "H19.34.12", "1.004194", *DOCUMENT)
    assert given.code == 0, given.err
    ended = dancu("grants", "withdraw", "H19.34.12", "1.004194", "--on", tomorrow, "--document", "13/QĐ")
    assert ended.code == 0, ended.err
    listed = dancu("grants", "list", "--unit", "H19.34.12", "--procedure", "1.004194", "--predecessors").out
    assert listed.startswith(f"H19.34.12  1.004194  {today()} – {tomorrow}  12/QĐ-UBND 13/QĐ  processing")
    assert dancu("grants", "list", "--on", tomorrow).out == f"nothing is granted on {tomorrow}\n"
    assert dancu("grants", "list", "--on", "2024-05-01").out == "nothing was granted on 2024-05-01\n"
    assert dancu("grants", "give", "H19.34.12", "1.000001", *DOCUMENT).refuses("danh mục")
    kinds = "select string_agg(kind, ' ' order by record_id) from audit_record where kind like 'grant.%'"
    assert ask(migrated.owner_url, kinds) == "grant.added grant.withdrawn"


def test_grants_go_in_and_out_as_a_list(tmp_path: Path) -> None:
    add()
    dancu("units", "add", "Xã Mẫu", "H19.34.12")
    file, exported = tmp_path / "quyen.csv", tmp_path / "ra.csv"
    file.write_text("Mã đơn vị,Mã TTHC\nH19.34.12,1.004194\n", encoding="utf-8")
    assert dancu("grants", "template", str(tmp_path / "mau.xlsx")).code == 0
    assert dancu("grants", "import", str(file)).code == 2
    assert "add 1" in dancu("grants", "import", str(file), "--dry-run", *DOCUMENT).out
    assert "add 1" in dancu("grants", "import", str(file), *DOCUMENT).out
    assert dancu("grants", "export", str(exported)).code == 0
    assert "unchanged 1" in dancu("grants", "import", str(exported)).out
    (tmp_path / "khong.csv").write_bytes(b"%PDF-1.7")
    assert dancu("grants", "import", str(tmp_path / "khong.csv")).code == 2
