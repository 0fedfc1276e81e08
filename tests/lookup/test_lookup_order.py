"""The story's order: on record before asked, on record before shown."""

import asyncio
from typing import Any

import pytest

from app.audit.record import Draft, Outcome, RecordKind
from app.errors import (
    AuditUnavailableError,
    InvalidRequestError,
    NotAllowedError,
    ProblemCode,
    SourceConfusedError,
    SourceRefusedError,
    SourceSilentError,
)
from app.lookup.source import SourceRequest
from app.lookup.values import BirthDate, Citizen
from app.procedures.fields import DEFAULT_FIELDS, Field
from tests.lookup_fakes import Desk, a_caller, a_citizen, a_command

WHOLE_STORY = ["lookup.intent", "asked", "lookup.outcome"]


async def test_a_found_citizen_is_shown_after_question_and_answer_are_on_record() -> None:
    desk = Desk(a_citizen())
    disclosure = await desk.service.look_up(desk.caller, a_command())
    assert desk.journal == WHOLE_STORY
    assert disclosure.outcome is Outcome.FOUND
    assert disclosure.citizen is not None
    assert set(disclosure.citizen) == {field.value for field in DEFAULT_FIELDS}
    assert disclosure.lookup_id == desk.log.drafts[0].record_id
    assert disclosure.road == "fake-road"


@pytest.mark.parametrize(
    ("answer", "outcome", "differing"),
    [
        (None, Outcome.NOT_FOUND, ""),
        (a_citizen(full_name="BÙI VĂN ĐÁP"), Outcome.MISMATCH, "full_name"),
        (
            a_citizen(id_number="099190000018", birth_date=BirthDate(1990, 5, 10)),
            Outcome.MISMATCH,
            "birth_date id_number",
        ),
    ],
)
async def test_nothing_is_shown_of_nobody_or_somebody_else(
    answer: Citizen | None, outcome: Outcome, differing: str
) -> None:
    desk = Desk(answer)
    disclosure = await desk.service.look_up(desk.caller, a_command())
    assert desk.journal == WHOLE_STORY
    assert (disclosure.outcome, disclosure.citizen) == (outcome, None)
    assert desk.outcome()["outcome"] == outcome.value
    assert desk.outcome()["fields_disclosed"] == ""
    assert desk.outcome()["fields_differing"] == differing
    assert desk.outcome()["paper_may_ask"] == 0


async def test_the_record_names_the_fields_that_really_were_shown() -> None:
    desk = Desk(a_citizen())
    await desk.service.look_up(
        desk.caller, a_command(fields=frozenset({Field.FULL_NAME, Field.CURRENT_RESIDENCE}))
    )
    assert desk.log.drafts[0].facts["fields_asked"] == "current_residence full_name"
    assert desk.outcome()["fields_disclosed"] == "full_name"  # the record has no current residence


async def test_the_national_side_is_asked_in_the_officers_own_name() -> None:
    desk = Desk(a_citizen())
    command = a_command()
    disclosure = await desk.service.look_up(desk.caller, command)
    assert desk.source.requests == [
        SourceRequest(
            disclosure.lookup_id.hex,
            "cb-mau-01",
            "1.004194.01",
            command.question,
            5.0,
            wanted=DEFAULT_FIELDS,  # what the procedure does not show is not even read
        )
    ]


async def test_what_is_not_on_record_is_not_asked() -> None:
    desk = Desk(a_citizen())
    desk.log.failing = {RecordKind.LOOKUP_INTENT}
    with pytest.raises(AuditUnavailableError):
        await desk.service.look_up(desk.caller, a_command())
    assert desk.source.requests == []


async def test_what_is_not_on_record_is_not_shown() -> None:
    desk = Desk(a_citizen())
    desk.log.failing = {RecordKind.LOOKUP_OUTCOME}
    with pytest.raises(AuditUnavailableError) as refusal:
        await desk.service.look_up(desk.caller, a_command())
    assert desk.journal == ["lookup.intent", "asked"]
    assert refusal.value.lookup_id == desk.log.drafts[0].record_id
    assert refusal.value.code is ProblemCode.AUDIT_UNAVAILABLE


@pytest.mark.parametrize("answer", [a_citizen(), SourceSilentError("timeout")])
async def test_what_the_reconciler_closed_first_is_withheld(answer: Citizen | Exception) -> None:
    desk = Desk(answer)

    async def close(request: SourceRequest) -> None:
        facts = {"lookup_id": str(desk.log.drafts[0].record_id), "outcome": "unknown"}
        await desk.log.append(Draft(RecordKind.LOOKUP_OUTCOME, desk.clock.now(), facts))

    desk.source.meanwhile = close
    with pytest.raises(AuditUnavailableError) as refusal:
        await desk.service.look_up(desk.caller, a_command())
    assert desk.outcome()["outcome"] == "unknown"
    assert refusal.value.lookup_id == desk.log.drafts[0].record_id


