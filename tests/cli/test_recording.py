"""What a command changes is on record, in the operator's name, or it is not changed."""

import json
import os
import pwd
from typing import Any

import pytest

from app.cli.operator import operator_name
from tests.cli.commands import Answer, ask, dancu
from tests.cli.locks import confirm_second_factor, lock
from tests.world import AUDIT_ROOT_KEY, Database, past_the_guards

UNIT = ("units", "add", "Xã Mẫu", "H19.34.12")
OFFICER = ("officers", "add", "tiepnhan.mau", "Nguyễn Thị Mẫu", "--unit", "H19.34.12")
CLIENT = ("clients", "add", "mot-cua", "Phần mềm", "--network", "10.1.2.0/24")
PROCEDURE = ("procedures", "add", "1.004194", "Tạm trú", "--legal-basis", "Điều 14")
GRANT = ("grants", "give", "H19.34.12", "1.004194", "--document", "1/QĐ")
EVERY_CHANGE: tuple[tuple[tuple[str, ...], str, dict[str, str]], ...] = (
    (
        UNIT,
        "unit.added",
        {
            "change": "added",
            "after": '{"agency_code": "H19.34.12", "kind": "commune", "level": "commune", "name": "Xã Mẫu"}',
        },
    ),
    (OFFICER, "officer.added", {"after": "reception"}),
    (("officers", "new-password", "tiepnhan.mau"), "officer.changed", {"change": "first_password"}),
    (
        ("officers", "person", "tiepnhan.mau", "nv-1"),
        "officer.changed",
        {"change": "person_code", "before": "", "after": "NV-1"},
    ),
    (
        ("officers", "suspend", "tiepnhan.mau"),
        "officer.suspended",
        {"change": "suspended", "reason": "administrator"},
    ),
    (
        ("officers", "resume", "tiepnhan.mau"),
        "officer.resumed",
        {"change": "resumed"},
    ),
    (
        ("officers", "unlock", "tiepnhan.mau", "--reason", "Gõ nhầm"),
        "approval.requested",
        {"change": "unlock", "reason": "Gõ nhầm"},
    ),
    (
        ("officers", "reset-second-factor", "tiepnhan.mau", "--reason", "Mất máy"),
        "approval.requested",
        {"change": "reset_second_factor", "reason": "Mất máy"},
    ),
    (
        CLIENT,
        "client.added",
        {
            "changed_client_id": "mot-cua",
            "change": "added",
            "after": "service, active, grants password, the whole province, every procedure,"
            " from 10.1.2.0/24, ends never, 1 secret, 0 key, 0 certificate",
        },
    ),
    (
        ("clients", "suspend", "mot-cua"),
        "client.changed",
        {"changed_client_id": "mot-cua", "change": "suspended", "before": "active", "after": "suspended"},
    ),
    (
        ("clients", "resume", "mot-cua"),
        "client.changed",
        {"changed_client_id": "mot-cua", "change": "resumed", "before": "suspended", "after": "active"},
    ),
    (PROCEDURE, "procedure.added", {"procedure_code": "1.004194"}),
    (GRANT, "grant.added", {"after": "1.004194"}),
    (
        (
            "officers",
            "bootstrap",
            "quantri.mau",
            "Võ Thị Mẫu",
            "--unit",
            "H19.34.12",
            "--person-code",
            "NV-2",
        ),
        "officer.added",
        {"change": "bootstrap", "after": "department_administrator"},
    ),
)
"""Every command that changes something, in an order in which they can be run."""


def latest(database: Database) -> dict[str, Any]:
    """Return the record written last."""
    query = (
        "select convert_from(leaf, 'UTF8') from audit_record where kind not like 'writer.%'"
        " order by record_id desc limit 1"
    )
    return dict(json.loads(ask(database.owner_url, query)))


def count(database: Database, kind: str | None = None) -> int:
    """Return how many records there are, of a kind or of all."""
    query = "select count(*) from audit_record where $1::text is null or kind = $1"
    return int(ask(database.owner_url, query, kind))


def everything(database: Database) -> Any:
    """Return what the registers hold, each as one text."""
    tables = ("unit_version", "officer", "approval", "client", "procedure", "permission_grant", "bootstrap")
    query = "select coalesce(string_agg(t::text, '|' order by t::text), '') from {} t"
    return [ask(database.owner_url, query.format(one)) for one in tables]


def _change(database: Database, command: tuple[str, ...]) -> Answer:
    """Run a command that changes something; the officer has a lock and a second factor from the start."""
    answer = dancu(*command)
    if command is OFFICER:
        lock(database.owner_url, "tiepnhan.mau")
        confirm_second_factor(database.owner_url, "tiepnhan.mau")
    return answer


