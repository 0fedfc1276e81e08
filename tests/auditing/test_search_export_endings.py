"""Exports of a search as they run: page by page, on record before, and on record how they ended."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest
from starlette.types import Message, Scope

from app.audit.record import RecordKind
from app.auditing.alerts import ReadingAlert
from app.auditing.quotas import QuotaKeeper
from app.auditing.search_export import SETTLING, ExportWatch, ListFormat, SearchExport, begin_export
from app.auditing.search_export_routes import ExportAnswer
from app.errors import AuditUnavailableError, ProblemCode, TooManyError
from tests.auditing.invented_search import Ground, InventedLog, a_ground, a_search
from tests.lookup_fakes import JournalLog, a_caller

ENDED = RecordKind.AUDIT_SEARCH_EXPORT_ENDED
LOOKUPS = 10
SCOPE: Scope = {"type": "http", "asgi": {"spec_version": "2.4"}}


@pytest.fixture
def log() -> JournalLog:
    return JournalLog()


@pytest.fixture
def ground(log: JournalLog) -> Ground:
    invented = InventedLog()
    invented.fill(LOOKUPS)
    return a_ground(invented, records=log)


async def begun(ground: Ground, **search: object) -> SearchExport:
    return await begin_export(ground.means, a_caller(), a_search(**search), ListFormat.CSV)


def endings(log: JournalLog) -> list[tuple[object, object]]:
    return [(each.facts["export_ending"], each.facts["exported_rows"]) for each in log.of(ENDED)]


def whole(content: bytes | bytearray) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content))


async def received(
    export: SearchExport, sent: bytearray | None = None, then: Callable[[], object] = bool
) -> None:
    """Take an export to its end, and do something after each piece."""
    async for chunk in export.chunks():
        if sent is not None:
            sent += chunk
        then()


async def test_each_page_is_sent_before_the_next_is_asked_for(ground: Ground) -> None:
    export, seen = await begun(ground), list[int]()
    async for _ in export.chunks():
        seen.append(len(ground.reader.asked))
    pages = LOOKUPS // 3 + 1
    assert seen == [*range(1, 2 * pages + 1), 2 * pages]
    assert set(ground.reader.asked) == {3}


async def test_nothing_is_read_before_the_export_is_on_record(ground: Ground, log: JournalLog) -> None:
    log.failing = {RecordKind.AUDIT_SEARCH_EXPORTED}
    with pytest.raises(AuditUnavailableError):
        await begun(ground)
    assert ground.reader.asked == []


async def test_both_records_say_who_why_what_and_how_much_and_nobodys_number(
    ground: Ground, log: JournalLog
) -> None:
    export = await begun(ground, number="099190000017")
    content = b"".join([chunk async for chunk in export.chunks()])
    await export.close()
    (asked,), (ended,) = log.of(RecordKind.AUDIT_SEARCH_EXPORTED), log.of(ENDED)
    assert asked.facts["searched_by"] == "citizen officer"
    assert json.loads(asked.subject or b"") == {"id_number": "099190000017"}
    assert ended.subject is None
    assert ended.facts["part_of"] == str(asked.record_id) == str(export.export_id)
    assert endings(log) == [("delivered", LOOKUPS)]
    for facts in (asked.facts, ended.facts):
        assert (facts["case_number"], facts["exported_format"]) == ("TTr-12/2026", "csv")
        assert "099190000017" not in str(facts)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        manifest = package.read("manifest.json").decode()
    assert "099190000017" not in manifest
    assert json.loads(manifest)["export_record_id"] == str(asked.record_id)


async def test_the_end_of_the_zip_is_sent_only_once_its_ending_is_on_record(
    ground: Ground, log: JournalLog
) -> None:
    export, sent = await begun(ground), b""
    async for chunk in export.chunks():
        sent += chunk
        assert whole(sent) is bool(endings(log))
    assert whole(sent)


async def test_without_a_record_of_its_ending_no_zip_is_whole(ground: Ground, log: JournalLog) -> None:
    log.failing = {ENDED}
    export, sent = await begun(ground), bytearray()
    with pytest.raises(AuditUnavailableError):
        await received(export, sent)
    log.failing = set()
    await export.close()
    assert not whole(sent)
    assert endings(log) == [("failed", LOOKUPS)]


async def test_an_export_whose_reading_fails_is_on_record_as_failed(ground: Ground, log: JournalLog) -> None:
    ground.reader.failing_at = 3
    export = await begun(ground)
    with pytest.raises(AuditUnavailableError):
        await received(export)
    await export.close()
    assert endings(log) == [("failed", 6)]


async def test_evidence_that_changes_between_list_and_records_ends_the_export(
    ground: Ground, log: JournalLog
) -> None:
    export = await begun(ground)
    one_less = "delete from lookup where at = (select min(at) from lookup)"
    with pytest.raises(AuditUnavailableError):
        await received(
            export, then=lambda: len(ground.reader.asked) == 4 and ground.log.database.execute(one_less)
        )
    await export.close()
    assert endings(log) == [("failed", LOOKUPS)]


async def test_lookups_and_outcomes_of_the_last_seconds_stay_out(ground: Ground) -> None:
    newest = ground.log.time
    ground.means.clock.at = newest + SETTLING  # type: ignore[attr-defined]
    export = await begun(ground)
    content = b"".join([chunk async for chunk in export.chunks()])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        rows = package.read("danh-sach.csv").decode().splitlines()[1:]
    # Outcomes stand at the time of their batch's last lookup, the newest one's at the instant itself.
    assert len(rows) == LOOKUPS - 1
    assert ["Chưa có kết quả" in row for row in rows] == [True, *[False] * (LOOKUPS - 2)]


class FullQuota(QuotaKeeper):
    """Has room until the record is there: others came first."""

    def __init__(self) -> None:
        pass

    async def check(self, officer_id: UUID) -> None:
        pass

    async def confirm(self, officer_id: UUID) -> None:  # noqa: ARG002 - it is full for everybody
        raise TooManyError(ProblemCode.AUDIT_QUOTA_REACHED, retry_after_seconds=1)


class NoAlert(ReadingAlert):
    def __init__(self) -> None:
        pass


async def test_an_export_that_others_left_no_room_for_is_on_record_as_failed(
    ground: Ground, log: JournalLog
) -> None:
    ground.means = replace(ground.means, watch=ExportWatch(FullQuota(), NoAlert()))
    with pytest.raises(TooManyError):
        await begun(ground)
    assert endings(log) == [("failed", 0)]
    assert ground.reader.asked == []


async def nobody() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("nobody says anything")


async def sent_to(export: SearchExport, client: "Client", **patience: float) -> None:
    await ExportAnswer(export, **patience)(SCOPE, nobody, client.take)


class Client:
    """Takes so many messages, then does what `then` says."""

    def __init__(self, takes: int, then: Exception | asyncio.Event) -> None:
        self.left, self.then = takes, then
        self.has_stopped = asyncio.Event()
        self.body = b""
        self.headers: dict[bytes, bytes] = {}

    async def take(self, message: Message) -> None:
        if self.left == 0:
            self.has_stopped.set()
            if isinstance(self.then, Exception):
                raise self.then
            await self.then.wait()
        self.left -= 1
        self.headers |= dict(message.get("headers", ()))
        self.body += message.get("body", b"")


async def test_an_answer_is_a_file_that_nothing_keeps(ground: Ground, log: JournalLog) -> None:
    export, client = await begun(ground), Client(99, asyncio.Event())
    await sent_to(export, client)
    assert whole(client.body)
    assert client.headers[b"content-type"] == b"application/zip"
    assert client.headers[b"cache-control"] == b"no-store"
    assert client.headers[b"x-export-id"] == str(export.export_id).encode()
    assert str(export.export_id).encode() in client.headers[b"content-disposition"]
    assert endings(log) == [("delivered", LOOKUPS)]


async def test_a_client_that_goes_away_is_on_record(ground: Ground, log: JournalLog) -> None:
    await sent_to(await begun(ground), Client(3, OSError("gone")))
    assert endings(log) == [("cut", 9)]


async def test_a_client_that_takes_nothing_any_more_counts_as_gone(ground: Ground, log: JournalLog) -> None:
    await sent_to(await begun(ground), Client(2, asyncio.Event()), patience_seconds=0.01)
    assert endings(log) == [("cut", 6)]


async def test_an_export_that_is_cancelled_is_on_record(ground: Ground, log: JournalLog) -> None:
    client = Client(2, asyncio.Event())
    sending = asyncio.create_task(sent_to(await begun(ground), client))
    await client.has_stopped.wait()
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    assert endings(log) == [("cut", 6)]


async def test_a_client_whose_server_says_that_it_left_is_on_record(ground: Ground, log: JournalLog) -> None:
    client = Client(2, asyncio.Event())

    async def left() -> Message:
        await client.has_stopped.wait()
        return {"type": "http.disconnect"}

    scope: Scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    await ExportAnswer(await begun(ground))(scope, left, client.take)
    assert endings(log) == [("cut", 6)]
