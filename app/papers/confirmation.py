"""The confirmation of a lookup for the dossier: what the officer was shown, no more (R50, R53, R54)."""

from collections.abc import Sequence
from typing import Final

from app.papers.receipt_sheet import Sheet, draw_sheet
from app.papers.values import Asked, Line, Marks, Section, vietnam_time

_NOTES: Final = (
    (
        "Dữ liệu được khai thác từ Cơ sở dữ liệu quốc gia về dân cư, có giá trị sử dụng tại thời điểm khai"
        " thác ghi ở trên (Điều 41 Nghị định 47/2020/NĐ-CP), trừ trường hợp pháp luật có quy định khác."
    ),
    (
        "Đã khai thác được thông tin về cư trú: cơ quan không được yêu cầu công dân nộp, xuất trình giấy tờ"
        " chứng minh nơi cư trú (Điều 14 Nghị định 104/2022/NĐ-CP)."
    ),
    (
        "Kết quả chỉ có nơi thường trú và nơi ở hiện tại; không có lịch sử cư trú, thời điểm đăng ký hay nơi"
        " tạm trú trước đây."
    ),
    (
        "Thông tin sai khác với thực tế: công dân đề nghị Công an cấp xã điều chỉnh (trong 02 ngày làm việc"
        " kể từ khi nhận đủ hồ sơ) hoặc gửi đề nghị qua Cổng dịch vụ công, VNeID."
    ),
    "Phiếu có dữ liệu cá nhân, chỉ lưu trong hồ sơ nêu trên; không sao chụp, chuyển cho việc khác.",
)


def draw_confirmation(asked: Asked, citizen: Sequence[Line], marks: Marks) -> bytes:
    """Return the confirmation as PDF, not signed yet; *citizen* are the permitted fields that were shown.

    Raises SheetTooLongError.
    """
    shown = citizen or (Line("Thông tin hiển thị", "(không yêu cầu trường thông tin nào)"),)
    sheet = Sheet(
        title="Phiếu xác nhận kết quả tra cứu thông tin cư trú",
        subtitle="Lưu hồ sơ thay cho giấy tờ chứng minh nơi cư trú",
        unit_name=asked.unit_name,
        made_at=marks.made_at,
        sections=(
            Section("1. Lượt tra cứu", asked_lines(asked, "Đã tìm thấy, khớp với thông tin đã nhập")),
            Section("2. Thông tin công dân được phép khai thác cho thủ tục này", shown),
        ),
        notes=_NOTES,
        receipt_id=marks.receipt_id,
        check_address=marks.check_address,
        signer=marks.signer,
    )
    return draw_sheet(sheet)


def asked_lines(asked: Asked, result: str) -> tuple[Line, ...]:
    """Return what every receipt says of its lookup."""
    return (
        Line("Kết quả", result),
        Line("Thời điểm khai thác", vietnam_time(asked.at)),
        Line("Cán bộ tra cứu", asked.officer_name),
        Line("Đơn vị", asked.unit_name),
        Line("Thủ tục", asked.procedure),
        Line("Mã hồ sơ", asked.dossier),
        Line("Mã lượt tra cứu", asked.lookup_id),
    )
