"""Handovers of sealed slips as administrators list them: newest first, narrowed, by page, as a table."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.exports import ExportedTable, FileFormat
from app.accounts.handover_papers import number_of
from app.accounts.handover_store import ListedHandover
from app.accounts.values import Officer
from app.clock import VIETNAM
from app.sheets.writing import Heading
from app.units.store import UnitRegister

MOST_PER_PAGE: Final = 200
_HEADINGS: Final = (
    Heading("Số biên bản", 16),
    Heading("Mã định danh đơn vị", 22),
    Heading("Đơn vị", 50),
    Heading("Ngày cấp", 20),
    Heading("Hết hạn", 20),
    Heading("Số phiếu", 10),
    Heading("Đã dùng", 10),
    Heading("Số văn bản", 24),
    Heading("Người cấp", 26),
    Heading("Người nhận", 30),
    Heading("Nhận lúc", 20),
)


class HandoverQuery(BaseModel):
    """Which handovers, and which page; `received` is whether somebody took the slips."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    received: bool | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: UUID | None = None


class HandoverExportQuery(BaseModel):
    """Which handovers, and which file."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    received: bool | None = None
    format: FileFormat = FileFormat.XLSX


class HandoverAnswer(BaseModel):
    """One handover; `received_by` is who took the slips, as the signed record says."""

    handover_id: str
    number: str
    unit_id: str
    unit_code: str | None
    unit_name: str | None
    issued_at: datetime
    issued_by: str | None
    expires_at: datetime
    slips: int
    used: int
    document_number: str | None
    received_by: str | None
    received_at: datetime | None


class HandoverAnswers(BaseModel):
    """A page of handovers, newest first."""

    handovers: list[HandoverAnswer]
    next_cursor: str | None


def handover_said(one: ListedHandover, units: UnitRegister) -> HandoverAnswer:
    """Return what administrators see of a handover."""
    unit = units.find(one.unit_id)
    return HandoverAnswer(
        handover_id=str(one.batch_id),
        number=number_of(one.batch_id),
        unit_id=str(one.unit_id),
        unit_code=unit.agency_code if unit else None,
        unit_name=unit.name if unit else None,
        issued_at=one.issued_at,
        issued_by=str(one.issued_by) if one.issued_by else None,
        expires_at=one.expires_at,
        slips=one.slips,
        used=one.used,
        document_number=one.document_number,
        received_by=one.received_by,
        received_at=one.received_at,
    )


def handover_table(
    handovers: Iterable[ListedHandover], units: UnitRegister, officers: Mapping[UUID, Officer]
) -> ExportedTable:
    """Return handovers as a table; times are those in Vietnam."""
    rows = [_row(one, units, officers) for one in handovers]
    return ExportedTable("ban-giao-phieu", "Bàn giao phiếu", _HEADINGS, rows)


def _row(one: ListedHandover, units: UnitRegister, officers: Mapping[UUID, Officer]) -> tuple[str, ...]:
    unit = units.find(one.unit_id)
    giver = officers.get(one.issued_by) if one.issued_by is not None else None
    return (
        number_of(one.batch_id),
        unit.agency_code if unit else "",
        unit.name if unit else str(one.unit_id),
        _local(one.issued_at),
        _local(one.expires_at),
        str(one.slips),
        str(one.used),
        one.document_number or "",
        giver.login_name if giver else "",
        one.received_by or "",
        _local(one.received_at),
    )


def _local(instant: datetime | None) -> str:
    return f"{instant.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if instant is not None else ""