def test_every_change_is_recorded_with_what_and_who(recordable: Database) -> None:
    for command, kind, facts in EVERY_CHANGE:
        answer = _change(recordable, command)
        assert (answer.code, answer.err) == (0, ""), command
        record = latest(recordable)
        assert (record["kind"], record["operator"]) == (kind, operator_name()), command
        assert {name: record.get(name) for name in facts} == facts, command


def test_records_name_what_was_changed_and_no_secret(recordable: Database) -> None:
    for command, kind, _ in EVERY_CHANGE:
        shown_once = _change(recordable, command).out.split()[-1]
        record = latest(recordable)
        subject, _, _ = kind.partition(".")
        column = {"unit": "changed_unit_id", "grant": "changed_unit_id", "client": "changed_client_id"}
        named = "procedure_code" if subject == "procedure" else column.get(subject, "changed_officer_id")
        assert record[named]
        assert (
            "add" not in command or shown_once not in json.dumps(record) or subject in {"unit", "procedure"}
        )


@pytest.mark.parametrize(
    "lost", ["no month key", "no root key", "other root key", "no authority", "evidence"]
)
def test_what_cannot_be_recorded_is_not_changed_and_the_operator_hears_why(
    recordable: Database, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    done = len(EVERY_CHANGE) - 1
    for command, _, _ in EVERY_CHANGE[:done]:
        assert _change(recordable, command).code == 0
    before, records = everything(recordable), count(recordable)
    word = _lose(recordable, monkeypatch, lost)
    changes_nothing = ("officers", "resume", "tiepnhan.mau")  # in use already: there is nothing to record
    left_out = {UNIT, OFFICER, CLIENT, PROCEDURE, GRANT, changes_nothing}
    again = [command for command, _, _ in EVERY_CHANGE if command not in left_out]
    fresh = [
        ("units", "add", "Xã khác", "H19.34.13"),
        ("officers", "add", "mot.nguoi", "Lê Thị Mẫu", "--unit", "H19.34.12"),
        ("clients", "add", "phan-mem", "Phần mềm", "--network", "10.1.2.0/24"),
        ("procedures", "add", "1.004195", "Tạm trú", "--legal-basis", "Điều 14"),
        ("procedures", "change", "1.004194", "--service-code", "1.004194.01"),
        ("grants", "withdraw", "H19.34.12", "1.004194", "--document", "2/QĐ"),
    ]
    for command in [*again, *fresh]:
        assert dancu(*command).refuses(word), command
    assert everything(recordable) == before
    assert count(recordable) == records


def _lose(database: Database, monkeypatch: pytest.MonkeyPatch, what: str) -> str:
    """Take something away without which nothing is recorded; return what the operator must then read."""
    if what == "no month key":
        ask(
            database.owner_url,
            past_the_guards("delete from audit_month_secret", "delete from audit_month_key"),
        )
        return "dancu keys months"
    if what == "no root key":
        monkeypatch.delenv("DANCU_ROOT_KEY")
        return "DANCU_ROOT_KEY"
    if what == "other root key":
        monkeypatch.setenv("DANCU_ROOT_KEY", AUDIT_ROOT_KEY)
        return "root key"
    if what == "no authority":
        monkeypatch.delenv("DANCU_AUTHORITY_CODE")
        return "DANCU_AUTHORITY_CODE"
    ask(database.owner_url, "alter table audit_record add constraint closed check (false) not valid")
    return "could not be recorded"


def test_month_keys_are_recorded_as_they_are_made(migrated: Database) -> None:
    assert dancu("keys", "months", "--ahead", "3").out.count(", ") == 2
    first = ask(migrated.owner_url, "select min(month) from audit_month_key")
    query = (
        "select string_agg(convert_from(leaf, 'UTF8')::jsonb ->> 'months', ' ' order by record_id)"
        " from audit_record where kind = 'keys.made'"
    )
    made = ask(migrated.owner_url, query).split()
    assert (made[0], len(made)) == (first, 3)
    assert latest(migrated)["operator"] == operator_name()
    assert dancu("keys", "months", "--ahead", "3").out == "no month key was missing\n"
    months, first_writer_key, first_token_key, first_certificate = 2, 1, 1, 1
    made_in_all = months + first_writer_key + first_token_key + first_certificate
    assert count(migrated, "keys.made") == made_in_all


def test_the_operator_is_whom_the_system_says_not_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody.else")
    assert operator_name() == pwd.getpwuid(os.getuid()).pw_name
