"""Exports of a search: on record before the first byte, streamed in flat memory, and on record how it ended.

Nothing of it is stored, not even for a moment. The lookups are walked twice, page by page: once for the list,
once for their records; both walks see what was on record at one instant, and must find the same.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.accounts.authentication import Caller
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.audit.verifying.search_files import SEARCH_CHECKPOINT, SEARCH_README, SEARCH_WRITER_KEYS
from app.audit.verifying.search_lists import CSV_LIST, JSONL_LIST, LIST_STEM, XLSX_LIST, part_name
from app.auditing.alerts import ReadingAlert
from app.auditing.criteria import Search
from app.auditing.quotas import QuotaKeeper
from app.auditing.reader import AuditReader
from app.auditing.search import AuditSearcher
from app.auditing.search_evidence import ExportCheckpoint, RecordEvidence, SearchEvidence
from app.auditing.search_facts import searched_facts
from app.auditing.search_package import (
    Bounds,
    ListWriter,
    RecordsWriter,
    SearchZip,
    json_lines,
    list_writer,
)
from app.auditing.search_readme import readme
from app.auditing.search_walk import Walk, Walked, pages
from app.clock import VIETNAM, Clock, rfc3339
from app.errors import AuditUnavailableError, GatewayError

SETTLING: Final = timedelta(seconds=10)
"""How long a record's time may precede its commit and its place in the tree.

