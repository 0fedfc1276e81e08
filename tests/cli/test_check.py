"""`dancu check`: a good set-up passes, and each broken thing has a line of its own."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.sealing import RootKey
from app.audit.tree.checkpoint import NoteKey, checkpoint_text
from app.audit.tree.merkle import EMPTY_TREE
from app.cli.check import _clock
from app.clock import SystemClock
from tests.audit.tree.fake_witness import FakeWitness
from tests.cli.commands import UPSTREAM, Answer, a_listener, ask, dancu, free_port
from tests.cluster import PostgresCluster
from tests.world import AUDIT_ROOT_KEY, Database, past_the_guards


@pytest.fixture
def serving(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Everything a serving process needs: settings, two months' keys, a national side."""
    dancu("keys", "months", "--ahead", "2")
    monkeypatch.delenv("DANCU_MIGRATION_DATABASE_URL")
    monkeypatch.delenv("DANCU_AUDIT_ROOT_KEY")
    monkeypatch.setenv("DANCU_DATABASE_URL", migrated.serving_url)
    monkeypatch.setenv("DANCU_PUBLIC_URL", "https://tracuu.example.gov.vn")
    for name, value in UPSTREAM.items():
        monkeypatch.setenv(name, value)
    with a_listener() as port:
        monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"http://127.0.0.1:{port}")
        yield migrated


def fails(answer: Answer, *words: str) -> bool:
    """Whether exactly one line says FAIL and holds *words*, and the exit code is 1."""
    failed = [line for line in answer.out.splitlines() if line.startswith("FAIL")]
    return (
        answer.code == 1 and not answer.err and len(failed) == 1 and all(word in failed[0] for word in words)
    )


def lines(answer: Answer, mark: str) -> list[str]:
    return [line.removeprefix(mark).strip() for line in answer.out.splitlines() if line.startswith(mark)]


def test_a_good_set_up_passes(serving: Database) -> None:
    answer = dancu("check")
    assert (answer.code, answer.err) == (0, "")
    subjects = [line.partition(":")[0] for line in lines(answer, "ok")]
    assert subjects == [
        "settings",
        "database",
        "clock",
        "database",
        "database log",
        "partitions",
        "keys",
        "keys",
        "keys",
        "keys",
        "national side",
    ]


def test_a_good_set_up_says_what_it_does_not_promise(serving: Database) -> None:
    notes = lines(dancu("check"), "note")
    assert [note.partition(":")[0] for note in notes] == ["evidence", "evidence", "evidence is local only"]
    assert notes[0].endswith("no checkpoint was ever made; dancu worker makes them")


def test_one_server_is_said_to_be_one(serving: Database) -> None:
    (note,) = [note for note in lines(dancu("check"), "note") if "DANCU_AUDIT_STANDBYS=0" in note]
    assert "one server" in note


