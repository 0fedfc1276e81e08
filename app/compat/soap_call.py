"""Reads an old call out of SOAP 1.1: any prefix, any order, no DTD, no entities, UTF-8 or UTF-16."""

import codecs
import re
from typing import Final

from app.compat.old_call import KNOWN, OldCall, Operation, Shape, operation_of
from app.compat.xml_tree import Node, parse_xml
from app.errors import InvalidRequestError, ProblemCode

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_DECLARED: Final = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_STARTS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("<".encode("utf-16-le"), "utf-16-le"),
    ("<".encode("utf-16-be"), "utf-16-be"),
)
_UTF_8: Final = frozenset({"utf8", "usascii", "ascii"})
_UTF_16: Final = frozenset({"utf16", "utf16le", "utf16be"})
_BIRTH_DATE: Final = "NgayThangNamSinh"
_PARTS: Final = ("NgayThangNam", "Nam")
_DIGITS: Final = re.compile(r"[0-9]{4}")


def read_soap(content: bytes, charset: str | None) -> OldCall:
    """Return the call; *charset* is what the Content-Type says.

    Raises InvalidRequestError(MALFORMED_REQUEST) for what is no such envelope, without repeating anything.
    """
    root = parse_xml(_decoded(content, charset))
    bodies = root.named(SOAP, "Body")
    is_envelope = (root.namespace, root.name) == (SOAP, "Envelope")
    if not is_envelope or len(bodies) != 1 or len(bodies[0].children) != 1:
        raise _malformed()
    asked = bodies[0].children[0]
    name = asked.name
    fields = _fields(asked)
    plain = name.removesuffix("Request")
    code = fields.get("MaDichVu", "").strip() or fields.get("MaTichHop", "").strip()
    is_033 = name != plain or code == "033"
    operation = operation_of(plain, code)
    shape = Shape.RECORD if operation is Operation.FIND else Shape.EXISTS if is_033 else Shape.COUNT
    return OldCall(operation, shape, fields, asked.prefix, is_033)


def _decoded(content: bytes, charset: str | None) -> str:
    """Return the text, which must be UTF-8 or UTF-16, and claim nothing else anywhere (XML 1.0, F)."""
    encoding = next((name for start, name in _STARTS if content.startswith(start)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise _malformed()
    declared = _DECLARED.match(text)
    claims = [declared[1] if declared else None, charset]
    if not all(_agrees(claim, encoding) for claim in claims if claim):
        raise _malformed()
    return text


def _agrees(claim: str, encoding: str) -> bool:
    family = "".join(filter(str.isalnum, claim.lower()))
    return family in (_UTF_16 if "16" in encoding else _UTF_8)


def _fields(asked: Node) -> dict[str, str]:
    """Return the known elements' texts; one that comes twice, or holds others, is not understood."""
    fields: dict[str, str] = {}
    for child in asked:
        name = child.name
        if name == _BIRTH_DATE:
            for part, text in _birth_date(child).items():
                _put(fields, part, text)
        elif name in KNOWN:
            if child.children:
                raise _malformed()
            _put(fields, name, child.text)
    return fields


def _birth_date(element: Node) -> dict[str, str]:
    """Return the date in its wrapper, or flat as the documents have it."""
    if not element.children:
        text = element.text.strip()
        return {"Nam" if _DIGITS.fullmatch(text) else "NgayThangNam": text}
    parts: dict[str, str] = {}
    for child in element:
        if child.name not in _PARTS or child.children:
            raise _malformed()
        _put(parts, child.name, child.text)
    return parts


def _put(fields: dict[str, str], name: str, text: str) -> None:
    if name in fields:
        raise _malformed()
    fields[name] = text


def _malformed() -> InvalidRequestError:
    return InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
