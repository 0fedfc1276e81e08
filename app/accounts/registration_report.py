"""The registration report by page and as a table: who asked for accounts, who waits and for how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.exports import ExportedTable, FileFormat
from app.accounts.registration_progress import UnitProgress
from app.clock import VIETNAM
from app.sheets.writing import Heading
from app.units.values import Unit
from app.web.cursors import cursor_of, place_in

MOST_PER_PAGE: Final = 200
_HEADINGS: Final = (
    Heading("Mã định danh đơn vị", 22),
    Heading("Đơn vị", 50),
    Heading("Ngày đề nghị", 16),
    Heading("Số đề nghị cấp", 16),
    Heading("Đã đăng ký", 14),
    Heading("Đã kích hoạt", 14),
    Heading("Còn thiếu", 14),
    Heading("Tỷ lệ (%)", 12),
    Heading("Số ngày chờ", 14),
    Heading("Còn chờ", 12),
)
_Place = tuple[bool, int, str, str]
_FIRST: Final[_Place] = (False, 0, "", "")


@dataclass(frozen=True, slots=True)
class ProgressView:
    """One unit's registration; a unit of earlier days is None."""

    progress: UnitProgress
    unit: Unit | None
    waited_days: int | None

    @property
    def is_waiting(self) -> bool:
        """Whether the unit asked and not all it declared are active."""
        declared = self.progress.declared_officers
        return declared is not None and self.progress.activated_officers < declared


class ProgressQuery(BaseModel):
    """Which units: one and those below it, only those that wait or do not, and which page."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    waiting: bool | None = None
    page_size: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    cursor: Annotated[str, Field(max_length=400)] | None = None


class ProgressExportQuery(BaseModel):
    """Which units, and which file."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unit: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    waiting: bool | None = None
    format: FileFormat = FileFormat.XLSX


def ranked(views: Sequence[ProgressView]) -> list[ProgressView]:
    """Return units that wait first, the longest waiting on top, then by code."""
    return sorted(views, key=_place)


def page_of(
    views: Sequence[ProgressView], cursor: str | None, size: int
) -> tuple[list[ProgressView], str | None]:
    """Return up to *size* of the ranked views after the cursor, and the cursor that follows, if any.

    Raises InvalidRequestError for a cursor that is none of ours.
    """
    after = place_in(cursor, _FIRST) if cursor else None
    following = [view for view in views if after is None or _place(view) > after]
    page = following[:size]
    return page, cursor_of(_place(page[-1])) if len(following) > size else None


def progress_table(views: Iterable[ProgressView]) -> ExportedTable:
    """Return the report as a table; days are those in Vietnam."""
    return ExportedTable("tien-do-dang-ky", "Tiến độ đăng ký", _HEADINGS, [_row(view) for view in views])


def _place(view: ProgressView) -> _Place:
    code = view.unit.agency_code if view.unit else ""
    return (not view.is_waiting, -(view.waited_days or 0), code, str(view.progress.unit_id))


def _row(view: ProgressView) -> tuple[str, ...]:
    one = view.progress
    return (
        view.unit.agency_code if view.unit else "",
        view.unit.name if view.unit else str(one.unit_id),
        _day(one.first_requested_at),
        _number(one.declared_officers),
        str(one.registered_officers),
        str(one.activated_officers),
        str(one.missing_officers),
        _number(one.coverage_percent),
        _number(view.waited_days),
        "có" if view.is_waiting else "",
    )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _day(instant: datetime | None) -> str:
    day: date | None = instant.astimezone(VIETNAM).date() if instant is not None else None
    return f"{day:%d/%m/%Y}" if day is not None else ""
