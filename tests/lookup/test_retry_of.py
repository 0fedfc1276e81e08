"""Second entries: when they open paper, and how they cannot be abused."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app.clock import SystemClock
from app.database.connect import open_engine
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode, SourceSilentError
from app.lookup.command import Disclosure
from app.lookup.dossier import parse_dossier_code
from app.lookup.first_entries import EntryDigests, FirstEntryStore, first_entries_long_over
from app.lookup.paper import PaperReason
from app.lookup.values import BirthDate, CitizenId, FullName, Question
from tests.gateway import Gateway
from tests.lookup_fakes import Desk, a_caller, a_citizen, a_command
from tests.world import Database, a_dossier_code, a_lookup

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


ANOTHER_PERSON = Question(CitizenId("099191000021"), FullName("Lê Thị Khác"), BirthDate(1991, 2, 3))


async def entered_after(desk: Desk, first: UUID, **changes: object) -> Disclosure:
    question = replace(a_command().question, **changes)  # type: ignore[arg-type] # the test's own
    return await desk.service.look_up(desk.caller, a_command(question=question, retry_of=first))


async def test_another_persons_miss_is_no_first_entry_of_this_ones() -> None:
    desk = Desk(None)
    first = await first_entry(desk)
    other = await desk.service.look_up(desk.caller, a_command(question=ANOTHER_PERSON, retry_of=first))
    assert (other.paper.may_ask, other.paper.because) == (False, PaperReason.NOT_FOUND_ENTER_AGAIN)
    again = await desk.service.look_up(
        desk.caller, a_command(question=ANOTHER_PERSON, retry_of=other.lookup_id)
    )
    assert again.paper.may_ask


@pytest.mark.parametrize(
    ("changes", "may_ask"),
    [
        ({}, True),
        ({"full_name": FullName("Trần Văn Thứ")}, True),
        ({"birth_date": BirthDate(1990, 9, 5)}, True),
        ({"full_name": FullName("Lê Thị Khác"), "birth_date": BirthDate(1990, 9, 5)}, True),
        ({"id_number": CitizenId("099190000018")}, True),
        ({"id_number": CitizenId("099190000018"), "full_name": FullName("TRẦN  VĂN THỬ")}, True),
        ({"id_number": CitizenId("099190000018"), "full_name": FullName("Trần Văn Thi")}, False),
        ({"id_number": CitizenId("099190000018"), "birth_date": BirthDate(1990, 9, 5)}, False),
    ],
)
async def test_a_second_entry_keeps_the_number_or_the_name_and_birth_date(
    changes: dict[str, object],
    may_ask: bool,  # noqa: FBT001 - a column
) -> None:
    desk = Desk(None)
    first = await first_entry(desk)
    assert (await entered_after(desk, first, **changes)).paper.may_ask is may_ask


async def test_an_entry_that_could_not_be_kept_counts_for_nothing() -> None:
    desk = Desk(None)
    desk.entries.is_away = True
    first = await first_entry(desk)
    desk.entries.is_away = False
    again = await entered_after(desk, first)
    assert not again.paper.may_ask
    assert (await entered_after(desk, again.lookup_id)).paper.may_ask


async def test_nothing_is_kept_of_who_was_found() -> None:
    desk = Desk(a_citizen())
    assert await first_entry(desk)
    assert desk.entries.kept == {}


async def test_equal_entries_of_two_lookups_do_not_look_equal_and_show_nobody() -> None:
    question = a_command().question
    first, second = uuid7(), uuid7()
    here, there = (EntryDigests.of(question, b"secret", one) for one in (first, second))
    assert here == EntryDigests.of(question, b"secret", first)
    assert not here.may_be_of(there)
    assert not here.may_be_of(EntryDigests.of(question, b"another", first))
    assert question.id_number.digits.encode() not in here.number + here.name_and_birth
    assert "b'" not in repr(here)


async def test_first_entries_are_kept_in_the_database_until_they_are_over(database: Database) -> None:
    engine = open_engine(database.serving_url)
    store, now, question = FirstEntryStore(engine), SystemClock().now(), a_command().question
    over, open_still = uuid7(), uuid7()
    for lookup_id, ends_at in ((over, now - timedelta(hours=2)), (open_still, now)):
        await store.add(lookup_id, EntryDigests.of(question, b"secret", lookup_id), ends_at)
    async with engine.begin() as connection:
        await connection.execute(first_entries_long_over().statement(now, 10))
    assert await store.find(over) is None
    assert await store.find(open_still) == EntryDigests.of(question, b"secret", open_still)
    await engine.dispose()


async def test_another_persons_miss_opens_no_paper_over_http(gateway: Gateway) -> None:
    token = await gateway.sign_in()
    first = UUID((await gateway.look_up(token, a_lookup(citizen=NOBODY))).json()["lookup_id"])
    other = {"id_number": "099191000021", "full_name": "Lê Thị Khác", "birth_date": "1991-02-03"}
    of_other = (await gateway.look_up(token, a_lookup(citizen=other, retry_of=str(first)))).json()
    again = (await gateway.look_up(token, a_lookup(citizen=NOBODY, retry_of=str(first)))).json()
    assert (of_other["outcome"], of_other["paper"]["may_ask"]) == ("not_found", False)
    assert (again["outcome"], again["paper"]["may_ask"]) == ("not_found", True)


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
