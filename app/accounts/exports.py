"""Lists that leave as files: each is on record before it is handed over; what such an answer looks like."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from starlette.responses import Response

from app.accounts.authentication import Caller
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.sheets.writing import Heading, write_csv, write_xlsx

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
WINDOWS_CSV: Final = "application/vnd.ms-excel"
"""What browsers on Windows with Excel call a CSV when they send one."""


class ListName(StrEnum):
    """What was exported."""

    OFFICERS = "officers"
    UNITS = "units"
    CLIENTS = "clients"
    REGISTRATIONS = "registrations"
    REVIEW = "review"
    HANDOVERS = "handovers"
    HANDOVER_RECORD = "handover_record"
    UNLINKED_LOOKUPS = "unlinked_lookups"
    DATA_FAULTS = "data_faults"
    PAPER_ASKED = "paper_asked"
    PROCEDURES = "procedures"
    GRANTS = "grants"
    USAGE = "usage"


class FileFormat(StrEnum):
    """Kinds of file."""

    XLSX = "xlsx"
    CSV = "csv"


Conditions = Mapping[str, str | None]
"""What a list was narrowed by; a condition whose words anybody may choose has None instead of them."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file: which list, narrowed by what, and how many rows."""

    list_name: ListName
    file_format: str
    rows: int
    conditions: Conditions = field(default_factory=dict)

    def leaf(self) -> dict[str, Value]:
        """Return what the record says; no free text and no row of the file."""
        by = " ".join(
            name if value is None else f"{name}={value}" for name, value in sorted(self.conditions.items())
        )
        facts: dict[str, Value] = {
            "exported_list": self.list_name.value,
            "exported_format": self.file_format,
            "exported_rows": self.rows,
        }
        return facts | ({"exported_by": by} if by else {})


class ExportLog:
    """Records exports over HTTP; commands record theirs by `Export.leaf` alike."""

    def __init__(self, log: AuditLog, clock: Clock) -> None:
        """Record in *log*."""
        self._log = log
        self._clock = clock

    async def note(self, caller: Caller, export: Export) -> None:
        """Return once the export is durable on record; AuditUnavailableError, and nothing may be shown."""
        facts = caller.facts() | export.leaf()
        await self._log.append(Draft(RecordKind.LIST_EXPORTED, self._clock.now(), facts))


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """What stands in the file; *stem* is its name without ending."""

    stem: str
    title: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]] = field(repr=False)

    def content(self, file_format: FileFormat) -> bytes:
        """Return the file's bytes."""
        if file_format is FileFormat.XLSX:
            return write_xlsx(self.headings, self.rows, title=self.title)
        return b"".join(write_csv(self.headings, self.rows))


async def exported(
    exports: ExportLog,
    caller: Caller,
    list_name: ListName,
    conditions: Conditions,
    table: ExportedTable,
    file_format: FileFormat,
) -> Response:
    """Return the file as an answer, once it is on record; AuditUnavailableError."""
    content = await asyncio.to_thread(table.content, file_format)
    await exports.note(caller, Export(list_name, file_format.value, len(table.rows), conditions))
    media_type = XLSX if file_format is FileFormat.XLSX else CSV
    headers = attachment(f"{table.stem}.{file_format.value}") | {"Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type=media_type)


def file_answer() -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` of a route that answers a file."""
    return {200: {"description": "the file", "content": {XLSX: {}, CSV: {}}}}


def attachment(name: str) -> dict[str, str]:
    """Return the header that names a file."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def given(
    conditions: Iterable[tuple[str, object]], *, without_words: Iterable[str] = ("text",)
) -> Conditions:
    """Return the conditions that narrow something; those in *without_words* are named without their value."""
    hidden = frozenset(without_words)
    return {
        name: None if name in hidden or value is True else str(value)
        for name, value in conditions
        if value is not None and value is not False and value != ""
    }
