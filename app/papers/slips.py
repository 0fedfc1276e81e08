"""Sealed slips with one-time activation codes: two to a page, to be cut, folded and glued."""

import io
from collections.abc import Sequence
from typing import Any, Final

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.clock import VIETNAM
from app.papers.typesetting import BOLD, ITALIC, MONOSPACED, REGULAR, draw_fitted, load_fonts
from app.papers.values import Slip

_WIDTH, _HEIGHT = A4
_SLIP_HEIGHT: Final = _HEIGHT / 2
_PANEL: Final = _SLIP_HEIGHT / 3
_MARGIN: Final = 18 * mm
_TEXT_WIDTH: Final = _WIDTH - 2 * _MARGIN
_QR_SIZE: Final = 32 * mm
_SQUARE: Final = "activation-address"
_INSET: Final = 6 * mm
_STEPS: Final = (
    "1. Quét mã QR hoặc mở địa chỉ: {address}",
    "2. Nhập tên đăng nhập và mã kích hoạt ở trên (không phân biệt chữ hoa, chữ thường, dấu gạch).",
    "3. Tự đặt mật khẩu. Không cho ai biết mật khẩu, kể cả quản trị viên. Mã chỉ dùng được một lần.",
    "4. Phiếu bị bóc, rách hoặc quá hạn: không dùng, báo đơn vị để được cấp phiếu mới.",
)


def draw_slips(slips: Sequence[Slip], *, authority_name: str, activation_address: str) -> bytes:
    """Return a PDF with a slip for each officer, in the order given.

    The upper third stays outside when folded and names the receiver; login name and code are inside.
    The QR is the address alone, so that no code ever stands in a URL. Raises ValueError without slips.
    """
    if not slips:
        raise ValueError("there are no slips to draw")
    load_fonts()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("Phiếu kích hoạt tài khoản")
    canvas.setAuthor(authority_name)
    _keep_square(canvas, activation_address)
    for index, slip in enumerate(slips):
        is_upper = index % 2 == 0
        top = _HEIGHT if is_upper else _SLIP_HEIGHT
        _draw_cover(canvas, slip, authority_name, top)
        _draw_secret(canvas, slip, top - _PANEL)
        _draw_steps(canvas, activation_address, top - 2 * _PANEL)
        _draw_lines(canvas, top)
        if not is_upper or index == len(slips) - 1:
            canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_cover(canvas: Any, slip: Slip, authority_name: str, top: float) -> None:
    width = _TEXT_WIDTH - 30 * mm
    y = top - _INSET
    y -= draw_fitted(canvas, authority_name, (_MARGIN, y, width, 9 * mm), size=10)
    _draw_right(canvas, f"Phiếu số {slip.number}", y=top - _INSET - 3 * mm)
    y -= 1.5 * mm
    y -= draw_fitted(
        canvas, "PHIẾU KÍCH HOẠT TÀI KHOẢN TRA CỨU", (_MARGIN, y, _TEXT_WIDTH, 7 * mm), size=13, font=BOLD
    )
    y -= 1.5 * mm
    receiver = f"Người nhận: {slip.full_name}"
    y -= draw_fitted(canvas, receiver, (_MARGIN, y, _TEXT_WIDTH, 10 * mm), size=12, font=BOLD)
    y -= draw_fitted(canvas, f"Đơn vị: {slip.unit_name}", (_MARGIN, y, _TEXT_WIDTH, 9 * mm), size=11)
    draw_fitted(
        canvas,
        "Chỉ người có tên trên được mở. Người giao không mở, không chụp phiếu.",
        (_MARGIN, top - _PANEL + 7 * mm, _TEXT_WIDTH, 5 * mm),
        size=9,
        font=ITALIC,
    )


