"""The official list form: its columns, and how people write their headers (R3, Công văn 159)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.accounts.registration.folding import plain
from app.sheets.tables import Wanted


class Column(StrEnum):
    """The columns that are read; the first five are the form's own, the others may be left out."""

    NUMBER = "number"
    LOGIN_NAME = "login_name"
    FULL_NAME = "full_name"
    UNIT = "unit"
    POSITION = "position"
    AGENCY_CODE = "agency_code"
    UPSTREAM_OFFICER_CODE = "upstream_officer_code"
    PERSON_CODE = "person_code"
    DOCUMENT_NUMBER = "document_number"
    EFFECTIVE_DATE = "effective_date"
    NOTE = "note"
    PASSWORD = "password"  # noqa: S105 - a column's name; such a column is refused


TITLES: Final[Mapping[Column, str]] = {
    Column.NUMBER: "STT",
    Column.LOGIN_NAME: "Tên tài khoản đăng nhập",
    Column.FULL_NAME: "Họ và tên",
    Column.UNIT: "Đơn vị",
    Column.POSITION: "Chức vụ",
    Column.AGENCY_CODE: "Mã định danh đơn vị",
    Column.UPSTREAM_OFFICER_CODE: "Mã cán bộ trên CSDLQG",
    Column.PERSON_CODE: "Số hiệu công chức",
    Column.DOCUMENT_NUMBER: "Số văn bản",
    Column.EFFECTIVE_DATE: "Ngày hiệu lực",
    Column.NOTE: "Ghi chú",
    Column.PASSWORD: "Mật khẩu",
}

NEEDED: Final = (Column.LOGIN_NAME, Column.FULL_NAME, Column.UNIT, Column.POSITION)

_ALSO_WRITTEN: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.NUMBER: ("TT", "Số TT", "Số thứ tự", "No"),
    Column.LOGIN_NAME: (
        "Tên tài khoản", "Tên đăng nhập", "Tài khoản đăng nhập", "Tài khoản", "Tên truy cập",
        "Username", "User name", "Login", "Login name",
    ),
    Column.FULL_NAME: (
        "Họ tên", "Họ và tên cán bộ", "Họ tên cán bộ", "Họ và tên công chức", "Họ tên công chức",
        "Họ, chữ đệm và tên", "Họ và tên cán bộ công chức", "Full name",
    ),
    Column.UNIT: (
        "Tên đơn vị", "Đơn vị công tác", "Cơ quan", "Cơ quan, đơn vị", "Tên cơ quan", "Tên cơ quan, đơn vị",
        "Cơ quan công tác", "Nơi công tác", "Unit",
    ),
    Column.POSITION: ("Vai trò", "Chức vụ, vai trò", "Chức vụ, nhiệm vụ", "Position", "Role"),
    Column.AGENCY_CODE: (
        "Mã định danh", "Mã định danh cơ quan", "Mã định danh cơ quan, đơn vị", "Mã đơn vị", "Mã cơ quan",
        "Mã định danh điện tử", "Agency code",
    ),
    Column.UPSTREAM_OFFICER_CODE: (
        "Mã cán bộ", "Mã cán bộ CSDLQG", "Mã cán bộ CSDLQGVDC", "Mã cán bộ trên CSDLQGVDC",
        "Mã cán bộ trên CSDL quốc gia về dân cư", "Mã cán bộ trên Cơ sở dữ liệu quốc gia về dân cư",
        "Upstream officer code",
    ),
    Column.PERSON_CODE: (
        "Số hiệu", "Số hiệu cán bộ", "Số hiệu viên chức", "Số hiệu CBCC", "Số hiệu cán bộ, công chức",
        "Person code",
    ),
    Column.DOCUMENT_NUMBER: ("Số, ký hiệu văn bản", "Số ký hiệu", "Văn bản", "Văn bản số", "Document number"),
    Column.EFFECTIVE_DATE: ("Hiệu lực từ ngày", "Hiệu lực từ", "Từ ngày", "Ngày áp dụng", "Effective date"),
    Column.NOTE: ("Note", "Notes"),
}  # fmt: skip

_COLUMNS: Final[Mapping[str, Column]] = {
    plain(title): column for column in TITLES for title in (TITLES[column], *_ALSO_WRITTEN.get(column, ()))
}
_PASSWORD_WORDS: Final = (
    "matkhau",
    "password",
    "passwd",
    "passcode",
    "passphrase",
    "pwd",
    "makichhoat",
    "mabaomat",
)
_PASSWORD_TITLES: Final = frozenset({"pass", "mk", "mkhau", "mkdangnhap", "pin", "mapin", "otp", "maotp"})
_LONGEST_TITLE: Final = 200


def recognise(title: str) -> Column | None:
    """Return which column a header means, whatever its accents, case, punctuation and line breaks.

    What follows in brackets is an explanation: `Chức vụ (công chức TN-TKQ / …)`.
    """
    if len(title) > _LONGEST_TITLE:
        return None
    whole = plain(title)
    if whole in _PASSWORD_TITLES or any(word in whole for word in _PASSWORD_WORDS):
        return Column.PASSWORD
    return _COLUMNS.get(whole) or _COLUMNS.get(plain(title.partition("(")[0]))


WANTED: Final = Wanted(
    recognise=recognise,
    needed=NEEDED,
    titles=dict(TITLES),
    unread=frozenset({Column.NUMBER, Column.NOTE}),
    refused=Column.PASSWORD,
)
"""What a list must look like; numbering is often a formula and is never used."""
