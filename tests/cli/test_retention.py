"""`dancu retention`: holds on record, and months dropped by two persons, going on after every kill."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.approvals import find_approval
from app.audit.keyring import month_of
from app.audit.partitions import month_ids
from app.audit.record import Draft, RecordKind
from app.audit.tree.signer import FileSigner
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from tests.audit.old_months import ALSO_OLD, OLD, checkpointed, write_month
from tests.audit.tree.ground import a_sequencer, a_signer
from tests.audit.workbench import a_writer, fetch
from tests.cli.commands import Answer, ask, dancu
from tests.world import Database

_SAID = (
    "select json_agg(convert_from(leaf, 'UTF8')::json order by record_id) from audit_record where kind = $1"
)
_LEFT = "select count(*) from audit_record where record_id < audit_first_id('2021-01-01')"
WHY = ("--reason", "hết thời hạn lưu trữ")


@pytest.fixture
def stored(recordable: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two old months, somebody who approves, and the role that drops."""
    for month in (OLD, ALSO_OLD):
        asyncio.run(write_month(recordable, month))
    dancu("units", "add", "Sở Khoa học và Công nghệ", "H19.10", "--kind", "department", "--level", "province")
    dancu("officers", "bootstrap", "quan.tri", "Lê Thị Mẫu", "--unit", "H19.10", "--person-code", "NV-0001")
    monkeypatch.setenv("DANCU_MAINTENANCE_DATABASE_URL", recordable.maintenance_url)
    return recordable


