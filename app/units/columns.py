"""The columns of a file of units: their names in Vietnamese and English, and the words of each list."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.units.names import fold
from app.units.values import UnitKind, UnitLevel


class Column(StrEnum):
    """The columns, in the order of an export."""

    AGENCY_CODE = "agency_code"
    LEGACY_AGENCY_CODE = "legacy_agency_code"
    NAME = "name"
    KIND = "kind"
    LEVEL = "level"
    PARENT_CODE = "parent_code"
    WARD_CODE = "ward_code"
    LEGACY_WARD_CODE = "legacy_ward_code"
    SERVES = "serves"


@dataclass(frozen=True, slots=True)
class Heading:
    """How a column is called, and other words it is found under."""

    vietnamese: str
    others: tuple[str, ...] = ()


HEADINGS: Final[dict[Column, Heading]] = {
    Column.AGENCY_CODE: Heading("Mã định danh", ("mã định danh điện tử", "mã cơ quan", "mã đơn vị")),
    Column.LEGACY_AGENCY_CODE: Heading("Mã định danh cũ", ("mã cũ",)),
    Column.NAME: Heading("Tên đơn vị", ("tên", "tên cơ quan", "đơn vị")),
    Column.KIND: Heading("Loại", ("loại đơn vị",)),
    Column.LEVEL: Heading("Cấp", ("cấp đơn vị",)),
    Column.PARENT_CODE: Heading("Mã đơn vị cấp trên", ("mã cấp trên", "đơn vị cấp trên")),
    Column.WARD_CODE: Heading("Mã xã", ("mã đơn vị hành chính", "mã đvhc")),
    Column.LEGACY_WARD_CODE: Heading("Mã xã trước 01/7/2025", ("mã xã cũ", "mã đvhc cũ")),
    Column.SERVES: Heading("Nhận hồ sơ của", ("tiếp nhận hồ sơ của",)),
}
IGNORED: Final = frozenset({"stt", "tt", "ghi chu", "no", "note", "notes"})
"""Columns that lists carry and that say nothing about the unit."""

KINDS: Final[dict[UnitKind, str]] = {
    UnitKind.DEPARTMENT: "Sở, ban, ngành",
    UnitKind.COMMUNE: "UBND cấp xã",
    UnitKind.FORMER_DISTRICT: "Cấp huyện cũ",
    UnitKind.VERTICAL_CENTRAL: "Cơ quan ngành dọc",
    UnitKind.PARTY: "Cơ quan Đảng",
    UnitKind.FRONT: "Mặt trận, đoàn thể",
    UnitKind.PUBLIC_SERVICE: "Đơn vị sự nghiệp công lập",
}
LEVELS: Final[dict[UnitLevel, str]] = {
    UnitLevel.PROVINCE: "Tỉnh",
    UnitLevel.DISTRICT: "Huyện",
    UnitLevel.COMMUNE: "Xã",
}
_COLUMNS: Final = {
    fold(word): column
    for column, heading in HEADINGS.items()
    for word in (column.value, heading.vietnamese, *heading.others)
}
_KINDS: Final = {fold(word): kind for kind, name in KINDS.items() for word in (kind.value, name)}
_LEVELS: Final = {fold(word): level for level, name in LEVELS.items() for word in (level.value, name)}


def column_of(heading: str) -> Column | None:
    """Return the column that a heading names, however its accents and capitals are written."""
    return _COLUMNS.get(fold(heading))


def is_ignored(heading: str) -> bool:
    """Whether a column of this heading is passed over: numbering, notes, and columns without a heading."""
    return not heading.strip() or fold(heading).rstrip(".") in IGNORED


def kind_of(text: str) -> UnitKind | None:
    """Return the kind that a cell names."""
    return _KINDS.get(fold(text))


def level_of(text: str) -> UnitLevel | None:
    """Return the level that a cell names."""
    return _LEVELS.get(fold(text))
