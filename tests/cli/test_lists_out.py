"""Lists written to files by commands: on record with the operator's name, or not written."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.operator import operator_name
from tests.accounts.sent_lists import a_row, an_xlsx
from tests.cli.commands import ask, dancu
from tests.world import Database

LETTER = ("--document", "12/TB-UBND")


@pytest.fixture(autouse=True)
def _an_officer(recordable: Database) -> None:
    assert dancu("units", "add", "Ủy ban nhân dân xã Mẫu", "H19.34").code == 0
    assert dancu("officers", "add", "can.bo", "Nguyễn Thị Mẫu", "--unit", "H19.34").code == 0
    assert dancu("clients", "add", "mot-cua", "Phần mềm một cửa", "--network", "10.1.2.0/24").code == 0


def exports(database: Database) -> list[dict[str, Any]]:
    """Return what records say of exports, in their order."""
    query = (
        "select json_agg(convert_from(leaf, 'UTF8')::json order by record_id) from audit_record"
        " where kind = 'list.exported'"
    )
    return list(json.loads(ask(database.owner_url, query) or "[]"))


def test_each_list_is_written_and_on_record(
    recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_PUBLIC_URL", "https://tracuu.example.gov.vn")
    assert dancu("reviews", "open").code == 0
    slips = ("officers", "codes", "H19.34", "--into", str(tmp_path), "--authority", "Sở KH&CN tỉnh Mẫu")
    assert dancu(*slips).code == 0
    said = {
        "officers": dancu("officers", "export", "a.csv", "--text", "Mẫu", "--role", "reception"),
        "units": dancu("units", "export", "b.csv", "--on", "2999-01-01"),
        "clients": dancu("clients", "export", "c.csv"),
        "registrations": dancu("units", "progress", "--export", "d.csv"),
        "review": dancu("reviews", "export", "e.csv"),
        "handovers": dancu("officers", "handovers", "--export", "f.csv"),
    }
    assert {name: answer.err for name, answer in said.items()} == dict.fromkeys(said, "")
    records = exports(recordable)
    assert [record["exported_list"] for record in records] == list(said)
    assert {record["operator"] for record in records} == {operator_name()}
    assert [record["exported_rows"] for record in records] == [1] * 6
    assert [record.get("exported_by") for record in records[:3]] == [
        "role=reception text",
        "on=2999-01-01",
        None,
    ]
    for name in "abcdef":
        with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.reader(file))) == 2
    assert " 1 slips, 0 used, not received yet\n" in dancu("officers", "handovers").out


def test_what_is_there_or_ends_otherwise_is_not_written_and_not_recorded(
    recordable: Database, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("x")
    assert dancu("officers", "export", "a.csv").refuses("exists already")
    assert dancu("clients", "export", "a.ods").refuses(".xlsx or .csv")
    assert dancu("reviews", "export", "b.csv").refuses("no review is open")
    assert exports(recordable) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


def test_what_cannot_be_recorded_is_not_written(
    recordable: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DANCU_ROOT_KEY")
    assert dancu("officers", "export", "a.csv").refuses("could not be recorded")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_is_read_checked_and_written_back(recordable: Database, tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(
        an_xlsx(a_row("mot", unit="xã Mẫu"), a_row("hai", unit="", code="H19.34"))
    )
    dry = dancu("officers", "import", "list.xlsx", "--dry-run")
    assert dry.out.startswith("add 2, update 0"), dry.err
    assert dancu("officers", "import", "list.xlsx", *LETTER).code == 0
    assert dancu("officers", "export", "can-bo.xlsx", "--unit", "H19.34", "--text", "Văn").code == 0
    assert (tmp_path / "can-bo.xlsx").read_bytes().startswith(b"PK")
    again = dancu("officers", "import", "can-bo.xlsx", "--dry-run")
    assert again.out == (
        "add 0, update 0, transfer 0, unchanged 2, refused 0; dry run: nothing was changed\n"
    )
    assert exports(recordable)[0]["exported_format"] == "xlsx"


def test_a_review_is_closed_once_its_last_day_is_over(recordable: Database) -> None:
    assert dancu("reviews", "close").refuses("no review is open")
    assert dancu("reviews", "open").code == 0
    assert dancu("reviews", "close").refuses("answers are taken until")
    ask(
        recordable.owner_url,
        "update review_round set opened_on = current_date - 40, due_on = current_date - 10",
    )
    closed = dancu("reviews", "close")
    assert closed.out.endswith(" closed; officers suspended: 1\n"), closed.err
    state = "select status || ' ' || status_reason from officer where login_name = 'can.bo'"
    assert ask(recordable.owner_url, state) == "suspended not_attested"
    closing = "kind in ('review.closed', 'officer.suspended')"
    kinds = f"select array_agg(kind order by record_id) from audit_record where {closing}"  # noqa: S608 - so
    assert ask(recordable.owner_url, kinds) == ["review.closed", "officer.suspended"]
    assert dancu("reviews", "list").out.startswith("no review is open")
