"""The list of grants: a row for each unit and procedure, with its days."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.accounts.registration.folding import plain
from app.sheets.tables import Wanted


class Column(StrEnum):
    """The columns, in the order of an export; names of units and procedures are for people only."""

    NUMBER = "number"
    AGENCY_CODE = "agency_code"
    UNIT_NAME = "unit_name"
    PROCEDURE_CODE = "procedure_code"
    PROCEDURE_NAME = "procedure_name"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    DOCUMENT_NUMBER = "document_number"
    DEED = "deed"
    NOTE = "note"


class Deed(StrEnum):
    """What a row asks for."""

    GIVE = "give"
    WITHDRAW = "withdraw"


TITLES: Final[Mapping[Column, str]] = {
    Column.NUMBER: "STT",
    Column.AGENCY_CODE: "Mã định danh đơn vị",
    Column.UNIT_NAME: "Đơn vị",
    Column.PROCEDURE_CODE: "Mã thủ tục hành chính",
    Column.PROCEDURE_NAME: "Tên thủ tục hành chính",
    Column.VALID_FROM: "Từ ngày",
    Column.VALID_TO: "Hết hiệu lực từ ngày",
    Column.DOCUMENT_NUMBER: "Số văn bản",
    Column.DEED: "Cấp hay thu hồi",
    Column.NOTE: "Ghi chú",
}
_ALSO_WRITTEN: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.NUMBER: ("TT", "Số TT", "Số thứ tự", "No"),
    Column.AGENCY_CODE: ("Mã định danh", "Mã đơn vị", "Mã cơ quan", "Agency code"),
    Column.UNIT_NAME: ("Tên đơn vị", "Cơ quan, đơn vị", "Unit"),
    Column.PROCEDURE_CODE: ("Mã TTHC", "Mã thủ tục", "Mã số TTHC", "Procedure code"),
    Column.PROCEDURE_NAME: ("Tên TTHC", "Tên thủ tục", "Thủ tục hành chính", "Thủ tục"),
    Column.VALID_FROM: ("Hiệu lực từ ngày", "Có hiệu lực từ ngày", "Valid from"),
    Column.VALID_TO: ("Hết hiệu lực", "Valid to"),
    Column.DOCUMENT_NUMBER: ("Số, ký hiệu văn bản", "Document number"),
    Column.DEED: ("Cấp/thu hồi", "Cấp, thu hồi", "Thao tác", "Deed"),
    Column.NOTE: ("Note", "Notes"),
}
_COLUMNS: Final[Mapping[str, Column]] = {
    plain(word): column
    for column in Column
    for word in (TITLES[column], column.value, *_ALSO_WRITTEN.get(column, ()))
}
_LONGEST_TITLE: Final = 200


def recognise(title: str) -> Column | None:
    """Return which column a header means, whatever its accents, case, punctuation and remarks in brackets."""
    if len(title) > _LONGEST_TITLE:
        return None
    return _COLUMNS.get(plain(title)) or _COLUMNS.get(plain(title.partition("(")[0]))


WANTED: Final = Wanted(
    recognise=recognise,
    needed=(Column.AGENCY_CODE, Column.PROCEDURE_CODE),
    titles=dict(TITLES),
    unread=frozenset({Column.NUMBER, Column.UNIT_NAME, Column.PROCEDURE_NAME, Column.NOTE}),
    least_known=2,
)
DEED_TITLES: Final[Mapping[Deed, str]] = {Deed.GIVE: "cấp", Deed.WITHDRAW: "thu hồi"}
DEED_WORDS: Final = {plain(word): deed for deed, title in DEED_TITLES.items() for word in (title, deed.value)}
