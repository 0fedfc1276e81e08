"""What a person is told about a row: what is wrong, and what would mend it."""

from collections.abc import Mapping
from typing import Final, Literal

from app.procedures.lists.faults import Fault, FaultCode

Language = Literal["vi", "en"]
_F = FaultCode

FAULT_TEXTS: Final[Mapping[FaultCode, Mapping[Language, tuple[str, str]]]] = {
    _F.NOT_A_ROW: {
        "vi": (
            "Dòng này không phải một mục của danh sách",
            "Xóa dòng này (tiêu đề nhóm, dòng tổng cộng, chữ ký)",
        ),
        "en": ("This row is no entry of the list", "Delete the row (a group's title, a total, a signature)"),
    },
    _F.CODE_MISSING: {
        "vi": ("Thiếu mã thủ tục hành chính", "Điền mã, ví dụ 1.004194"),
        "en": ("The procedure's code is missing", "Fill in a code such as 1.004194"),
    },
    _F.CODE_MALFORMED: {
        "vi": (
            "Mã thủ tục “{typed}” không đúng dạng",
            "Dùng mã quốc gia (1.004194) hoặc mã địa phương (1.011442.000.00.00.H38), ô định dạng Văn bản{suggestion}",
        ),
        "en": (
            "The procedure code “{typed}” is malformed",
            "Use a national (1.004194) or a local code (1.011442.000.00.00.H38), in a cell of the format Text{suggestion}",
        ),
    },
    _F.CODE_TWICE: {
        "vi": ("Mã thủ tục trùng với dòng {rows}", "Mỗi thủ tục một dòng; bỏ dòng thừa"),
        "en": ("The procedure code stands in row {rows} too", "One row per procedure: remove one"),
    },
    _F.TEXT_MISSING: {
        "vi": ("Thiếu nội dung", "Điền nội dung của cột này"),
        "en": ("The cell is empty", "Fill it in"),
    },
    _F.TEXT_UNFIT: {
        "vi": (
            "Nội dung không dùng được",
            "Tối đa {maximum} ký tự trên một dòng, không bắt đầu bằng = + - @, không có 9 chữ số liền nhau",
        ),
        "en": (
            "The text cannot be used",
            "At most {maximum} characters on one line, not beginning with = + - @, without nine digits in a row",
        ),
    },
    _F.SERVICE_CODE_MALFORMED: {
        "vi": ("Mã dịch vụ công “{typed}” không đúng dạng", "Tối đa 20 chữ, số và . _ -, ví dụ 1.004194.01"),
        "en": (
            "The public-service code “{typed}” is malformed",
            "At most 20 letters, digits and . _ -, such as 1.004194.01",
        ),
    },
    _F.WORD_UNKNOWN: {
        "vi": ("Không hiểu “{typed}”", "Dùng: {choices}"),
        "en": ("“{typed}” is not understood", "Use: {choices}"),
    },
    _F.DATE_MALFORMED: {
        "vi": ("Ngày “{typed}” không đúng", "Ghi ngày/tháng/năm, ví dụ 01/07/2026"),
        "en": ("“{typed}” is no date", "Write day/month/year, such as 01/07/2026"),
    },
    _F.DATES_REVERSED: {
        "vi": (
            "Ngày hết hiệu lực không sau ngày bắt đầu",
            "Ghi ngày hết hiệu lực sau ngày {since}, hoặc để trống",
        ),
        "en": ("The end is not after the beginning", "Give a day after {since}, or none"),
    },
    _F.FIELD_BASIS_MISSING: {
        "vi": (
            "Đây là thông tin nhạy cảm, phải có căn cứ pháp lý của riêng nó",
            "Ghi điều, khoản cho phép khai thác đúng thông tin này thay cho dấu x, hoặc để trống",
        ),
        "en": (
            "This field is sensitive and needs a legal basis of its own",
            "Write the provision that allows this very field instead of x, or leave the cell empty",
        ),
    },
    _F.BASES_TOO_LONG: {
        "vi": ("Các căn cứ pháp lý của dòng này quá dài", "Rút gọn, tổng cộng tối đa {maximum} ký tự"),
        "en": ("The legal bases of this row are too long", "Shorten them to {maximum} characters in all"),
    },
    _F.LATER_VERSION: {
        "vi": ("Thủ tục đã có thay đổi từ ngày {since}", "Chọn ngày {since} hoặc sau đó"),
        "en": ("The entry already has a change from {since}", "Give that day or a later one"),
    },
    _F.DAY_PAST: {
        "vi": (
            "Ngày {typed} đã qua, không sửa được những ngày đã qua",
            "Để trống hoặc ghi từ hôm nay ({today}) trở đi",
        ),
        "en": (
            "{typed} is past, and past days are not rewritten",
            "Leave it empty or give today ({today}) or a later day",
        ),
    },
    _F.DOCUMENT_MALFORMED: {
        "vi": ("Số văn bản không dùng được", "Ghi số, ký hiệu văn bản, ví dụ 12/QĐ-UBND, tối đa 100 ký tự"),
        "en": ("The document's number cannot be used", "Give it as 12/QĐ-UBND, at most 100 characters"),
    },
    _F.DOCUMENT_MISSING: {
        "vi": ("Thiếu số văn bản quyết định", "Điền số, ký hiệu văn bản cho phép cấp hoặc thu hồi quyền"),
        "en": (
            "The number of the deciding document is missing",
            "Fill in the document that grants or withdraws",
        ),
    },
    _F.UNIT_MISSING: {
        "vi": ("Thiếu mã định danh đơn vị", "Điền mã, ví dụ H19.34.12"),
        "en": ("The unit's code is missing", "Fill in a code such as H19.34.12"),
    },
    _F.UNIT_UNKNOWN: {
        "vi": ("Ngày {on} không có đơn vị nào mang mã “{typed}”", "Kiểm tra lại mã định danh và ngày"),
        "en": ("No unit bears the code “{typed}” on {on}", "Check the code and the day"),
    },
    _F.UNIT_AMBIGUOUS: {
        "vi": ("Nhiều đơn vị mang mã “{typed}”", "Ghi mã mới của đơn vị cần chọn"),
        "en": ("More than one unit bears the code “{typed}”", "Name the one by its new code"),
    },
    _F.UNIT_ENDS: {
        "vi": (
            "Đơn vị chấm dứt hoạt động từ ngày {since}",
            "Ghi ngày hết hiệu lực không sau ngày {since}, hoặc cấp cho đơn vị kế tiếp",
        ),
        "en": ("The unit ends on {since}", "Let the grant end by then, or give it to the successor"),
    },
    _F.PROCEDURE_UNKNOWN: {
        "vi": ("Thủ tục “{typed}” chưa có trong danh mục", "Nhập thủ tục vào danh mục trước, hoặc sửa mã"),
        "en": (
            "The catalogue does not know “{typed}”",
            "Put the procedure into the catalogue first, or mend the code",
        ),
    },
    _F.PAIR_TWICE: {
        "vi": (
            "Đơn vị và thủ tục này đã có ở dòng {rows}",
            "Giữ một dòng; nhiều giai đoạn thì mỗi dòng ghi rõ ngày bắt đầu",
        ),
        "en": (
            "Row {rows} says something of this unit and procedure too",
            "Keep one; for several periods give each its first day",
        ),
    },
    _F.PERIOD_OVERLAPS: {
        "vi": (
            "Đã có quyền cấp từ ngày {since}",
            "Ghi ngày hết hiệu lực không sau ngày {since}, hoặc thu hồi quyền đó trước",
        ),
        "en": (
            "There is a grant from {since} already",
            "Let this one end by then, or withdraw that one first",
        ),
    },
    _F.SERVICE_CODE_MISSING: {
        "vi": (
            "Chưa có mã dịch vụ công: chưa tra cứu được cho thủ tục này",
            "Điền mã dịch vụ công trên CSDLQG khi được cấp",
        ),
        "en": (
            "Without a public-service code nobody can look up for this procedure",
            "Fill it in once the national side has given it",
        ),
    },
    _F.PROCEDURE_NOT_IN_FORCE: {
        "vi": (
            "Thủ tục không có hiệu lực vào ngày {on}",
            "Kiểm tra lại; quyền chỉ có tác dụng khi thủ tục có hiệu lực",
        ),
        "en": (
            "The procedure is not in force on {on}",
            "Check it: the grant counts only while the procedure is in force",
        ),
    },
}


def what_is_wrong(fault: Fault, language: Language) -> str:
    """Return what is wrong; it may repeat what was typed."""
    return FAULT_TEXTS[fault.code][language][0].format_map(fault.details)


def what_mends_it(fault: Fault, language: Language) -> str:
    """Return what to do about it."""
    return FAULT_TEXTS[fault.code][language][1].format_map(fault.details)
