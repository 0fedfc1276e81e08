"""The handover record (biên bản bàn giao) of a unit's slips, to be signed by giver and receiver (R11)."""

import io
from functools import partial
from typing import Any, Final

from reportlab.lib.colors import black, lightgrey
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, LongTable, SimpleDocTemplate, Spacer, Table

from app.papers.typesetting import BOLD, ITALIC, NumberedCanvas, load_fonts, paragraph, style
from app.papers.values import Handover, Party

_MARGIN: Final = 18 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_COLUMNS: Final = tuple(share * _WIDTH for share in (0.07, 0.23, 0.20, 0.19, 0.16, 0.15))
_TITLES: Final = ("STT", "Họ và tên", "Tên đăng nhập", "Chức vụ", "Phiếu số", "Ký nhận")
_GRID: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, black),
    ("BACKGROUND", (0, 0), (-1, 0), lightgrey),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 1), (-1, -1), 5),
    ("BOTTOMPADDING", (0, 1), (-1, -1), 7),
)
_PLAIN: Final = (("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 2))


def draw_handover(handover: Handover) -> bytes:
    """Return the record as PDF; never a code. Raises ValueError without slips."""
    if not handover.slips:
        raise ValueError("there is nothing to hand over")
    load_fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title="Biên bản bàn giao",
        author=handover.authority_name,
        invariant=1,
    )
    story = [
        _heading(handover),
        Spacer(0, 8 * mm),
        *_statement(handover),
        _list(handover),
        Spacer(0, 4 * mm),
        *_promises(handover),
        KeepTogether(_signatures(handover)),
    ]
    document.build(story, canvasmaker=partial(NumberedCanvas, title=f"Biên bản số {handover.number}"))
    return file.getvalue()


def _heading(handover: Handover) -> Any:
    """Return authority and motto side by side (Decree 30/2020, appendix I)."""
    left = [
        paragraph(handover.authority_name.upper(), style(11, BOLD, centred=True)),
        paragraph(f"Số: {handover.number}", style(11, centred=True)),
    ]
    day = handover.day
    right = [
        paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", style(11, BOLD, centred=True)),
        paragraph("Độc lập - Tự do - Hạnh phúc", style(12, BOLD, centred=True, space_after=6)),
        paragraph(
            f"{handover.place}, ngày {day:%d} tháng {day:%m} năm {day:%Y}", style(11, ITALIC, centred=True)
        ),
    ]
    return Table([[left, right]], colWidths=(0.42 * _WIDTH, 0.58 * _WIDTH), style=list(_PLAIN))


def _statement(handover: Handover) -> list[Any]:
    body = style(12, space_after=4)
    documents = [
        paragraph(f"Căn cứ: {document};", style(12, ITALIC, space_after=2)) for document in handover.documents
    ]
    return [
        paragraph("BIÊN BẢN BÀN GIAO", style(14, BOLD, centred=True)),
        paragraph(
            "Phiếu kích hoạt tài khoản tra cứu Cơ sở dữ liệu quốc gia về dân cư",
            style(12, BOLD, centred=True, space_after=10),
        ),
        *documents,
        paragraph(f"Bên giao: {_described(handover.giver)}.", body),
        paragraph(f"Bên nhận: {_described(handover.receiver)}.", body),
        paragraph(
            f"Hai bên bàn giao {len(handover.slips)} phiếu kích hoạt, còn dán kín, cho cán bộ, công chức của"
            f" {handover.unit_name}, theo danh sách sau:",
            style(12, space_after=8),
        ),
    ]


def _list(handover: Handover) -> Any:
    cell, centred = style(10.5), style(10.5, centred=True)
    rows: list[list[Any]] = [[paragraph(title, style(10.5, BOLD, centred=True)) for title in _TITLES]]
    for number, slip in enumerate(handover.slips, start=1):
        rows.append(
            [
                paragraph(str(number), centred),
                paragraph(slip.full_name, cell),
                paragraph(slip.login_name, cell),
                paragraph(slip.position, cell),
                paragraph(slip.slip_number, centred),
                "",
            ]
        )
    return LongTable(rows, colWidths=_COLUMNS, repeatRows=1, style=list(_GRID))


def _promises(handover: Handover) -> list[Any]:
    body = style(12, space_after=4)
    return [
        paragraph(f"Tổng số: {len(handover.slips)} phiếu.", body),
        paragraph(
            "Bên nhận giao từng phiếu cho đúng người có tên, không mở, không sao chụp. Mỗi người ký nhận vào"
            " danh sách, tự kích hoạt và tự đặt mật khẩu, không tiết lộ cho người khác.",
            body,
        ),
        paragraph(
            "Biên bản lập thành 02 bản có giá trị như nhau, mỗi bên giữ 01 bản.", style(12, space_after=10)
        ),
    ]


def _signatures(handover: Handover) -> list[Any]:
    title, hint = style(12, BOLD, centred=True), style(10, ITALIC, centred=True)
    columns = []
    for side, party in (("BÊN NHẬN", handover.receiver), ("BÊN GIAO", handover.giver)):
        columns.append(
            [
                paragraph(side, title),
                paragraph("(Ký, ghi rõ họ tên)", hint),
                Spacer(0, 22 * mm),
                paragraph(party.full_name, title),
            ]
        )
    return [Table([columns], colWidths=(0.5 * _WIDTH, 0.5 * _WIDTH), style=list(_PLAIN))]


def _described(party: Party) -> str:
    return f"{party.full_name}, {party.position}, {party.unit_name}"
