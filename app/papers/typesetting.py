"""Type for papers: embedded fonts with all Vietnamese letters, and text that is never cut."""

from functools import cache
from html import escape
from importlib.resources import as_file, files
from typing import Any, Final

from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

REGULAR: Final = "LiberationSerif-Regular"
BOLD: Final = "LiberationSerif-Bold"
ITALIC: Final = "LiberationSerif-Italic"
MONOSPACED: Final = "LiberationMono-Bold"
_SMALLEST: Final = 6.0
_STEP: Final = 0.5


@cache
def load_fonts() -> None:
    """Make the package's own fonts known, once in a process (SIL Open Font License 1.1)."""
    for name in (REGULAR, BOLD, ITALIC, MONOSPACED):
        with as_file(files("app.papers") / "fonts" / f"{name}.ttf") as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


def style(size: float = 11, font: str = REGULAR, *, centred: bool = False, space_after: float = 0) -> Any:
    """Return a paragraph's style; a word that is too long for its line is broken, not cut."""
    return ParagraphStyle(
        name=f"{font}{size}{centred}",
        fontName=font,
        fontSize=size,
        leading=size * 1.25,
        alignment=TA_CENTER if centred else TA_LEFT,
        spaceAfter=space_after,
        splitLongWords=True,
    )


def paragraph(text: str, of_style: Any) -> Any:
    """Return *text* as a paragraph, its markup characters as they are."""
    return Paragraph(escape(text, quote=False).replace("\n", "<br/>"), of_style)


def draw_fitted(
    canvas: Any,
    text: str,
    box: tuple[float, float, float, float],
    *,
    size: float,
    font: str = REGULAR,
    centred: bool = False,
) -> float:
    """Draw *text* from the top of *box* (left, top, width, height) down, smaller if it must be.

    Returns the height used.
    """
    left, top, width, height = box
    while True:
        block = paragraph(text, style(size, font, centred=centred))
        _, used = block.wrap(width, height)
        if used <= height or size <= _SMALLEST:
            break
        size -= _STEP
    block.drawOn(canvas, left, top - used)
    return float(used)
