"""`dancu audit reconcile`: the national side's log against the evidence, on record before it is told."""

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.audit.record import Draft, Outcome
from app.cli.operator import operator_name
from app.clock import SystemClock, rfc3339
from tests.audit.workbench import a_writer, an_intent, an_outcome
from tests.cli.commands import ask, dancu
from tests.world import Database

_RECONCILED = "select leaf from audit_record where kind = 'audit.reconciled'"
HEADING = "ThoiGian;MaYeuCau;MaCanBo;KetQua"


def a_lookup_of_ours() -> Draft:
    draft = an_intent(road="lgsp-soap", upstream_officer_code="cb-01")
    facts = {**draft.facts, "national_request_id": draft.record_id.hex}
    return Draft(
        draft.kind, draft.time, facts, draft.subject, draft.searched_number, record_id=draft.record_id
    )


@pytest.fixture
def lookups(recordable: Database, monkeypatch: pytest.MonkeyPatch) -> list[Draft]:
    """Five lookups on record: found, not found, silent, never closed, and one nobody can compare."""
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", recordable.auditing_url)
    lookups = [a_lookup_of_ours() for _ in range(4)]
    outcomes = (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.UPSTREAM_UNAVAILABLE)

    async def write() -> None:
        async with a_writer(recordable) as writer:
            for draft in lookups:
                await writer.append(draft)
            for draft, outcome in zip(lookups, outcomes, strict=False):
                await writer.append(an_outcome(draft.record_id, outcome))

    asyncio.run(write())
    return lookups


def a_row(draft: Draft, code: str = "cb-01") -> str:
    return f"{rfc3339(draft.time)};{draft.record_id};{code};found"


def around(lookups: list[Draft]) -> Iterator[str]:
    yield "--from"
    yield rfc3339(lookups[0].time - timedelta(hours=1))
    yield "--to"
    yield rfc3339(lookups[0].time + timedelta(hours=1))


def test_two_sides_that_agree_are_on_record_as_agreeing(
    recordable: Database, lookups: list[Draft], tmp_path: Path
) -> None:
    log = "\r\n".join([HEADING, *map(a_row, lookups[:2])]).encode("utf-8-sig")
    (tmp_path / "c06.csv").write_bytes(log)
    told = dancu("audit", "reconcile", "c06.csv", *around(lookups), "--out", "r.json")
    assert (told.code, told.err) == (0, "")
    assert "Không có sai lệch. | Nothing differs." in told.out
    facts = json.loads(ask(recordable.owner_url, _RECONCILED))
    assert facts["reconciled_file"] == hashlib.sha256(log).hexdigest()
    assert facts["operator"] == operator_name()
    assert "looks=2 records=4 matched=2 " in facts["reconciled_counts"]
    assert facts["reconciled_counts"].endswith("uncertain=2 at_edge=0")
    assert facts["searched_from"] < facts["searched_to"]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [each["record"]["outcome"] for each in report["uncertain"]] == ["upstream_unavailable", ""]
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600


def test_a_bypassed_gateway_a_dropped_record_and_an_invented_one_are_found(
    recordable: Database, lookups: list[Draft], tmp_path: Path
) -> None:
    past_it = a_lookup_of_ours()  # never written: asked past the gateway, or dropped before it was sequenced
    (tmp_path / "c06.csv").write_text("\n".join([HEADING, a_row(past_it), a_row(lookups[1], "cb-02"), "x"]))
    told = dancu("audit", "reconcile", "c06.csv", *around(lookups), "--out", "r.csv")
    assert (told.code, told.err) == (1, "")
    assert "CÓ SAI LỆCH: 3. | DIFFERENCES: 3." in told.out
    assert "dòng | line 4: số cột không khớp dòng tiêu đề" in told.out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8-sig"))))
    assert {(row["Kind"], row["Mã yêu cầu (MaYeuCau)"]) for row in rows} == {
        ("look_without_record", past_it.record_id.hex),
        ("other_officer", lookups[1].record_id.hex),
        ("record_without_look", lookups[0].record_id.hex),
        ("unreadable_row", ""),
        ("uncertain", lookups[2].record_id.hex),
        ("uncertain", lookups[3].record_id.hex),
    }
    assert "other_officer=1" in json.loads(ask(recordable.owner_url, _RECONCILED))["reconciled_counts"]
    again = dancu("audit", "reconcile", "c06.csv", *around(lookups), "--shared-code", "CB-02")
    assert "CÓ SAI LỆCH: 2." in again.out


def test_the_period_is_by_default_that_of_the_logs_rows(lookups: list[Draft], tmp_path: Path) -> None:
    (tmp_path / "c06.csv").write_text("\n".join([HEADING, *map(a_row, lookups)]))
    told = dancu("audit", "reconcile", "c06.csv")
    assert (told.code, "khớp mã: 4" in told.out) == (0, True)
    (tmp_path / "c06.csv").write_text("\n".join([HEADING, "2001-01-01 00:00:00;x;;", *map(a_row, lookups)]))
    assert dancu("audit", "reconcile", "c06.csv").refuses("name --from and --to")
    (tmp_path / "c06.csv").write_text(HEADING)
    assert dancu("audit", "reconcile", "c06.csv").refuses("no row of the log has a time")


def test_a_record_that_is_none_of_ours_is_counted_and_named_as_a_case_for_the_verifier(
    recordable: Database, lookups: list[Draft], tmp_path: Path
) -> None:
    ask(recordable.owner_url, "alter table audit_record disable trigger user")
    ask(
        recordable.owner_url,
        "update audit_record set leaf = '\\x7b7d' where record_id = $1 returning 1",
        lookups[3].record_id,
    )
    (tmp_path / "c06.csv").write_text("\n".join([HEADING, *map(a_row, lookups[:3])]))
    told = dancu("audit", "reconcile", "c06.csv", *around(lookups))
    assert (told.code, "dancu audit verify): 1" in told.out) == (1, True)


def test_what_cannot_be_compared_or_recorded_is_said_and_leaves_nothing(
    recordable: Database, lookups: list[Draft], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c06.csv").write_text("\n".join([HEADING, a_row(lookups[0])]))
    command = ("audit", "reconcile", "c06.csv")
    assert dancu("audit", "reconcile", "none.csv").refuses("none.csv")
    assert dancu(*command, "--out", "c06.csv").refuses("exists already")
    assert dancu(*command, "--out", "r.pdf").refuses(".xlsx, .csv or .json")
    assert dancu(*command, "--from", "today").refuses("--from")
    assert dancu(*command, "--from", "2026-12-02", "--to", "2026-12-01").refuses("does not lie before")
    month = f"{SystemClock().now():%Y-%m}"
    ask(
        recordable.owner_url,
        "insert into audit_dropped_month (month, drop_record_id) values ($1, $2)",
        month,
        lookups[0].record_id,
    )
    assert dancu(*command).refuses("has ended")
    ask(recordable.owner_url, "alter table audit_dropped_month disable trigger user")
    ask(recordable.owner_url, "delete from audit_dropped_month")
    monkeypatch.delenv("DANCU_ROOT_KEY")
    assert dancu(*command, "--out", "r.csv").refuses("could not be recorded")
    monkeypatch.delenv("DANCU_AUDIT_DATABASE_URL")
    assert dancu(*command).refuses("DANCU_AUDIT_DATABASE_URL")
    assert ask(recordable.owner_url, _RECONCILED) is None
    assert [path.name for path in tmp_path.iterdir()] == ["c06.csv"]
