"""Files of grants, XLSX and CSV: the template, lists read, and the grants of a day written as a list."""

from collections.abc import Iterable
from typing import Final

from app.procedures.catalogue.files import LIMITS
from app.procedures.grants.form import DEED_TITLES, TITLES, WANTED, Column, Deed
from app.procedures.grants.store import Allowed
from app.procedures.lists.cells import written
from app.sheets import writing
from app.sheets.reading import read_sheets
from app.sheets.tables import Table, find_table

_WIDTHS: Final = {Column.NUMBER: 6, Column.UNIT_NAME: 40, Column.PROCEDURE_NAME: 60}
_WIDTH: Final = 22
_PREPARED_ROWS: Final = 500
_LAST_ROW: Final = 50_001
_SHEET: Final = "Cấp quyền"

_INSTRUCTIONS: Final = (
    (Column.AGENCY_CODE, "Có", "Mã định danh của đơn vị vào ngày bắt đầu, ví dụ H19.34.12."),
    (Column.UNIT_NAME, "Không", "Không được dùng khi nhập."),
    (Column.PROCEDURE_CODE, "Có", "Mã thủ tục đã có trong danh mục."),
    (Column.PROCEDURE_NAME, "Không", "Không được dùng khi nhập."),
    (Column.VALID_FROM, "Không", "Ngày/tháng/năm, từ hôm nay trở đi. Để trống là ngày nhập."),
    (Column.VALID_TO, "Không", "Ngày đầu tiên không còn quyền. Để trống: không thời hạn."),
    (Column.DOCUMENT_NUMBER, "Khi có thay đổi", "Văn bản quyết định cấp hoặc thu hồi."),
    (Column.DEED, "Không", "cấp hoặc thu hồi. Để trống là cấp."),
    (Column.NOTE, "Không", "Không được dùng khi nhập."),
)
_GENERAL: Final = (
    "Quyền không có trong tệp thì giữ nguyên; muốn bỏ thì ghi “thu hồi”.",
    "Thu hồi có tác dụng từ ngày ghi ở cột “Từ ngày”, cả với quyền đã cấp cho những ngày sau đó.",
    "Không gộp ô, không ẩn dòng hoặc cột, không dùng công thức (trừ cột STT), không đặt mật khẩu cho tệp.",
    "Danh sách được nhận toàn bộ hoặc không nhận dòng nào; gửi lại cùng một tệp không làm thay đổi gì.",
)


def read_list(content: bytes, name: str, sheet: str | None = None) -> Table[Column]:
    """Return the list in a file; *name* may be empty. Blocks for seconds; raises SheetError."""
    return find_table(read_sheets(content, name, LIMITS), WANTED, sheet)


def write_list(grants: Iterable[Allowed], *, is_xlsx: bool) -> bytes:
    """Return grants as a file that, imported again, changes nothing."""
    rows = (_row(number, grant) for number, grant in enumerate(grants, start=1))
    if is_xlsx:
        return writing.write_xlsx(_headings(), rows, title=_SHEET)
    return b"".join(writing.write_csv(_headings(), rows))


def template_workbook() -> bytes:
    """Return the workbook to fill in: a sheet of empty rows, and one that says how."""
    # Blank cells are written, so that what is typed there is text and keeps its zeros.
    blank = ([""] * len(Column) for _ in range(_PREPARED_ROWS))
    choice = writing.Choice(list(Column).index(Column.DEED), tuple(DEED_TITLES.values()), _LAST_ROW)
    told = ((TITLES[column], needed, text) for column, needed, text in _INSTRUCTIONS)
    columns = (writing.Heading("Cột", 28), writing.Heading("Bắt buộc", 18), writing.Heading("Cách ghi", 100))
    return writing.write_workbook(
        (
            writing.Page(_SHEET, _headings(), blank, choice),
            writing.Page("Hướng dẫn", columns, (*told, *(("Chung", "", text) for text in _GENERAL))),
        )
    )


def template_csv() -> bytes:
    """Return the same as CSV: the headings alone."""
    return b"".join(writing.write_csv(_headings(), ()))


def _headings() -> list[writing.Heading]:
    return [writing.Heading(TITLES[column], _WIDTHS.get(column, _WIDTH)) for column in Column]


def _row(number: int, grant: Allowed) -> list[str]:
    return [
        str(number),
        grant.agency_code or "",
        grant.unit_name or "",
        grant.procedure_code,
        grant.procedure.name if grant.procedure is not None else "",
        written(grant.period.valid_from),
        written(grant.period.valid_to),
        grant.period.deciding_document or "",
        DEED_TITLES[Deed.GIVE],
        "",
    ]
