"""Files of procedures, XLSX and CSV: the template, lists read, and the catalogue written as a list."""

from collections.abc import Iterable
from typing import Final

from app.procedures.catalogue.entries import entry_cells
from app.procedures.catalogue.form import HEADINGS, NEEDED, TITLES, WANTED, Column, Heading
from app.procedures.catalogue.values import Version
from app.procedures.fields import SENSITIVE_FIELDS, Field
from app.sheets import writing
from app.sheets.reading import read_sheets
from app.sheets.tables import Table, find_table
from app.sheets.values import MEBIBYTE, Limits

LARGEST_BYTES: Final = 5 * MEBIBYTE
LIMITS: Final = Limits(max_file_bytes=LARGEST_BYTES)
_WIDTHS: Final[dict[Heading, int]] = {Column.NUMBER: 6, Column.NAME: 60, Column.LEGAL_BASIS: 40}
_WIDTH: Final = 22
_PREPARED_ROWS: Final = 300
_SHEET: Final = "Danh mục thủ tục"

_INSTRUCTIONS: Final[tuple[tuple[Heading, str], ...]] = (
    (Column.PROCEDURE_CODE, "Mã quốc gia (1.004194) hoặc mã địa phương (1.011442.000.00.00.H38)."),
    (Column.NAME, "Tên thủ tục theo quyết định công bố."),
    (Column.FIELD_OF_WORK, "Ví dụ: Hộ tịch, Bảo trợ xã hội."),
    (Column.SERVICE_CODE, "Mã do C06 cấp; để trống thì chưa tra cứu được cho thủ tục này."),
    (Column.LEGAL_BASIS, "Điều, khoản cho phép khai thác thông tin cư trú; dùng cho mọi cột đánh dấu x."),
    (Column.QUESTION_TYPES, "tra cứu; xác thực; hộ gia đình. Để trống là tra cứu."),
    (Column.ROLES, "tiếp nhận; xử lý. Để trống là cả hai."),
    (Column.DECREE_104, "x nếu là một trong 39 thủ tục được Nghị định 104/2022/NĐ-CP sửa đổi."),
    (Column.VALID_FROM, "Ngày/tháng/năm. Để trống: ngày nhập danh mục, hoặc ngày đã ghi trước đó."),
    (Column.VALID_TO, "Ngày đầu tiên không còn hiệu lực. Để trống: chưa có."),
    (Column.DOCUMENT_NUMBER, "Quyết định công bố, sửa đổi thủ tục."),
    (Column.NOTE, "Không được dùng khi nhập."),
)
_ON_FIELDS: Final = "Ghi x: được khai thác theo căn cứ ở cột “Căn cứ pháp lý”; hoặc ghi căn cứ riêng. Để trống: không khai thác."
_ON_SENSITIVE: Final = (
    "Thông tin nhạy cảm: phải ghi căn cứ pháp lý cho riêng thông tin này, không dùng dấu x."
)
_GENERAL: Final = (
    "Không đánh dấu cột thông tin nào: thủ tục có năm thông tin mặc định (số định danh, họ tên, ngày sinh, nơi thường trú, nơi ở hiện tại).",
    "Thiếu cả cột nghĩa là giữ nguyên; thủ tục không có trong tệp cũng giữ nguyên.",
    "Không gộp ô, không ẩn dòng hoặc cột, không dùng công thức (trừ cột STT), không đặt mật khẩu cho tệp.",
    "Danh mục được nhận toàn bộ hoặc không nhận dòng nào; gửi lại cùng một tệp không làm thay đổi gì.",
    "Những ngày đã qua không bị sửa: thay đổi có tác dụng từ ngày nhập hoặc một ngày sau đó.",
)


def read_list(content: bytes, name: str, sheet: str | None = None) -> Table[Heading]:
    """Return the list in a file; *name* may be empty. Blocks for seconds; raises SheetError."""
    return find_table(read_sheets(content, name, LIMITS), WANTED, sheet)


def write_list(versions: Iterable[Version], *, is_xlsx: bool) -> bytes:
    """Return what the catalogue says as a file that, imported again, changes nothing."""
    rows = (_row(number, version) for number, version in enumerate(versions, start=1))
    if is_xlsx:
        return writing.write_xlsx(_headings(), rows, title=_SHEET)
    return b"".join(writing.write_csv(_headings(), rows))


def template_workbook() -> bytes:
    """Return the workbook to fill in: a sheet of empty rows, and one that says how."""
    # Blank cells are written, so that what is typed there is text and keeps its zeros.
    blank = ([""] * len(HEADINGS) for _ in range(_PREPARED_ROWS))
    on_fields = ((field, _ON_SENSITIVE if field in SENSITIVE_FIELDS else _ON_FIELDS) for field in Field)
    told = (
        (TITLES[heading], "Có" if heading in NEEDED else "Không", text)
        for heading, text in (*_INSTRUCTIONS, *on_fields)
    )
    columns = (writing.Heading("Cột", 32), writing.Heading("Bắt buộc", 12), writing.Heading("Cách ghi", 100))
    return writing.write_workbook(
        (
            writing.Page(_SHEET, _headings(), blank),
            writing.Page("Hướng dẫn", columns, (*told, *(("Chung", "", text) for text in _GENERAL))),
        )
    )


def template_csv() -> bytes:
    """Return the same as CSV: the headings alone."""
    return b"".join(writing.write_csv(_headings(), ()))


def _headings() -> list[writing.Heading]:
    return [writing.Heading(TITLES[heading], _WIDTHS.get(heading, _WIDTH)) for heading in HEADINGS]


def _row(number: int, version: Version) -> list[str]:
    cells: dict[Heading, str] = entry_cells(version.procedure) | {
        Column.NUMBER: str(number),
        Column.DOCUMENT_NUMBER: version.document_number or "",
    }
    return [cells.get(heading, "") for heading in HEADINGS]
