"""What a process knows of officers' actions, and what it tells the others."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.activity import ActivityBook
from app.accounts.sessions import SessionStore
from app.errors import AuditUnavailableError

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = 15 * MINUTE
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"


class MemoryStore(SessionStore):
    """Keeps what it is told; fails, or acts meanwhile, where a test says so."""

    def __init__(self) -> None:
        super().__init__(create_async_engine(NOWHERE))
        self.told: dict[UUID, datetime] = {}
        self.fails = False
        self.is_slow = False

    async def touch(self, seen: dict[UUID, datetime]) -> None:
        if self.is_slow:
            await asyncio.sleep(0.1)
        if self.fails:
            raise SQLAlchemyError
        self.told |= seen

    async def last_active_at(self, session_id: UUID) -> datetime | None:
        return self.told.get(session_id)


async def test_what_could_not_be_told_is_told_later() -> None:
    store, session = MemoryStore(), uuid4()
    book = ActivityBook(store)
    store.fails = True
    book.note(session, NOON)
    await book.tell()
    assert store.told == {}
    store.fails = False
    await book.tell()
    assert store.told == {session: NOON}


async def test_an_action_while_telling_is_told_next() -> None:
    store, session = MemoryStore(), uuid4()
    book = ActivityBook(store)
    store.is_slow = True
    book.note(session, NOON)
    telling = asyncio.create_task(book.tell())
    await asyncio.sleep(0.02)
    book.note(session, NOON + MINUTE)
    await telling
    assert store.told == {session: NOON}
    await book.tell()
    assert store.told == {session: NOON + MINUTE}


async def test_a_stop_in_the_midst_of_telling_loses_nothing() -> None:
    store, session = MemoryStore(), uuid4()
    store.is_slow = True
    async with ActivityBook(store) as book:
        book.note(session, NOON)
        await asyncio.sleep(0.02)
    assert store.told == {session: NOON}


async def test_a_book_that_was_never_opened_closes_all_the_same() -> None:
    store, session = MemoryStore(), uuid4()
    book = ActivityBook(store)
    book.note(session, NOON)
    await book.__aexit__(None, None, None)
    assert store.told == {session: NOON}


async def test_an_action_after_a_pause_is_told_at_once_and_those_after_it_together() -> None:
    store, session = MemoryStore(), uuid4()
    async with ActivityBook(store) as book:
        book.note(session, NOON)
        await asyncio.sleep(0.05)
        assert store.told == {session: NOON}
        book.note(session, NOON + timedelta(seconds=1))
        await asyncio.sleep(0.6)
        assert store.told == {session: NOON}


async def test_idleness_counts_from_the_sign_in_and_from_actions_elsewhere() -> None:
    store, session = MemoryStore(), uuid4()
    book = ActivityBook(store)
    store.told[session] = NOON
    assert not await book.is_idle(session, NOON, NOON + LIMIT, LIMIT)
    assert await book.is_idle(session, NOON, NOON + LIMIT + MINUTE, LIMIT)
    store.told[session] = NOON + 10 * MINUTE
    assert not await book.is_idle(session, NOON, NOON + LIMIT + MINUTE, LIMIT)


async def test_a_session_nobody_stored_is_idle() -> None:
    assert await ActivityBook(MemoryStore()).is_idle(uuid4(), NOON, NOON + LIMIT + MINUTE, LIMIT)


async def test_without_database_nobody_can_say_whether_a_session_idled() -> None:
    book = ActivityBook(SessionStore(create_async_engine(NOWHERE)))
    with pytest.raises(AuditUnavailableError):
        await book.is_idle(uuid4(), NOON, NOON + LIMIT + MINUTE, LIMIT)


async def test_sessions_of_an_hour_ago_are_forgotten() -> None:
    store, old, new = MemoryStore(), uuid4(), uuid4()
    async with ActivityBook(store) as book:
        book.note(old, NOON - 2 * timedelta(hours=1))
        book.note(new, NOON)
        await asyncio.sleep(0.1)
        assert set(book._seen) == {new}


async def test_a_book_with_nothing_in_it_has_nothing_to_forget() -> None:
    book = ActivityBook(MemoryStore())
    book._forget()
    assert book._seen == {}
