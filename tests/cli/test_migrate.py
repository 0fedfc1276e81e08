"""`dancu migrate`: repeatable, honest about what is pending, and clear where the database refuses."""

import pytest

from tests.cli.commands import ask, dancu, free_port
from tests.cluster import PostgresCluster


def test_migrating_twice_changes_nothing(empty_database: str) -> None:
    first = dancu("migrate")
    revision = ask(empty_database, "select version_num from alembic_version")
    second = dancu("migrate")
    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out == "the database is at head\n"
    assert ask(empty_database, "select version_num from alembic_version") == revision


def test_check_says_that_migrations_are_pending(empty_database: str) -> None:
    answer = dancu("migrate", "--check")
    assert (answer.code, answer.out) == (1, "migrations are pending\n")
    assert ask(empty_database, "select to_regclass('alembic_version')") is None


def test_check_says_that_nothing_is_pending(empty_database: str) -> None:
    dancu("migrate")
    answer = dancu("migrate", "--check")
    assert (answer.code, answer.out) == (0, "the database is up to date\n")


def test_a_first_revision_leaves_the_others_pending(empty_database: str) -> None:
    assert dancu("migrate", "0001").code == 0
    assert dancu("migrate", "--check").code == 1
    assert dancu("migrate").code == 0


def test_an_earlier_revision_takes_nothing_back_and_does_not_say_so(empty_database: str) -> None:
    dancu("migrate")
    assert dancu("migrate", "0001").out == "the database is at 0001 or later\n"
    assert dancu("migrate", "--check").code == 0


def test_an_unknown_revision_is_named(empty_database: str) -> None:
    assert dancu("migrate", "9999").refuses("'9999'")


def test_a_wrong_password_is_told_and_not_repeated(
    empty_database: str, postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "DANCU_MIGRATION_DATABASE_URL", postgres_cluster.url("postgres", "postgres", "geheim-9")
    )
    answer = dancu("migrate")
    assert answer.refuses("refused the user name or password")
    assert "geheim-9" not in answer.err


def test_a_database_that_is_away_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"postgresql://dancu:geheim-9@127.0.0.1:{free_port()}/dancu"
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", address)
    answer = dancu("migrate")
    assert answer.refuses("cannot be reached")
    assert "geheim-9" not in answer.err


def test_a_database_that_does_not_exist_is_told(
    postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", postgres_cluster.url("nosuch"))
    assert dancu("migrate").refuses("does not exist")


def test_no_address_at_all_is_told() -> None:
    assert dancu("migrate").refuses("DANCU_MIGRATION_DATABASE_URL")
