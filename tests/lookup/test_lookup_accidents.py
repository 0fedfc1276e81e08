"""What nobody foresaw: bugs below the port, callers that go away, processes that are asked to stop."""

import asyncio
import io
import traceback
from dataclasses import replace
from typing import Any
from unicodedata import normalize
from uuid import UUID

import pytest

from app.audit.record import RecordKind
from app.errors import AuditUnavailableError, GatewayError, ProblemCode
from app.logs import configure_logging
from app.lookup.address_parts import read_parts
from app.lookup.address_words import folded, segments
from app.lookup.addresses import AddressLines, _read
from app.lookup.decision import Permit
from app.lookup.findings import judge
from app.lookup.gazetteer import load_gazetteer
from app.lookup.names import _syllable
from app.lookup.present_units import present_unit
from app.lookup.source import SourceRequest
from app.lookup.values import Address, BirthDate
from app.procedures.fields import DEFAULT_FIELDS
from tests.lookup_fakes import PERSON, Desk, a_citizen, a_command

A_PERMIT = Permit(DEFAULT_FIELDS, "1.004194.01", "cb-mau-01", "Điều 14")


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this works")


@pytest.mark.parametrize(
    "accident",
    [
        RuntimeError("cannot read 099190000017 Trần Văn Thử"),
        KeyError("099190000017"),
        UnprintableError(),
        ExceptionGroup("several", [ValueError("099190000017")]),
        MemoryError(),
    ],
)
async def test_an_accident_below_the_port_closes_the_intent_without_opening_paper(
    accident: Exception,
) -> None:
    desk = Desk(accident)
    with pytest.raises(GatewayError) as raised:
        await desk.service.look_up(desk.caller, a_command())
    assert raised.value.code is ProblemCode.INTERNAL_ERROR
    assert raised.value.lookup_id == desk.log.drafts[0].record_id
    assert desk.journal == ["lookup.intent", "asked", "lookup.outcome"]
    outcome = desk.outcome()
    assert (outcome["outcome"], outcome["problem_code"]) == ("unknown", "internal_error")
    assert (outcome["paper_may_ask"], outcome["paper_because"]) == (0, "unknown")


async def test_an_accident_while_comparing_closes_the_intent_too() -> None:
    desk = Desk(a_citizen(full_name=None))  # against its type, as a bug would have it
    with pytest.raises(GatewayError) as raised:
        await desk.service.look_up(desk.caller, a_command())
    assert raised.value.code is ProblemCode.INTERNAL_ERROR
    assert desk.outcome()["outcome"] == "unknown"


async def test_an_accident_says_nothing_of_the_citizen() -> None:
    log = io.StringIO()
    configure_logging(log)
    desk = Desk(RuntimeError("cannot read 099190000017 Trần Văn Thử"))
    with pytest.raises(GatewayError) as raised:
        await desk.service.look_up(desk.caller, a_command())
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert not any(value in told for value in PERSON.values())


async def test_no_value_on_the_way_prints_the_citizen() -> None:
    desk = Desk(a_citizen())
    command = a_command(purpose="Cho ông Trần Văn Thử")
    disclosure = await desk.service.look_up(desk.caller, command)
    finding = judge(command, A_PERMIT, a_citizen())
    printed = repr((command, disclosure, finding, desk.source.requests, desk.log.drafts, a_citizen()))
    printed += f"{command} {disclosure} {command.question.id_number} {command.question.full_name}"
    for value in (*PERSON.values(), "TRẦN VĂN THỬ", "Thôn Mẫu Một", "1990"):
        assert value not in printed


