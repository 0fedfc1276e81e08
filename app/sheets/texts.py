"""What a person is told about a file that cannot be read: what is wrong, and what would mend it."""

from collections.abc import Mapping
from typing import Final, Literal

from app.sheets.errors import SheetError, SheetReason

Language = Literal["vi", "en"]
_R = SheetReason

SHEET_TEXTS: Final[Mapping[SheetReason, Mapping[Language, str]]] = {
    _R.EMPTY_FILE: {
        "vi": "Tệp trống. Hãy chọn lại tệp danh sách.",
        "en": "The file is empty. Choose the list again.",
    },
    _R.FILE_TOO_LARGE: {
        "vi": "Tệp quá lớn (tối đa {detail} MB). Hãy chia danh sách thành nhiều tệp, bỏ hình ảnh trong tệp.",
        "en": "The file is too large (at most {detail} MB). Split the list, and remove pictures from it.",
    },
    _R.NOT_A_SPREADSHEET: {
        "vi": "Đây không phải tệp Excel hay CSV. Hãy mở bằng Excel, chọn Lưu dưới dạng: Excel Workbook (.xlsx).",
        "en": "This is neither an Excel nor a CSV file. Open it in Excel and save it as Excel Workbook (.xlsx).",
    },
    _R.OLD_EXCEL: {
        "vi": "Tệp Excel kiểu cũ (.xls). Hãy mở bằng Excel, chọn Lưu dưới dạng: Excel Workbook (.xlsx).",
        "en": "An old Excel file (.xls). Open it in Excel and save it as Excel Workbook (.xlsx).",
    },
    _R.BINARY_EXCEL: {
        "vi": "Tệp Excel nhị phân (.xlsb). Hãy mở bằng Excel, chọn Lưu dưới dạng: Excel Workbook (.xlsx).",
        "en": "A binary Excel file (.xlsb). Open it in Excel and save it as Excel Workbook (.xlsx).",
    },
    _R.OPEN_DOCUMENT: {
        "vi": "Tệp OpenDocument (.ods). Hãy chọn Lưu dưới dạng: Excel Workbook (.xlsx) hoặc CSV UTF-8.",
        "en": "An OpenDocument file (.ods). Save it as Excel Workbook (.xlsx) or CSV UTF-8.",
    },
    _R.ENCRYPTED: {
        "vi": "Tệp có đặt mật khẩu. Hãy bỏ mật khẩu mở tệp rồi tải lên lại.",
        "en": "The file is protected by a password. Remove it and send the file again.",
    },
    _R.MACROS: {
        "vi": "Tệp có macro. Hãy chọn Lưu dưới dạng: Excel Workbook (.xlsx), không có macro.",
        "en": "The file holds macros. Save it as Excel Workbook (.xlsx), without macros.",
    },
    _R.EXTERNAL_LINKS: {
        "vi": "Tệp lấy dữ liệu từ tệp hoặc nguồn khác. Hãy sao chép, dán giá trị (Paste Values) sang tệp mới.",
        "en": "The file takes data from elsewhere. Copy it and paste the values into a new file.",
    },
    _R.DAMAGED: {
        "vi": "Tệp bị hỏng hoặc tải lên chưa đủ. Hãy mở bằng Excel, lưu lại thành tệp mới rồi tải lên lại.",
        "en": "The file is damaged or incomplete. Open it in Excel, save it anew and send it again.",
    },
    _R.DUPLICATE_PARTS: {
        "vi": "Cấu trúc tệp không bình thường (thành phần trùng tên). Hãy lưu lại bằng Excel thành tệp mới.",
        "en": "The file is built strangely (a part stands in it twice). Save it anew with Excel.",
    },
    _R.UNSAFE_PART_NAMES: {
        "vi": "Cấu trúc tệp không bình thường (tên thành phần không an toàn). Hãy lưu lại bằng Excel thành tệp mới.",
        "en": "The file is built strangely (a part has an unsafe name). Save it anew with Excel.",
    },
    _R.TOO_MANY_PARTS: {
        "vi": "Tệp có quá nhiều thành phần (tối đa {detail}). Hãy sao chép danh sách sang một tệp Excel mới.",
        "en": "The file has too many parts (at most {detail}). Copy the list into a new Excel file.",
    },
    _R.WRONG_CONTENT_TYPES: {
        "vi": "Tệp không phải sổ tính Excel (.xlsx). Hãy lưu lại bằng Excel dưới dạng Excel Workbook (.xlsx).",
        "en": "The file is no Excel workbook (.xlsx). Save it with Excel as Excel Workbook (.xlsx).",
    },
    _R.DOCUMENT_TYPE: {
        "vi": "Tệp chứa khai báo không an toàn (DTD). Hãy lưu lại bằng Excel thành tệp mới.",
        "en": "The file holds an unsafe declaration (DTD). Save it anew with Excel.",
    },
    _R.INFLATES_TOO_MUCH: {
        "vi": "Nội dung tệp sau giải nén quá lớn (tối đa {detail} MB). Hãy sao chép danh sách sang tệp Excel mới.",
        "en": "The file inflates to too much (at most {detail} MB). Copy the list into a new Excel file.",
    },
    _R.TOO_MUCH_MEMORY: {
        "vi": "Tệp cần quá nhiều bộ nhớ để đọc. Hãy sao chép danh sách sang một tệp Excel mới.",
        "en": "Reading the file takes too much memory. Copy the list into a new Excel file.",
    },
    _R.TOO_SLOW: {
        "vi": "Đọc tệp mất quá nhiều thời gian. Hãy sao chép danh sách sang một tệp Excel mới, hoặc chia nhỏ.",
        "en": "Reading the file takes too long. Copy the list into a new Excel file, or split it.",
    },
    _R.UNREADABLE: {
        "vi": "Không đọc được tệp. Hãy sao chép danh sách sang tệp mẫu rồi tải lên lại.",
        "en": "The file cannot be read. Copy the list into the template and send it again.",
    },
    _R.WRONG_ENCODING: {
        "vi": (
            "Bảng mã của tệp không phải Unicode (có thể là TCVN3, VNI hoặc Windows-1258)."
            " Hãy mở bằng Excel, chuyển chữ sang Unicode, chọn Lưu dưới dạng: CSV UTF-8."
        ),
        "en": (
            "The file is not in Unicode (perhaps TCVN3, VNI or Windows-1258)."
            " Open it in Excel, convert the text to Unicode and save it as CSV UTF-8."
        ),
    },
    _R.NUL_CHARACTERS: {
        "vi": "Tệp CSV có ký tự rỗng (NUL), thường do hỏng. Hãy mở bằng Excel, chọn Lưu dưới dạng: CSV UTF-8.",
        "en": "The CSV file holds NUL characters; it is probably damaged. Save it as CSV UTF-8 with Excel.",
    },
    _R.BROKEN_QUOTES: {
        "vi": "Dấu nháy kép trong tệp CSV không khép kín, gần dòng {place}. Hãy sửa, hoặc dùng tệp .xlsx.",
        "en": "A double quote in the CSV file is not closed, near row {place}. Mend it, or send .xlsx.",
    },
    _R.TOO_MANY_SHEETS: {
        "vi": "Tệp có quá nhiều trang tính (tối đa {detail}). Hãy để riêng danh sách trong một tệp.",
        "en": "The file has too many sheets (at most {detail}). Put the list into a file of its own.",
    },
    _R.ONLY_HIDDEN_SHEETS: {
        "vi": "Mọi trang tính đều bị ẩn hoặc trống. Hãy bỏ ẩn (Unhide) trang có danh sách.",
        "en": "All sheets are hidden or empty. Unhide the one with the list.",
    },
    _R.TOO_MANY_ROWS: {
        "vi": "Trang “{sheet}” có quá nhiều dòng (tối đa {detail}). Hãy xóa dòng thừa hoặc chia danh sách.",
        "en": "Sheet “{sheet}” has too many rows (at most {detail}). Delete spare rows or split the list.",
    },
    _R.TOO_MANY_COLUMNS: {
        "vi": "Trang “{sheet}” có quá nhiều cột (tối đa {detail}), xem ô {place}. Hãy xóa các cột thừa.",
        "en": "Sheet “{sheet}” has too many columns (at most {detail}), see {place}. Delete the spare ones.",
    },
    _R.TOO_MANY_CELLS: {
        "vi": "Tệp có quá nhiều ô (tối đa {detail}). Hãy xóa phần thừa hoặc chia danh sách.",
        "en": "The file has too many cells (at most {detail}). Delete what is spare or split the list.",
    },
    _R.CELL_TOO_LONG: {
        "vi": "Ô {place} quá dài (tối đa {detail} ký tự). Hãy rút gọn.",
        "en": "Cell {place} is too long (at most {detail} characters). Shorten it.",
    },
    _R.TOO_MUCH_TEXT: {
        "vi": "Tệp có quá nhiều chữ (tối đa {detail} ký tự). Hãy xóa phần thừa hoặc chia danh sách.",
        "en": "The file holds too much text (at most {detail} characters). Delete what is spare or split it.",
    },
    _R.SHEET_UNKNOWN: {
        "vi": "Không có trang tính hiện nào tên “{sheet}”. Các trang: {detail}.",
        "en": "There is no visible sheet “{sheet}”. Sheets: {detail}.",
    },
    _R.NO_SHEETS: {
        "vi": "Tệp CSV không có trang tính. Hãy bỏ tên trang (sheet) rồi gửi lại.",
        "en": "A CSV file has no sheets. Leave out the sheet's name and send it again.",
    },
    _R.HEADER_MISSING: {
        "vi": "Không thấy dòng tiêu đề của danh sách. Cần các cột: {detail}. Hãy dùng tệp mẫu.",
        "en": "The list's header row was not found. It needs the columns: {detail}. Use the template.",
    },
    _R.COLUMNS_MISSING: {
        "vi": "Dòng tiêu đề (dòng {place}) thiếu cột: {detail}.",
        "en": "The header row (row {place}) lacks the columns: {detail}.",
    },
    _R.COLUMN_TWICE: {
        "vi": "Hai cột cùng nghĩa: {detail}, xem ô {place}. Hãy chỉ giữ một.",
        "en": "Two columns mean the same: {detail}, see {place}. Keep one of them.",
    },
    _R.COLUMN_REFUSED: {
        "vi": "Danh sách không được có mật khẩu, xem ô {place}. Hãy xóa hẳn cột này và đổi các mật khẩu đã lộ.",
        "en": "A list must not hold passwords, see {place}. Delete the column and change those passwords.",
    },
    _R.SEVERAL_TABLES: {
        "vi": "Nhiều trang tính có danh sách: {detail}. Hãy chọn một trang.",
        "en": "Several sheets hold a list: {detail}. Choose one.",
    },
    _R.NO_ROWS: {
        "vi": "Dưới dòng tiêu đề (dòng {place}) không có cán bộ nào.",
        "en": "No officer stands below the header row (row {place}).",
    },
    _R.LEGACY_FONT: {
        "vi": "Chữ trong tệp gõ bằng bảng mã cũ (TCVN3 hoặc VNI). Hãy chuyển sang Unicode rồi lưu lại.",
        "en": "The text was typed in an old encoding (TCVN3 or VNI). Convert it to Unicode and save it again.",
    },
    _R.MERGED_CELLS: {
        "vi": "Danh sách có ô gộp (Merge) tại {place}. Hãy bỏ gộp và điền đủ từng ô.",
        "en": "The list holds merged cells at {place}. Unmerge them and fill in each cell.",
    },
    _R.HIDDEN_ROWS: {
        "vi": "Danh sách có dòng bị ẩn hoặc đang lọc, từ dòng {place}. Hãy bỏ ẩn, bỏ lọc và xem lại.",
        "en": "The list has hidden or filtered rows, from row {place}. Show them all and look again.",
    },
    _R.HIDDEN_COLUMNS: {
        "vi": "Cột {place} của danh sách bị ẩn. Hãy bỏ ẩn và xem lại.",
        "en": "Column {place} of the list is hidden. Show it and look again.",
    },
    _R.FORMULAS: {
        "vi": "Ô {place} chứa công thức ({detail} ô). Hãy sao chép, dán giá trị (Paste Values).",
        "en": "Cell {place} holds a formula ({detail} such cells). Copy and paste the values.",
    },
    _R.FAULTY_VALUES: {
        "vi": "Ô {place} báo lỗi như #N/A, #REF! ({detail} ô). Hãy điền giá trị đúng.",
        "en": "Cell {place} shows an error such as #N/A ({detail} such cells). Fill in the right value.",
    },
}


def sheet_text(error: SheetError, language: Language = "vi") -> str:
    """Return what is wrong and what would mend it."""
    text = SHEET_TEXTS[error.reason][language]
    return text.format(place=error.place or "?", sheet=error.sheet, detail=error.detail)
