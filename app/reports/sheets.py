"""Reports of use as tables in Vietnamese."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from app.accounts.exports import ExportedTable
from app.audit.verifying.search_words import OUTCOME_TITLES
from app.clock import VIETNAM
from app.reports.schemas import Sheet
from app.reports.values import Standing, Tally, UsageReport
from app.sheets.writing import Heading
from app.units.values import UnitLevel

_TOTAL: Final = "Tổng cộng"
_UNKNOWN: Final = "Không ghi nhận"
_LEVELS: Final[Mapping[str, str]] = {
    UnitLevel.PROVINCE.value: "Cấp tỉnh",
    UnitLevel.DISTRICT.value: "Cấp huyện",
    UnitLevel.COMMUNE.value: "Cấp xã",
}
_STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.UNCOUNTED: "Chưa thống kê",
    Standing.ZERO: "Chưa khai thác",
    Standing.FEW: "Khai thác ít",
    Standing.USUAL: "Có khai thác",
    Standing.NO_OFFICERS: "Chưa có cán bộ",
    Standing.ENDED: "Đã kết thúc hoạt động",
}
_CHANNELS: Final[Mapping[str, str]] = {
    "counter": "Trực tiếp",
    "online": "Trực tuyến",
    "postal": "Bưu chính",
}
_COUNTS: Final = (
    Heading("Tổng lượt khai thác", 14),
    Heading("Tra cứu", 12),
    Heading("Xác minh", 12),
    Heading("Bị từ chối", 12),
    Heading("Sở, ngành", 12),
    Heading("Huyện, xã", 12),
    *(Heading(title, 14) for title in OUTCOME_TITLES.values()),
)
_COUNTED: Final = Heading("Số liệu tính đến", 30)
_NEVER_COUNTED: Final = "chưa thống kê lần nào"
_FIRST: Final[Mapping[Sheet, Sequence[Heading]]] = {
    Sheet.UNITS: (
        Heading("Mã định danh đơn vị", 20),
        Heading("Đơn vị", 46),
        Heading("Cấp", 12),
        Heading("Số cán bộ được tra cứu", 14),
        Heading("Tình trạng khai thác", 22),
        Heading("Trong đó của đơn vị đã sáp nhập", 16),
    ),
    Sheet.TREND: (Heading("Từ ngày", 14), Heading("Đến ngày", 14)),
    Sheet.PROCEDURES: (Heading("Mã thủ tục", 30),),
    Sheet.CHANNELS: (Heading("Hình thức tiếp nhận", 24),),
}
_NAMES: Final[Mapping[Sheet, tuple[str, str]]] = {
    Sheet.UNITS: ("khai-thac-theo-don-vi", "Khai thác theo đơn vị"),
    Sheet.TREND: ("khai-thac-theo-thoi-gian", "Khai thác theo thời gian"),
    Sheet.PROCEDURES: ("khai-thac-theo-thu-tuc", "Khai thác theo thủ tục"),
    Sheet.CHANNELS: ("khai-thac-theo-hinh-thuc", "Khai thác theo hình thức"),
}


def usage_table(report: UsageReport, sheet: Sheet) -> ExportedTable:
    """Return one part of the report; its last row is the sum of the others.

    Each row says at its end how far it is counted, so that rows copied elsewhere still do; where nobody ever
    counted there is no zero, for nobody knows of one.
    """
    stem, title = _NAMES[sheet]
    first = _FIRST[sheet]
    named = [*_rows(report, sheet), ((_TOTAL, *[""] * (len(first) - 1)), report.total)]
    counted, is_counted = _counted(report), report.counted_at is not None
    rows = [(*names, *_numbers(tally, is_counted=is_counted), counted) for names, tally in named]
    return ExportedTable(stem, title, (*first, *_COUNTS, _COUNTED), rows)


def _counted(report: UsageReport) -> str:
    if report.counted_at is None:
        return _NEVER_COUNTED
    at = f"{report.counted_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    waiting = report.uncounted_records
    return f"{at}; còn {waiting} bản ghi chưa tính" if waiting else at


def _rows(report: UsageReport, sheet: Sheet) -> Iterable[tuple[tuple[str, ...], Tally]]:
    match sheet:
        case Sheet.UNITS:
            return [
                (
                    (
                        one.code or "",
                        one.name or str(one.unit_id),
                        _LEVELS.get(one.level or "", ""),
                        str(one.officers),
                        _STANDINGS[one.standing],
                        str(one.merged),
                    ),
                    one.tally,
                )
                for one in report.units
            ]
        case Sheet.TREND:
            return [((_day(one.first_day), _day(one.last_day)), one.tally) for one in report.periods]
        case Sheet.PROCEDURES:
            return [((one.name or _UNKNOWN,), one.tally) for one in report.procedures]
        case _:
            return [((_CHANNELS.get(one.name, one.name) or _UNKNOWN,), one.tally) for one in report.channels]


def _numbers(tally: Tally, *, is_counted: bool) -> tuple[str, ...]:
    counts = (
        tally.uses,
        tally.lookups,
        tally.verifications,
        tally.refused,
        tally.departments,
        tally.localities,
        *(tally.outcomes.get(name, 0) for name in OUTCOME_TITLES),
    )
    return tuple(str(count) if count or is_counted else "" for count in counts)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
