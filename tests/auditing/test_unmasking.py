"""The person of one lookup: asked for by one auditor, decided by another, read a few times, all on record."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.accounts.values import Role
from app.auditing.unmasking import Unmasking, decision_refusal
from app.cli import invented
from app.clock import SystemClock, local_day, rfc3339
from app.errors import ProblemCode
from mock_c06.app import create_app as create_mock
from mock_c06.config import MockConfig
from tests.accounts.people import an_account
from tests.auditing.auditors import SECOND_AUDITOR, an_auditor, code_of, with_two_auditors
from tests.gateway import Gateway, an_upstream, running_gateway
from tests.lookup_fakes import StoppedClock
from tests.world import World, a_lookup, past_the_guards

PERSON = {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(SystemClock().now() - timedelta(hours=30))


@pytest.fixture
async def served(world: World, clock: StoppedClock) -> AsyncIterator[Gateway]:
    await with_two_auditors(world)
    mock = httpx.ASGITransport(create_mock(MockConfig()))
    few: dict[str, Any] = {"audit_unmaskings_per_auditor_per_day": 2, "audit_unmasking_readings": 2}
    async with running_gateway(world, an_upstream(), transport=mock, clock=clock, **few) as running:
        yield running


async def a_looked_up_citizen(gateway: Gateway) -> str:
    answer = await gateway.look_up(await gateway.sign_in(), a_lookup(purpose="xác minh cho bà Lê Thị Mẫu"))
    return str(answer.json()["lookup_id"])


async def test_a_person_is_shown_to_who_asked_once_another_auditor_approved(
    served: Gateway, clock: StoppedClock
) -> None:
    lookup_id = await a_looked_up_citizen(served)
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    unmasking_id = await first.asked(lookup_id)
    (own,), (other,) = await first.current(), await second.current()
    assert (own["may_decide"], other["may_decide"], other["state"]) == (False, True, "open")
    assert code_of(await first.read(unmasking_id)) == (409, "unmasking_not_readable")
    assert code_of(await first.decide(unmasking_id)) == (403, "second_person_needed")
    assert (await second.decide(unmasking_id)).status_code == 204
    assert code_of(await second.read(unmasking_id)) == (404, "unmasking_unknown")
    readings = [await first.read(unmasking_id) for _ in range(3)]
    assert [answer.status_code for answer in readings] == [200, 200, 409]
    assert readings[0].headers["cache-control"] == "no-store"
    assert readings[0].json()["person"] == PERSON | {"purpose": "xác minh cho bà Lê Thị Mẫu"}
    assert [answer.json().get("readings_left") for answer in readings] == [1, 0, None]
    records = {
        kind: await served.records(f"audit.{kind}") for kind in ("unmask_asked", "unmask_decided", "unmasked")
    }
    assert [len(records[kind]) for kind in records] == [1, 1, 2]
    for record in (one for kind in records.values() for one in kind):
        assert (record["unmasking_id"], record["lookup_id"]) == (unmasking_id, lookup_id)
        assert record["subject"]
        assert not [value for value in PERSON.values() if value in str(record)]
    assert records["unmask_decided"][0]["unmasking_decision"] == "approved"
    assert records["unmasked"][0]["officer_id"] == records["unmask_asked"][0]["officer_id"]


async def test_time_ends_a_request_and_a_reading(served: Gateway, clock: StoppedClock) -> None:
    lookup_id = await a_looked_up_citizen(served)
    waits = await (await an_auditor(served)).asked(lookup_id)
    clock.at += timedelta(hours=25)
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    assert await first.current() == await second.current() == []
    assert code_of(await second.decide(waits)) == (409, "unmasking_closed")
    unmasking_id = await first.asked(lookup_id)
    assert (await second.decide(unmasking_id)).status_code == 204
    clock.at += timedelta(hours=9)
    later = await an_auditor(served)
    assert code_of(await later.read(unmasking_id)) == (409, "unmasking_not_readable")
    assert await served.records("audit.unmasked") == []


async def test_a_refusal_ends_it_and_only_so_many_are_asked_a_day(served: Gateway) -> None:
    lookup_id = await a_looked_up_citizen(served)
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    unmasking_id = await first.asked(lookup_id)
    assert (await second.decide(unmasking_id, approve=False)).status_code == 204
    assert code_of(await second.decide(unmasking_id)) == (409, "unmasking_closed")
    assert code_of(await first.read(unmasking_id)) == (409, "unmasking_not_readable")
    await first.asked(lookup_id)
    third = await first.ask(lookup_id)
    assert code_of(third) == (429, "audit_quota_reached")
    assert 86_000 < int(third.headers["retry-after"]) <= 86_400
    assert (await second.ask(lookup_id)).status_code == 201
    (record,) = await served.records("audit.unmask_decided")
    assert record["unmasking_decision"] == "refused"


async def test_what_is_approved_in_the_database_alone_opens_nobody(served: Gateway) -> None:
    lookup_id = await a_looked_up_citizen(served)
    first = await an_auditor(served)
    unmasking_id = await first.asked(lookup_id)
    await served.execute(
        "update audit_unmasking set state = 'approved', decided_at = now(), readings_left = 3,"
        " readable_until = now() + interval '1 hour',"
        " decided_by = (select officer_id from officer where login_name = $1)",
        SECOND_AUDITOR,
    )
    assert code_of(await first.read(unmasking_id)) == (409, "unmasking_not_readable")


async def test_at_once_one_decides_and_nobody_reads_more_often_than_allowed(served: Gateway) -> None:
    lookup_id = await a_looked_up_citizen(served)
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    unmasking_id = await first.asked(lookup_id)
    decisions = await asyncio.gather(*(second.decide(unmasking_id) for _ in range(3)))
    assert sorted(answer.status_code for answer in decisions) == [204, 409, 409]
    readings = await asyncio.gather(*(first.read(unmasking_id) for _ in range(6)))
    assert sorted(answer.status_code for answer in readings) == [200, 200, 409, 409, 409, 409]
    records = [await served.records(f"audit.{kind}") for kind in ("unmask_decided", "unmasked")]
    assert [len(each) for each in records] == [1, 2]


TAMPERING = (
    "update audit_unmasking set lookup_id = 'OTHER'",
    "update audit_unmasking set requested_by = decided_by, decided_by = requested_by",
    "update audit_unmasking set unmasking_id = 'OTHER'",
    "update audit_unmasking set state = 'open', decided_by = null, decided_at = null",
    "update audit_unmasking set requested_at = now() + interval '9d', expires_at = now() + interval '99d'",
)


async def test_what_the_log_does_not_say_of_an_approval_is_not_believed(
    served: Gateway, clock: StoppedClock
) -> None:
    lookup_id, other = await a_looked_up_citizen(served), await a_looked_up_citizen(served)
    both = first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    unmasking_id = await first.asked(lookup_id)
    assert (await second.decide(unmasking_id)).status_code == 204
    await served.execute("create table kept as select * from audit_unmasking")
    await served.execute(
        "alter table audit_unmasking drop constraint ck_audit_unmasking_decision,"
        " drop constraint ck_audit_unmasking_reading, drop constraint ck_audit_unmasking_persons"
    )
    for changed in TAMPERING:
        await served.execute(changed.replace("OTHER", other))
        answers = [await one.read(named) for one in both for named in (unmasking_id, other)]
        assert {answer.status_code for answer in answers} <= {404, 409}
        await served.execute("delete from audit_unmasking")
        await served.execute("insert into audit_unmasking select * from kept")
    more = "update audit_unmasking set readings_left = 30, readable_until = now() + interval '9 days'"
    await served.execute(more)
    readings = [await first.read(unmasking_id) for _ in range(3)]
    assert [answer.json().get("readings_left") for answer in readings] == [1, 0, None]
    unmasking_id = await first.asked(lookup_id)
    assert (await second.decide(unmasking_id)).status_code == 204
    await served.execute(more)
    clock.at += timedelta(hours=9)
    assert code_of(await (await an_auditor(served)).read(unmasking_id)) == (409, "unmasking_not_readable")
    assert len(await served.records("audit.unmasked")) == 2


async def test_whose_lookup_it_was_has_no_say_in_it(served: Gateway) -> None:
    lookup_id = await a_looked_up_citizen(served)
    person = "select person_code from officer where login_name = '{}'"
    reception, auditor = person.format(invented.RECEPTION), person.format(invented.AUDITOR)
    first, second = await an_auditor(served), await an_auditor(served, SECOND_AUDITOR)
    unmasking_id = await second.asked(lookup_id)
    update = "update officer set person_code = ({}), status = 'suspended', status_reason = 'left'"
    await served.execute(f"{update.format(auditor)} where person_code = ({reception})")  # a former account
    a_week_ago = local_day(served.clock.now()) - timedelta(days=7)
    async with running_gateway(served.world, an_upstream()) as knowing:
        first = await an_auditor(knowing)
        assert await first.current() == []
        assert code_of(await first.decide(unmasking_id)) == (403, "own_records")
        await served.execute("update audit_unmasking set looked_up_by = null")
        assert code_of(await first.decide(unmasking_id)) == (403, "own_records")
        seen = await first.found(about="audit_reads", from_day=a_week_ago.isoformat())
        assert seen["records"] == []  # whoever is looked into would be warned
        assert code_of(await first.ask(lookup_id)) == (403, "own_records")
        found = await first.found(from_day="2020-01-01", to_day="2020-01-02")
        assert found["lookups"] == []


async def test_where_nobody_can_be_read_nobody_is_asked_for(served: Gateway) -> None:
    lookup_id = await a_looked_up_citizen(served)
    first = await an_auditor(served)
    for unknown in (str(uuid4()), "099190000017"):
        answer = await first.ask(unknown)
        assert code_of(answer) == (404, "audited_lookup_unknown")
        assert "của cán bộ này" not in answer.json()["detail"]
    for wrong in ({"reason": "số 099190000017"}, {"case_number": "099190000017"}, {"reason": " "}):
        assert code_of(await first.ask(lookup_id, **wrong)) == (422, "invalid_value")
    await served.execute(past_the_guards("delete from audit_month_secret"))
    assert code_of(await first.ask(lookup_id)) == (409, "person_not_readable")
    assert await served.records("audit.unmask_asked") == []


def test_neither_who_asked_nor_who_looked_decides() -> None:
    auditor, looked_up, other = (an_account(role) for role in (Role.AUDITOR, Role.RECEPTION, Role.AUDITOR))
    second_account = an_account(Role.AUDITOR, auditor.person_code)
    officers = {one.officer_id: one for one in (auditor, looked_up, other, second_account)}
    why = ("TTr-1", "Đơn tố cáo")
    asked = Unmasking.new(UUID(int=7), looked_up.officer_id, why, auditor.officer_id, SystemClock().now())
    refusals = [decision_refusal(one, asked, officers) for one in (auditor, second_account, looked_up, other)]
    needed = ProblemCode.SECOND_PERSON_NEEDED
    assert refusals == [needed, needed, ProblemCode.OWN_RECORDS, None]
    assert "tố cáo" not in repr(asked)


def test_what_is_on_record_of_an_unmasking_says_how_often_it_is_read() -> None:
    now = SystemClock().now()
    auditor, other, lookup = uuid4(), uuid4(), uuid4()
    one = Unmasking.new(lookup, None, ("TTr-1", "Đơn tố cáo"), auditor, now)
    facts = one.facts()
    asked = facts | {"kind": "audit.unmask_asked", "officer_id": str(auditor)}
    approved = facts | {"kind": "audit.unmask_decided", "officer_id": str(other), "readings_left": 3}
    approved |= {"unmasking_decision": "approved"}
    refused = approved | {"unmasking_decision": "refused"}
    alone = approved | {"officer_id": str(auditor)}
    over = approved | {"expires_at": rfc3339(now)}
    elsewhere = approved | {"lookup_id": str(uuid4())}
    read = facts | {"kind": "audit.unmasked", "officer_id": str(auditor)}
    told = {
        "approved": [asked, approved],
        "read twice": [asked, approved, read, read],
        "refused since": [asked, approved, refused],
        "approved alone": [asked, alone],
        "over": [asked, over],
        "another lookup's": [asked, elsewhere],
        "never asked": [approved],
        "never decided": [asked],
    }
    assert {name: one.readings_on_record(records, now) for name, records in told.items()} == {
        "approved": 3, "read twice": 1, "refused since": 0, "approved alone": 0, "over": 0,
        "another lookup's": 0, "never asked": 0, "never decided": 0,
    }  # fmt: skip
