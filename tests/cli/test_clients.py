"""`dancu clients`: credentials are shown once, rotated with an overlap, ended, listed and warned of."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.accounts.clients import secret_digest
from app.clock import SystemClock
from tests.accounts.client_software import RSA_KEY, a_certificate, a_p256_key, public_pem, registered
from tests.cli.commands import Answer, ask, dancu
from tests.world import Database

pytestmark = pytest.mark.usefixtures("recordable")
KEY = a_p256_key()


def add(*more: str, client_id: str = "mot-cua") -> Answer:
    return dancu("clients", "add", client_id, "Phần mềm một cửa", "--network", "10.1.2.0/24", *more)


def secret_of(answer: Answer) -> str:
    assert answer.code == 0, answer.err
    return answer.out.rpartition("secret: ")[2].strip()


def one(database: Database, query: str, *values: object) -> Any:
    return ask(database.owner_url, query, *values)


def credential_ids(kind: str) -> list[str]:
    return re.findall(rf"{kind} ([0-9a-f-]{{36}})", dancu("clients", "show", "mot-cua").out)


def test_service_software_begins_with_passwords_and_technical_software_with_the_status(
    recordable: Database,
) -> None:
    add()
    add("--kind", "technical", client_id="giam-sat")
    query = "select kind || ' ' || array_to_string(grants, ',') from client where client_id = $1"
    assert one(recordable, query, "mot-cua") == "service password"
    assert one(recordable, query, "giam-sat") == "technical client_credentials"


def test_what_is_chosen_is_switched_on_and_nothing_else(recordable: Database) -> None:
    dancu("units", "add", "Xã Mẫu", "H19.34.12")
    chosen = (
        "--grant",
        "jwt_bearer",
        "--unit",
        "H19.34.12",
        "--procedure",
        "1.004194",
        "--expires-on",
        "2099-06-30",
    )
    assert add(*chosen).code == 0
    row = one(recordable, "select array[grants::text, procedures::text, unit_id::text] from client")
    assert row[:2] == ["{jwt_bearer}", "{1.004194}"]
    assert row[2] == str(one(recordable, "select unit_id from unit"))
    assert one(recordable, "select expires_at from client") == datetime(2099, 6, 30, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "technical", "--grant", "password"),
        ("--grant", "client_credentials"),
        ("--grant", "password", "--grant", "client_credentials"),
        ("--kind", "technical", "--procedure", "1.004194"),
    ],
)
def test_the_kinds_are_kept_apart(recordable: Database, options: tuple[str, ...]) -> None:
    assert add(*options).refuses("may not have these")
    assert one(recordable, "select count(*) from client") == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--unit", "H19.99"), "there is no unit"),
        (("--procedure", "TTHC"), "is malformed"),
        (("--expires-on", "2020-01-01"), "that day is over"),
    ],
)
def test_a_wrong_bound_is_refused(options: tuple[str, str], word: str) -> None:
    assert add(*options).refuses(word)


def test_a_client_may_have_no_secret(recordable: Database) -> None:
    assert "secret:" not in add("--without-secret").out
    assert one(recordable, "select count(*) from client_credential") == 0


def test_a_rotation_shows_a_new_secret_and_lets_the_old_one_end_later(recordable: Database) -> None:
    old = secret_of(add())
    new = secret_of(dancu("clients", "rotate", "mot-cua", "--overlap", "12h"))
    assert new != old
    ends = "select expires_at - clock_timestamp() from client_credential where digest = $1"
    left = one(recordable, ends, secret_digest(old))
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    assert one(recordable, ends, secret_digest(new)) is None
    assert new not in one(recordable, "select string_agg(c::text, '') from client_credential c")


def test_by_default_the_overlap_is_a_week(recordable: Database) -> None:
    old = secret_of(add())
    dancu("clients", "rotate", "mot-cua")
    query = "select expires_at - created_at > interval '167 hours' from client_credential where digest = $1"
    assert one(recordable, query, secret_digest(old)) is True


def test_a_third_secret_is_refused_while_two_are_valid(recordable: Database) -> None:
    add()
    dancu("clients", "rotate", "mot-cua")
    assert dancu("clients", "rotate", "mot-cua").refuses("two valid secrets", "--now")
    assert one(recordable, "select count(*) from client_credential") == 2


def test_after_one_of_two_ended_there_may_be_another(recordable: Database) -> None:
    add()
    dancu("clients", "rotate", "mot-cua")
    first, _ = credential_ids("secret")
    assert dancu("clients", "end-credential", "mot-cua", first).out == "client mot-cua secret ended\n"
    assert dancu("clients", "rotate", "mot-cua").code == 0
    assert one(recordable, "select count(*) from client_credential where ended_at is null") == 2


def test_a_rotation_now_ends_every_older_secret(recordable: Database) -> None:
    add()
    dancu("clients", "rotate", "mot-cua")
    newest = secret_of(dancu("clients", "rotate", "mot-cua", "--now"))
    rows = one(recordable, "select array_agg(digest) from client_credential where ended_at is null")
    assert rows == [secret_digest(newest)]


def test_an_overlap_never_lets_an_old_secret_live_longer(recordable: Database) -> None:
    old = secret_of(add())
    ask(
        recordable.owner_url,
        "update client_credential set expires_at = clock_timestamp() + interval '1 hour'",
    )
    dancu("clients", "rotate", "mot-cua")
    query = "select expires_at < now() + interval '61 minutes' from client_credential where digest = $1"
    assert one(recordable, query, secret_digest(old)) is True


@pytest.mark.parametrize("overlap", ["", "7", "0d", "7w", "-1d", "7d7d", "91d", "1000h"])
def test_what_is_no_overlap_is_refused(overlap: str) -> None:
    add()
    assert dancu("clients", "rotate", "mot-cua", f"--overlap={overlap}").refuses("overlap")


@pytest.mark.parametrize("text", [public_pem(KEY), registered(KEY).jwk], ids=["PEM", "JWK"])
def test_a_public_key_is_registered_once(recordable: Database, tmp_path: Path, text: str) -> None:
    add()
    (tmp_path / "key").write_text(text)
    added = dancu("clients", "add-key", "mot-cua", "key")
    assert registered(KEY).kid in added.out
    assert (
        one(recordable, "select digest from client_credential where kind = 'key'")
        == registered(KEY).thumbprint
    )
    assert dancu("clients", "add-key", "mot-cua", "key").refuses("already registered")
    assert f"kid {registered(KEY).kid}" in dancu("clients", "show", "mot-cua").out


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    add()
    pem = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "key").write_text(pem)
    refused = dancu("clients", "add-key", "mot-cua", "key")
    assert refused.refuses("private")
    assert pem.split("\n")[1] not in refused.err
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    assert dancu("clients", "add-key", "mot-cua", "key").refuses("neither")
    assert dancu("clients", "add-key", "mot-cua", "no-such-file").refuses("no-such-file")


def test_a_certificate_ends_with_its_own_dates_or_earlier(recordable: Database, tmp_path: Path) -> None:
    add()
    certificate = a_certificate(KEY, SystemClock().now(), life=timedelta(days=400))
    (tmp_path / "c.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    assert dancu("clients", "add-certificate", "mot-cua", "c.pem").code == 0
    query = "select expires_at from client_credential where kind = 'certificate' and ended_at is null"
    assert one(recordable, query) == certificate.not_valid_after_utc
    (credential_id,) = credential_ids("certificate")
    ended = dancu("clients", "end-credential", "mot-cua", credential_id)
    assert "needs no certificate any more" in ended.out
    day = (SystemClock().now() + timedelta(days=30)).date().isoformat()
    dancu("clients", "add-certificate", "mot-cua", "c.pem", "--expires-on", day)
    assert one(recordable, query) < certificate.not_valid_after_utc


def test_what_is_no_certificate_or_is_over_is_refused(tmp_path: Path) -> None:
    add()
    over = a_certificate(KEY, SystemClock().now(), life=timedelta(hours=-1))
    (tmp_path / "c.pem").write_bytes(over.public_bytes(Encoding.PEM))
    assert dancu("clients", "add-certificate", "mot-cua", "c.pem").refuses("over")
    (tmp_path / "c.pem").write_text("none")
    assert dancu("clients", "add-certificate", "mot-cua", "c.pem").refuses("no PEM certificate")


def test_only_credentials_of_the_client_named_end(recordable: Database) -> None:
    add()
    add(client_id="khac")
    (own,) = credential_ids("secret")
    assert dancu("clients", "end-credential", "khac", own).refuses("there is no credential")
    assert one(recordable, "select count(*) from client_credential where ended_at is null") == 2


@pytest.mark.parametrize(
    "command",
    [
        ("rotate", "khong-co"),
        ("add-key", "khong-co", "key"),
        ("add-certificate", "khong-co", "key"),
        ("end-credential", "khong-co", "01981c5e-0000-7000-8000-000000000000"),
        ("show", "khong-co"),
    ],
)
def test_a_client_nobody_registered_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(public_pem(KEY))
    assert dancu("clients", *command).refuses("there is no client khong-co")


def test_list_and_show_say_what_there_is_and_no_secret(recordable: Database) -> None:
    secret = secret_of(add("--procedure", "1.004194"))
    listed, shown = dancu("clients", "list").out, dancu("clients", "show", "mot-cua").out
    assert (
        "service, active, grants password, the whole province, 1 procedures, from 10.1.2.0/24, ends never"
        in listed
    )
    assert "networks 10.1.2.0/24" in shown
    assert "procedures 1.004194" in shown
    digest = secret_digest(secret)
    assert not any(word in listed + shown for word in (secret, digest.hex(), str(digest)))


def test_what_ends_within_thirty_days_is_named(recordable: Database) -> None:
    add()
    add(client_id="khac")
    assert "attention" not in dancu("clients", "list").out
    ask(
        recordable.owner_url,
        "update client set expires_at = clock_timestamp() + interval '29 days' where client_id = 'khac'",
    )
    ask(
        recordable.owner_url,
        "update client_credential set expires_at = clock_timestamp() + interval '31 days'",
    )
    assert re.findall("attention: (.*) 20", dancu("clients", "list").out) == ["khac ends"]
    ask(
        recordable.owner_url, "update client_credential set expires_at = clock_timestamp() + interval '1 day'"
    )
    ask(recordable.owner_url, "update client set expires_at = clock_timestamp() where client_id = 'khac'")
    said = dancu("clients", "list").out
    assert len(re.findall("attention: .* secret .* ends", said)) == 2
    assert "attention: khac ended" in said
    dancu("clients", "suspend", "khac")
    assert "khac ended" not in dancu("clients", "list").out


def test_a_client_is_changed_where_something_is_named_and_stays_otherwise(recordable: Database) -> None:
    add("--procedure", "1.004194", "--expires-on", "2099-06-30")
    changed = dancu("clients", "change", "mot-cua", "--network", "10.2.0.0/16", "--grant", "jwt_bearer")
    assert changed.out == "client mot-cua changed\n", changed.err
    row = "select array[networks::text, grants::text, procedures::text, expires_at::date::text] from client"
    assert one(recordable, row) == ["{10.2.0.0/16}", "{jwt_bearer}", "{1.004194}", "2099-06-30"]
    assert dancu("clients", "change", "mot-cua", "--every-procedure", "--never-expires").code == 0
    assert one(recordable, row) == ["{10.2.0.0/16}", "{jwt_bearer}", None, None]
    leaf = (
        "select convert_from(leaf, 'UTF8')::json ->> $1 from audit_record where kind = 'client.changed'"
        " order by record_id desc limit 1"
    )
    assert "procedures 1.004194" in one(recordable, leaf, "before")
    assert "every procedure" in one(recordable, leaf, "after")


def test_a_change_that_cannot_be_leaves_the_client_as_it_is(recordable: Database) -> None:
    add()
    before = one(recordable, "select c::text from client c")
    for options, words in (
        (("--procedure", "1.004194", "--every-procedure"), "--every-procedure"),
        (("--expires-on", "2099-01-01", "--never-expires"), "--never-expires"),
        (("--network", "mọi nơi"), "address block"),
        (("--grant", "client_credentials"), "may not have these"),
    ):
        assert dancu("clients", "change", "mot-cua", *options).refuses(words)
    assert one(recordable, "select c::text from client c") == before
