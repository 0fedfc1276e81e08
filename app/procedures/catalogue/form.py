"""The list of procedures: a row for each, a column for each field of a citizen's record."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.accounts.registration.folding import plain
from app.accounts.values import Role
from app.procedures.fields import FIELD_TITLES, Field
from app.procedures.values import QuestionType
from app.sheets.tables import Wanted


class Column(StrEnum):
    """The columns beside those of the fields, in the order of an export."""

    NUMBER = "number"
    PROCEDURE_CODE = "procedure_code"
    NAME = "name"
    FIELD_OF_WORK = "field_of_work"
    SERVICE_CODE = "service_code"
    LEGAL_BASIS = "legal_basis"
    QUESTION_TYPES = "question_types"
    ROLES = "roles"
    DECREE_104 = "is_decree_104"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    DOCUMENT_NUMBER = "document_number"
    NOTE = "note"


Heading = Column | Field
HEADINGS: Final[tuple[Heading, ...]] = (*(c for c in Column if c is not Column.NOTE), *Field, Column.NOTE)
NEEDED: Final = (Column.PROCEDURE_CODE, Column.NAME, Column.LEGAL_BASIS)

TITLES: Final[Mapping[Heading, str]] = {
    Column.NUMBER: "STT",
    Column.PROCEDURE_CODE: "Mã thủ tục hành chính",
    Column.NAME: "Tên thủ tục hành chính",
    Column.FIELD_OF_WORK: "Lĩnh vực",
    Column.SERVICE_CODE: "Mã dịch vụ công trên CSDLQG",
    Column.LEGAL_BASIS: "Căn cứ pháp lý",
    Column.QUESTION_TYPES: "Hình thức khai thác",
    Column.ROLES: "Vai trò được khai thác",
    Column.DECREE_104: "Thuộc Nghị định 104/2022",
    Column.VALID_FROM: "Có hiệu lực từ ngày",
    Column.VALID_TO: "Hết hiệu lực từ ngày",
    Column.DOCUMENT_NUMBER: "Số văn bản",
    Column.NOTE: "Ghi chú",
    **{field: FIELD_TITLES[field] for field in Field},
}
_ALSO_WRITTEN: Final[Mapping[Heading, tuple[str, ...]]] = {
    Column.NUMBER: ("TT", "Số TT", "Số thứ tự", "No"),
    Column.PROCEDURE_CODE: ("Mã TTHC", "Mã thủ tục", "Mã số TTHC", "Procedure code"),
    Column.NAME: ("Tên TTHC", "Tên thủ tục", "Thủ tục", "Thủ tục hành chính", "Name"),
    Column.FIELD_OF_WORK: ("Lĩnh vực TTHC", "Field of work"),
    Column.SERVICE_CODE: ("Mã dịch vụ công", "Mã DVC", "MaDVC", "Service code"),
    Column.LEGAL_BASIS: ("Căn cứ", "Legal basis"),
    Column.QUESTION_TYPES: ("Hình thức tra cứu", "Loại tra cứu", "Question types"),
    Column.ROLES: ("Vai trò", "Roles"),
    Column.DECREE_104: ("NĐ 104", "Nghị định 104", "Nghị định 104/2022/NĐ-CP", "NĐ 104/2022", "Decree 104"),
    Column.VALID_FROM: ("Hiệu lực từ", "Hiệu lực từ ngày", "Từ ngày", "Valid from"),
    Column.VALID_TO: ("Hết hiệu lực", "Hết hiệu lực từ", "Valid to"),
    Column.DOCUMENT_NUMBER: ("Số, ký hiệu văn bản", "Quyết định công bố", "Document number"),
    Column.NOTE: ("Note", "Notes"),
    Field.ID_NUMBER: ("Số CCCD", "Số định danh"),
    Field.OLD_ID_NUMBER: ("Số CMND", "Số CMND 9 số"),
    Field.FULL_NAME: ("Họ và tên", "Họ tên"),
    Field.BIRTH_DATE: ("Ngày sinh",),
    Field.PERMANENT_RESIDENCE: ("Thường trú",),
    Field.SPOUSE: ("Vợ/chồng", "Vợ, chồng"),
}
_COLUMNS: Final[Mapping[str, Heading]] = {
    plain(word): heading
    for heading in HEADINGS
    for word in (TITLES[heading], heading.value, *_ALSO_WRITTEN.get(heading, ()))
}
_LONGEST_TITLE: Final = 200


def recognise(title: str) -> Heading | None:
    """Return which column a header means, whatever its accents, case and punctuation.

    What follows in brackets is an explanation: `Dân tộc (ghi căn cứ riêng)`.
    """
    if len(title) > _LONGEST_TITLE:
        return None
    return _COLUMNS.get(plain(title)) or _COLUMNS.get(plain(title.partition("(")[0]))


WANTED: Final[Wanted[Heading]] = Wanted(
    recognise=recognise,
    needed=NEEDED,
    titles=dict(TITLES),
    unread=frozenset({Column.NUMBER, Column.NOTE}),
)
"""What a list must look like; numbering is often a formula and is never used."""

QUESTION_TITLES: Final[Mapping[QuestionType, str]] = {
    QuestionType.LOOKUP: "tra cứu",
    QuestionType.VERIFICATION: "xác thực",
    QuestionType.HOUSEHOLD: "hộ gia đình",
}
ROLE_TITLES: Final[Mapping[Role, str]] = {
    Role.RECEPTION: "tiếp nhận",
    Role.PROCESSING: "xử lý",
}
QUESTION_WORDS: Final = {
    plain(word): kind for kind, title in QUESTION_TITLES.items() for word in (title, kind.value)
}
ROLE_WORDS: Final = {
    **{plain(word): role for role, title in ROLE_TITLES.items() for word in (title, role.value)},
    plain("công chức TN-TKQ"): Role.RECEPTION,
    plain("tiếp nhận và trả kết quả"): Role.RECEPTION,
    plain("công chức xử lý hồ sơ"): Role.PROCESSING,
    plain("xử lý hồ sơ"): Role.PROCESSING,
}
MARK: Final = "x"
YES: Final = frozenset({"x", "co", "1", "yes", "true", "dung"})
NO: Final = frozenset({"", "khong", "0", "no", "false"})
