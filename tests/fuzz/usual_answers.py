"""Answers near the usual layout, and the check that both ways of reading one take the same out of it."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from lxml import etree

from adapters.connection import Answer
from adapters.soap.citizen import reading_of
from adapters.soap.elements import texts_of
from adapters.soap.namespaces import DANCU, QLDC, SOAP
from adapters.soap.read import _people
from adapters.soap.usual import usual_texts
from tests.fuzz.mutating import PIECES, TEXTS

T = TypeVar("T")

_SAMPLE: Final = Path(__file__).parents[1] / "adapters" / "samples" / "037-soap-found-full.xml"
_DECLARED: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_USUALLY: Final = 0.99
_TOKEN: Final = re.compile(rb"<[^<>]*>|[^<>]+|[<>]")
_PATHS: Final = reading_of(None).paths

_DECLARATIONS: Final = (
    "",
    "\n" + _DECLARED,
    _DECLARED * 2,
    "\ufeff" + _DECLARED,
    "<?xml version='1.0' encoding='UTF-8'?>",
    '<?xml version="1.1" encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0" encoding="windows-1258"?>',
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    _DECLARED + "<!-- x -->",
    _DECLARED + "<!DOCTYPE x>",
    _DECLARED + '<!DOCTYPE x [<!ENTITY e "1">]>',
    _DECLARED + "<?x y?>",
)
_PREFIXES: Final = (
    "s",
    "ns1",
    "soapenv",
    "a.b-c_1",
    "x" * 31,
    "x" * 32,
    "xml",
    "xMl",
    "xmlns",
    "1a",
    "é",
    "",
)
_NAMESPACES: Final = (SOAP, DANCU, QLDC, QLDC + " ", "", "urn:x", "http://www.w3.org/XML/1998/namespace")
_BLANKS: Final = (
    "",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\n\n",
    "\n \n",
    "  \n    ",
    "\x0b",
    "\x85",
    "\xa0",
    "\u2028",
    "\ufeff",
    "x",
    "&#32;",
    "<!-- x -->",
    "<?x y?>",
    "<![CDATA[]]>",
    "<x/>",
    '<x xmlns="urn:x"/>',
)
_ODD_TEXTS: Final = (
    *TEXTS,
    " hai  chữ ",
    "\n    dòng\n",
    "\xa0không",
    "TRÂ\u0300N",
    "\u0300N",
    "A\u0338",
    "a>b",
    "]]>",
    "&amp;",
    "&e;",
    "&#65;",
    "&#0;",
    "a\rb",
    "\0",
    "\x0b",
    "\x1f",
    "\x7f",
    "\x85",
    "\u2028",
    "\ue000",
    "\ufdd0",
    "\uffff",
    "\ufeff",
    "<![CDATA[1]]>",
    "<!-- 1 -->",
    "a<b/>",
    "</ns1:SoCMND>",
    '"',
    "'",
)
_IN_TAGS: Final = (
    " ",
    "\n",
    "\t",
    "/",
    ' a="1"',
    ' xmlns="urn:x"',
    f' xmlns:ns1="{QLDC}"',
    ' SoCongDan="1"',
    ":",
)


def lay_out(chance: random.Random) -> bytes:
    """Return an answer of the usual layout, or one with some few things not as usual."""
    soap, record = _pick(chance, "soapenv", _PREFIXES), _pick(chance, "ns1", _PREFIXES)
    blank = chance.choice(("", "\n", "\n    "))
    fields = "".join(_element(chance, record, blank, each) for each in _sample_record())
    person = f"<{record}:CongDan>{_blank(chance, blank)}{fields}</{record}:CongDan>"
    people = person * _pick(chance, 1, (0, 2))
    namespace = _pick(chance, DANCU, _NAMESPACES)
    collection = f'<{record}:CongdanCollection xmlns:{record}="{namespace}">{_blank(chance, blank)}{people}'
    parts = (
        _pick(chance, _DECLARED, _DECLARATIONS),
        f'<{soap}:Envelope xmlns:{soap}="{_pick(chance, SOAP, _NAMESPACES)}">',
        f"<{soap}:Header{_again(chance, soap, record)}/>",
        f"<{soap}:Body{_again(chance, soap, record)}>",
        collection,
        f"</{record}:CongdanCollection>",
        f"</{soap}:Body>",
        f"</{soap}:Envelope>",
    )
    return "".join(part + _blank(chance, blank) for part in parts).encode("utf-8", "surrogatepass")


def spoil_layout(chance: random.Random, content: bytes) -> bytes:
    """Return *content*, or an answer laid out anew, with up to two tags or texts lost, doubled or changed."""
    tokens = _TOKEN.findall(content if chance.random() < 1 / 4 else lay_out(chance))
    for _ in range(chance.choice((0, 1, 1, 1, 2))):
        here, there = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(8):
            case 0:
                tokens[here] = b""
            case 1:
                tokens[here] *= 2
            case 2:
                tokens[here], tokens[there] = tokens[there], tokens[here]
            case 3:
                tokens[here] = tokens[there]
            case 4:
                tokens[here] += chance.choice((*_ODD_TEXTS, *_BLANKS)).encode("utf-8", "surrogatepass")
            case 5:
                tokens[here] = tokens[here][:-1] + chance.choice(_IN_TAGS).encode() + tokens[here][-1:]
            case 6:
                tokens[here] += chance.choice(PIECES)
            case _:
                at = chance.randrange(len(tokens[here]) + 1)
                tokens[here] = tokens[here][:at] + chance.randbytes(1) + tokens[here][at + 1 :]
    return b"".join(tokens)


def check_usual(content: bytes) -> bool:
    """Return whether *content* is recognised as usual.

    Raises where lxml's way refuses it, finds not exactly one record, or takes other texts out of it.
    """
    usual = usual_texts(content, _PATHS)
    if usual is None:
        return False
    people = _people(Answer(200, "text/xml", content))
    if len(people) != 1 or _spaced(usual) != _spaced(texts_of(people[0], _PATHS)):
        raise AssertionError("the usual way reads something else than lxml's")
    return True


def _spaced(texts: Sequence[str | None]) -> list[str]:
    # lxml gives None for an empty element, and for one that holds a blank.
    return [" ".join((text or "").split()) for text in texts]


def _sample_record() -> etree._Element:
    return etree.fromstring(_SAMPLE.read_bytes())[1][0][0]


def _pick(chance: random.Random, usual: T, odd: Sequence[T]) -> T:
    return usual if chance.random() < _USUALLY else chance.choice(odd)


def _blank(chance: random.Random, usual: str) -> str:
    return usual if chance.random() > (1 - _USUALLY) / 10 else chance.choice(_BLANKS)


def _again(chance: random.Random, soap: str, record: str) -> str:
    prefix = (
        chance.choice(("qldc", "dan", None)) if chance.random() < _USUALLY else chance.choice((soap, record))
    )
    prefix = _pick(chance, prefix, _PREFIXES)
    return "" if prefix is None else f' xmlns:{prefix}="{_pick(chance, QLDC, _NAMESPACES)}"'


def _element(chance: random.Random, prefix: str, blank: str, model: etree._Element) -> str:
    name = f"{prefix}:{etree.QName(model).localname}"
    match chance.randrange(12):
        case 0:
            return ""
        case 1:
            return f"<{name}/>{_blank(chance, blank)}"
    if len(model):
        inside = _blank(chance, blank) + "".join(_element(chance, prefix, blank, each) for each in model)
    else:
        inside = _pick(chance, model.text or "", _ODD_TEXTS) if chance.random() < 1 / 2 else model.text or ""
    return f"<{name}>{inside}</{name}>{_blank(chance, blank)}"
