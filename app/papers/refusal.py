"""The receipt that a lookup was impossible and why, so that paper may be asked for; it names no citizen."""

from collections.abc import Sequence
from typing import Final

from app.papers.confirmation import asked_lines
from app.papers.receipt_sheet import Sheet, draw_sheet
from app.papers.values import Asked, Line, Marks, Section

_NOTES: Final = (
    (
        "Trước khi nhận giấy tờ, công dân có thể xuất trình thông tin cư trú trên VNeID (tài khoản định danh"
        " mức độ 2); cán bộ không yêu cầu thêm giấy tờ nếu thông tin đã đủ."
    ),
    (
        "Chỉ được nhận một trong các giấy tờ nêu trên vì không khai thác được thông tin theo các phương thức"
        " tại khoản 2 Điều 14 Nghị định 104/2022/NĐ-CP; không yêu cầu nhiều hơn một loại."
    ),
    (
        "Dữ liệu thiếu hoặc sai: công dân đề nghị Công an cấp xã nơi cư trú cập nhật, điều chỉnh (trong 02"
        " ngày làm việc kể từ khi nhận đủ hồ sơ) hoặc gửi đề nghị qua Cổng dịch vụ công, VNeID."
    ),
    "Phiếu chỉ ghi nhận lượt tra cứu, không có dữ liệu của công dân.",
)


def draw_refusal(asked: Asked, because: str, papers: Sequence[str], marks: Marks) -> bytes:
    """Return the receipt as PDF, not signed yet; *papers* are the names of those that may be asked for."""
    which = "\n".join(f"{number}. {name}" for number, name in enumerate(papers, start=1))
    sheet = Sheet(
        title="Phiếu xác nhận không khai thác được thông tin cư trú",
        subtitle="Căn cứ để tiếp nhận giấy tờ thay thế trong hồ sơ",
        unit_name=asked.unit_name,
        made_at=marks.made_at,
        sections=(
            Section("1. Lượt tra cứu", asked_lines(asked, "Không khai thác được thông tin")),
            Section(
                "2. Lý do và giấy tờ được nhận",
                (Line("Lý do", because), Line("Được nhận một trong các giấy tờ", which)),
            ),
        ),
        notes=_NOTES,
        receipt_id=marks.receipt_id,
        check_address=marks.check_address,
        signer=marks.signer,
    )
    return draw_sheet(sheet)
