"""`dancu keys`: files for their owner only, and month keys that writing and auditing both can open."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.keyring import Keyring, load_month_secrets, months_from
from app.audit.sealing import MonthKey, MonthSecret, RootKey
from app.database.address import sqlalchemy_address
from tests.cli.commands import ask, dancu
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database

FILES = ["root.key", "audit-root.key"]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _coming(count: int) -> list[str]:
    return months_from(datetime.now(UTC).date(), count)  # noqa: TID251 - the real month


def test_create_makes_two_files_only_their_owner_can_read(tmp_path: Path) -> None:
    answer = dancu("keys", "create", str(tmp_path / "secrets"))
    assert answer.code == 0
    assert _mode(tmp_path / "secrets") == 0o700
    assert {path.name: _mode(path) for path in (tmp_path / "secrets").iterdir()} == dict.fromkeys(
        FILES, 0o600
    )


def test_what_create_makes_can_be_used_and_is_never_printed(tmp_path: Path) -> None:
    answer = dancu("keys", "create", str(tmp_path))
    root, audit_root = ((tmp_path / name).read_text(encoding="utf-8") for name in FILES)
    assert RootKey.from_text(root) != RootKey.from_text(audit_root)
    assert not any(secret in answer.out for secret in (root, audit_root))


def test_create_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "root.key").write_text("kept", encoding="utf-8")
    dancu("keys", "create", str(tmp_path))
    before = [(tmp_path / name).read_text(encoding="utf-8") for name in FILES]
    answer = dancu("keys", "create", str(tmp_path))
    assert [(tmp_path / name).read_text(encoding="utf-8") for name in FILES] == before
    assert before[0] == "kept"
    assert "made" not in answer.out
    assert answer.out.count("exists already and stays as it is") == 2
    assert answer.out.endswith("no key file was missing\n")


def test_create_names_a_place_where_no_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert dancu("keys", "create", str(tmp_path / "file" / "secrets")).refuses(str(tmp_path / "file"))


def test_months_are_made_once(migrated: Database) -> None:
    first, second = dancu("keys", "months"), dancu("keys", "months")
    assert first.out.splitlines()[0] == f"made keys for: {', '.join(_coming(13))}"
    assert second.out == "no month key was missing\n"


def test_months_fill_up_what_is_missing(migrated: Database) -> None:
    dancu("keys", "months", "--ahead", "2")
    assert dancu("keys", "months", "--ahead", "3").out == f"made keys for: {_coming(3)[-1]}\n"


def test_writing_and_auditing_open_the_months_that_were_made(migrated: Database) -> None:
    dancu("keys", "months", "--ahead", "2")
    for written, read in asyncio.run(_open(migrated, _coming(2))):
        data_key = bytes(32)
        writer_id = ask(migrated.owner_url, "select gen_random_uuid()")
        assert read.open_data_key(written.seal_data_key(data_key, writer_id), writer_id) == data_key
        assert written.search_tag("099190000017") == read.search_tag("099190000017")


async def _open(database: Database, months: list[str]) -> list[tuple[MonthKey, MonthSecret]]:
    connection = await asyncpg.connect(database.serving_url)
    written = [await Keyring(RootKey.from_text(ROOT_KEY)).load(connection, month) for month in months]
    await connection.close()
    engine = create_async_engine(sqlalchemy_address(database.auditing_url))
    async with engine.connect() as auditing:
        read = await load_month_secrets(auditing, RootKey.from_text(AUDIT_ROOT_KEY), months)
    await engine.dispose()
    return [(key, secret) for key, secret in zip(written, read, strict=True) if key is not None]


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY", "DANCU_AUDIT_ROOT_KEY"])
def test_months_are_never_made_with_another_root_key(
    migrated: Database, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    dancu("keys", "months", "--ahead", "1")
    monkeypatch.setenv(variable, RootKey.generate_text())
    assert dancu("keys", "months").refuses(variable, "not the key")
    assert ask(migrated.owner_url, "select count(*) from audit_month_key") == 1


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY", "DANCU_AUDIT_ROOT_KEY"])
@pytest.mark.parametrize("content", ["geheim", "Z2VoZWlt"])
def test_what_is_no_root_key_is_named_and_not_shown(
    migrated: Database, monkeypatch: pytest.MonkeyPatch, variable: str, content: str
) -> None:
    monkeypatch.setenv(variable, content)
    answer = dancu("keys", "months")
    assert answer.refuses(variable, "32 random bytes")
    assert content not in answer.err


@pytest.mark.parametrize("variable", ["DANCU_ROOT_KEY", "DANCU_AUDIT_ROOT_KEY", "DANCU_AUTHORITY_CODE"])
def test_months_name_the_setting_they_miss(
    migrated: Database, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    assert dancu("keys", "months").refuses(variable)


def test_months_need_the_owner(migrated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_MIGRATION_DATABASE_URL", migrated.serving_url)
    assert dancu("keys", "months").refuses("DANCU_MIGRATION_DATABASE_URL")


def test_months_need_the_schema(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCU_AUTHORITY_CODE", "H19")
    monkeypatch.setenv("DANCU_ROOT_KEY", ROOT_KEY)
    monkeypatch.setenv("DANCU_AUDIT_ROOT_KEY", AUDIT_ROOT_KEY)
    assert dancu("keys", "months").refuses("run: dancu migrate")
