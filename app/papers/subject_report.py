"""The report to a citizen: who looked them up, when, for what; long ones on as many pages as they need."""

import io
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from reportlab.lib.colors import grey, lightgrey
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, LongTable, SimpleDocTemplate, Spacer

from app.papers.receipt_sheet import heading, note_parts, section_parts
from app.papers.typesetting import BOLD, NumberedCanvas, load_fonts, paragraph, style
from app.papers.values import LookRow, SubjectPaper

_MARGIN: Final = 15 * mm
_FRAME_PADDING: Final = 6
_WIDTH: Final = A4[0] - 2 * (_MARGIN + _FRAME_PADDING)
_NEARLY_A_PAGE: Final = 0.8 * A4[1]
_COLUMNS: Final = tuple(share * _WIDTH for share in (0.055, 0.125, 0.225, 0.225, 0.205, 0.165))
_TITLES: Final = (
    "STT",
    "Thời điểm (giờ Việt Nam)",
    "Cơ quan đã tra cứu",
    "Để làm gì",
    "Thông tin được hỏi, được hiển thị",
    "Kết quả",
)
_GRID: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, grey),
    ("BACKGROUND", (0, 0), (-1, 0), lightgrey),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
)
_TITLE: Final = "Báo cáo các lượt tra cứu thông tin cư trú của công dân"


def draw_subject_report(paper: SubjectPaper) -> bytes:
    """Return the report as PDF, not signed yet, the same bytes for the same facts."""
    load_fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=15 * mm,
        bottomMargin=18 * mm,
        title=_TITLE,
        author=paper.unit_name,
        lang="vi",
        invariant=1,
    )
    story = [
        *heading(paper.unit_name, paper.made_at, _TITLE, f"Yêu cầu số {paper.number}"),
        *section_parts(paper.request),
        *_chapter("2. Tóm tắt", note_parts(paper.summary)),
        paragraph("3. Từng lượt tra cứu", style(12, BOLD, space_after=3)),
        *_looks(paper.looks),
        *_chapter("4. Hoạt động kiểm tra nhật ký có liên quan", note_parts(paper.audits)),
        *_chapter("5. Báo cáo này chứng minh điều gì, không chứng minh điều gì", note_parts(paper.meaning)),
        *_chapter("6. Quyền của ông/bà", note_parts(paper.rights)),
        KeepTogether(section_parts(paper.checking)),
    ]
    document.build(story, canvasmaker=partial(NumberedCanvas, title=f"Báo cáo số {paper.number}"))
    return file.getvalue()


def _chapter(title: str, parts: list[Any]) -> list[Any]:
    """Return parts under their heading, which never stands alone at the foot of a page."""
    return [KeepTogether([paragraph(title, style(12, BOLD, space_after=3)), *parts[:1]]), *parts[1:]]


def _looks(looks: Sequence[LookRow]) -> list[Any]:
    if not looks:
        return note_parts(("Không có lượt tra cứu nào trong khoảng thời gian nêu ở mục 2.",))
    cell, centred = style(9), style(9, centred=True)
    rows: list[list[Any]] = [[paragraph(title, style(9, BOLD, centred=True)) for title in _TITLES]]
    for number, look in enumerate(looks, start=1):
        texts = (look.when, look.unit, look.purpose, look.shown, look.result)
        rows.append([paragraph(str(number), centred), *(paragraph(text, cell) for text in texts)])
    table = _LookTable(rows, colWidths=_COLUMNS, repeatRows=1, splitInRow=1, style=list(_GRID))
    return [table, Spacer(0, 4 * mm)]


class _LookTable(LongTable):
    """Divides a row only where a whole page would not hold it."""

    def split(self, availWidth: float, availHeight: float) -> list[Any]:  # noqa: N803 - reportlab's names
        """Return what fits and the rest; nothing where the next row is to begin a new page."""
        self.splitInRow = int(availHeight > _NEARLY_A_PAGE)
        return list(super().split(availWidth, availHeight))
