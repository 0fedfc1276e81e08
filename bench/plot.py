"""The figures as a picture: processor time a request, one bar a contestant."""

from collections.abc import Container, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import pypdfium2
from reportlab.graphics import renderPDF
from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib.colors import HexColor

from bench.rounds import Standing

_WIDTH, _LEFT, _RIGHT, _TOP, _BAR = 560, 190, 60, 34, 28
_SCALE: Final = 2  # pixels a point
_INK, _OURS, _OTHERS = HexColor("#222222"), HexColor("#1f6f8b"), HexColor("#b8c4c9")


def write_plot(standings: Sequence[Standing], ours: Container[str], caption: str, file: Path) -> None:
    """Write a PNG of the CPU microseconds that each contestant's request takes, *ours* in another colour."""
    rows = sorted(standings, key=lambda standing: -standing.cpu_us)
    height = len(rows) * _BAR
    drawing = Drawing(_WIDTH, height + 2 * _TOP)
    drawing.add(_chart(rows, ours, height))
    drawing.add(String(8, height + 2 * _TOP - 16, caption, fontSize=10, fillColor=_INK))
    paper = BytesIO()
    renderPDF.drawToFile(drawing, paper)
    page = pypdfium2.PdfDocument(paper)[0]
    page.render(scale=_SCALE).to_pil().save(file, optimize=True)


def _chart(rows: Sequence[Standing], ours: Container[str], height: int) -> HorizontalBarChart:
    chart = HorizontalBarChart()
    chart.x, chart.y, chart.width, chart.height = _LEFT, _TOP - 10, _WIDTH - _LEFT - _RIGHT, height
    chart.data = [[row.cpu_us for row in rows]]
    chart.categoryAxis.categoryNames = [row.name for row in rows]
    chart.categoryAxis.labels.fontSize = 9
    chart.valueAxis.valueMin = 0
    chart.valueAxis.visible = False
    chart.barLabelFormat = "%.0f"
    chart.barLabels.nudge = 14
    chart.barLabels.fontSize = 9
    chart.bars.strokeWidth = 0
    for number, row in enumerate(rows):
        chart.bars[(0, number)].fillColor = _OURS if row.name in ours else _OTHERS
    return chart
