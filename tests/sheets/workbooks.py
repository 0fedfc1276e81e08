"""Builds workbooks part by part, so that each part can be made wrong."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from html import escape

HEADER = ("STT", "Tên tài khoản đăng nhập", "Họ và tên", "Đơn vị", "Chức vụ")
OFFICER = ("1", "thu.tv", "Trần Văn Thử", "UBND xã Mẫu", "công chức TN-TKQ")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def cell(column: int, row: int, text: str) -> str:
    return f'<c r="{chr(64 + column)}{row}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def row(number: int, cells: Iterable[str], attributes: str = "") -> str:
    inner = "".join(cell(column, number, text) for column, text in enumerate(cells, start=1) if text)
    return f'<row r="{number}"{attributes}>{inner}</row>'


def sheet(rows: str = "", *, before: str = "", after: str = "", prologue: str = "") -> str:
    data = rows or row(1, HEADER) + row(2, OFFICER)
    return (
        f'{_DECLARATION}{prologue}<worksheet xmlns="{MAIN}">{before}'
        f"<sheetData>{data}</sheetData>{after}</worksheet>"
    )


def parts(
    sheets: Mapping[str, str] | None = None,
    *,
    states: Mapping[str, str] | None = None,
    content_type: str = _SHEET_TYPE,
    strings: str | None = None,
    styles: str | None = None,
    relations: str = "",
    book: str = "",
) -> dict[str, str]:
    """Return all parts of a small right workbook, to be changed at will."""
    listed = dict(sheets or {"Danh sách": sheet()})
    names = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"'
        + (f' state="{states[name]}"' if states and name in states else "")
        + "/>"
        for number, name in enumerate(listed, start=1)
    )
    pointers = "".join(
        f'<Relationship Id="r{number}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(listed) + 1)
    )
    made = {
        "[Content_Types].xml": f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{content_type}"/></Types>',
        "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{book}'
        f"<sheets>{names}</sheets></workbook>",
    }
    if strings is not None:
        made["xl/sharedStrings.xml"] = strings
        pointers += f'<Relationship Id="s" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
    if styles is not None:
        made["xl/styles.xml"] = styles
        pointers += f'<Relationship Id="y" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    made["xl/_rels/workbook.xml.rels"] = (
        f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{pointers}{relations}</Relationships>'
    )
    for number, text in enumerate(listed.values(), start=1):
        made[f"xl/worksheets/sheet{number}.xml"] = text
    return made


def zipped(made: Mapping[str, str | bytes], more: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return the parts as a zip; *more* members are added under names that may be there already."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in [*made.items(), *more]:
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def workbook(rows: str = "", *, before: str = "", after: str = "") -> bytes:
    return zipped(parts({"Danh sách": sheet(rows, before=before, after=after)}))
