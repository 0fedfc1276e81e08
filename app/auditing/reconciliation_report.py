"""Writes what a reconciliation found as XLSX, CSV or JSON; nothing in it is computed by who opens it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO, Final

from openpyxl import Workbook

from app.auditing.reconciliation_spill import Spill
from app.auditing.reconciliation_texts import FAULT_TEXTS, KIND_TEXTS, local_time, summary_lines
from app.auditing.reconciliation_values import MILLISECONDS, BrokenRow, Finding, Look, Recorded, Totals
from app.errors import ConfigurationError
from app.sheets.by_openpyxl import add_sheet
from app.sheets.writing import Heading, write_csv

_MOST_SHEET_ROWS: Final = 200_000
_NO_LOOK: Final = Look("", None, 0)
_NO_RECORD: Final = Recorded("", 0, "")
_BROKEN: Final = "unreadable_row"
_BROKEN_TEXT: Final = "Dòng của nhật ký không đọc được"
HEADINGS: Final = (
    Heading("Loại", 48),
    Heading("Kind", 22),
    Heading("Mã yêu cầu (MaYeuCau)", 36),
    Heading("Thời gian phía quốc gia", 24),
    Heading("Thời gian bản ghi", 24),
    Heading("Chênh lệch (giây)", 12),
    Heading("Số lần", 8),
    Heading("Dòng trong tệp", 10),
    Heading("Đường kết nối của ta", 16),
    Heading("Đường kết nối phía quốc gia", 16),
    Heading("Kết quả của ta", 18),
    Heading("Kết quả phía quốc gia", 18),
    Heading("Mã cán bộ trong bản ghi", 18),
    Heading("Mã cán bộ phía quốc gia", 18),
    Heading("Tài khoản phía quốc gia", 18),
    Heading("Cán bộ (officer_id)", 36),
    Heading("Đơn vị", 14),
    Heading("Phần mềm", 18),
    Heading("Thủ tục", 14),
    Heading("MaDVC", 14),
    Heading("Bản ghi (record_id)", 36),
)


class ReportFormat(StrEnum):
    """Forms of a report, as its file's name ends."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells: the file's name and digest, what came of it, and where the findings are."""

    file_name: str
    file_digest: str
    totals: Totals
    spill: Spill

    def check(self, report_format: ReportFormat) -> None:
        """Raise ConfigurationError where there is too much for a sheet."""
        rows = sum(self.totals.found.values()) + self.totals.broken_rows
        if report_format is ReportFormat.XLSX and rows > _MOST_SHEET_ROWS:
            raise ConfigurationError(f"{rows} rows are too many for a sheet; name a .csv or .json")

    def write(self, file: BinaryIO, report_format: ReportFormat) -> None:
        """Write the report to *file*, in memory that does not grow with it (JSON and CSV)."""
        match report_format:
            case ReportFormat.XLSX:
                self._workbook().save(file)
            case ReportFormat.CSV:
                file.writelines(write_csv(HEADINGS, self._all_rows()))
            case ReportFormat.JSON:
                file.writelines(part.encode() for part in self._json())

    def _all_rows(self) -> Iterator[list[str]]:
        yield from map(_row, self.spill.findings(differences=True))
        yield from map(_broken_row, self.spill.broken())
        yield from map(_row, self.spill.findings(differences=False))

    def _workbook(self) -> Workbook:
        workbook = Workbook(write_only=True)
        told = [*summary_lines(self.totals), (f"Tệp: {self.file_name}", f"SHA-256: {self.file_digest}")]
        add_sheet(workbook, "Tổng hợp", (Heading("Đối soát", 90), Heading("Reconciliation", 90)), told)
        differing = map(_row, self.spill.findings(differences=True))
        add_sheet(workbook, "Sai lệch", HEADINGS, differing)
        add_sheet(workbook, "Dòng không đọc được", HEADINGS, map(_broken_row, self.spill.broken()))
        uncertain = map(_row, self.spill.findings(differences=False))
        add_sheet(workbook, "Chưa chắc chắn", HEADINGS, uncertain)
        return workbook

    def _json(self) -> Iterator[str]:
        totals = self.totals
        head = {
            "file": self.file_name,
            "sha256": self.file_digest,
            "period": {"from": local_iso(totals.period.start), "to": local_iso(totals.period.end)},
            "clock_difference_seconds": _seconds(totals.clock_difference),
            "counts": totals.said,
            "is_clean": totals.is_clean,
        }
        yield _dumped(head)[:-1]
        yield from _listed("differences", map(_finding_json, self.spill.findings(differences=True)))
        yield from _listed("unreadable_rows", map(_broken_json, self.spill.broken()))
        yield from _listed("uncertain", map(_finding_json, self.spill.findings(differences=False)))
        yield "}\n"


def local_iso(at: int | None) -> str | None:
    """Return an instant as RFC 3339 at +07:00; None for none."""
    if at is None:
        return None
    text = local_time(at)
    return f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}+07:00"


def _dumped(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(name: str, values: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f', "{name}": ['
    for number, value in enumerate(values):
        yield (",\n" if number else "\n") + _dumped(value)
    yield "]"


def _row(finding: Finding) -> list[str]:
    look, record = finding.look or _NO_LOOK, finding.recorded or _NO_RECORD
    apart = _apart(finding)
    return [
        KIND_TEXTS[finding.kind]["vi"],
        finding.kind.value,
        finding.request_id,
        local_time(look.at),
        local_time(record.at) if finding.recorded is not None else "",
        "" if apart is None else str(apart),
        str(finding.count),
        str(look.line) if finding.look is not None else "",
        record.road,
        look.road,
        record.outcome,
        look.result,
        record.officer_code,
        look.officer_code,
        look.account,
        record.officer_id,
        record.unit_code,
        record.client_id,
        record.procedure_code,
        look.service_code,
        record.lookup_id,
    ]


def _broken_row(row: BrokenRow) -> list[str]:
    text = f"{_BROKEN_TEXT}: {FAULT_TEXTS[row.fault]['vi']}"
    return [text, _BROKEN, *[""] * 5, str(row.line), *[""] * (len(HEADINGS) - 8)]


def _finding_json(finding: Finding) -> Mapping[str, Any]:
    look, record = finding.look, finding.recorded
    return {
        "kind": finding.kind.value,
        "text": KIND_TEXTS[finding.kind]["en"],
        "request_id": finding.request_id,
        "count": finding.count,
        "apart_seconds": _apart(finding),
        "national_side": look and {**look._asdict(), "at": local_iso(look.at)},
        "record": record and {**record._asdict(), "at": local_iso(record.at)},
    }


def _broken_json(row: BrokenRow) -> Mapping[str, Any]:
    return {"line": row.line, "fault": row.fault.value, "text": FAULT_TEXTS[row.fault]["en"]}


def _apart(finding: Finding) -> float | None:
    look, record = finding.look, finding.recorded
    if look is None or record is None or look.at is None:
        return None
    return _seconds(look.at - record.at)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / MILLISECONDS
