"""Invented slips and handovers."""

from datetime import UTC, date, datetime

from app.papers.values import HandedOver, Handover, Party, Slip

UNTIL = datetime(2026, 12, 6, 16, 59, tzinfo=UTC)
LONG_NAME = "Nguyễn Phạm Hoàng Thị Ngọc Huyền Ưỡn Ẵng Đặng Quỳnh Ỷ Êban H’Hen Niê Kđăm Y-Bhĭt Ê̆ Ksơr Thử"
LONG_LOGIN = "nguyen.pham.hoang.thi.ngoc.huyen.uon.ang.dang.quynh@donvi.dai.vn"
LONG_UNIT = (
    "Trung tâm Phục vụ hành chính công và Kiểm soát thủ tục hành chính phường Nguyễn Thị Minh Khai,"
    " thành phố Thử Nghiệm Vạn Dặm, tỉnh Mẫu Mực & <Ngoặc> Đặc khu Hải đảo Tiền tiêu"
)
CODE = "6NXW-4A5J-WHJQ-FX85-J2YF"


def a_slip(**facts: str) -> Slip:
    right = {
        "number": "2026-0001",
        "full_name": "Trần Văn Thử",
        "login_name": "thu.tv",
        "unit_name": "UBND xã Mẫu",
        "position": "công chức TN-TKQ",
        "activation_code": CODE,
    }
    return Slip(expires_at=UNTIL, **(right | facts))


def a_handover(slips: int) -> Handover:
    person = Party("Lê Văn Giao", "Chuyên viên", "Sở Khoa học và Công nghệ")
    return Handover(
        number="12/BBBG-SKHCN",
        authority_name="Sở Khoa học và Công nghệ",
        unit_name=LONG_UNIT,
        place="Mẫu",
        day=date(2026, 11, 5),
        giver=person,
        receiver=Party("Phạm Thị Nhận", "Phó Chánh Văn phòng", "UBND xã Mẫu"),
        documents=("Công văn số 12/UBND-VP", "Công văn số 159/STTTT-CNTTVT"),
        slips=tuple(
            HandedOver(f"2026-{number:04}", LONG_NAME, LONG_LOGIN, "công chức xử lý hồ sơ")
            for number in range(1, slips + 1)
        ),
    )
