"""Reads an .xlsx file: only the parts a list needs, each once, within bounds."""

from typing import Final

from app.sheets.errors import SheetError, SheetReason
from app.sheets.package import Package, resolve
from app.sheets.parts import ContentTypes, Relations, SharedStrings, SheetList, Styles, parse
from app.sheets.values import Limits, Sheet
from app.sheets.worksheet import Budget, Worksheet

_CONTENT_TYPES: Final = "[Content_Types].xml"
_WORKBOOK_TYPES: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
)
_OPEN_DOCUMENT: Final = "mimetype"


def read_workbook(content: bytes, limits: Limits) -> tuple[Sheet, ...]:
    """Return the visible sheets that are not blank, in the workbook's order.

    What is not needed (pictures, properties, hidden sheets) is never inflated. Raises SheetError.
    """
    package = Package(content, limits)
    book_part = _find_workbook(package)
    relations = _relations(package, book_part)
    if any(each.kind in {"externalLink", "connections"} for each in relations.by_id.values()):
        raise SheetError(SheetReason.EXTERNAL_LINKS)
    book = SheetList()
    parse(package.chunks(book_part), book)
    if len(book.visible) > limits.max_sheets:
        raise SheetError(SheetReason.TOO_MANY_SHEETS, detail=str(limits.max_sheets))
    styles, strings = Styles(), SharedStrings(limits)
    if (styled := relations.first("styles")) is not None:
        parse(package.chunks(resolve(book_part, styled.target)), styles)
    if (shared := relations.first("sharedStrings")) is not None:
        parse(package.chunks(resolve(book_part, shared.target)), strings)
    budget = Budget(limits)
    sheets = []
    for name, relation_id in book.visible:
        relation = relations.by_id.get(relation_id)
        if relation is None or relation.is_external:
            raise SheetError(SheetReason.DAMAGED, sheet=name)
        if relation.kind == "worksheet":  # a chart sheet holds no cells
            worksheet = Worksheet(name, book, strings, styles, budget)
            parse(package.chunks(resolve(book_part, relation.target)), worksheet)
            sheets.append(worksheet.sheet())
    return tuple(sheet for sheet in sheets if sheet.rows)


def _find_workbook(package: Package) -> str:
    names = package.names
    if any(name.rpartition("/")[2].lower().startswith("vbaproject") for name in names):
        raise SheetError(SheetReason.MACROS)
    if _CONTENT_TYPES not in names:
        reason = SheetReason.OPEN_DOCUMENT if _OPEN_DOCUMENT in names else SheetReason.NOT_A_SPREADSHEET
        raise SheetError(reason)
    types = ContentTypes()
    parse(package.chunks(_CONTENT_TYPES), types)
    if "_rels/.rels" not in names:
        raise SheetError(SheetReason.DAMAGED)
    roots = Relations()
    parse(package.chunks("_rels/.rels"), roots)
    root = roots.first("officeDocument")
    if root is None or root.is_external:
        raise SheetError(SheetReason.WRONG_CONTENT_TYPES)
    part = resolve("", root.target)
    content_type = types.of(part)
    if "macroEnabled" in content_type:
        raise SheetError(SheetReason.MACROS)
    if "ms-excel.sheet.binary" in content_type:
        raise SheetError(SheetReason.BINARY_EXCEL)
    if content_type not in _WORKBOOK_TYPES:
        raise SheetError(SheetReason.WRONG_CONTENT_TYPES)
    return part


def _relations(package: Package, part: str) -> Relations:
    folder, _, name = part.rpartition("/")
    relations = Relations()
    parse(package.chunks(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"), relations)
    return relations
