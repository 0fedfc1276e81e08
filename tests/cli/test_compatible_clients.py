"""`dancu clients …-compatible`: credentials of old software are shown once, listed without secrets, ended."""

import re

import pytest

from app.accounts.clients import secret_digest
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
