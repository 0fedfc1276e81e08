"""Type for papers: embedded fonts with all Vietnamese letters, and text that is never cut."""

from functools import cache
from html import escape
from importlib.resources import as_file, files
from typing import Any, Final

from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
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


class NumberedCanvas(Canvas):
    """Writes its title and `Trang 1/3` at the foot of each page, once it is known how many there are."""

    def __init__(self, *arguments: Any, title: str, **options: Any) -> None:
        """Draw as reportlab's canvas does; *title* stands before the page's number."""
        super().__init__(*arguments, **options)
        self._title = title
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page back."""
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        """Write all pages, each with its number."""
        for count, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(REGULAR, 9)
            self.drawCentredString(A4[0] / 2, 9 * mm, f"{self._title} – Trang {count}/{len(self._pages)}")
            super().showPage()
        super().save()
