"""Who can read persons: not a serving process, nobody after a month's key is destroyed; and what is said."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.token_key_store import token_key_name
from app.audit.keyring import load_month_secrets, serving_name
from app.audit.retention import destroy_keys
from app.audit.sealing import (
    KEY_BYTES,
    DataKey,
    MonthSecret,
    RootKey,
    SealBrokenError,
    SealedSubject,
    sealed_bytes,
)
from app.audit.table import AUDIT_MONTH_SECRET
from app.audit.writer_keys import writer_key_name
from app.auditing.because_texts import because_text
from app.auditing.criteria import Search
from app.auditing.persons import Keys, Nobody, WhyNobody
from app.auditing.reader import AuditReader, Found
from app.cli import invented
from app.database.address import sqlalchemy_address
from app.database.connect import open_engine
from app.database.metadata import METADATA
from app.lookup.signing_store import signing_key_name
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.audit.old_months import OLD, an_order, checkpointed, write_month
from tests.audit.workbench import NUMBER, execute, fetch
from tests.auditing.auditors import an_auditor
from tests.cluster import PostgresCluster
from tests.gateway import an_upstream, running_gateway
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database, World, past_the_guards

BY_DOSSIER = Search(
    "TTr-1", None, None, date(2020, 1, 1), date(2020, 1, 31), 50, dossier_code="H19.34.12-200115-0001"
)
BY_CITIZEN = replace(BY_DOSSIER, number=NUMBER, dossier_code=None)
_EVIDENCE = ("audit_record", "audit_search_tag", "audit_outcome", "audit_batch")
_DERIVED = ("sign-in guards", "lookup limits", "verification guesses", "idempotency", "fingerprint")
_BACKUP = {name: f"table {name}" for name in _EVIDENCE}


@asynccontextmanager
async def a_reader(database: Database) -> AsyncIterator[AuditReader]:
    engine = open_engine(database.auditing_url, pool_size=1)
    yield AuditReader(engine, RootKey.from_text(AUDIT_ROOT_KEY))
    await engine.dispose()


async def destroyed(database: Database, folder: Path) -> None:
    """Destroy the old month's keys, as the law and two persons have it."""
    order = await an_order(database, OLD)
    await checkpointed(database, folder)
    engine = create_async_engine(sqlalchemy_address(database.maintenance_url))
    async with engine.begin() as connection:
        assert await destroy_keys(connection, OLD, order.record_id)
    await engine.dispose()


def told(found: Found) -> tuple[str | None, WhyNobody | None, bool]:
    """Return whom an auditor is shown, why nobody, and whether a time of destruction is named."""
    return found.citizen, found.citizen_because, found.key_destroyed_at is not None


async def test_after_a_month_ended_its_lookups_are_found_and_the_reason_for_nobody_is_told(
    database: Database, tmp_path: Path
) -> None:
    await write_month(database, OLD, opened=True)
    async with a_reader(database) as reader:
        (before,) = await reader.find(BY_DOSSIER)
        (by_citizen,) = await reader.find(BY_CITIZEN)
        await destroyed(database, tmp_path)
        (after,) = await reader.find(BY_DOSSIER)  # this reader still remembers the writer's key
        opened = await reader.open(after.record_id)
        assert await reader.find(BY_CITIZEN) == []
    assert told(before) == told(by_citizen) == ("*********017", None, False)
    assert told(after) == (None, WhyNobody.KEY_DESTROYED, True)
    assert (after.facts, after.outcome) == (before.facts, before.outcome)
    assert opened is not None
    assert isinstance(opened.person, Nobody)
    assert after.key_destroyed_at is not None
    shown = [because_text(after, language) for language in ("vi", "en")]
    assert all(f"{after.key_destroyed_at:%Y}" in str(text) for text in shown)
    assert because_text(before, "vi") is None


async def test_a_restored_backup_without_the_months_key_shows_nobody(
    postgres_cluster: PostgresCluster, database: Database, tmp_path: Path
) -> None:
    await write_month(database, OLD, opened=True)
    backup = {name: await _copied(database.owner_url, query) for name, query in _BACKUP.items()}
    await destroyed(database, tmp_path)
    name = await postgres_cluster.create_database("province")
    try:
        restored = replace(
            database,
            name=name,
            owner_url=postgres_cluster.url(name),
            auditing_url=database.auditing_url.replace(database.name, name),
        )
        await execute(restored.owner_url, f"select audit_make_month('{OLD}-01')")
        for table, content in backup.items():
            await _put(restored.owner_url, table, content)
        async with a_reader(restored) as reader:
            (found,) = await reader.find(BY_DOSSIER)
            assert await reader.find(BY_CITIZEN) == []
    finally:
        await postgres_cluster.drop_database(name)
    assert told(found) == (None, WhyNobody.KEY_NOT_AT_HAND, False)


async def _copied(url: str, query: str) -> bytes:
    connection = await asyncpg.connect(url)
    try:
        written = bytearray()

        async def take(data: bytes) -> None:
            written.extend(data)

        await connection.copy_from_query(query, output=take, format="binary")
        return bytes(written)
    finally:
        await connection.close()


async def _put(url: str, table: str, content: bytes) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield content

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"alter table {table} disable trigger user")
        await connection.copy_to_table(table, source=parts(), format="binary")
    finally:
        await connection.close()


