"""Second entries: when they open paper, and how they cannot be abused."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.errors import InvalidRequestError, NotAllowedError, ProblemCode, SourceSilentError
from app.lookup.dossier import parse_dossier_code
from app.lookup.paper import PaperReason
from app.lookup.values import CitizenId
from tests.gateway import Gateway
from tests.lookup_fakes import Desk, a_caller, a_citizen, a_command
from tests.world import a_dossier_code, a_lookup

NOBODY = {"id_number": "099090000109", "full_name": "Hoàng Văn Không", "birth_date": "1990-01-01"}
ANOTHER_DOSSIER = parse_dossier_code("H19.34.12-230301-0002", date(2026, 11, 22))
DAY_SECONDS = 24 * 60 * 60


async def first_entry(desk: Desk) -> UUID:
    return (await desk.service.look_up(desk.caller, a_command())).lookup_id


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(None, PaperReason.NOT_FOUND), (a_citizen(full_name="BÙI VĂN ĐÁP"), PaperReason.MISMATCH)],
)
async def test_data_entered_again_opens_paper(answer: None, reason: PaperReason) -> None:
    desk = Desk(answer)
    first = await first_entry(desk)
    corrected = replace(a_command().question, id_number=CitizenId("099190000018"))
    second = await desk.service.look_up(desk.caller, a_command(question=corrected, retry_of=first))
    assert (second.paper.may_ask, second.paper.because) == (True, reason)
    assert desk.log.drafts[2].facts["retry_of"] == str(first)


async def test_where_no_second_entry_is_demanded_the_first_opens_paper() -> None:
    desk = Desk(None, paper_needs_second_entry=False)
    first = await desk.service.look_up(desk.caller, a_command())
    assert first.paper.may_ask


async def test_found_at_the_second_entry_forbids_paper() -> None:
    desk = Desk(None)
    first = await first_entry(desk)
    desk.source.answer = a_citizen()
    second = await desk.service.look_up(desk.caller, a_command(retry_of=first))
    assert (second.paper.may_ask, second.paper.because) == (False, PaperReason.FOUND)


@pytest.mark.parametrize(("seconds", "may_ask"), [(DAY_SECONDS, True), (DAY_SECONDS + 1, False)])
async def test_a_second_entry_counts_for_a_day(seconds: int, may_ask: bool) -> None:  # noqa: FBT001 - a column
    desk = Desk(None)
    first = await first_entry(desk)
    desk.clock.turn(seconds=seconds)
    await desk.notices.accept(desk.caller, "2026-1")
    second = await desk.service.look_up(desk.caller, a_command(retry_of=first))
    assert second.paper.may_ask is may_ask


async def _found(desk: Desk) -> UUID:
    desk.source.answer = a_citizen()
    first = await first_entry(desk)
    desk.source.answer = None
    return first


async def _unavailable(desk: Desk) -> UUID:
    desk.source.answer = SourceSilentError("timeout")
    with pytest.raises(SourceSilentError) as raised:
        await first_entry(desk)
    desk.source.answer = None
    return raised.value.lookup_id or uuid7()


async def _unforeseen(desk: Desk) -> UUID:
    desk.source.answer = RuntimeError()
    with pytest.raises(Exception, match="internal_error"):
        await first_entry(desk)
    desk.source.answer = None
    return desk.log.drafts[0].record_id


async def _refused(desk: Desk) -> UUID:
    with pytest.raises(NotAllowedError) as raised:
        await desk.service.look_up(desk.caller, a_command(procedure_code="1.999999"))
    return raised.value.lookup_id or uuid7()


@pytest.mark.parametrize("first_lookup", [_found, _unavailable, _unforeseen, _refused])
async def test_only_a_lookup_that_found_nobody_counts_as_a_first_entry(
    first_lookup: Callable[[Desk], Awaitable[UUID]],
) -> None:
    desk = Desk(None)
    first = await first_lookup(desk)
    second = await desk.service.look_up(desk.caller, a_command(retry_of=first))
    assert (second.paper.may_ask, second.paper.because) == (False, PaperReason.NOT_FOUND_ENTER_AGAIN)


async def assert_unknown(desk: Desk, retry_of: UUID) -> None:
    asked = len(desk.source.requests)
    with pytest.raises(InvalidRequestError) as refusal:
        await desk.service.look_up(desk.caller, a_command(retry_of=retry_of))
    assert (refusal.value.code, refusal.value.fields) == (ProblemCode.RETRY_OF_UNKNOWN, ("/retry_of",))
    assert len(desk.source.requests) == asked


async def test_a_lookup_that_never_was_is_no_first_entry() -> None:
    await assert_unknown(Desk(None), uuid7())


async def test_a_record_that_is_no_lookup_is_no_first_entry() -> None:
    desk = Desk(None)
    await first_entry(desk)
    await assert_unknown(desk, desk.log.drafts[1].record_id)


async def test_a_colleagues_lookup_is_no_first_entry() -> None:
    desk = Desk(None)
    first = await first_entry(desk)
    desk.caller = a_caller()
    await desk.notices.accept(desk.caller, "2026-1")
    await assert_unknown(desk, first)


async def test_a_lookup_for_another_dossier_is_no_first_entry() -> None:
    desk = Desk(None)
    first = await desk.service.look_up(desk.caller, a_command(dossier=ANOTHER_DOSSIER))
    await assert_unknown(desk, first.lookup_id)


async def test_a_lookup_still_running_is_no_first_entry() -> None:
    desk = Desk(None)
    await first_entry(desk)
    del desk.log.drafts[1]
    await assert_unknown(desk, desk.log.drafts[0].record_id)


async def test_second_entries_over_http(gateway: Gateway) -> None:
    token, colleague = await gateway.sign_in(), await gateway.sign_in("xuly.mau")
    first = (await gateway.look_up(token, a_lookup(citizen=NOBODY))).json()["lookup_id"]
    second = a_lookup(citizen=NOBODY, retry_of=first)
    of_colleague = await gateway.look_up(colleague, second)
    of_other_dossier = await gateway.look_up(
        token, second | {"dossier_code": a_dossier_code(running_number=2)}
    )
    garbage = await gateway.look_up(token, second | {"retry_of": "099090000109"})
    allowed = (await gateway.look_up(token, second)).json()
    for answer in (of_colleague, of_other_dossier, garbage):
        assert (answer.status_code, answer.json()["code"]) == (422, "retry_of_unknown")
        assert answer.json()["errors"] == [{"pointer": "/retry_of"}]
        assert answer.json()["paper"]["may_ask"] is False
    assert [paper["code"] for paper in allowed["paper"]["which"]] == [
        "citizen_card",
        "old_id_card",
        "ct07_confirmation",
        "id_notice",
    ]
    assert len(await gateway.records("lookup.intent")) == 2
