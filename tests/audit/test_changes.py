"""A change and its record stand together; neither is ever without the other unless the log says so."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.audit.changes import Change, ChangeLog, Event, Unchanged
from app.audit.record import Draft, RecordKind
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.errors import AuditUnavailableError
from tests.fakes import FakeAuditLog
from tests.world import Database

FACTS = {"operator": "nguoi.van.hanh", "changed_client_id": "mot-cua-thu-nghiem", "change": "renamed"}


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    yield engine
    await engine.dispose()


async def _rename(connection: AsyncConnection) -> Change[str]:
    await connection.execute(text("update client set name = 'Tên mới'"))
    return Change("renamed", RecordKind.CLIENT_CHANGED, FACTS)


async def _name(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        return str(await connection.scalar(text("select name from client")))


async def _let_commits_fail(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "create function never() returns trigger language plpgsql as"
                " $$ begin raise exception 'never'; end $$"
            )
        )
        await connection.execute(
            text(
                "create constraint trigger never after update on client deferrable initially deferred"
                " for each row execute function never()"
            )
        )


async def test_a_change_is_committed_once_it_is_on_record(engine: AsyncEngine) -> None:
    log = FakeAuditLog()
    assert await ChangeLog(engine, log, SystemClock()).make(_rename) == "renamed"
    assert await _name(engine) == "Tên mới"
    (draft,) = log.drafts
    assert (draft.kind, draft.facts) == (RecordKind.CLIENT_CHANGED, FACTS)


async def test_what_cannot_be_recorded_does_not_happen(engine: AsyncEngine) -> None:
    log, before = FakeAuditLog(), await _name(engine)
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await ChangeLog(engine, log, SystemClock()).make(_rename)
    assert await _name(engine) == before


async def test_what_the_database_refuses_is_not_on_record(engine: AsyncEngine) -> None:
    async def work(connection: AsyncConnection) -> Change[None]:
        await connection.execute(text("update client set status = 'gone'"))
        return Change(None, RecordKind.CLIENT_CHANGED, FACTS)

    log = FakeAuditLog()
    with pytest.raises(DBAPIError):
        await ChangeLog(engine, log, SystemClock()).make(work)
    assert log.drafts == []


async def test_a_commit_that_fails_is_told_after_the_record_that_says_too_much(engine: AsyncEngine) -> None:
    await _let_commits_fail(engine)
    log, before = FakeAuditLog(), await _name(engine)
    with pytest.raises(DBAPIError, match="never"):
        await ChangeLog(engine, log, SystemClock()).make(_rename)
    assert await _name(engine) == before
    said, taken_back = log.drafts
    assert taken_back.kind is RecordKind.CHANGE_FAILED
    assert taken_back.facts == {
        "failed_record_id": str(said.record_id),
        "reason": "commit_failed",
        "operator": FACTS["operator"],
    }


class _FailingSecond(FakeAuditLog):
    """Takes one record and no other."""

    async def append(self, draft: object) -> None:
        await super().append(draft)  # type: ignore[arg-type] # a draft
        self.fail = True


async def test_the_commits_own_error_is_heard_where_not_even_that_can_be_told(engine: AsyncEngine) -> None:
    await _let_commits_fail(engine)
    log = _FailingSecond()
    with pytest.raises(DBAPIError, match="never"):
        await ChangeLog(engine, log, SystemClock()).make(_rename)
    assert [draft.kind for draft in log.drafts] == [RecordKind.CLIENT_CHANGED]


async def _rename_many(connection: AsyncConnection) -> Change[str] | Unchanged[str]:
    await connection.execute(text("update client set name = 'Tên mới'"))
    events = [Event(RecordKind.CLIENT_CHANGED, FACTS | {"after": str(number)}) for number in range(250)]
    return Change.of_events("renamed", events)


async def test_each_thing_that_one_change_did_is_a_record_that_names_the_first(engine: AsyncEngine) -> None:
    log = FakeAuditLog()
    assert await ChangeLog(engine, log, SystemClock()).make(_rename_many) == "renamed"
    first, *further = log.drafts
    assert "part_of" not in first.facts
    assert {draft.facts["part_of"] for draft in further} == {str(first.record_id)}
    assert [draft.facts["after"] for draft in log.drafts] == [str(number) for number in range(250)]


async def test_a_change_of_which_a_part_cannot_be_recorded_does_not_happen_and_says_so(
    engine: AsyncEngine,
) -> None:
    class FailingOnce(FakeAuditLog):
        async def append(self, draft: Draft) -> None:
            if draft.facts.get("after") == "200":
                raise AuditUnavailableError
            await super().append(draft)

    log, before = FailingOnce(), await _name(engine)
    with pytest.raises(AuditUnavailableError):
        await ChangeLog(engine, log, SystemClock()).make(_rename_many)
    assert await _name(engine) == before
    assert log.drafts[-1].facts["failed_record_id"] == str(log.drafts[0].record_id)


async def test_a_change_of_nothing_is_no_record(engine: AsyncEngine) -> None:
    async def nothing(_: AsyncConnection) -> Change[int] | Unchanged[int]:
        return Change.of_events(7, [])

    log = FakeAuditLog()
    assert await ChangeLog(engine, log, SystemClock()).make(nothing) == 7
    assert log.drafts == []
