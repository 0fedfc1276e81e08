"""A workbook's parts as text, so that one is written row by row and checked the same way; stdlib only.

The offline verifier is made of this module too (app.audit.verifying). Every cell is text (ECMA-376 part 1,
18.3.1.4, `inlineStr`): there is no table of shared strings that would grow with the rows.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from app.sheets.plain import escaped, is_computed, printable

MOST_SHEET_ROWS: Final = 1_048_576  # ECMA-376 and Excel, the headings included
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEADING_STYLE, _TEXT_STYLE, _QUOTED_STYLE = 1, 2, 3
_TOP: Final = '<alignment vertical="top" wrapText="1"/></xf>'
_STYLES: Final = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFD9E1F2"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"'
    f' applyFill="1" applyAlignment="1">{_TOP}'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
    f' applyAlignment="1">{_TOP}'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"'
    f' applyAlignment="1">{_TOP}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>\n'
)
_ROOT_RELATIONS: Final = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>\n'
)


def sheet_part(number: int) -> str:
    """Return the name of a sheet's part, from 1 on."""
    return f"xl/worksheets/sheet{number}.xml"


def sheet_start(titles: Sequence[str], widths: Sequence[int]) -> bytes:
    """Return a sheet's text up to its headings, which stay in sight, in lines of their own."""
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(widths, start=1)
    )
    view = (
        '<sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
    )
    head = f'{_XML}<worksheet xmlns="{_MAIN}">{view}<cols>{columns}</cols><sheetData>\n'
    return head.encode() + _row(1, [_cell(text, _HEADING_STYLE) for text in titles])


def sheet_row(number: int, cells: Sequence[str]) -> bytes:
    """Return a row, the headings being the first; nothing in it is computed."""
    return _row(number, [_cell(text, _QUOTED_STYLE if is_computed(text) else _TEXT_STYLE) for text in cells])


def sheet_end(columns: int, rows: int) -> bytes:
    """Return what ends a sheet of that many *rows*, headings included: a filter over all of them."""
    last = chr(ord("A") + columns - 1)
    return f'</sheetData><autoFilter ref="A1:{last}{rows}"/></worksheet>\n'.encode()


def other_parts(sheet_titles: Sequence[str]) -> dict[str, bytes]:
    """Return the parts beside the sheets, by name."""
    numbers = range(1, len(sheet_titles) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{at}" r:id="rId{at}"/>'
        for at, title in zip(numbers, sheet_titles, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in numbers
    )
    styles = f'<Relationship Id="rId{len(sheet_titles) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in (
            ("xl/workbook.xml", "sheet.main"),
            ("xl/styles.xml", "styles"),
            *((sheet_part(at), "worksheet") for at in numbers),
        )
    )
    texts = {
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
        "</workbook>\n",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{relations}{styles}</Relationships>\n",
        "_rels/.rels": _ROOT_RELATIONS,
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>\n',
    }
    return {name: text.encode() for name, text in texts.items()}


def _row(number: int, cells: Sequence[str]) -> bytes:
    return f'<row r="{number}">{"".join(cells)}</row>\n'.encode()


def _cell(text: str, style: int) -> str:
    if not text:
        return f'<c s="{style}"/>'
    shown = escape(escaped(printable(text)))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
