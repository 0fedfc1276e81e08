from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from app.audit.record import Draft, RecordKind
from app.errors import AuditUnavailableError, InvalidRequestError, ProblemCode
from app.lookup.notice import NOTICE_TEXT, NOTICE_VERSION, NoticeDesk
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.gateway import Gateway, an_upstream, bearer, running_gateway
from tests.lookup_fakes import FakeLookupStore, JournalLog, StandingClock, a_caller
from tests.world import World

LAST_SECOND = datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC)


class NoticeWorld:
    def __init__(self) -> None:
        self.clock = StandingClock(LAST_SECOND)
        self.log = JournalLog()
        self.store = FakeLookupStore(self.log)
        self.desk = NoticeDesk(self.store, self.log, self.clock)
        self.caller = a_caller()
        self.officer_id: UUID = self.caller.officer.officer_id


async def test_an_acceptance_holds_until_the_day_turns_in_vietnam() -> None:
    world = NoticeWorld()
    await world.desk.accept(world.caller, NOTICE_VERSION)
    assert await world.desk.has_accepted(world.officer_id)
    world.clock.turn(seconds=1)  # 17:00 UTC is midnight in Vietnam
    assert not await world.desk.has_accepted(world.officer_id)
    await world.desk.accept(world.caller, NOTICE_VERSION)
    assert await world.desk.has_accepted(world.officer_id)
    assert len(world.log.of(RecordKind.NOTICE_ACCEPTED)) == 2


async def test_a_day_that_turns_while_an_acceptance_is_written_needs_its_own() -> None:
    world = NoticeWorld()

    class TurningLog(JournalLog):
        async def append(self, draft: Draft) -> None:
            await super().append(draft)
            world.clock.turn(seconds=1)

    desk = NoticeDesk(world.store, TurningLog(), world.clock)
    await desk.accept(world.caller, NOTICE_VERSION)
    assert not await desk.has_accepted(world.officer_id)


async def test_an_acceptance_is_recorded_once_a_day_with_its_version() -> None:
    world = NoticeWorld()
    await world.desk.accept(world.caller, NOTICE_VERSION)
    await world.desk.accept(world.caller, NOTICE_VERSION)
    (record,) = world.log.of(RecordKind.NOTICE_ACCEPTED)
    assert record.facts["notice_version"] == NOTICE_VERSION
    assert record.facts["officer_id"] == str(world.officer_id)


async def test_an_acceptance_that_is_not_on_record_does_not_count() -> None:
    world = NoticeWorld()
    world.log.fail = True
    with pytest.raises(AuditUnavailableError):
        await world.desk.accept(world.caller, NOTICE_VERSION)
    assert not await world.desk.has_accepted(world.officer_id)


async def test_another_version_is_refused() -> None:
    world = NoticeWorld()
    with pytest.raises(InvalidRequestError) as refusal:
        await world.desk.accept(world.caller, "2025-1")
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.INVALID_VALUE, ("/version",))
    assert world.log.drafts == []


async def test_the_database_is_asked_once_until_the_answer_is_yes() -> None:
    world = NoticeWorld()
    assert not await world.desk.has_accepted(world.officer_id)
    other_process = NoticeDesk(world.store, world.log, world.clock)
    await other_process.accept(world.caller, NOTICE_VERSION)
    reads = world.store.reads
    assert await world.desk.has_accepted(world.officer_id)
    assert await world.desk.has_accepted(world.officer_id)
    assert world.store.reads == reads + 1


async def test_one_officers_acceptance_is_not_anothers() -> None:
    world = NoticeWorld()
    await world.desk.accept(world.caller, NOTICE_VERSION)
    assert not await world.desk.has_accepted(a_caller().officer.officer_id)


async def test_a_lookup_without_todays_acceptance_is_refused_and_says_so(gateway: Gateway) -> None:
    token = await gateway.sign_in(accept_notice=False)
    shown = await gateway.http.get("/v1/me/confidentiality-notice", headers=bearer(token))
    refused = await gateway.look_up(token)
    assert shown.json() == {"version": "2026-1", "text": NOTICE_TEXT["vi"], "accepted_today": False}
    assert (refused.status_code, refused.json()["code"]) == (403, "notice_not_accepted")
    assert [record["problem_code"] for record in await gateway.records("lookup.refused")] == [
        "notice_not_accepted"
    ]


async def test_an_acceptance_in_one_process_counts_in_another(gateway: Gateway, world: World) -> None:
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    token = await gateway.sign_in()
    async with running_gateway(world, an_upstream(), transport=mock) as second:
        headers = bearer(token) | {"Accept-Language": "en"}
        shown = await second.http.get("/v1/me/confidentiality-notice", headers=headers)
        assert shown.json()["accepted_today"] is True
        assert shown.json()["text"] == NOTICE_TEXT["en"]
        assert (await second.look_up(token)).status_code == 200


async def test_a_wrong_version_over_http_is_refused_and_recorded(gateway: Gateway) -> None:
    token = await gateway.sign_in(accept_notice=False)
    answer = await gateway.http.post(
        "/v1/me/confidentiality-notice", json={"version": "1999-1"}, headers=bearer(token)
    )
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/version"}])
    assert [record["problem_code"] for record in await gateway.records("request.rejected")] == [
        "invalid_value"
    ]