async def test_a_serving_process_with_all_its_secrets_reads_no_record_of_another_process(
    world: World,
) -> None:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock) as yesterday:
        await yesterday.look_up(await yesterday.sign_in())
        (leaf,) = await yesterday.records("lookup.intent")
        (opened_by,) = [
            one for one in await yesterday.records("writer.opened") if one["writer_id"] == leaf["writer_id"]
        ]
    settings = world.settings(audit_database_url=None, audit_root_key=None)
    assert settings.database_url is not None
    serving_url = settings.database_url.get_secret_value()
    for query in ("select leaf from audit_record", "select * from audit_month_secret"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch(serving_url, query)
    # Even with the evidence in hand, stolen from a backup: nothing a serving process has opens it.
    candidates = set(await _secrets_of_serving(serving_url))
    assert len(candidates) > 10
    for candidate in candidates:
        secret = MonthSecret(str(leaf["key_id"]), X25519PrivateKey.from_private_bytes(candidate), candidate)
        with pytest.raises(SealBrokenError):
            secret.open_data_key(sealed_bytes(str(opened_by["sealed_key"])), _uuid(leaf["writer_id"]))
        with pytest.raises(SealBrokenError):
            DataKey(candidate).open(
                _uuid(leaf["record_id"]),
                SealedSubject(str(leaf["subject"]), str(leaf["subject_commitment"])),
            )
    await _cannot_unwrap_month_secrets(world)


async def _secrets_of_serving(url: str) -> list[bytes]:
    """Return all that could be a key: what the serving role reads, unwraps and derives with its root key."""
    root = RootKey.from_text(ROOT_KEY)
    known = [root.secret, root.derivation, *map(root.derive, _DERIVED)]
    for table in METADATA.sorted_tables:
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            rows = await fetch(url, f"select * from {table.name}")  # noqa: S608 - names of our own tables
            known += [value for row in rows for value in row.values() if _is_key(value)]
    for row in await fetch(url, "select key_id, public_key, serving_index_key from audit_month_key"):
        known.append(root.unwrap(serving_name(row["key_id"], row["public_key"]), row["serving_index_key"]))
    for row in await fetch(url, "select key_id, private_key from audit_writer_key"):
        known.append(root.unwrap(writer_key_name(row["key_id"]), row["private_key"]))
    for row in await fetch(url, "select kid, wrapped_key from token_key"):
        known.append(root.unwrap(token_key_name(row["kid"]), row["wrapped_key"]))
    for row in await fetch(url, "select fingerprint, wrapped_key from signing_certificate"):
        known.append(root.unwrap(signing_key_name(row["fingerprint"]), row["wrapped_key"]))
    return known


def _is_key(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == KEY_BYTES


async def _cannot_unwrap_month_secrets(world: World) -> None:
    """See that the serving root key unwraps none of the months' private keys, were they stolen, too."""
    engine = open_engine(world.database.auditing_url, pool_size=1)
    async with engine.connect() as connection:
        assert await _months(connection)
        with pytest.raises(SealBrokenError):
            await load_month_secrets(connection, RootKey.from_text(ROOT_KEY), await _months(connection))
        whole = await load_month_secrets(
            connection, RootKey.from_text(AUDIT_ROOT_KEY), await _months(connection)
        )
        assert whole  # what the auditing root key opens: the check above is not of an empty table
    await engine.dispose()


async def _months(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(select(AUDIT_MONTH_SECRET.c.key_id))
    return [str(key_id).rpartition("/")[2] for key_id in rows.scalars()]


def _uuid(text: object) -> UUID:
    return UUID(str(text))


async def test_the_answer_tells_a_broken_seal_from_a_missing_key(world: World) -> None:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    async with running_gateway(world, an_upstream(), transport=mock) as gateway:
        await gateway.look_up(await gateway.sign_in())
        auditor = await an_auditor(gateway)
        by_officer = {"officer_login": invented.RECEPTION}

        async def shown() -> tuple[str | None, str | None, bool]:
            (found,) = (await auditor.found(**by_officer))["lookups"]
            return found["citizen"], found["citizen_because"], bool(found["citizen_because_text"])

        assert await shown() == ("*********017", None, False)
        await gateway.execute("alter table audit_record disable trigger user")
        rewrite = (
            "update audit_record set leaf = convert_to(regexp_replace(convert_from(leaf, 'UTF8'),"
            ' \'"subject":"[^"]*"\', \'"subject":"abcd"\'), \'UTF8\') where kind = \'lookup.intent\''
        )
        await gateway.execute(rewrite)
        assert await shown() == (None, "seal_broken", True)
        await gateway.execute(past_the_guards("delete from audit_month_secret"))
        assert await shown() == (None, "key_not_at_hand", True)
        english = await gateway.http.post(
            "/v1/audit/searches",
            json={"case_number": "TTr-1"} | by_officer,
            headers=auditor.headers | {"Accept-Language": "en"},
        )
    assert english.json()["lookups"][0]["citizen_because_text"].startswith("Auditing has no key")


def test_a_record_about_nobody_needs_no_reason() -> None:
    assert Keys().person_of(uuid4(), uuid4(), {}) is None


def test_a_subject_that_is_no_person_is_a_broken_seal() -> None:
    data_key, record_id, writer_id = DataKey.generate(), uuid4(), uuid4()
    sealed = data_key.seal(record_id, b"[1]")
    facts = {
        "key_id": "H19/2026-01",
        "subject": sealed.ciphertext,
        "subject_commitment": sealed.commitment,
    }
    secret = MonthSecret("H19/2026-01", X25519PrivateKey.generate(), bytes(32))
    keys = Keys({"H19/2026-01": secret}, {(writer_id, "H19/2026-01"): data_key})
    assert keys.person_of(record_id, writer_id, facts) == Nobody(WhyNobody.SEAL_BROKEN)
