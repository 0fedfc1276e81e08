"""What every audit log promises: the writer over PostgreSQL and the fake that other tests use."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.audit.log import AlreadyClosedError, AuditLog, ClaimTakenError
from app.audit.record import Outcome
from app.errors import AuditUnavailableError
from tests.audit.workbench import a_claim, a_draft, a_writer, an_intent, an_outcome
from tests.fakes import FakeAuditLog
from tests.world import Database


@pytest.fixture(params=["writer", "fake"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[AuditLog]:
    if request.param == "fake":
        yield FakeAuditLog()
        return
    database: Database = request.getfixturevalue("database")
    async with a_writer(database) as writer:
        yield writer


@pytest.fixture(autouse=True)
async def _database(database: Database) -> None:
    """Made outside the parametrised fixture, where no loop can be entered again."""


async def test_first_claim_is_recorded_and_the_second_learns_where_it_led(log: AuditLog) -> None:
    first = an_intent(a_claim(request=1))
    await log.append(first)

    with pytest.raises(ClaimTakenError) as same:
        await log.append(an_intent(a_claim(request=1)))
    with pytest.raises(ClaimTakenError) as different:
        await log.append(an_intent(a_claim(request=2)))

    assert same.value.lookup_id == different.value.lookup_id == first.record_id
    assert (same.value.is_same_request, different.value.is_same_request) == (True, False)


async def test_two_claims_of_one_key_at_once_make_one_record(log: AuditLog) -> None:
    drafts = [an_intent(a_claim()) for _ in range(5)]

    answers = await asyncio.gather(*map(log.append, drafts), return_exceptions=True)

    assert answers[0] is None
    taken = [answer for answer in answers if isinstance(answer, ClaimTakenError)]
    assert {(answer.lookup_id, answer.is_same_request) for answer in taken} == {(drafts[0].record_id, True)}
    assert len(taken) == 4


async def test_first_outcome_wins(log: AuditLog) -> None:
    intent = an_intent()
    await log.append(intent)
    await log.append(an_outcome(intent.record_id))

    with pytest.raises(AlreadyClosedError):
        await log.append(an_outcome(intent.record_id, Outcome.UNKNOWN))


async def test_conflicts_fail_nobody_else(log: AuditLog) -> None:
    lookup_id = uuid4()
    await log.append(an_intent(a_claim()))
    await log.append(an_outcome(lookup_id))

    batch = [a_draft(), an_intent(a_claim()), a_draft(), an_outcome(lookup_id), an_intent(a_claim(2))]
    answers = await asyncio.gather(*map(log.append, batch), return_exceptions=True)

    assert [type(answer) for answer in answers] == [
        type(None),
        ClaimTakenError,
        type(None),
        AlreadyClosedError,
        type(None),
    ]


async def test_unwritable_draft_is_refused_before_it_meets_others(log: AuditLog) -> None:
    bad = [
        a_draft(surname="x"),
        a_draft(role="a\x00"),
        a_draft(officer_id="x"),
        a_draft(address="x" * 40_000),
        dataclasses.replace(an_outcome(), facts={}),
    ]

    answers = await asyncio.gather(*map(log.append, [*bad, a_draft()]), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ValueError] * len(bad) + [type(None)]


async def test_fake_records_nothing_while_it_fails() -> None:
    log = FakeAuditLog()
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await log.append(an_intent(a_claim()))
    assert (log.drafts, log.is_ready) == ([], False)
    log.fail = False

    await log.append(an_intent(a_claim()))

    assert (len(log.drafts), log.is_ready) == (1, True)
