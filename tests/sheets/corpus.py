"""Hostile files, and careless ones, each with the reason it must be refused for."""

import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from app.sheets.errors import SheetReason as R
from tests.sheets.workbooks import (
    HEADER,
    MAIN,
    OFFICER,
    RELATIONS,
    cell,
    parts,
    row,
    sheet,
    workbook,
    zipped,
)

_LIST = "\r\n".join((";".join(HEADER), ";".join(OFFICER)))
_HEAD = row(1, HEADER)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file; `make` builds it, since some are large."""

    title: str
    make: Callable[[], bytes]
    reason: R
    name: str = "danh-sach.xlsx"
    place: str | None = None


def _lying_zip() -> bytes:
    """A sheet that inflates to 300 MB while its entry declares a thousand bytes."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(bomb.compress(b" " * 1_000_000) for _ in range(300)) + bomb.flush()
    honest = zipped(parts() | {"xl/worksheets/sheet1.xml": "x"})
    name = b"xl/worksheets/sheet1.xml"
    local = honest.index(name) - 30
    following = honest.index(b"PK", local + 4)
    header = bytearray(honest[local : local + 30])
    struct.pack_into("<II", header, 18, len(data), 1_000)
    rebuilt = bytearray(honest[:local] + bytes(header) + name + data)
    moved = len(rebuilt) - following
    central = honest.index(b"PK\x01\x02")
    tail = bytearray(honest[following:])
    position = central - following
    while tail[position : position + 4] == b"PK\x01\x02":
        length = 46 + sum(struct.unpack_from("<HHH", tail, position + 28))
        (offset,) = struct.unpack_from("<I", tail, position + 42)
        if offset == local:
            struct.pack_into("<II", tail, position + 20, len(data), 1_000)
        elif offset > local:
            struct.pack_into("<I", tail, position + 42, offset + moved)
        position += length
    struct.pack_into("<I", tail, position + 16, central + moved)
    return bytes(rebuilt + tail)


def _many_members() -> bytes:
    return zipped(parts(), ((f"xl/media/{number}.png", "") for number in range(3_000)))


def _flood_of_members() -> bytes:
    return zipped(parts(), ((f"m/{number}", "") for number in range(60_000)))


def _twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns about what is wanted here
        return zipped(parts(), [("xl/worksheets/sheet1.xml", sheet())])


def _without(name: str) -> bytes:
    made = parts()
    del made[name]
    return zipped(made)


def _declared(entity: str) -> bytes:
    return zipped(parts({"Danh sách": sheet(prologue=entity)}))


def _strings(text: str) -> bytes:
    rows = f'{_HEAD}<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    return zipped(parts({"Danh sách": sheet(rows)}, strings=f'<sst xmlns="{MAIN}">{text}</sst>'))


def _laughs() -> str:
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10)]
    return f"<!DOCTYPE x [{''.join(lines)}]>"


def _formula(column: int, inner: str) -> bytes:
    cells = "".join(cell(number, 2, text) for number, text in enumerate(OFFICER, start=1) if number != column)
    computed = f'<c r="{chr(64 + column)}2" t="str"><f>{inner}</f><v>thu.tv</v></c>'
    ordered = cells[: cells.index(f'<c r="{chr(65 + column)}2"')] + computed
    return workbook(f'{_HEAD}<row r="2">{ordered}{cells[len(ordered) - len(computed) :]}</row>')


def _external() -> bytes:
    link = f'<Relationship Id="x" Type="{RELATIONS}/externalLink" Target="externalLinks/externalLink1.xml"/>'
    return zipped(parts(relations=link) | {"xl/externalLinks/externalLink1.xml": "<externalLink/>"})


def _encrypted_member() -> bytes:
    content = bytearray(workbook())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


