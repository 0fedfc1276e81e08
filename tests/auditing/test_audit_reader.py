"""Reading evidence that time, key destruction or somebody with the database has changed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.audit.sealing import RootKey
from app.auditing.criteria import Search
from app.auditing.reader import AuditReader, Found
from app.clock import SystemClock, local_day
from app.database.connect import open_engine
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.world import AUDIT_ROOT_KEY, World, past_the_guards


class Auditor:
    """A reader over a world's evidence, and the superuser who changes it."""

    def __init__(self, world: World, *, max_data_keys: int = 10) -> None:
        self.world = world
        self.engine = open_engine(world.database.auditing_url, pool_size=1)
        root = RootKey.from_text(AUDIT_ROOT_KEY)
        self.reader = AuditReader(self.engine, root, max_data_keys=max_data_keys)

    async def find(self, officer_id: UUID) -> list[Found]:
        today = local_day(SystemClock().now())
        return await self.reader.find(
            Search("TTr-1", None, officer_id, today - timedelta(days=1), today + timedelta(days=1), 50)
        )

    async def tamper(self, *statements: str) -> None:
        owner = await asyncpg.connect(self.world.database.owner_url)
        try:
            await owner.execute("alter table audit_record disable trigger user")
            for statement in statements:
                await owner.execute(statement)
        finally:
            await owner.close()

    async def rewrite(self, kind: str, name: str, value: str) -> None:
        """Put another value into the leaves of one kind."""
        await self.tamper(
            "update audit_record set leaf = convert_to(regexp_replace(convert_from(leaf, 'UTF8'),"  # noqa: S608 - ours
            f""" '"{name}":"[^"]*"', '"{name}":"{value}"'), 'UTF8') where kind = '{kind}'"""
        )


@pytest.fixture
async def auditor(world: World) -> AsyncIterator[Auditor]:
    made = Auditor(world)
    yield made
    await made.engine.dispose()


async def a_looked_up_officer(gateway: Gateway) -> UUID:
    """Return the officer who just made one lookup."""
    await gateway.look_up(await gateway.sign_in())
    (intent, *_) = await gateway.records("lookup.intent")
    return UUID(str(intent["officer_id"]))


async def test_a_destroyed_month_key_ends_the_person_and_not_the_record(
    gateway: Gateway, auditor: Auditor
) -> None:
    officer_id = await a_looked_up_officer(gateway)
    (before,) = await auditor.find(officer_id)
    await auditor.tamper(past_the_guards("delete from audit_month_secret"))
    (after,) = await auditor.find(officer_id)
    assert (before.citizen, after.citizen) == ("*********017", None)
    assert after.is_readable
    assert after.facts == before.facts


async def test_what_did_not_open_once_is_tried_again(gateway: Gateway, auditor: Auditor) -> None:
    officer_id = await a_looked_up_officer(gateway)
    hide = "update audit_record set kind = '{}' where kind = '{}'"
    await auditor.tamper(hide.format("writer.away", "writer.opened"))
    (without,) = await auditor.find(officer_id)
    await auditor.tamper(hide.format("writer.opened", "writer.away"))
    (with_key,) = await auditor.find(officer_id)
    assert (without.citizen, with_key.citizen) == (None, "*********017")


@pytest.mark.parametrize(
    ("kind", "leaf"),
    [
        ("lookup.intent", "'{}'"),
        ("lookup.intent", "'no json'"),
        ("lookup.intent", "'[1]'"),
        ("lookup.intent", r"'\xfffe'"),
        ("lookup.outcome", "'{ }'"),
    ],
)
async def test_a_stored_record_that_is_none_of_ours_is_shown_as_such(
    gateway: Gateway, auditor: Auditor, kind: str, leaf: str
) -> None:
    officer_id = await a_looked_up_officer(gateway)
    await auditor.tamper(f"update audit_record set leaf = {leaf}::bytea where kind = '{kind}'")  # noqa: S608 - the table's own
    (found,) = await auditor.find(officer_id)
    assert not found.is_readable
    assert found.recorded_at <= SystemClock().now()


@pytest.mark.parametrize("name", ["subject", "subject_commitment"])
async def test_a_broken_seal_shows_nobody(gateway: Gateway, auditor: Auditor, name: str) -> None:
    officer_id = await a_looked_up_officer(gateway)
    await auditor.rewrite("lookup.intent", name, "abcd")
    (found,) = await auditor.find(officer_id)
    assert (found.citizen, found.is_readable) == (None, True)


@pytest.mark.parametrize("sealed_key", ["abcd", "-", "A" * 107])
async def test_a_broken_writers_key_shows_nobody(gateway: Gateway, auditor: Auditor, sealed_key: str) -> None:
    officer_id = await a_looked_up_officer(gateway)
    await auditor.rewrite("writer.opened", "sealed_key", sealed_key)
    (found,) = await auditor.find(officer_id)
    assert found.citizen is None


async def test_keys_at_hand_stay_few_and_every_page_is_read_all_the_same(world: World) -> None:
    auditor = Auditor(world, max_data_keys=1)
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    for _ in range(3):  # each process seals with a key of its own
        async with running_gateway(world, an_upstream(), transport=mock) as gateway:
            officer_id = await a_looked_up_officer(gateway)
    for _ in range(2):
        found = await auditor.find(officer_id)
        assert [one.citizen for one in found] == ["*********017"] * 3
        assert len(auditor.reader._data_keys) == 1
    await auditor.engine.dispose()


async def test_what_was_found_does_not_print_the_citizen(gateway: Gateway, auditor: Auditor) -> None:
    found = await auditor.find(await a_looked_up_officer(gateway))
    assert "099190000017" not in repr(found)
