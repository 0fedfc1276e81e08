"""One record a minute."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.audit import coalescing
from app.audit.coalescing import Coalescer
from app.audit.record import Draft, RecordKind
from app.errors import AuditUnavailableError
from tests.fakes import FakeAuditLog

MINUTE = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
MARK = ("officer", "too_many")


def at(seconds: float = 0, **facts: str) -> Draft:
    return Draft(RecordKind.REQUEST_REJECTED, MINUTE + timedelta(seconds=seconds), facts)


class SlowLog(FakeAuditLog):
    """Records once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()
        self.tries = 0

    async def append(self, draft: Draft) -> None:
        self.tries += 1
        await self.let.wait()
        await super().append(draft)


async def test_each_mark_is_recorded_once_a_minute() -> None:
    log = FakeAuditLog()
    coalescer = Coalescer(log)

    for mark, seconds in ((MARK, 0), (MARK, 59.9), (("other",), 1), (MARK, 60), (MARK, 61)):
        await coalescer.append(mark, at(seconds))

    assert [draft.time for draft in log.drafts] == [at(0).time, at(1).time, at(60).time]


async def test_it_knows_which_marks_need_no_draft_this_minute() -> None:
    coalescer = Coalescer(FakeAuditLog())
    assert not coalescer.has(MARK, MINUTE)
    await coalescer.append(MARK, at())
    assert coalescer.has(MARK, MINUTE + timedelta(seconds=59))
    assert not coalescer.has(("other",), MINUTE)
    assert not coalescer.has(MARK, MINUTE + timedelta(seconds=60))


async def test_failure_does_not_silence_the_next_try() -> None:
    log = FakeAuditLog()
    coalescer = Coalescer(log)
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await coalescer.append(MARK, at())
    log.fail = False

    await coalescer.append(MARK, at())

    assert len(log.drafts) == 1


async def test_many_at_once_leave_one_record_and_none_is_answered_before_it() -> None:
    log = SlowLog()
    coalescer = Coalescer(log)
    callers = [asyncio.create_task(coalescer.append(MARK, at())) for _ in range(50)]
    await asyncio.sleep(0)
    assert not any(caller.done() for caller in callers)

    log.let.set()
    await asyncio.gather(*callers)

    assert len(log.drafts) == log.tries == 1


async def test_many_at_once_share_the_failure() -> None:
    log = SlowLog()
    log.fail = True
    coalescer = Coalescer(log)
    callers = [asyncio.create_task(coalescer.append(MARK, at())) for _ in range(50)]
    await asyncio.sleep(0)

    log.let.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert {type(answer) for answer in answers} == {AuditUnavailableError}
    assert log.tries == 1


async def test_caller_that_goes_away_leaves_the_record_to_the_next() -> None:
    log = SlowLog()
    coalescer = Coalescer(log)
    first, second, third = (asyncio.create_task(coalescer.append(MARK, at())) for _ in range(3))
    await asyncio.sleep(0)

    second.cancel()
    first.cancel()
    log.let.set()
    await third

    assert first.cancelled()
    assert second.cancelled()
    assert len(log.drafts) == 1


async def test_draft_that_cannot_be_written_fails_its_own_caller_only() -> None:
    log = FakeAuditLog()
    coalescer = Coalescer(log)

    with pytest.raises(ValueError, match="no field"):
        await coalescer.append(MARK, at(surname="x"))
    await coalescer.append(MARK, at())

    assert len(log.drafts) == 1


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "_MAX_REMEMBERED", 10)
    coalescer = Coalescer(FakeAuditLog())

    for number in range(100):
        await coalescer.append((str(number),), at())

    assert len(coalescer._recorded) == 10
    assert not coalescer._under_way
