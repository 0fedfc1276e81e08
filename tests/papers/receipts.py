"""Invented receipts, and what was drawn of them."""

import datetime as dt

import pypdfium2
import segno

from app.papers.confirmation import draw_confirmation
from app.papers.refusal import draw_refusal
from app.papers.values import Asked, Line, Marks

AT = dt.datetime(2026, 11, 22, 3, 4, 5, tzinfo=dt.UTC)
RECEIPT_ID = "0123456789abcdef0123456789abcdef"
ADDRESS = f"https://tracuu.mau.example/v1/receipts/{RECEIPT_ID}"
MARKS = Marks(RECEIPT_ID, ADDRESS, AT, "Cổng tra cứu thông tin cư trú H19")
LOOKUP_ID = "01a200d1-6d2a-735c-817b-ae193d61e456"
CITIZEN = (
    Line("Số định danh cá nhân", "099190000017"),
    Line("Họ, chữ đệm và tên", "TRẦN VĂN THỬ"),
    Line("Nơi thường trú", "Thôn Mẫu Một, mã xã 99111, mã tỉnh 99"),
)
PAPERS = ("Thẻ căn cước", "Chứng minh nhân dân", "Giấy xác nhận", "Thông báo số định danh")
_DOTS_PER_POINT = 4


def an_asked(**facts: str) -> Asked:
    right = {
        "lookup_id": LOOKUP_ID,
        "unit_name": "UBND xã Mẫu",
        "officer_name": "Nguyễn Thị Tiếp Nhận",
        "procedure": "1.004194 – Thủ tục thử nghiệm",
        "dossier": "H19.34.12-230301-0001",
    }
    return Asked(at=AT, **(right | facts))


def a_confirmation(*lines: Line, **facts: str) -> bytes:
    return draw_confirmation(an_asked(**facts), lines or CITIZEN, MARKS)


def a_refusal() -> bytes:
    return draw_refusal(an_asked(), "Cơ sở dữ liệu quốc gia không trả lời.", PAPERS, MARKS)


def shows_square(content: bytes, address: str) -> bool:
    """Whether a page, as printed, shows the QR code of *address*: each of its cells, light or dark."""
    matrix = [list(row) for row in segno.make(address, error="m", micro=False).matrix_iter(border=0)]
    document = pypdfium2.PdfDocument(content)
    try:
        image = document[len(document) - 1].render(scale=_DOTS_PER_POINT).to_pil().convert("L")
    finally:
        document.close()
    side = 30 / 25.4 * 72 * _DOTS_PER_POINT / (len(matrix) + 8)
    dark = image.point(lambda tone: 255 if tone < 128 else 0)
    frame = dark.crop((0, 0, image.width // 4, image.height)).getbbox()
    for top in range(frame[1] if frame else 0, image.height):
        left = _left_of_finder(dark, top, side)
        if left is not None:
            return all(
                bool(dark.getpixel((int(left + (x + 0.5) * side), int(top + (y + 0.5) * side)))) is bool(cell)
                for y, row in enumerate(matrix)
                for x, cell in enumerate(row)
            )
    return False


def _left_of_finder(dark: object, top: int, side: float) -> float | None:
    """Return where a dark line as long as a finder pattern's seven cells begins in this row of dots."""
    row = [bool(dark.getpixel((x, top))) for x in range(dark.width // 4)]  # type: ignore[attr-defined]
    start: int | None = None
    for x, is_dark in enumerate([*row, False]):
        if is_dark and start is None:
            start = x
        elif not is_dark and start is not None:
            if abs(x - start - 7 * side) < side:
                return float(start)
            start = None
    return None