def test_standbys_that_are_wanted_and_not_waited_for_are_a_failure(
    serving: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_STANDBYS", "1")
    assert fails(dancu("check"), "synchronous_standby_names is empty", "DANCU_AUDIT_STANDBYS=1")


def test_how_old_the_last_checkpoint_is_is_told(serving: Database) -> None:
    set_age = "update audit_sequencing set covered_at = clock_timestamp() - interval '{} s'"
    ask(serving.owner_url, set_age.format(2))
    (line,) = [line for line in lines(dancu("check"), "ok") if line.startswith("evidence:")]
    assert "stands under a checkpoint" in line
    ask(serving.owner_url, set_age.format(90))
    assert any("does dancu worker run?" in note for note in lines(dancu("check"), "note"))


def test_months_without_a_place_for_records_are_told(serving: Database) -> None:
    (line,) = [line for line in lines(dancu("check"), "ok") if line.startswith("partitions:")]
    assert line == "partitions: this month and the 12 after it"
    months = "pg_inherits where inhparent = 'audit_record'::regclass order by 1"
    names = f"select inhrelid::regclass::text from {months} offset {{}} limit 1"  # noqa: S608 - ours
    third = ask(serving.owner_url, names.format(2))
    ask(serving.owner_url, f"drop table {third}")
    assert "partitions: 2 months only; run dancu worker, or once: dancu keys months" in lines(
        dancu("check"), "note"
    )
    ask(serving.owner_url, f"drop table {ask(serving.owner_url, names.format(0))}")
    assert fails(dancu("check"), "partitions", "nothing can be recorded", "dancu keys months")


def test_evidence_that_long_stood_under_nothing_fails(serving: Database) -> None:
    ask(serving.owner_url, "update audit_sequencing set anchored_at = clock_timestamp() - interval '5 h'")
    assert fails(dancu("check"), "not anchored for 300 min", "lookups are stopped")


def test_who_cosigned_the_latest_checkpoint_is_told_and_the_evidence_is_no_longer_local_only(
    serving: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SystemClock()
    one, two = FakeWitness("one.example", clock, {}), FakeWitness("two.example", clock, {})
    policy = tmp_path / "policy"
    monkeypatch.setenv("DANCU_WITNESS_POLICY_FILE", str(policy))

    def told(quorum: str) -> list[list[str]]:
        words = f"witness a {one.vkey}\nwitness b {two.vkey}\ngroup g all a b\nquorum {quorum}\n"
        policy.write_text(words, encoding="utf-8")
        answer = dancu("check")
        return [[line for line in lines(answer, mark) if "witness" in line] for mark in ("ok", "note")]

    def publish(note: str, size: int) -> None:
        ask(serving.owner_url, "insert into audit_checkpoint values ($1, sha256(''), $2, now())", size, note)

    text = checkpoint_text("dancu/H19", EMPTY_TREE)
    log = NoteKey("dancu/H19", Ed25519PrivateKey.generate())
    assert told("a") == [[], ["witnesses: the latest checkpoint is cosigned by nobody, which is no quorum"]]
    publish(log.sign(text) + one.cosign(text), 0)
    assert told("a") == [["witnesses: the latest checkpoint is cosigned by a"], []]
    assert told("g") == [[], ["witnesses: the latest checkpoint is cosigned by a, which is no quorum"]]
    (unwitnessed,) = told("none")[1]
    assert unwitnessed.startswith("evidence is local only")
    publish("no note", 1)
    policy.write_text(f"witness a {one.vkey}\nquorum a\n", encoding="utf-8")
    assert fails(dancu("check"), "witnesses", "is none")


def test_client_software_that_ends_soon_is_named(serving: Database) -> None:
    query = "insert into client (client_id, name, status, networks, expires_at)"
    ask(
        serving.owner_url,
        f"{query} values ('mot-cua', 'x', 'active', '{{::/0}}', clock_timestamp() + interval '9 days')",
    )
    answer = dancu("check")
    assert answer.code == 0
    assert any(line.startswith("client software: mot-cua ends 20") for line in lines(answer, "note"))


def test_client_software_that_may_call_from_anywhere_is_named(serving: Database) -> None:
    query = "insert into client (client_id, name, status, networks) values"
    ask(serving.owner_url, f"{query} ('rong', 'x', 'active', '{{10.0.0.0/8, ::/0}}')")
    ask(serving.owner_url, f"{query} ('hep', 'x', 'active', '{{10.0.0.0/8}}')")
    ask(serving.owner_url, f"{query} ('nghi', 'x', 'suspended', '{{0.0.0.0/0}}')")
    answer = dancu("check")
    assert answer.code == 0
    assert [line for line in lines(answer, "note") if "anywhere" in line] == [
        "client software: rong may call from anywhere (::/0); dancu clients change --network"
    ]


def test_checking_leaves_the_database_as_it_was(serving: Database) -> None:
    before = ask(serving.owner_url, "select count(*) from audit_record")
    dancu("check")
    assert ask(serving.owner_url, "select count(*) from audit_record") == before


@pytest.mark.parametrize("variable", ["DANCU_AUTHORITY_CODE", "DANCU_DATABASE_URL", "DANCU_ROOT_KEY"])
def test_a_missing_setting_is_named(
    serving: Database, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    assert fails(dancu("check"), "settings", variable)


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY", "DANCU_AUDIT_ROOT_KEY"])
def test_a_key_that_is_none_is_named_and_not_shown(
    serving: Database, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "geheim")
    answer = dancu("check")
    assert fails(answer, "settings", variable)
    assert "geheim" not in answer.out


def test_pending_migrations_are_named(serving: Database) -> None:
    ask(serving.owner_url, "update alembic_version set version_num = '0001'")
    assert fails(dancu("check"), "migrations are pending", "dancu migrate")


def test_a_database_without_schema_is_named(
    serving: Database, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", empty_database)
    assert fails(dancu("check"), "migrations are pending", "dancu migrate")


def test_another_root_key_is_named(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", RootKey.generate_text())
    assert fails(dancu("check"), "keys", "DANCU_ROOT_KEY is not the key")


def test_this_months_missing_key_is_named(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(serving.owner_url, past_the_guards("delete from audit_month_secret", "delete from audit_month_key"))
    assert fails(dancu("check"), "keys", "has no key for", "dancu keys months")


def test_a_missing_writer_key_is_named(serving: Database) -> None:
    ask(serving.owner_url, "delete from audit_writer_key")
    assert fails(dancu("check"), "keys", "no key signs batches", "dancu keys months")


def test_a_writer_key_that_nobody_here_made_is_named(serving: Database) -> None:
    ask(serving.owner_url, "update audit_writer_key set key_id = key_id || 'x'")
    assert fails(dancu("check"), "keys", "DANCU_ROOT_KEY is not the key", "writer key")


def test_a_volume_that_cannot_be_read_is_named(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_HEADROOM_PATHS", "/nowhere")
    assert fails(dancu("check"), "disk: /nowhere cannot be read")


def test_the_next_months_missing_key_is_noted(serving: Database) -> None:
    newest = "key_id = (select max(key_id) from audit_month_key)"
    lost = [f"delete from {table} where {newest}" for table in ("audit_month_secret", "audit_month_key")]  # noqa: S608 - our own
    ask(serving.owner_url, past_the_guards(*lost))
    answer = dancu("check")
    assert answer.code == 0
    assert any("dancu keys months" in note for note in lines(answer, "note"))


def test_a_national_side_out_of_reach_is_named(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("DANCU_UPSTREAM_BASE_URL", f"http://127.0.0.1:{port}")
    assert fails(dancu("check"), "national side", f"127.0.0.1:{port}", "ConnectionRefusedError")


@pytest.mark.parametrize("variable", ["DANCU_UPSTREAM_SECRET_KEY", "DANCU_UPSTREAM_BASE_URL"])
def test_a_missing_setting_of_the_national_side_is_named(
    serving: Database, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    assert fails(dancu("check"), "national side", variable)


def test_the_owner_must_not_serve(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", serving.owner_url)
    assert fails(dancu("check"), "may change evidence", "dancu_serving")


def test_a_wrong_password_is_named_and_not_shown(
    serving: Database, postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", postgres_cluster.url(serving.name, "gateway", "geheim"))
    answer = dancu("check")
    assert fails(answer, "database", "refused the user name or password")
    assert "geheim" not in answer.out


def test_a_database_that_is_away_is_named(serving: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", f"postgresql://gateway:geheim@127.0.0.1:{free_port()}/dancu")
    answer = dancu("check")
    assert fails(answer, "database", "cannot be reached")
    assert "geheim" not in answer.out


@pytest.mark.parametrize(
    ("setting", "value"),
    [("log_min_duration_statement", "0"), ("log_error_verbosity", "default"), ("log_statement", "ddl")],
)
def test_a_server_log_that_could_come_to_hold_values_is_noted(
    serving: Database, setting: str, value: str
) -> None:
    ask(serving.owner_url, f'alter database "{serving.name}" set {setting} = {value!r}')
    answer = dancu("check")
    assert answer.code == 0
    assert any(note.startswith("database log") and f"{setting}=" in note for note in lines(answer, "note"))


class DatabaseOfAnotherTime:
    """A database whose clock is off by some seconds."""

    def __init__(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)

    async def fetchval(self, _query: str) -> datetime:
        return SystemClock().now() + self._ahead


@pytest.mark.parametrize(("seconds", "is_good"), [(3.0, False), (-3.0, False), (1.0, True), (-1.0, True)])
def test_clocks_may_differ_by_two_seconds(seconds: float, is_good: bool) -> None:  # noqa: FBT001 - a case
    found, text = asyncio.run(_clock(DatabaseOfAnotherTime(seconds)))
    assert found is is_good
    assert text.startswith(f"clock: {abs(seconds)}")


def test_where_audits_are_read_that_is_checked_and_noted(
    serving: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", serving.auditing_url)
    monkeypatch.setenv("DANCU_AUDIT_ROOT_KEY", AUDIT_ROOT_KEY)
    answer = dancu("check")
    assert answer.code == 0
    assert "auditing database: the role can read the evidence" in lines(answer, "ok")
    assert any("this process can read the audit" in note for note in lines(answer, "note"))


def test_an_auditing_address_that_leads_nowhere_is_named(
    serving: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"postgresql://auditor:geheim@127.0.0.1:{free_port()}/dancu"
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", address)
    answer = dancu("check")
    assert fails(answer, "auditing database", "cannot be reached")
    assert "geheim" not in answer.out


def test_an_auditing_address_of_the_serving_role_is_named(
    serving: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", serving.serving_url)
    assert fails(dancu("check"), "auditing database", "cannot read the evidence")


def test_an_auditing_address_of_another_database_is_named(
    serving: Database, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_AUDIT_DATABASE_URL", empty_database)
    assert fails(dancu("check"), "auditing database")
