"""Reports of faulty records as a list for the commune police, who find the person by MaYeuCau."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from app.accounts.exports import ExportedTable
from app.clock import VIETNAM
from app.lookup.data_fault_texts import CLASS_NAMES, RESULT_NAMES, STATUS_NAMES
from app.lookup.data_fault_values import FaultReport
from app.lookup.evidence import national_request_id
from app.procedures.fields import FIELD_TITLES
from app.sheets.writing import Heading
from app.units.store import UnitRegister

HEADINGS: Final = (
    Heading("STT", 6),
    Heading("Mã yêu cầu (MaYeuCau)", 36),
    Heading("Mã lượt tra cứu", 38),
    Heading("Loại sai sót", 34),
    Heading("Trường thông tin", 34),
    Heading("Mã đơn vị", 18),
    Heading("Đơn vị", 40),
    Heading("Ngày phản ánh", 18),
    Heading("Trạng thái", 24),
    Heading("Ngày gửi Công an cấp xã", 18),
    Heading("Ngày trả lời", 18),
    Heading("Kết quả", 28),
    Heading("Ngày đóng", 18),
)


def reports_table(reports: Iterable[FaultReport], units: UnitRegister) -> ExportedTable:
    """Return the list: no name, number or other value of a citizen is in it."""
    rows = list(_rows(reports, units))
    return ExportedTable("phan-anh-du-lieu", "Phản ánh sai sót dữ liệu", HEADINGS, rows)


def _rows(reports: Iterable[FaultReport], units: UnitRegister) -> Iterator[tuple[str, ...]]:
    for number, report in enumerate(reports, start=1):
        unit = units.find(report.unit_id)
        yield (
            str(number),
            national_request_id(report.lookup_id),
            str(report.lookup_id),
            CLASS_NAMES[report.fault_class],
            ", ".join(FIELD_TITLES[field] for field in report.fields),
            unit.agency_code if unit else "",
            unit.name if unit else "",
            _day(report.filed_at),
            STATUS_NAMES[report.status],
            _day(report.sent_at),
            _day(report.answered_at),
            RESULT_NAMES[report.result] if report.result else "",
            _day(report.closed_at),
        )


def _day(instant: datetime | None) -> str:
    return instant.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if instant is not None else ""
