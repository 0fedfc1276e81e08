"""`dancu clients …-compatible`: credentials of old software are shown once, listed without secrets, ended."""

import re
from datetime import timedelta

import pytest

from app.accounts.clients import secret_digest
from app.cli.client_texts import old_ways_ending
from app.cli.work import run
from app.clock import SystemClock
from tests.cli.commands import ask, dancu
from tests.world import Database

pytestmark = pytest.mark.usefixtures("recordable")


def test_credentials_are_shown_once_listed_and_ended_on_record(recordable: Database) -> None:
    dancu("clients", "add", "mot-cua", "Phần mềm một cửa", "--network", "10.1.2.0/24")
    lgsp = dancu("clients", "add-compatible", "mot-cua", "--profile", "lgsp")
    options = (
        "--signed-address",
        "/dancu/037",
        "--procedure-without-code",
        "1.004194",
        "--repeats-request-ids",
    )
    vdxp = dancu("clients", "add-compatible", "mot-cua", "--profile", "vdxp", "--name", "TOA_AN", *options)
    assert (lgsp.code, vdxp.code) == (0, 0), lgsp.err + vdxp.err

    secret = re.findall(r"secret: ([\w-]{43})", lgsp.out)[0]
    kept = ask(recordable.owner_url, "select digest from compatible_credential where profile = 'lgsp'")
    assert bytes(kept) == secret_digest(secret)
    hidden = re.findall(r"secret: ([\w-]{43})", vdxp.out)[0]
    wrapped = ask(
        recordable.owner_url, "select wrapped_secret from compatible_credential where profile = 'vdxp'"
    )
    assert hidden.encode() not in bytes(wrapped)

    listed = dancu("clients", "list-compatible").out
    assert "TOA_AN" in listed
    assert secret not in listed
    assert hidden not in listed
    (credential_id,) = re.findall(r"([0-9a-f-]{36}) vdxp", listed)
    ended = dancu("clients", "end-compatible", "mot-cua", credential_id)
    again = dancu("clients", "end-compatible", "mot-cua", credential_id)
    assert (ended.code, again.code) == (0, 2)
    said = "select count(*) from audit_record where kind = 'client.changed'"
    assert ask(recordable.owner_url, said) == 3


def test_what_cannot_be_is_said_in_a_line(recordable: Database) -> None:
    add = ("clients", "add", "giam-sat", "Giám sát", "--network", "10.1.2.0/24", "--kind", "technical")
    dancu(*add)
    for wrong in (
        ("khong-co", "--profile", "lgsp"),
        ("giam-sat", "--profile", "lgsp"),
        ("giam-sat", "--profile", "lgsp", "--expires-on", "2020-01-01"),
    ):
        answer = dancu("clients", "add-compatible", *wrong)
        assert answer.code == 2
        assert "Traceback" not in answer.err


def a_key(database: Database, name: str, days: int) -> None:
    """Store a key of Lê Thị Mẫu's that ends in so many days."""
    statement = (
        "insert into lookup_key (key_id, officer_id, unit_id, client_id, name, digest, created_at,"
        " expires_at) select gen_random_uuid(), officer_id, unit_id, 'mot-cua', $1, sha256('x'),"
        " now() - interval '90 days', now() + $2 * interval '1 day' from officer join officer_posting using"
        " (officer_id)"
    )
    ask(database.owner_url, statement, name, days)


def test_what_ends_soon_is_listed_by_how_it_stands(recordable: Database) -> None:
    dancu("clients", "add", "mot-cua", "Phần mềm một cửa", "--network", "10.1.2.0/24")
    dancu("clients", "add-compatible", "mot-cua", "--profile", "lgsp", "--name", "AK-MOI")
    soon = (SystemClock().now() + timedelta(days=20)).strftime("%Y-%m-%d")
    dancu(
        *("clients", "add-compatible", "mot-cua", "--profile", "lgsp", "--name", "AK-CU"),
        *("--expires-on", soon),
    )
    dancu("units", "add", "Sở Khoa học và Công nghệ", "H19.10", "--kind", "department", "--level", "province")
    dancu("officers", "bootstrap", "quan.tri", "Lê Thị Mẫu", "--unit", "H19.10", "--person-code", "NV-0001")
    ask(recordable.owner_url, "update officer set password_changed_at = now() - interval '100 days'")
    for name, days in (("tkmot", 3), ("tkhai", 29), ("tkba", 60), ("tkbon", -1)):
        a_key(recordable, name, days)

    def keys(*options: str) -> list[str]:
        listed = dancu("clients", "list-lookup-keys", *options)
        assert listed.code == 0, listed.err
        return re.findall(r"^quan\.tri: (\w+) for mot-cua, ends 20", listed.out, re.MULTILINE)

    assert keys() == ["tkbon", "tkmot", "tkhai", "tkba"]
    assert keys("--standing", "ends_soon") == ["tkhai"]
    assert keys("--standing", "ends_very_soon") == ["tkmot"]
    assert "AK-MOI" in dancu("clients", "list-compatible", "--standing", "valid").out
    (listed,) = dancu("clients", "list-compatible", "--standing", "ends_soon").out.splitlines()
    assert "AK-CU" in listed
    assert listed.endswith("(ends_soon)")
    first, urgent, later = run(lambda connection: old_ways_ending(connection, SystemClock().now()))
    assert (first[:22], first[-11:]) == ("mot-cua lgsp AK-CU end", "(ends_soon)")
    assert urgent.startswith("1 officers' lookup keys (ends_very_soon): dancu clients list-lookup-keys")
    assert later.startswith("1 officers' lookup keys (ends_soon)")
    ask(
        recordable.owner_url,
        "insert into lookup_key select gen_random_uuid(), officer_id, unit_id, client_id, name || n, digest,"
        " created_at, expires_at from lookup_key, generate_series(1, 999) n where name = 'tkba'",
    )
    assert len(keys("--standing", "valid")) == 1000  # two whole pages