def said(database: Database, kind: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(ask(database.owner_url, _SAID, kind) or "[]")
    return records


def requested(*options: str) -> str:
    """Ask for old months to be dropped and return the request's id."""
    answer = dancu("retention", "drop", *WHY, *options)
    assert answer.code == 0, answer.err
    return answer.out.rpartition("--approved ")[2].strip()


def decide(database: Database, approval: str, state: str = "approved") -> None:
    """Decide as an administrator does over HTTP (tests/accounts/test_drop_approvals.py)."""
    ask(
        database.owner_url,
        "update approval set state = $2, decided_at = now(), decided_by = (select officer_id from officer)"
        " where approval_id = $1::text::uuid",
        approval,
        state,
    )


def drop(approval: str, wait: str = "0") -> Answer:
    return dancu("retention", "drop", "--approved", approval, "--wait", wait)


def test_months_are_dropped_by_two_persons_once_their_order_stands_in_the_tree(
    stored: Database, tmp_path: Path
) -> None:
    assert "2020-01: 2 records" in dancu("retention", "drop", "--dry-run").out
    assert not said(stored, "approval.requested")
    approval = requested()
    (request,) = said(stored, "approval.requested")
    assert (request["change"], request["months"]) == ("drop_months", f"{OLD} {ALSO_OLD}")
    assert request["retention_months"] == 60
    assert drop(approval).refuses(approval, "is open, not approved")
    decide(stored, approval)
    assert "dry run" in dancu("retention", "drop", "--approved", approval, "--dry-run").out
    early = drop(approval, "0.1")
    assert (early.code, early.out.startswith("on record: retention.drop")) == (2, True)
    assert "stands under no checkpoint yet" in early.err
    assert ask(stored.owner_url, _LEFT) == 4
    asyncio.run(checkpointed(stored, tmp_path))
    answer = drop(approval)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"dropped: {OLD}, {ALSO_OLD}\n"
    assert ask(stored.owner_url, _LEFT) == 0
    (order,) = said(stored, "retention.drop")
    assert (order["approval_id"], order["months"]) == (approval, f"{OLD} {ALSO_OLD}")
    destroyed = said(stored, "month_key.destroyed")
    assert [record["months"] for record in destroyed] == [OLD, ALSO_OLD]
    assert {record["drop_record_id"] for record in destroyed} == {order["record_id"]}
    in_tree = "select count(*) from audit_leaf where record_id >= $1 and record_id < $2"
    assert [record["dropped_records"] for record in destroyed] == [
        ask(stored.owner_url, in_tree, *month_ids(month)) for month in (OLD, ALSO_OLD)
    ]
    assert drop(approval).out == answer.out
    assert len(said(stored, "month_key.destroyed")) == 2
    assert OLD not in dancu("retention", "show").out


async def put_on_record(database: Database, approval_id: str) -> None:
    """Leave the record that an administrator's decision over HTTP leaves."""
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.connect() as connection:
        approval = await find_approval(connection, UUID(approval_id))
    await engine.dispose()
    assert approval is not None
    (officer,) = await fetch(database.owner_url, "select officer_id from officer")
    async with a_writer(database) as writer:
        facts = approval.facts() | {"officer_id": str(officer["officer_id"])}
        await writer.append(Draft(RecordKind.APPROVAL_GIVEN, SystemClock().now(), facts))


@pytest.mark.parametrize("is_on_record", [True, False])
def test_a_verifier_tells_an_approval_that_only_the_database_knows(
    stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_on_record: bool
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", stored.auditing_url)
    signer, approval = a_signer(tmp_path), requested()
    decide(stored, approval)
    if is_on_record:
        asyncio.run(put_on_record(stored, approval))
    drop(approval)
    asyncio.run(taken_in(stored, signer))
    assert drop(approval).code == 0
    asyncio.run(taken_in(stored, signer))
    assert dancu("audit", "export", "e").code == 0
    dancu("audit", "verify", "--dir", "e", "--log-key", signer.verifier, "--json", "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    told = {} if is_on_record else {"drop_unapproved": 1}
    assert {one["kind"]: one["count"] for one in report["findings"]} == told
    assert report["checked"]["drops"] == 1
    assert report["exit_code"] == (0 if is_on_record else 1)


def test_an_approval_is_carried_out_within_a_year(stored: Database) -> None:
    approval = requested()
    decide(stored, approval)
    ask(
        stored.owner_url,
        "update approval set requested_at = requested_at - interval '366 days',"
        " expires_at = expires_at - interval '366 days' where approval_id = $1::text::uuid",
        approval,
    )
    assert drop(approval).refuses(approval, "is a year old")
    assert not said(stored, "retention.drop")


async def taken_in(database: Database, signer: FileSigner) -> None:
    async with a_sequencer(database, signer) as sequencer:
        await sequencer.sequence()


def test_a_drop_ended_in_the_middle_goes_on_where_it_was(stored: Database, tmp_path: Path) -> None:
    approval = requested("--through", OLD)
    decide(stored, approval)
    drop(approval)
    asyncio.run(checkpointed(stored, tmp_path))
    order = said(stored, "retention.drop")[0]["record_id"]
    ask(stored.owner_url, f"select audit_destroy_month_keys('{OLD}', $1::text::uuid)", order)
    assert "its keys are destroyed" in dancu("retention", "show").out
    assert drop(approval).out == f"dropped: {OLD}\n"
    assert ask(stored.owner_url, _LEFT) == 2
    assert len(said(stored, "retention.drop")) == 1


def test_a_hold_keeps_its_months_until_it_is_lifted(stored: Database, tmp_path: Path) -> None:
    held = dancu("retention", "hold", "TTr-12/2026", "--from", OLD, "--to", OLD, "--reason", "thanh tra")
    assert held.code == 0, held.err
    hold = held.out.split()[1]
    (record,) = said(stored, "legal_hold.set")
    assert (record["hold_id"], record["months"], record["case_number"]) == (
        hold,
        f"{OLD} {OLD}",
        "TTr-12/2026",
    )
    shown = dancu("retention", "show").out
    assert "hold: TTr-12/2026" in shown
    assert f"hold {hold}" in shown
    answer = dancu("retention", "drop", "--dry-run")
    assert (f"left out: {OLD}" in answer.err, f"{ALSO_OLD}: 2 records" in answer.out) == (True, True)
    assert dancu("retention", "lift", hold, "--reason", "xong").code == 0
    approval = requested()
    assert dancu("retention", "hold", "TTr-13", "--from", OLD, "--to", OLD, "--reason", "thanh tra").code == 0
    decide(stored, approval)
    drop(approval)
    asyncio.run(checkpointed(stored, tmp_path))
    answer = drop(approval)
    assert (answer.code, f"{OLD} is kept: a legal hold keeps it" in answer.err) == (1, True)
    assert answer.out == f"dropped: {ALSO_OLD}\n"
    late = dancu("retention", "hold", "TTr-14", "--from", OLD, "--to", ALSO_OLD, "--reason", "thanh tra")
    assert f"had ended before: {ALSO_OLD}" in late.err


def test_what_makes_no_sense_is_refused_in_words(stored: Database) -> None:
    nobody = "01a202c0-a7d8-712d-aa35-03030c8c4196"
    assert dancu("retention", "lift", nobody, "--reason", "xong").refuses("there is no hold")
    assert drop(nobody).refuses("there is no request")
    hold = ("retention", "hold", "TTr-1", "--reason", "x")
    assert dancu(*hold, "--from", "2020-02", "--to", "2020-01").refuses("--from")
    assert dancu(*hold, "--from", "2020-13", "--to", "2021-01").refuses("yyyy-mm")
    assert dancu("retention", "drop", "--through", OLD).refuses("a reason has")
    assert dancu("retention", "drop", "--approved", nobody, *WHY).refuses("says itself")
    refused = requested()
    decide(stored, refused, "refused")
    assert drop(refused).refuses("is refused, not approved")


def test_no_month_is_dropped_before_its_time(recordable: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no month that may be dropped" in dancu("retention", "drop", *WHY).out
    assert month_of(SystemClock().now()) in dancu("retention", "show").out
    monkeypatch.setenv("DANCU_RETENTION_MONTHS", "11")
    assert dancu("retention", "show").refuses("DANCU_RETENTION_MONTHS")