@pytest.mark.parametrize(
    ("error", "outcome", "may_ask"),
    [
        (SourceSilentError("connect_failed"), Outcome.UPSTREAM_UNAVAILABLE, 1),
        (TimeoutError(), Outcome.UPSTREAM_UNAVAILABLE, 1),
        (SourceConfusedError("not_xml"), Outcome.UPSTREAM_CONFUSED, 1),
        (
            SourceRefusedError(ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED, "fault_004"),
            Outcome.NOT_PERMITTED,
            0,
        ),
        (
            SourceRefusedError(ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, "fault_005"),
            Outcome.NOT_PERMITTED,
            0,
        ),
        (InvalidRequestError(ProblemCode.INVALID_FULL_NAME), Outcome.NOT_PERMITTED, 0),
    ],
)
async def test_an_answer_that_did_not_come_is_on_record_before_it_is_told(
    error: Exception, outcome: Outcome, may_ask: int
) -> None:
    desk = Desk(error)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is asserted below
        await desk.service.look_up(desk.caller, a_command())
    assert desk.journal == WHOLE_STORY
    told: Any = raised.value
    assert desk.outcome()["outcome"] == outcome.value
    assert desk.outcome()["problem_code"] == told.code.value
    assert desk.outcome()["paper_may_ask"] == may_ask
    assert told.lookup_id == desk.log.drafts[0].record_id


async def test_a_national_side_slower_than_the_budget_is_unavailable() -> None:
    desk = Desk(a_citizen(), budget_seconds=0.02)
    desk.source.gate = asyncio.Event()
    with pytest.raises(SourceSilentError) as raised:
        await desk.service.look_up(desk.caller, a_command())
    assert (raised.value.code, raised.value.reason) == (ProblemCode.UPSTREAM_UNAVAILABLE, "timeout")
    assert desk.outcome()["outcome"] == "upstream_unavailable"


async def test_a_failure_that_cannot_be_recorded_opens_no_paper() -> None:
    desk = Desk(SourceSilentError("timeout"))
    desk.log.failing = {RecordKind.LOOKUP_OUTCOME}
    with pytest.raises(AuditUnavailableError):
        await desk.service.look_up(desk.caller, a_command())


async def test_a_refused_lookup_leaves_a_trace_and_asks_no_one() -> None:
    desk = Desk(a_citizen())
    command = a_command(fields=frozenset({Field.RELIGION}))
    with pytest.raises(NotAllowedError) as refusal:
        await desk.service.look_up(desk.caller, command)
    (trace,) = desk.log.drafts
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.FIELD_NOT_PERMITTED, ("/fields",))
    assert refusal.value.lookup_id == trace.record_id
    assert trace.kind is RecordKind.LOOKUP_REFUSED
    assert trace.facts["problem_code"] == "field_not_permitted"
    assert trace.facts["fields_asked"] == "religion"
    assert trace.searched_number == command.question.id_number.digits
    assert desk.source.requests == []


async def test_a_refusal_that_is_not_on_record_is_not_told() -> None:
    desk = Desk(a_citizen())
    desk.log.failing = {RecordKind.LOOKUP_REFUSED}
    with pytest.raises(AuditUnavailableError):
        await desk.service.look_up(desk.caller, a_command(procedure_code="1.999999"))


async def test_the_notice_comes_after_every_other_refusal() -> None:
    desk = Desk(a_citizen())
    stranger = a_caller()
    for command, code in (
        (a_command(procedure_code="1.999999"), ProblemCode.PROCEDURE_UNKNOWN),
        (a_command(), ProblemCode.NOTICE_NOT_ACCEPTED),
    ):
        with pytest.raises(NotAllowedError) as refusal:
            await desk.service.look_up(stranger, command)
        assert refusal.value.code is code
    assert desk.journal == ["lookup.refused", "lookup.refused"]


async def test_a_stated_purpose_is_sealed_with_the_person() -> None:
    desk = Desk(a_citizen())
    await desk.service.look_up(desk.caller, a_command(purpose="Khai sinh cho cháu Trần Thị Mẫu"))
    intent = desk.log.drafts[0]
    assert "Trần Thị Mẫu".encode() in (intent.subject or b"")
    assert not any("Mẫu" in str(value) for value in intent.facts.values())