def _draw_secret(canvas: Any, slip: Slip, top: float) -> None:
    y = top - _INSET
    y -= draw_fitted(
        canvas, f"{slip.full_name} – {slip.position}", (_MARGIN, y, _TEXT_WIDTH, 5 * mm), size=10
    )
    y -= 1 * mm
    draw_fitted(canvas, "Tên đăng nhập:", (_MARGIN, y, 32 * mm, 6 * mm), size=11)
    login = (_MARGIN + 32 * mm, y, _TEXT_WIDTH - 32 * mm, 7 * mm)
    y -= max(6 * mm, draw_fitted(canvas, slip.login_name, login, size=13, font=MONOSPACED)) + 1 * mm
    y -= draw_fitted(canvas, "Mã kích hoạt (dùng một lần):", (_MARGIN, y, _TEXT_WIDTH, 6 * mm), size=11)
    y -= 1 * mm
    canvas.setLineWidth(0.8)
    canvas.rect(_MARGIN, y - 11 * mm, _TEXT_WIDTH, 11 * mm)
    code = (_MARGIN, y - 1.5 * mm, _TEXT_WIDTH, 9 * mm)
    draw_fitted(canvas, slip.activation_code, code, size=20, font=MONOSPACED, centred=True)
    y -= 12 * mm
    until = slip.expires_at.astimezone(VIETNAM)
    expiry = f"Có hiệu lực đến {until:%H} giờ {until:%M} ngày {until:%d/%m/%Y} (giờ Việt Nam)."
    draw_fitted(canvas, expiry, (_MARGIN, y, _TEXT_WIDTH, 6 * mm), size=11, font=BOLD)


def _draw_steps(canvas: Any, address: str, top: float) -> None:
    canvas.saveState()
    canvas.translate(_WIDTH - _MARGIN - _QR_SIZE, top - _INSET - _QR_SIZE)
    canvas.doForm(_SQUARE)
    canvas.restoreState()
    width = _TEXT_WIDTH - _QR_SIZE - 6 * mm
    y = top - _INSET
    y -= draw_fitted(canvas, "Cách kích hoạt", (_MARGIN, y, width, 6 * mm), size=11, font=BOLD)
    steps = "\n".join(_STEPS).format(address=address)
    draw_fitted(canvas, steps, (_MARGIN, y - 1 * mm, width, _PANEL - _INSET - 10 * mm), size=10)


def _keep_square(canvas: Any, address: str) -> None:
    """Draw the QR code once; every slip of the document then points to it."""
    canvas.beginForm(_SQUARE, 0, 0, _QR_SIZE, _QR_SIZE)
    square = segno.make(address, error="m", micro=False)
    matrix = [list(row) for row in square.matrix_iter(border=4)]
    side = _QR_SIZE / len(matrix)
    for row_number, row in enumerate(matrix):
        for column, is_dark in enumerate(row):
            if is_dark:
                y = _QR_SIZE - (row_number + 1) * side
                # A hair wider than its cell: printers leave white lines between neighbours.
                canvas.rect(column * side, y, side + 0.05, side + 0.05, stroke=0, fill=1)
    canvas.endForm()


def _draw_lines(canvas: Any, top: float) -> None:
    canvas.saveState()
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 3)
    canvas.setFont(ITALIC, 7)
    for number, y, hint in (
        (2, top - _PANEL, "gấp ra sau, dán kín mép"),
        (1, top - 2 * _PANEL, "gấp vào trong"),
    ):
        canvas.line(8 * mm, y, _WIDTH - 8 * mm, y)
        canvas.drawRightString(_WIDTH - 8 * mm, y + 1 * mm, f"nếp gấp {number}: {hint}")
    if top == _HEIGHT:
        canvas.setDash()
        canvas.line(0, _SLIP_HEIGHT, _WIDTH, _SLIP_HEIGHT)
        canvas.drawString(8 * mm, _SLIP_HEIGHT - 2.8 * mm, "cắt theo đường này")
    canvas.restoreState()


def _draw_right(canvas: Any, text: str, *, y: float) -> None:
    canvas.setFont(REGULAR, 10)
    canvas.drawRightString(_WIDTH - _MARGIN, y, text)
