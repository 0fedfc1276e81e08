"""Invented reports to citizens."""

import datetime as dt

from app.papers.subject_report import draw_subject_report
from app.papers.values import Line, LookRow, Section, SubjectPaper
from tests.papers.papers import LONG_UNIT

AT = dt.datetime(2026, 11, 22, 3, 4, 5, tzinfo=dt.UTC)
LONG_DOSSIER = "000.00.00.H19-261122-000123/TTPVHCC-XNTTCT.BoSung.LanThu2_ChuyenTiep"


def a_row(number: int, **texts: str) -> LookRow:
    usual = {
        "when": f"22/11/2026\n08:{number // 60 % 60:02d}:{number % 60:02d}",
        "unit": "Ủy ban nhân dân xã Mẫu (nay là: Ủy ban nhân dân xã Mới)\ncông chức tiếp nhận hồ sơ",
        "purpose": f"Đăng ký thường trú (1.004194)\nHồ sơ {LONG_DOSSIER}\nCách dùng: tra cứu trực tuyến",
        "shown": "Hỏi và hiển thị: Ngày, tháng, năm sinh; Nơi ở hiện tại; Họ, chữ đệm và tên",
        "result": "Đã hiển thị dữ liệu.",
    }
    return LookRow(**(usual | texts))


def a_report(*rows: LookRow) -> bytes:
    paper = SubjectPaper(
        number="2026-00012",
        unit_name="Sở Khoa học và Công nghệ tỉnh Mẫu",
        made_at=AT,
        request=Section("1. Yêu cầu", (Line("Số của công dân", "*********017"),)),
        summary=("Có 3 lượt tra cứu bằng số nêu trên.",),
        looks=rows,
        audits=("Ngày 21/11/2026: cơ quan kiểm tra.",),
        meaning=("Bằng chứng KHÔNG cho thấy rằng không có lượt nào bị bỏ sót.",),
        rights=("Ông/bà có quyền khiếu nại, tố cáo theo pháp luật.",),
        checking=Section(
            "7. Kiểm tra báo cáo", (Line("Tệp dữ liệu kèm theo (SHA-256)", "0123456789abcdef" * 4),)
        ),
    )
    return draw_subject_report(paper)


def a_long_row(number: int) -> LookRow:
    return a_row(number, unit=f"{LONG_UNIT} (nay là: {LONG_UNIT}; {LONG_UNIT})")
