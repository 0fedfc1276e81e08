"""One Idempotency-Key, one national call: in this process, in all others, and afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from uuid_utils.compat import uuid7

from app.audit.log import ClaimTakenError
from app.audit.record import Claim, Draft, RecordKind
from app.errors import ConflictError, InvalidRequestError, ProblemCode
from app.lookup.command import Disclosure
from app.lookup.retrying import RepeatGuard
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.lookup_fakes import (
    Desk,
    FakeLookupStore,
    FakeSource,
    JournalLog,
    a_caller,
    a_citizen,
    a_command,
    opening,
)
from tests.world import World, a_lookup

KEY: dict[str, Any] = {"Idempotency_Key": "dossier-0001-first"}


@asynccontextmanager
async def a_gateway(world: World, source: FakeSource, **settings: Any) -> AsyncIterator[Gateway]:
    async with running_gateway(world, an_upstream(), source=opening(source), **settings) as gateway:
        yield gateway


def a_slow_source() -> FakeSource:
    source = FakeSource(a_citizen())
    source.gate = asyncio.Event()
    return source


async def test_two_requests_at_once_share_one_national_call_and_one_answer(world: World) -> None:
    source = a_slow_source()
    async with a_gateway(world, source) as gateway:
        token = await gateway.sign_in()
        both = [asyncio.create_task(gateway.look_up(token, **KEY)) for _ in range(2)]
        await source.asked.wait()
        await asyncio.sleep(0.2)
        assert source.gate is not None
        source.gate.set()
        first, second = await asyncio.gather(*both)
        intents = await gateway.records("lookup.intent")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert len(source.requests) == len(intents) == 1


async def test_afterwards_the_key_answers_what_became_of_it_without_the_citizen(world: World) -> None:
    source = FakeSource(a_citizen())
    async with a_gateway(world, source) as gateway:
        token = await gateway.sign_in()
        first = (await gateway.look_up(token, **KEY)).json()
        again = await gateway.look_up(token, **KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert (again.json()["lookup_id"], again.json()["outcome"]) == (first["lookup_id"], "found")
    assert again.headers["X-Lookup-Id"] == first["lookup_id"]
    assert "citizen" not in again.json()
    assert "THỬ" not in again.text
    assert len(source.requests) == 1


@pytest.mark.parametrize("is_running", [False, True])
async def test_another_question_under_the_same_key_is_refused(
    world: World,
    is_running: bool,  # noqa: FBT001 - a column
) -> None:
    source = a_slow_source()
    assert source.gate is not None
    async with a_gateway(world, source) as gateway:
        token = await gateway.sign_in()
        first = asyncio.create_task(gateway.look_up(token, **KEY))
        await source.asked.wait()
        if not is_running:
            source.gate.set()
            await first
        other = await gateway.look_up(token, a_lookup(purpose="khác"), **KEY)
        source.gate.set()
        await first
        rejected = await gateway.records("request.rejected")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert [record["problem_code"] for record in rejected] == ["idempotency_key_reused"]
    assert len(source.requests) == 1


async def test_two_processes_make_one_national_call_and_the_second_waits_for_the_outcome(
    world: World,
) -> None:
    first_source, second_source = a_slow_source(), FakeSource(a_citizen())
    assert first_source.gate is not None
    async with a_gateway(world, first_source) as first, a_gateway(world, second_source) as second:
        token = await first.sign_in()
        answering = asyncio.create_task(first.look_up(token, **KEY))
        await first_source.asked.wait()
        waiting = asyncio.create_task(second.look_up(token, **KEY))
        reused = await second.look_up(token, a_lookup(purpose="khác"), Idempotency_Key="dossier-0001-other")
        await asyncio.sleep(0.2)
        assert not waiting.done()
        first_source.gate.set()
        answer, told = await asyncio.gather(answering, waiting)
    assert (answer.status_code, told.status_code, reused.status_code) == (200, 409, 200)
    assert told.json()["outcome"] == "found"
    assert told.json()["lookup_id"] == answer.json()["lookup_id"]
    assert len(first_source.requests) == len(second_source.requests) == 1


async def test_many_requests_at_both_processes_make_one_national_call(world: World) -> None:
    sources = FakeSource(a_citizen()), FakeSource(a_citizen())
    async with a_gateway(world, sources[0]) as first, a_gateway(world, sources[1]) as second:
        token = await first.sign_in()
        answers = await asyncio.gather(
            *(gateway.look_up(token, **KEY) for gateway in (first, second, second, first) * 3)
        )
        intents = await first.records("lookup.intent")
    assert {answer.status_code for answer in answers} == {200, 409}
    assert len(sources[0].requests) + len(sources[1].requests) == len(intents) == 1


async def test_a_key_belongs_to_its_officer(world: World) -> None:
    source = FakeSource(a_citizen())
    async with a_gateway(world, source) as gateway:
        answers = [
            await gateway.look_up(await gateway.sign_in(officer), **KEY)
            for officer in ("tiepnhan.mau", "xuly.mau")
        ]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_refused_lookup_does_not_use_its_key_up(world: World) -> None:
    source = FakeSource(a_citizen())
    async with a_gateway(world, source) as gateway:
        token = await gateway.sign_in(accept_notice=False)
        refused = await gateway.look_up(token, **KEY)
        answered = await gateway.look_up(await gateway.sign_in(), **KEY)
    assert (refused.status_code, answered.status_code) == (403, 200)


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a space", "kh\xf3a-d\xe0i-h\u01a1n".encode()])
async def test_a_key_that_is_none_is_refused(gateway: Gateway, key: str | bytes) -> None:
    token = await gateway.sign_in()
    headers = httpx.Headers(
        [(b"authorization", f"Bearer {token}".encode()), (b"idempotency-key", _bytes(key))]
    )
    answer = await gateway.http.post("/v1/residence-lookups", json=a_lookup(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")
    assert await gateway.records("lookup.intent") == []


def _bytes(key: str | bytes) -> bytes:
    return key if isinstance(key, bytes) else key.encode()


async def test_a_key_that_names_a_citizen_is_stored_nowhere(gateway: Gateway) -> None:
    key = "lookup-099190000017"
    await gateway.look_up(await gateway.sign_in(), Idempotency_Key=key)
    connection = await asyncpg.connect(gateway.world.database.owner_url)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        rows = [
            str(row[0]).lower()
            for table in tables
            for row in await connection.fetch(f'select t::text from "{table["tablename"]}" t')  # noqa: S608 - its own names
        ]
        claims = await connection.fetchval("select count(*) from audit_claim")
    finally:
        await connection.close()
    assert claims == 1
    for text in (key, "099190000017"):
        assert not any(text in row or text.encode().hex() in row for row in rows)


async def test_the_lookup_goes_on_though_the_first_caller_goes_away() -> None:
    guard, go_on = a_guard(), asyncio.Event()
    claim = guard.claim(a_caller(), "dossier-0001", b"{}")
    calls = []

    async def look_up() -> Disclosure:
        calls.append(claim)
        await go_on.wait()
        raise ConflictError(ProblemCode.ALREADY_ANSWERED)

    first = asyncio.create_task(guard.once(claim, look_up))
    await asyncio.sleep(0)
    second = asyncio.create_task(guard.once(claim, look_up))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(ConflictError):
        await second
    assert first.cancelled()
    assert len(calls) == 1
    assert guard._in_flight == {}


async def test_a_lookup_that_is_itself_cancelled_leaves_nothing_in_flight() -> None:
    guard = a_guard()
    claim = guard.claim(a_caller(), "dossier-0001", b"{}")

    async def look_up() -> Disclosure:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await guard.once(claim, look_up)
    assert guard._in_flight == {}


async def test_a_claim_of_another_process_is_told_from_a_key_used_twice() -> None:
    log = JournalLog()
    guard = a_guard(log)
    intent = Draft(
        RecordKind.LOOKUP_INTENT,
        datetime(2026, 11, 22, tzinfo=UTC),
        {"officer_id": str(uuid7()), "procedure_code": "1.004194", "dossier_code": "x"},
    )
    await log.append(intent)

    async def taken(*, is_same: bool) -> Disclosure:
        raise ClaimTakenError(intent.record_id, is_same_request=is_same)

    claim = guard.claim(a_caller(), "dossier-0001", b"{}")
    with pytest.raises(InvalidRequestError) as reused:
        await guard.once(claim, lambda: taken(is_same=False))
    with pytest.raises(ConflictError) as answered:
        await guard.once(claim, lambda: taken(is_same=True))
    assert reused.value.code is ProblemCode.IDEMPOTENCY_KEY_REUSED
    assert (answered.value.lookup_id, answered.value.outcome) == (intent.record_id, None)


async def test_software_that_repeats_itself_uses_up_no_limit(world: World) -> None:
    source = FakeSource(a_citizen())
    async with a_gateway(world, source, lookups_per_officer_per_hour=2) as gateway:
        token = await gateway.sign_in()
        answers = [await gateway.look_up(token, **KEY) for _ in range(4)]
        other = await gateway.look_up(token, a_lookup(purpose="khác"), **KEY)
        next_one = await gateway.look_up(token)
    assert [answer.status_code for answer in answers] == [200, 409, 409, 409]
    assert (other.json()["code"], next_one.status_code) == ("idempotency_key_reused", 200)


async def test_only_so_many_answered_keys_are_remembered_and_no_citizen() -> None:
    desk = Desk(a_citizen())
    guard = a_guard()
    claims = [guard.claim(desk.caller, f"dossier-000{number}", b"{}") for number in range(3)]
    for claim in claims:
        await guard.once(claim, lambda: desk.service.look_up(desk.caller, a_command()))
        await asyncio.sleep(0)
    assert list(guard._answered) == [claim.key_digest for claim in claims[1:]]
    assert "THỬ" not in repr([value for values in guard._answered.values() for value in values])
    with pytest.raises(ConflictError) as answered:
        await guard.once(claims[2], lambda: desk.service.look_up(desk.caller, a_command()))
    assert answered.value.lookup_id == UUID(desk.source.requests[-1].request_id)
    assert len(desk.source.requests) == 3


def test_a_claim_tells_neither_key_nor_request() -> None:
    caller = a_caller()
    one, same = (a_guard().claim(caller, "dossier-0001", b"{}") for _ in range(2))
    elsewhere = RepeatGuard(b"another secret", FakeLookupStore(JournalLog()), wait_seconds=0.1)
    assert one == same
    assert isinstance(one, Claim)
    assert one != elsewhere.claim(caller, "dossier-0001", b"{}")
    assert one.key_digest != a_guard().claim(a_caller(), "dossier-0001", b"{}").key_digest


def a_guard(log: JournalLog | None = None) -> RepeatGuard:
    return RepeatGuard(b"secret", FakeLookupStore(log or JournalLog()), wait_seconds=0.1, remembers=2)
