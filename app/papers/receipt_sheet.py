"""The sheet that every receipt is drawn on: heading, facts, notes, and the square that leads to its check."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import segno
from reportlab.lib.colors import black, grey
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, LongTable, SimpleDocTemplate, Spacer, Table

from app.clock import VIETNAM
from app.papers.typesetting import BOLD, ITALIC, NumberedCanvas, load_fonts, paragraph, style
from app.papers.values import Section, vietnam_time

_MARGIN: Final = 18 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_SQUARE: Final = 30 * mm
_LONGEST: Final = 20_000  # letters of a sheet; no true record comes near
_PLAIN: Final = (("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2))
_GRID: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, grey),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
)


class SheetTooLongError(ValueError):
    """More was to be written than any true record holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a receipt shows; `receipt_id` stands on it as text, `check_address` as a square, too."""

    title: str
    subtitle: str
    unit_name: str
    made_at: datetime
    sections: Sequence[Section]
    notes: Sequence[str]
    receipt_id: str = field(repr=False)
    check_address: str = field(repr=False)
    signer: str


def draw_sheet(sheet: Sheet) -> bytes:
    """Return the sheet as PDF, the same bytes for the same facts; SheetTooLongError."""
    if sum(len(line.text) for section in sheet.sections for line in section.lines) > _LONGEST:
        raise SheetTooLongError("this is more than a receipt holds")
    load_fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=15 * mm,
        bottomMargin=_MARGIN,
        title=sheet.title,
        author=sheet.unit_name,
        lang="vi",
        invariant=1,
    )
    story = [
        *heading(sheet.unit_name, sheet.made_at, sheet.title, sheet.subtitle),
        *(part for section in sheet.sections for part in section_parts(section)),
        *note_parts(sheet.notes),
        KeepTogether(_checking(sheet)),
    ]
    document.build(story, canvasmaker=partial(NumberedCanvas, title=f"Mã phiếu {sheet.receipt_id}"))
    return file.getvalue()


def heading(unit_name: str, made_at: datetime, title: str, subtitle: str) -> list[Any]:
    """Return unit and motto side by side (Decree 30/2020, appendix I), then the title."""
    left = [paragraph(unit_name.upper(), style(11, BOLD, centred=True))]
    day = made_at.astimezone(VIETNAM)
    right = [
        paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", style(11, BOLD, centred=True)),
        paragraph("Độc lập - Tự do - Hạnh phúc", style(12, BOLD, centred=True, space_after=4)),
        paragraph(f"Ngày {day:%d} tháng {day:%m} năm {day:%Y}", style(11, ITALIC, centred=True)),
    ]
    return [
        Table([[left, right]], colWidths=(0.42 * _WIDTH, 0.58 * _WIDTH), style=list(_PLAIN)),
        Spacer(0, 5 * mm),
        paragraph(title.upper(), style(14, BOLD, centred=True)),
        paragraph(subtitle, style(11.5, ITALIC, centred=True, space_after=8)),
    ]


def section_parts(section: Section) -> list[Any]:
    """Return a heading and its facts in two columns."""
    label, text = style(11), style(11, BOLD)
    rows = [[paragraph(line.label, label), paragraph(line.text, text)] for line in section.lines]
    table = LongTable(rows, colWidths=(0.34 * _WIDTH, 0.66 * _WIDTH), style=list(_GRID), splitInRow=1)
    return [paragraph(section.title, style(12, BOLD, space_after=3)), table, Spacer(0, 4 * mm)]


def note_parts(notes: Sequence[str]) -> list[Any]:
    """Return notes, each with its dash."""
    body = style(10.5, space_after=2.5)
    return [*(paragraph(f"– {note}", body) for note in notes), Spacer(0, 3 * mm)]


def _checking(sheet: Sheet) -> list[Any]:
    small, title = style(10, space_after=2), style(11, BOLD, space_after=3)
    words = [
        paragraph("Phiếu được lập và ký số bởi cổng tra cứu", title),
        paragraph(f"Chứng thư: {sheet.signer}.", small),
        paragraph(f"Thời điểm lập: {vietnam_time(sheet.made_at)}.", small),
        paragraph(f"Mã phiếu: {sheet.receipt_id}", small),
        paragraph(
            "Kiểm tra: mở tệp PDF này bằng phần mềm đọc chữ ký số, hoặc quét mã QR. Trang kiểm tra chỉ cho"
            " biết phiếu có được lập hay không, ngày lập và đơn vị; phải khớp với phiếu này.",
            small,
        ),
        paragraph(sheet.check_address, style(9, ITALIC)),
    ]
    widths = (_SQUARE + 6 * mm, _WIDTH - _SQUARE - 6 * mm)
    frame: list[Any] = [*_PLAIN, ("BOX", (0, 0), (-1, -1), 0.8, black)]
    return [Table([[_Square(sheet.check_address), words]], colWidths=widths, style=frame)]


class _Square(Flowable):
    """A QR code."""

    def __init__(self, address: str) -> None:
        super().__init__()
        code = segno.make(address, error="m", micro=False)
        self._matrix = [list(row) for row in code.matrix_iter(border=4)]
        self.width = self.height = _SQUARE

    def draw(self) -> None:
        """Draw it where the table put it."""
        side = _SQUARE / len(self._matrix)
        for number, row in enumerate(self._matrix):
            for column, is_dark in enumerate(row):
                if is_dark:
                    # A hair wider than its cell: printers leave white lines between neighbours.
                    at = (column * side, _SQUARE - (number + 1) * side)
                    self.canv.rect(*at, side + 0.05, side + 0.05, stroke=0, fill=1)
