"""How an input is spoilt: byte by byte, or in its structure as XML, as JSON, and as XML within JSON."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

from lxml import etree

_DEEP: Final = 300
_LONG: Final = 70_000

PIECES: Final = (
    b"",
    b"\0",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>",
    b"&b;",
    b"&#0;",
    b"&#x10FFFF;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<?xml version='1.1' encoding='utf-7'?>",
    b"xmlns=''",
    b"xmlns:ns1='urn:x'",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"004",
    b"-1",
    b"1e999",
    b"NaN",
    b"99999999999999999999",
    b"20230229",
    b"00000000",
    b"true",
    b"null",
    b"\\ud800",
    b'"',
    b"{",
    b"[",
    b"<ns1:CongDan>",
    b"</ns1:CongDan>",
    b"<a>" * _DEEP,
    b"[" * _DEEP * 10,
    b"A" * _LONG,
)
TEXTS: Final = (
    "",
    " ",
    "\u200b",
    "\u0301" * 50,
    "I\u0307",
    "٠٩٩",
    "099190000017",
    "TRẦN VĂN THỬ".encode().decode("latin-1"),
    "\U0001f600",
    "\ufffe",
    "-0001",
    "2023-02-29",
    "0004",
    "9" * 400,
    "Â" * 5000,
)


def spoil_bytes(chance: random.Random, content: bytes) -> bytes:
    """Return *content* with one part turned, lost, doubled, moved, or replaced by something awkward."""
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice((1, 1, 2, 8, 64, 1024)))
    part = content[start:end]
    match chance.randrange(7):
        case 0:
            new = bytes(byte ^ 1 << chance.randrange(8) for byte in part)
        case 1:
            new = b""
        case 2:
            new = part * chance.choice((2, 3, 50))
        case 3:
            new = chance.choice(PIECES)
        case 4:
            new = part + chance.choice(PIECES)
        case 5:
            return content[:start]
        case _:
            new = chance.randbytes(len(part))
    return content[:start] + new + content[end:]


def spoil_xml(chance: random.Random, content: bytes) -> bytes:
    """Return *content* with its tree changed in one place; spoilt byte by byte where it is no XML."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return spoil_bytes(chance, content)
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    try:
        _change_tree(chance, chance.choice(nodes), chance.choice(nodes))
    except (ValueError, etree.LxmlError):  # characters XML does not know, names that are none
        return spoil_bytes(chance, content)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-16", "iso-8859-1", "windows-1258"))
    spoilt: bytes = etree.tostring(root, encoding=encoding)  # type: ignore[assignment]
    return spoilt


def _change_tree(chance: random.Random, node: Any, other: Any) -> None:  # noqa: C901 - one way each
    match chance.randrange(9):
        case 0:
            node.text = chance.choice(TEXTS)
        case 1:
            node.tail = chance.choice(TEXTS)
        case 2 if node.getparent() is not None:
            node.getparent().remove(node)
        case 3 if node.getparent() is not None:
            for _ in range(chance.choice((1, 1, 2, 200))):
                node.addnext(etree.fromstring(etree.tostring(node, with_tail=False)))
        case 4:
            node.tag = other.tag
        case 5:
            node.tag = (
                f"{{{chance.choice(('urn:x', 'http://dancuquocgia.bca'))}}}{etree.QName(node).localname}"
            )
        case 6:
            node.set(chance.choice(("SoCongDan", "nil", "id")), chance.choice(TEXTS))
        case 7:
            other.append(etree.fromstring(etree.tostring(node, with_tail=False)))
        case _:
            for _ in range(chance.choice((1, 3, _DEEP))):
                node = etree.SubElement(node, other.tag)


def spoil_json(chance: random.Random, content: bytes) -> bytes:
    """Return *content* with a value or name changed, XML in a text as XML; bytes where it is no JSON."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return spoil_bytes(chance, content)
    if not isinstance(tree, dict) or not tree:
        return spoil_bytes(chance, content)
    name = chance.choice(list(tree))
    value = tree[name]
    match chance.randrange(5):
        case 0 if isinstance(value, str) and value.startswith("<"):
            tree[name] = spoil_xml(chance, value.encode("utf-8", "surrogatepass")).decode("latin-1")
        case 1 if isinstance(value, str):
            spoilt = chance.choice((spoil_xml, spoil_bytes))(chance, value.encode("utf-8", "surrogatepass"))
            tree[name] = spoilt.decode("utf-8", "replace")
        case 2:
            del tree[name]
        case 3:
            tree[chance.choice((*tree, "errorCode", "error_code", "data", "message"))] = _any_value(chance)
        case _:
            tree[name] = _any_value(chance)
    return json.dumps(tree, ensure_ascii=chance.random() < 1 / 2).encode("utf-8", "surrogatepass")


def _any_value(chance: random.Random) -> Any:
    return chance.choice(
        (None, True, False, 0, -1, 10**30, 1.5, float("inf"), [], {}, [[]] * 100, {"a": {"b": None}}, *TEXTS)
    )


def either(*ways: Callable[[random.Random, bytes], bytes]) -> Callable[[random.Random, bytes], bytes]:
    """Return what spoils in one of these ways at a time."""
    return lambda chance, content: chance.choice(ways)(chance, content)