def test_what_an_address_or_a_name_is_taken_apart_into_prints_none_of_it() -> None:
    line = folded("Số 5 đường Thử, phường Sài Gòn, tỉnh Mẫu")
    text, gazetteer = read_parts(line, is_plain=False), load_gazetteer()
    parts = [
        *segments(line, is_plain=False),
        *text.units,
        text,
        gazetteer.locate(text.units, is_plain=False),
        _read(gazetteer, Address(line), AddressLines(), is_plain=False),
        present_unit(gazetteer.atlas, "26740", None, "79", "VN"),
        _syllable("thử"),
    ]
    printed = "".join(repr(part) + str(part) for part in parts).lower()
    commune = gazetteer.atlas.divisions.wards["26740"].name.lower()
    for piece in ("thử", "thu", "sài", "sai", "gòn", "gon", "mẫu", "mau", commune):
        assert normalize("NFD", piece) not in normalize("NFD", printed)


async def test_a_lookup_cancelled_while_asking_is_closed_as_unknown() -> None:
    desk = Desk(a_citizen())
    desk.source.gate = asyncio.Event()
    task = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
    await desk.source.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (desk.outcome()["outcome"], desk.outcome()["paper_may_ask"]) == ("unknown", 0)


async def test_a_lookup_cancelled_without_an_audit_is_still_only_cancelled() -> None:
    desk = Desk(a_citizen())
    desk.source.gate = asyncio.Event()
    desk.log.failing = {RecordKind.LOOKUP_OUTCOME}
    task = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
    await desk.source.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.journal == ["lookup.intent", "asked"]


async def test_an_outcome_on_its_way_is_written_though_the_caller_goes_away() -> None:
    desk = Desk(a_citizen())
    desk.log.gate = asyncio.Event()
    task = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
    await desk.source.asked.wait()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    desk.log.gate.set()
    await asyncio.sleep(0.01)
    assert desk.outcome()["outcome"] == "found"


async def test_a_second_cancel_does_not_keep_the_intent_open() -> None:
    desk = Desk(a_citizen())
    desk.source.gate, desk.log.gate = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
    await desk.source.asked.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0.01)
    desk.log.gate.set()
    await asyncio.sleep(0.01)
    assert task.cancelled()
    assert desk.outcome()["outcome"] == "unknown"


async def test_an_audit_that_goes_away_while_asking_withholds_the_answer() -> None:
    desk = Desk(a_citizen())

    async def end_audit(request: SourceRequest) -> None:
        desk.log.fail = True

    desk.source.meanwhile = end_audit
    with pytest.raises(AuditUnavailableError) as raised:
        await desk.service.look_up(desk.caller, a_command())
    assert raised.value.lookup_id == desk.log.drafts[0].record_id


async def test_a_year_is_enough_where_no_more_is_known() -> None:
    born_in_1990 = BirthDate(1990)
    desk = Desk(a_citizen(birth_date=born_in_1990))
    command = a_command(question=replace(a_command().question, birth_date=born_in_1990))
    disclosure = await desk.service.look_up(desk.caller, command)
    assert disclosure.citizen is not None
    assert disclosure.citizen["birth_date"] == {"value": "1990", "precision": "year"}


@pytest.mark.parametrize("steps", range(16))
async def test_cancelled_anywhere_a_lookup_keeps_no_turn_and_what_was_asked_is_closed(
    steps: int,
) -> None:
    desk = Desk(a_citizen(), at_once=1, wait_seconds=5)
    await desk.shares.enter(UUID(int=1))  # another unit has the only call
    desk.log.write, desk.source.meanwhile = _slowly(desk.log.write), _slowly(None)  # type: ignore[method-assign]
    task = asyncio.create_task(desk.service.look_up(desk.caller, a_command()))
    for step in range(steps):
        if step == 3:
            desk.shares.leave()
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if steps <= 3:
        desk.shares.leave()
    await asyncio.sleep(0.001)  # an outcome on its way is written
    assert not desk.shares.is_scarce
    assert desk.journal.count("lookup.outcome") == desk.journal.count("asked")


def _slowly(work: Any) -> Any:
    async def slow(value: Any) -> None:
        await asyncio.sleep(0)
        if work is not None:
            await work(value)
        await asyncio.sleep(0)

    return slow