CORPUS = (
    Hostile("nothing", lambda: b"", R.EMPTY_FILE),
    Hostile("blanks only", lambda: b"\r\n \r\n", R.EMPTY_FILE, "a.csv"),
    Hostile("twenty-one megabytes", lambda: b"a" * (21 * 1024 * 1024), R.FILE_TOO_LARGE),
    Hostile("a PDF called xlsx", lambda: b"%PDF-1.7 ...", R.NOT_A_SPREADSHEET),
    Hostile("a web page called xls", lambda: b"<html><table>", R.NOT_A_SPREADSHEET, "a.xls"),
    Hostile("old Excel", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), R.OLD_EXCEL, "a.xls"),
    Hostile(
        "a workbook with a password",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        R.ENCRYPTED,
    ),
    Hostile("an encrypted member", _encrypted_member, R.ENCRYPTED),
    Hostile("cut off in the middle", lambda: workbook()[: len(workbook()) // 2], R.DAMAGED),
    Hostile("a broken checksum", lambda: workbook().replace(b"PK\x01\x02", b"PK\x01\x00", 1), R.DAMAGED),
    Hostile(
        "a zip bomb that says so", lambda: workbook(row(1, HEADER) + " " * 200_000_000), R.INFLATES_TOO_MUCH
    ),
    Hostile("a zip bomb that lies", _lying_zip, R.DAMAGED),
    Hostile("three thousand members", _many_members, R.TOO_MANY_PARTS),
    Hostile("sixty thousand members", _flood_of_members, R.TOO_MANY_PARTS),
    Hostile("a member twice", _twice, R.DUPLICATE_PARTS),
    Hostile(
        "a member that climbs", lambda: zipped(parts() | {"../../etc/cron.d/x": "x"}), R.UNSAFE_PART_NAMES
    ),
    Hostile("an absolute member", lambda: zipped(parts() | {"/etc/passwd": "x"}), R.UNSAFE_PART_NAMES),
    Hostile("macros by name", workbook, R.MACROS, "danh-sach.xlsm"),
    Hostile("macros inside", lambda: zipped(parts() | {"xl/vbaProject.bin": "x"}), R.MACROS),
    Hostile(
        "macros by type",
        lambda: zipped(parts(content_type="application/vnd.ms-excel.sheet.macroEnabled.main+xml")),
        R.MACROS,
    ),
    Hostile(
        "binary Excel",
        lambda: zipped(parts(content_type="application/vnd.ms-excel.sheet.binary.macroenabled.main")),
        R.BINARY_EXCEL,
    ),
    Hostile("a Word document", lambda: zipped(parts(content_type="application/word")), R.WRONG_CONTENT_TYPES),
    Hostile("no content types", lambda: _without("[Content_Types].xml"), R.NOT_A_SPREADSHEET),
    Hostile("OpenDocument", lambda: zipped({"mimetype": "application/ods"}), R.OPEN_DOCUMENT),
    Hostile("no relations", lambda: _without("xl/_rels/workbook.xml.rels"), R.DAMAGED),
    Hostile("no sheet", lambda: _without("xl/worksheets/sheet1.xml"), R.DAMAGED),
    Hostile("links to other files", _external, R.EXTERNAL_LINKS),
    Hostile("an entity of a billion laughs", lambda: _declared(_laughs()), R.DOCUMENT_TYPE),
    Hostile(
        "an entity that reads a file",
        lambda: _declared('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        R.DOCUMENT_TYPE,
    ),
    Hostile("XML that ends early", lambda: zipped(parts({"A": "<worksheet><sheetData>"})), R.DAMAGED),
    Hostile("tags in tags", lambda: zipped(parts({"A": "<a>" * 3_000_000})), R.DAMAGED),
    Hostile("a tag as long as the file", lambda: zipped(parts({"A": "<" + "a" * 90_000_000})), R.DAMAGED),
    Hostile(
        "a text of thirty million letters",
        lambda: _strings(f"<si><t>{'x' * 30_000_000}</t></si>"),
        R.TOO_MUCH_TEXT,
    ),
    Hostile("a million shared texts", lambda: _strings("<si><t>x</t></si>" * 1_000_000), R.TOO_MANY_CELLS),
    Hostile(
        "one long text in every cell",
        lambda: zipped(
            parts(
                {"A": sheet("".join(f'<row r="{n}"><c t="s"><v>0</v></c></row>' for n in range(1, 20_000)))},
                strings=f'<sst xmlns="{MAIN}"><si><t>{"x" * 1_900}</t></si></sst>',
            )
        ),
        R.TOO_MUCH_TEXT,
    ),
    Hostile(
        "a million rows",
        lambda: workbook("".join(f'<row r="{n}"/>' for n in range(1, 1_000_001))),
        R.TOO_MANY_ROWS,
    ),
    Hostile(
        "sixty thousand filled rows",
        lambda: workbook(_HEAD + "".join(f"<row><c><v>{n}</v></c></row>" for n in range(60_000))),
        R.TOO_MANY_ROWS,
    ),
    Hostile(
        "a column at the far end",
        lambda: workbook('<row r="1"><c r="XFD1"><v>1</v></c></row>'),
        R.TOO_MANY_COLUMNS,
        place="XFD1",
    ),
    Hostile(
        "millions of blank cells",
        lambda: workbook(f'<row r="1">{"<c/>" * 3_000_000}</row>'),
        R.TOO_MANY_CELLS,
    ),
    Hostile(
        "a cell of three thousand letters",
        lambda: workbook(row(1, ["x" * 3_000])),
        R.CELL_TOO_LONG,
        place="A1",
    ),
    Hostile(
        "a shared text that is not there",
        lambda: zipped(parts({"A": sheet('<row r="1"><c t="s"><v>7</v></c></row>')})),
        R.DAMAGED,
    ),
    Hostile("rows out of order", lambda: workbook(row(5, HEADER) + row(2, OFFICER)), R.DAMAGED),
    Hostile(
        "a number that is none", lambda: workbook('<row r="1"><c r="A1"><v>1e999</v></c></row>'), R.DAMAGED
    ),
    Hostile("thirty sheets", lambda: zipped(parts({f"S{n}": sheet() for n in range(30)})), R.TOO_MANY_SHEETS),
    Hostile(
        "hidden sheets only", lambda: zipped(parts(states={"Danh sách": "veryHidden"})), R.ONLY_HIDDEN_SHEETS
    ),
    Hostile("two lists", lambda: zipped(parts({"A": sheet(), "B": sheet()})), R.SEVERAL_TABLES),
    Hostile("no header", lambda: workbook(row(1, ["a", "b"]) + row(2, OFFICER)), R.HEADER_MISSING),
    Hostile(
        "a header too few",
        lambda: workbook(row(1, HEADER[:4]) + row(2, OFFICER)),
        R.COLUMNS_MISSING,
        place="1",
    ),
    Hostile(
        "a header twice",
        lambda: workbook(row(1, [*HEADER, "Họ tên"]) + row(2, OFFICER)),
        R.COLUMN_TWICE,
        place="F1",
    ),
    Hostile(
        "passwords",
        lambda: workbook(row(1, [*HEADER, "Mật khẩu"]) + row(2, OFFICER)),
        R.COLUMN_REFUSED,
        place="F1",
    ),
    Hostile("only a header", lambda: workbook(_HEAD), R.NO_ROWS),
    Hostile("a formula", lambda: _formula(2, "HYPERLINK(1)"), R.FORMULAS, place="B2"),
    Hostile(
        "an error value",
        lambda: workbook(f'{_HEAD}<row r="2"><c r="B2" t="e"><v>#REF!</v></c></row>'),
        R.FAULTY_VALUES,
        place="B2",
    ),
    Hostile(
        "merged cells",
        lambda: workbook(after='<mergeCells><mergeCell ref="D2:D9"/></mergeCells>'),
        R.MERGED_CELLS,
        place="D2",
    ),
    Hostile(
        "a hidden row", lambda: workbook(_HEAD + row(2, OFFICER, ' hidden="1"')), R.HIDDEN_ROWS, place="2"
    ),
    Hostile(
        "a row of no height", lambda: workbook(_HEAD + row(2, OFFICER, ' ht="0"')), R.HIDDEN_ROWS, place="2"
    ),
    Hostile(
        "a hidden column",
        lambda: workbook(before='<cols><col min="3" max="4" hidden="1"/></cols>'),
        R.HIDDEN_COLUMNS,
        place="C",
    ),
    Hostile(
        "TCVN3 in a workbook", lambda: workbook(row(1, ["STT", "Tªn ®¨ng nhËp", "Hä vµ tªn"])), R.LEGACY_FONT
    ),
    Hostile(
        "UTF-8 read as Latin-1", lambda: _LIST.encode().decode("latin-1").encode(), R.LEGACY_FONT, "a.csv"
    ),
    Hostile("Windows-1258", lambda: "Họ và tên".encode("cp1258", "replace"), R.WRONG_ENCODING, "a.csv"),
    Hostile("TCVN3 as bytes", lambda: b"STT;T\xaan;H\xe4 v\xb5 t\xaan", R.WRONG_ENCODING, "a.csv"),
    Hostile(
        "half of UTF-16", lambda: b"\xff\xfe" + _LIST.encode("utf-16-le")[:-1], R.WRONG_ENCODING, "a.csv"
    ),
    Hostile("NULs", lambda: _LIST.encode() + b"\r\n2;\0\0\0;x", R.NUL_CHARACTERS, "a.csv"),
    Hostile("a quote never closed", (_LIST + '\r\n2;"thu;x').encode, R.BROKEN_QUOTES, "a.csv"),
    Hostile("a quote in the wrong place", (_LIST + '\r\n2;"a"b;x').encode, R.BROKEN_QUOTES, "a.csv", "3"),
    Hostile("one line of fifteen megabytes", lambda: b"a" * 15_000_000, R.CELL_TOO_LONG, "a.csv"),
    Hostile("a line of ten million columns", lambda: b";" * 10_000_000, R.EMPTY_FILE, "a.csv"),
    Hostile("a line of filled columns", lambda: b"x;" * 1_000_000, R.TOO_MANY_COLUMNS, "a.csv"),
    Hostile("a million lines", lambda: b"x;y\n" * 1_000_000, R.TOO_MANY_ROWS, "a.csv"),
    Hostile("a million quotes", lambda: b'"' * 1_000_001, R.CELL_TOO_LONG, "a.csv"),
)
