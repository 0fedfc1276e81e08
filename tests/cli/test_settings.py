"""Settings: secrets may stand in files, what is wrong is named, and no value is ever repeated."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from app.cli.settings import read_settings
from app.settings import Settings, UpstreamSettings
from tests.cli.commands import dancu

ADDRESS = "postgresql://dancu_gateway:geheim@127.0.0.1:5432/dancu"


def _secrets_of(model: type[BaseModel]) -> list[str]:
    return [name for name in model.model_fields if f"{name}_file" in model.model_fields]


@pytest.mark.parametrize("name", _secrets_of(Settings))
def test_every_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text(f"{ADDRESS}\n", encoding="utf-8")
    monkeypatch.setenv(f"DANCU_{name.upper()}_FILE", str(tmp_path / "secret"))
    settings, _ = read_settings()
    assert getattr(settings, name).get_secret_value() == ADDRESS


@pytest.mark.parametrize("name", _secrets_of(UpstreamSettings))
def test_every_secret_of_the_national_side_may_stand_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("AK-1\n", encoding="utf-8")
    monkeypatch.setenv(f"DANCU_UPSTREAM_{name.upper()}_FILE", str(tmp_path / "secret"))
    _, upstream = read_settings()
    assert getattr(upstream, name).get_secret_value() == "AK-1"


def test_a_secret_given_itself_goes_before_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_ROOT_KEY", "the key")
    monkeypatch.setenv("DANCU_ROOT_KEY_FILE", "/nowhere/root.key")
    settings, _ = read_settings()
    assert settings.root_key is not None
    assert settings.root_key.get_secret_value() == "the key"


def test_a_line_of_the_working_folders_env_file_counts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DANCU_PORT=8181\nDANCU_UPSTREAM_APP_NAME=mcdt\n", encoding="utf-8")
    settings, upstream = read_settings()
    assert (settings.port, upstream.app_name) == (8181, "mcdt")


def test_a_blank_secret_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", " ")
    assert dancu("migrate").refuses("DANCU_MIGRATION_DATABASE_URL", "is not set")


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY_FILE", "DANCU_UPSTREAM_SECRET_KEY_FILE"])
def test_a_secrets_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/nowhere/secret.txt")
    assert dancu("migrate").refuses("/nowhere/secret.txt", "No such file")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DANCU_PORT", "geheim"),
        ("DANCU_PORT", "70707"),
        ("DANCU_TOKEN_MINUTES", "6161"),
        ("DANCU_LOOKUP_BUDGET_SECONDS", "-77"),
        ("DANCU_AUTHORITY_CODE", "geheim"),
        ("DANCU_AUTHORITY_CODE", "H19.34"),
        ("DANCU_RECONCILE_MARGIN_SECONDS", "1.75"),
        ("DANCU_PAPER_NEEDS_SECOND_ENTRY", "geheim"),
        ("DANCU_UPSTREAM_PROFILE", "geheim"),
        ("DANCU_UPSTREAM_CONNECT_SECONDS", "geheim"),
        ("DANCU_UPSTREAM_BIRTH_DATE_FORMAT", "geheim"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    answer = dancu("migrate")
    assert answer.refuses(variable)
    assert value not in answer.err


@pytest.mark.parametrize(
    "value", ["proxy.example", "10.0.0.5/24", "0.0.0.0/0", "10.0.0.5, ::/0", "10.0.0.5;"]
)
def test_proxies_are_addresses_and_not_everybody(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DANCU_PROXY_ADDRESSES", value)
    assert dancu("check").refuses("DANCU_PROXY_ADDRESSES: ")


def test_proxies_are_named_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_PROXY_ADDRESSES", " 10.0.0.5, 10.1.0.0/24 ,2001:db8::/64")
    named = [str(block) for block in read_settings()[0].proxy_addresses]
    assert named == ["10.0.0.5/32", "10.1.0.0/24", "2001:db8::/64"]
    monkeypatch.setenv("DANCU_PROXY_ADDRESSES", " ")
    assert read_settings()[0].proxy_addresses == ()


@pytest.mark.parametrize("variable", ["DATABASE_URL", "MIGRATION_DATABASE_URL", "AUDIT_DATABASE_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "geheim",
        "mysql://dancu:geheim@127.0.0.1/dancu",
        "postgresql://dancu:geheim@127.0.0.1:geheim/dancu",
        "postgresql+psycopg://dancu:geheim@127.0.0.1/dancu",
        "postgresql://dancu:geheim@127.0.0.1/dancu?sslmode=verify-full",
    ],
)
def test_an_address_the_libraries_would_stumble_over_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(f"DANCU_{variable}", address)
    answer = dancu("check")
    assert answer.refuses(f"DANCU_{variable}")
    assert "geheim" not in answer.err


def test_tls_to_the_database_is_pointed_to_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", f"{ADDRESS}?sslmode=require")
    assert dancu("check").refuses("PGSSLMODE")


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.replace("ql:", "ql+asyncpg:"), "postgres://a:b@h/d"])
def test_usual_ways_to_write_an_address_pass(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DANCU_DATABASE_URL", address)
    settings, _ = read_settings()
    assert settings.database_url is not None


def test_no_secret_stands_in_a_repr() -> None:
    settings = Settings.model_validate(dict.fromkeys(_secrets_of(Settings), "geheim"))
    upstream = UpstreamSettings.model_validate(dict.fromkeys(_secrets_of(UpstreamSettings), "geheim"))
    assert "geheim" not in repr(settings) + str(settings) + repr(upstream) + str(upstream)
