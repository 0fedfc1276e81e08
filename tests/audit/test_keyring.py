"""Month keys."""

from datetime import date, datetime, timedelta, timezone

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.keyring import Keyring, MonthKeyMaker, load_month_secrets, month_of, months_from
from app.audit.sealing import RootKey, SealBrokenError
from app.cli import invented
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from tests.audit.workbench import execute, fetch
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database, past_the_guards


def test_month_is_that_of_utc() -> None:
    in_vietnam = datetime(2026, 6, 1, 3, tzinfo=timezone(timedelta(hours=7)))

    assert month_of(in_vietnam) == "2026-05"


def test_months_follow_each_other_over_the_year() -> None:
    assert months_from(date(2026, 11, 30), 4) == ["2026-11", "2026-12", "2027-01", "2027-02"]


async def test_keys_are_made_once(database: Database) -> None:
    maker = MonthKeyMaker(invented.AUTHORITY, RootKey.from_text(ROOT_KEY), RootKey.from_text(AUDIT_ROOT_KEY))
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    async with engine.begin() as connection:
        first = await maker.make(connection, ["2031-01", "2031-02"])
        second = await maker.make(connection, ["2031-02", "2031-03"])
    await engine.dispose()

    assert (first, second) == (["2031-01", "2031-02"], ["2031-03"])


async def test_both_halves_of_a_month_agree(database: Database) -> None:
    month = month_of(SystemClock().now())
    connection = await asyncpg.connect(database.serving_url)
    key = await Keyring(RootKey.from_text(ROOT_KEY)).load(connection, month)
    missing = await Keyring(RootKey.from_text(ROOT_KEY)).load(connection, "1999-01")
    await connection.close()
    engine = create_async_engine(sqlalchemy_address(database.auditing_url))
    async with engine.connect() as reading:
        (secret,) = await load_month_secrets(reading, RootKey.from_text(AUDIT_ROOT_KEY), [month, "1999-01"])
    await engine.dispose()

    assert missing is None
    assert key is not None
    assert key.key_id == secret.key_id == f"{invented.AUTHORITY}/{month}"
    assert key.search_tag("1") == secret.search_tag("1")
    assert key.public_key == secret.private_key.public_key()


async def test_month_secrets_open_under_the_auditing_root_key_only(database: Database) -> None:
    engine = create_async_engine(sqlalchemy_address(database.auditing_url))
    async with engine.connect() as connection:
        for root in (ROOT_KEY, RootKey.generate_text()):
            with pytest.raises(SealBrokenError):
                await load_month_secrets(connection, RootKey.from_text(root), [month_of(SystemClock().now())])
    await engine.dispose()


async def test_wrapped_keys_cannot_change_places(database: Database) -> None:
    await execute(
        database.owner_url,
        past_the_guards(
            "update audit_month_key as key set serving_index_key = other.serving_index_key"
            " from audit_month_key as other where other.month <> key.month"
        ),
    )
    connection = await asyncpg.connect(database.serving_url)
    with pytest.raises(SealBrokenError):
        await Keyring(RootKey.from_text(ROOT_KEY)).load(connection, month_of(SystemClock().now()))
    await connection.close()


async def test_persons_are_not_sealed_to_another_month_s_key(database: Database) -> None:
    month = month_of(SystemClock().now())
    await execute(
        database.owner_url,
        past_the_guards(
            f"update audit_month_key set month = '1999-01' where month = '{month}'",  # noqa: S608 - our own
            f"update audit_month_key set month = '{month}'"  # noqa: S608 - as above
            " where month = (select max(month) from audit_month_key)",
        ),
    )
    connection = await asyncpg.connect(database.serving_url)
    with pytest.raises(SealBrokenError):
        await Keyring(RootKey.from_text(ROOT_KEY)).load(connection, month)
    await connection.close()


async def test_serving_process_with_all_its_secrets_cannot_read_persons(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database.serving_url, "select * from audit_month_secret")
    # Even with the row in hand its root key opens nothing.
    (row,) = await fetch(database.owner_url, "select * from audit_month_secret limit 1")
    root = RootKey.from_text(ROOT_KEY)
    for name in (f"month private key {row['key_id']}", f"month index key {row['key_id']}"):
        for wrapped in (row["private_key"], row["auditing_index_key"]):
            with pytest.raises(SealBrokenError):
                root.unwrap(name, wrapped)
