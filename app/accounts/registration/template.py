"""The template that units fill in: the official form, and a page that says how."""

from typing import Final

from app.accounts.registration.form import TITLES, Column
from app.accounts.registration.positions import PROCESSING_POSITION, RECEPTION_POSITION
from app.sheets.writing import Choice, Heading, Page, write_csv, write_workbook

COLUMNS: Final = tuple(column for column in Column if column is not Column.PASSWORD)
_WIDTHS: Final = {Column.NUMBER: 6, Column.UNIT: 40, Column.FULL_NAME: 30, Column.LOGIN_NAME: 26}
_WIDTH: Final = 24
_PREPARED_ROWS: Final = 500
_LAST_ROW: Final = 50_001

INSTRUCTIONS: Final[tuple[tuple[str, str, str], ...]] = (
    (TITLES[Column.NUMBER], "Không", "Số thứ tự, không được dùng khi đăng ký."),
    (
        TITLES[Column.LOGIN_NAME],
        "Có",
        "2–64 chữ không dấu, số và . _ - @; mỗi người một tên. Ví dụ: nva.xamau. Tên đã cấp không đổi.",
    ),
    (TITLES[Column.FULL_NAME], "Có", "Họ, chữ đệm và tên, gõ bằng Unicode, không ghi chức danh."),
    (
        TITLES[Column.UNIT],
        "Có",
        "Viết tắt thông dụng được hiểu (UBND, P., X., Sở KH&CN). Đơn vị trùng tên: ghi thêm mã định danh.",
    ),
    (TITLES[Column.POSITION], "Có", f"Chọn “{RECEPTION_POSITION}” hoặc “{PROCESSING_POSITION}”."),
    (TITLES[Column.AGENCY_CODE], "Không", "Theo Quyết định 20/2020/QĐ-TTg, ví dụ H19.34.12."),
    (TITLES[Column.UPSTREAM_OFFICER_CODE], "Không", "Mã của chính người đó do C06 cấp, không dùng chung."),
    (TITLES[Column.PERSON_CODE], "Không", "Giúp nhận ra đúng người khi đổi tên, trùng tên."),
    (TITLES[Column.DOCUMENT_NUMBER], "Khi điều chuyển", "Số văn bản thông báo thay đổi nhân sự."),
    (TITLES[Column.EFFECTIVE_DATE], "Không", "Ngày/tháng/năm, không sau hôm nay. Để trống là hôm nay."),
    (TITLES[Column.NOTE], "Không", "Không được dùng khi đăng ký."),
)

GENERAL: Final = (
    "Không ghi mật khẩu vào danh sách: mỗi người tự đặt mật khẩu bằng mã kích hoạt.",
    "Không gộp ô, không ẩn dòng hoặc cột, không dùng công thức (trừ cột STT), không đặt mật khẩu cho tệp.",
    "Để trống một ô không bắt buộc nghĩa là giữ nguyên thông tin đã đăng ký.",
    "Danh sách được nhận toàn bộ hoặc không nhận dòng nào; gửi lại cùng một tệp không làm thay đổi gì.",
    "Danh sách không cấp quyền quản trị, kiểm tra và không mở khóa tài khoản.",
)


def template_workbook() -> bytes:
    """Return the workbook: a sheet to fill in, with a choice of positions, and one of instructions."""
    headings = _headings()
    # Blank cells are written, so that what is typed there is text and keeps its zeros.
    blank = ([""] * len(COLUMNS) for _ in range(_PREPARED_ROWS))
    choice = Choice(
        COLUMNS.index(Column.POSITION),
        (RECEPTION_POSITION, PROCESSING_POSITION),
        _LAST_ROW,
        TITLES[Column.POSITION],
        f"Chọn “{RECEPTION_POSITION}” hoặc “{PROCESSING_POSITION}”.",
    )
    told = (*INSTRUCTIONS, *(("Chung", "", text) for text in GENERAL))
    columns = (Heading("Cột", 28), Heading("Bắt buộc", 18), Heading("Cách ghi", 100))
    return write_workbook((Page("Danh sách", headings, blank, choice), Page("Hướng dẫn", columns, told)))


def template_csv() -> bytes:
    """Return the same as CSV: the headings alone."""
    return b"".join(write_csv(_headings(), ()))


def _headings() -> list[Heading]:
    return [Heading(TITLES[column], _WIDTHS.get(column, _WIDTH)) for column in COLUMNS]
