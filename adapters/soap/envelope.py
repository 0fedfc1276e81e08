"""Opens a SOAP 1.1 answer from a side we do not trust: bytes in, the one element in its Body out."""

import codecs
import re
from http import HTTPStatus

from lxml import etree
from lxml.etree import _Element as Element

from adapters.connection import Answer
from adapters.reasons import Reason
from adapters.soap.namespaces import SOAP
from adapters.status import error_for_status, may_explain_itself
from app.errors import ProblemCode, SourceConfusedError, SourceError, SourceRefusedError

_AS_USUAL = b'<?xml version="1.0" encoding="UTF-8"?>'
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_STARTS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("<?".encode("utf-16-le"), "utf-16-le"),
    ("<?".encode("utf-16-be"), "utf-16-be"),
)
# A tag with its attributes; a ">" in a quoted value does not end it.
_TAG = re.compile(r"""<[^<"'>]*(?:"[^"<]*"[^<"'>]*|'[^'<]*'[^<"'>]*)*""")
# Of different tags: a record has less than 3 KiB of them, a household no more.
_MOST_TAG_CHARACTERS = 16 * 1024
# One for all: it begins anew with each answer, and making one costs a tenth of a parse.
_PARSER = etree.XMLParser(
    encoding="utf-8",  # overrides the declaration, which was looked at already
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    remove_blank_text=True,
)
_ENVELOPE, _BODY, _FAULT = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Body", "Fault"))
_FAULT_TEXTS = {"faultcode", "faultstring", "detail"}
# A code on its own: not part of a word, a number, a date or a dotted or dashed name.
_FAULT_CODE = re.compile(r"(?<![\w.,/-])00[45](?!\w|[.,:/-]\w)")


def open_envelope(answer: Answer) -> Element:
    """Return the only element in the Body of *answer*.

    Raises SourceSilentError (a gateway's or server's failure), SourceRefusedError (a Fault with the
    code 004 or 005) and SourceConfusedError (any other Fault, or no SOAP answer at all). An empty
    Body is not understood: only an empty collection says "nobody".
    """
    if not may_explain_itself(answer.status):
        raise error_for_status(answer.status)
    try:
        contents = _body_of(_parse(answer.body))
    except SourceConfusedError:
        if answer.status == HTTPStatus.OK:
            raise
        raise error_for_status(answer.status) from None
    for element in contents:
        if element.tag == _FAULT:
            raise _fault_error(element)
    if answer.status != HTTPStatus.OK:
        raise error_for_status(answer.status)
    if len(contents) != 1:
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    return contents[0]


def _body_of(root: Element) -> list[Element]:
    bodies = [child for child in root if child.tag == _BODY]
    if root.tag != _ENVELOPE or len(bodies) != 1:
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    return list(bodies[0])


def _parse(body: bytes) -> Element:
    content = _as_utf8(body)
    # Refused before parsing, so that no entity is ever declared, let alone expanded.
    if b"<!DOCTYPE" in content:
        raise SourceConfusedError(Reason.DOCTYPE)
    # lxml keeps every name it ever met (decision 40): a mebibyte of new ones an answer adds up.
    if len(content) > _MOST_TAG_CHARACTERS and _tag_characters(content.decode()) > _MOST_TAG_CHARACTERS:
        raise SourceConfusedError(Reason.UNKNOWN_ANSWER)
    try:
        return etree.fromstring(content, _PARSER)
    except etree.LxmlError:
        # "from None": the parser's message may quote the document.
        raise SourceConfusedError(Reason.NOT_XML) from None


def _tag_characters(text: str) -> int:
    return sum(map(len, set(_TAG.findall(text))))


def _as_utf8(body: bytes) -> bytes:
    """Return the text, which must be UTF-8 or UTF-16 and must not claim anything else (XML 1.0, F)."""
    encoding = "utf-8"
    if not body.startswith(b"<?xml"):  # nearly all do, and every lookup waits for this
        encoding = next((name for start, name in _STARTS if body.startswith(start)), encoding)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        raise SourceConfusedError(Reason.WRONG_ENCODING) from None
    content = body if encoding == "utf-8" else text.encode()
    if encoding == "utf-8" and content.startswith(_AS_USUAL):
        return content
    declared = _DECLARED.match(content)
    if declared and not _agree(declared[1].decode(), encoding):
        raise SourceConfusedError(Reason.WRONG_ENCODING)
    return content


def _agree(declared: str, encoding: str) -> bool:
    family = "".join(filter(str.isalnum, declared.lower()))
    return family in {"utf16", "utf16le", "utf16be"} if "16" in encoding else family == "utf8"


def _fault_error(fault: Element) -> SourceError:
    spoken = [child for child in fault if etree.QName(child).localname in _FAULT_TEXTS]
    codes = {code for child in spoken for text in child.itertext() for code in _FAULT_CODE.findall(str(text))}
    if codes == {"004"}:
        return SourceRefusedError(ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED, Reason.FAULT_004)
    if codes == {"005"}:
        return SourceRefusedError(ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED, Reason.FAULT_005)
    return SourceConfusedError(Reason.SOAP_FAULT)