Lookups of the last seconds stay out, so that both walks find the same.
"""

_PAGE: Final = 200


class ListFormat(StrEnum):
    """What the list is made as."""

    CSV = CSV_LIST
    XLSX = XLSX_LIST
    JSONL = JSONL_LIST


class Ending(StrEnum):
    """How an export ended; one without such a record ended with its process."""

    DELIVERED = "delivered"
    CUT = "cut"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ExportWatch:
    """Who exports too often, or keeps exporting one officer."""

    quota: QuotaKeeper
    alert: ReadingAlert

    async def before(self, auditor: Caller) -> None:
        """Raise TooManyError(AUDIT_QUOTA_REACHED) where one more is too many."""
        await self.quota.check(auditor.officer.officer_id)

    async def after(self, auditor: Caller, search: Search) -> None:
        """Look once more when the export is on record, and raise the alert where one is due."""
        await self.quota.confirm(auditor.officer.officer_id)
        await self.alert.look(auditor, search)


@dataclass(frozen=True, slots=True)
class ExportMeans:
    """What exports are made with: *page_size* lookups at a time, files and sheets within *bounds*.

    *watch* says how many an auditor may ask for, and hears of each; none does where nobody is watched.
    """

    reader: AuditReader
    evidence: SearchEvidence
    searcher: AuditSearcher
    log: AuditLog
    clock: Clock
    authority_code: str
    page_size: int = _PAGE
    bounds: Bounds = field(default_factory=Bounds)
    watch: ExportWatch | None = None


async def begin_export(
    means: ExportMeans, auditor: Caller, search: Search, list_format: ListFormat
) -> "SearchExport":
    """Return the export once it is on record that it was asked for.

    Raises NotFoundError(PROOF_NOT_READY) before the log's first checkpoint, TooManyError beyond the quota,
    AuditUnavailableError where it cannot be read or recorded.
    """
    if means.watch is not None:
        await means.watch.before(auditor)
    checkpoint = await means.evidence.checkpoint()
    now = means.clock.now()
    facts = auditor.facts() | searched_facts(search) | {"exported_format": list_format.value}
    subject = json.dumps({"id_number": search.number}).encode() if search.number else None
    asked = Draft(RecordKind.AUDIT_SEARCH_EXPORTED, now, facts, subject=subject)
    await means.log.append(asked)
    export = SearchExport(means, auditor, search, list_format, checkpoint, asked)
    if means.watch is not None:
        try:
            await means.watch.after(auditor, search)
        except GatewayError:
            await export.fail()  # whoever reads the record must not think that it was made
            raise
    return export


@dataclass(slots=True)
class SearchExport:
    """One export: `chunks` is its ZIP; `close` says on record how it ended where `chunks` did not."""

    means: ExportMeans
    auditor: Caller
    search: Search
    list_format: ListFormat
    checkpoint: ExportCheckpoint
    asked: Draft
    _listed: Walk = field(default_factory=Walk)
    _ending: Ending = Ending.CUT
    _is_on_record: bool = False

    @property
    def export_id(self) -> UUID:
        """The id of the record that it was asked for."""
        return self.asked.record_id

    @property
    def as_of(self) -> datetime:
        """The instant whose records it holds: what is later stays out."""
        return self.asked.time - SETTLING

    async def chunks(self) -> AsyncIterator[bytes]:
        """Return the ZIP's bytes; its end, without which it cannot be opened, once the ending is on record.

        Raises AuditUnavailableError where the evidence cannot be read any more or has changed meanwhile, and
        where the ending cannot be recorded.
        """
        package = SearchZip(self.asked.time.astimezone(VIETNAM))
        try:
            async for chunk in self._list(package):
                yield chunk
            lines = RecordsWriter(package, self.means.bounds)
            async for chunk in self._records(package, lines):
                yield chunk
            last = await self._finish(package, lines)
        except Exception:
            self._ending = Ending.FAILED
            raise
        yield last

    async def fail(self) -> None:
        """Record that nothing came of it; AuditUnavailableError."""
        self._ending = Ending.FAILED
        await self.close()

    async def close(self) -> None:
        """Record an ending before the end; AuditUnavailableError."""
        if not self._is_on_record:
            await self._record_end(self._ending, {})

    async def _list(self, package: SearchZip) -> AsyncIterator[bytes]:
        made_at = self.asked.time.astimezone(VIETNAM)
        rows = list_writer(package, self.list_format.value, made_at, self.means.bounds)
        async for page in self._pages():
            # In a thread: compressing would keep lookups waiting.
            await asyncio.to_thread(_add_rows, rows, self._listed, page)
            yield package.taken()
        await asyncio.to_thread(rows.finish)

    async def _records(self, package: SearchZip, lines: RecordsWriter) -> AsyncIterator[bytes]:
        walk = Walk()
        async for page in self._pages():
            ids = [record_id for walked in page for _, record_id in walked.records]
            evidence = await self.means.evidence.of(ids, self.checkpoint.size)
            await asyncio.to_thread(_add_records, lines, walk, page, evidence)
            yield package.taken()
        if not walk.found_the_same(self._listed):
            raise AuditUnavailableError  # months were dropped meanwhile, or somebody tampers

    def _pages(self) -> AsyncIterator[list[Walked]]:
        means = self.means
        return pages(means.reader, self.search, means.searcher.officer_names(), self.as_of, means.page_size)

    async def _finish(self, package: SearchZip, lines: RecordsWriter) -> bytes:
        """Return the end of the ZIP once it is on record."""
        keys = await self.means.evidence.writer_keys()
        package.add(SEARCH_CHECKPOINT, self.checkpoint.note.encode())
        package.add(SEARCH_WRITER_KEYS, json_lines(keys), rows=len(keys))
        text = readme(
            case_number=self.search.case_number,
            as_of=self.as_of.astimezone(VIETNAM).isoformat(" ", "seconds"),
            export_id=str(self.export_id),
            list_name=part_name(LIST_STEM, self.list_format.value, 1),
        )
        package.add(SEARCH_README, text)
        digest = package.seal(self._manifest(lines))
        await self._record_end(Ending.DELIVERED, {"manifest_digest": digest})
        return package.taken()

    def _manifest(self, lines: RecordsWriter) -> Mapping[str, Any]:
        officer, unit = self.auditor.officer, self.auditor.unit
        return {
            "authority_code": self.means.authority_code,
            "export_record_id": str(self.export_id),
            "made_at": rfc3339(self.asked.time),
            "as_of": rfc3339(self.as_of),
            "auditor": {
                "login_name": officer.login_name,
                "officer_id": str(officer.officer_id),
                "unit_code": unit.agency_code,
            },
            "criteria": searched_facts(self.search),
            "list": self.list_format.value,
            "lookups": self._listed.count,
            "records": lines.records,
            "records_not_in_tree": lines.not_in_tree,
            "tree_size": self.checkpoint.size,
            "checkpoint_signed_at": self.checkpoint.signed_at,
        }

    async def _record_end(self, ending: Ending, more: Mapping[str, Value]) -> None:
        facts = self.auditor.facts() | {
            "case_number": self.search.case_number,
            "part_of": str(self.export_id),
            "exported_format": self.list_format.value,
            "exported_rows": self._listed.count,
            "export_ending": ending.value,
            **more,
        }
        await self.means.log.append(
            Draft(RecordKind.AUDIT_SEARCH_EXPORT_ENDED, self.means.clock.now(), facts)
        )
        self._is_on_record = True


def _add_rows(rows: ListWriter, walk: Walk, page: Sequence[Walked]) -> None:
    for walked in page:
        rows.add(walk.meet(walked), walked.shown)


def _add_records(
    lines: RecordsWriter, walk: Walk, page: Sequence[Walked], evidence: Mapping[UUID, RecordEvidence]
) -> None:
    for walked in page:
        lines.add(walk.meet(walked), walked.shown, walked.records, evidence)
