"""Reads the small parts of a workbook: content types, relations, list of sheets, styles, shared strings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
from defusedxml.common import DefusedXmlException

from app.sheets.cleaning import clean, unescape
from app.sheets.errors import SheetError, SheetReason
from app.sheets.values import Limits

_DEEPEST: Final = 100
_LONGEST_TAG: Final = 1024 * 1024
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_IN_DATES: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|General', re.IGNORECASE)
_IN_DATES: Final = re.compile(r"[dmyhs]", re.IGNORECASE)


if TYPE_CHECKING:
    Attributes = AttributesImpl[str]
else:
    Attributes = AttributesImpl


class PartHandler(ContentHandler):
    """Gets a part's elements by their local names, whatever prefix the writing program chose."""

    depth = 0

    def startElement(self, name: str, attrs: Attributes) -> None:  # noqa: N802 - SAX's name
        """Pass on to `opened`."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise SheetError(SheetReason.DAMAGED)
        self.opened(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        """Pass on to `closed`."""
        self.depth -= 1
        self.closed(name.rpartition(":")[2])

    def opened(self, name: str, attributes: Attributes) -> None:
        """Hear of an element's begin."""

    def closed(self, name: str) -> None:
        """Hear of an element's end."""


def parse(chunks: Iterable[bytes], handler: PartHandler) -> None:
    """Feed a part to *handler*; raises SheetError for broken XML and for any document type."""
    parser: Any = defusedxml.sax.make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    fed = 0
    try:
        for chunk in chunks:
            parser.feed(chunk)
            fed += len(chunk)
            # Expat begins a tag anew with every chunk: one as long as the file would take it for ever.
            if fed - parser._parser.CurrentByteIndex > _LONGEST_TAG:  # noqa: SLF001 - SAX does not say
                raise SheetError(SheetReason.DAMAGED)
        parser.close()
    except DefusedXmlException as error:
        raise SheetError(SheetReason.DOCUMENT_TYPE) from error
    except (SAXException, ValueError, LookupError):
        # "from None": the parser's message may quote the file.
        raise SheetError(SheetReason.DAMAGED) from None


class ContentTypes(PartHandler):
    """What the parts claim to be."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.by_part: dict[str, str] = {}
        self.by_ending: dict[str, str] = {}

    def opened(self, name: str, attributes: Attributes) -> None:
        """Keep overrides and defaults."""
        if name == "Override":
            self.by_part[attributes.get("PartName", "").lstrip("/")] = attributes.get("ContentType", "")
        elif name == "Default":
            self.by_ending[attributes.get("Extension", "").lower()] = attributes.get("ContentType", "")

    def of(self, part: str) -> str:
        """Return the part's content type, empty where none is claimed."""
        return self.by_part.get(part, self.by_ending.get(part.rpartition(".")[2].lower(), ""))


@dataclass(frozen=True, slots=True)
class Relation:
    """One part's pointer to another; `kind` is the last word of its type."""

    kind: str
    target: str
    is_external: bool


class Relations(PartHandler):
    """All pointers of one part, by id."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.by_id: dict[str, Relation] = {}

    def opened(self, name: str, attributes: Attributes) -> None:
        """Keep a relation."""
        if name == "Relationship":
            self.by_id[attributes.get("Id", "")] = Relation(
                attributes.get("Type", "").rpartition("/")[2],
                attributes.get("Target", ""),
                attributes.get("TargetMode", "") == "External",
            )

    def first(self, kind: str) -> Relation | None:
        """Return the first relation of a kind, or None."""
        return next((each for each in self.by_id.values() if each.kind == kind), None)


class SheetList(PartHandler):
    """The workbook's visible sheets as (name, relation id), and which day its dates count from."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.visible: list[tuple[str, str]] = []
        self.counts_from_1904 = False

    def opened(self, name: str, attributes: Attributes) -> None:
        """Keep sheets that are shown."""
        if name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            ids = [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
            self.visible.append((clean(attributes.get("name", "")), ids[0] if ids else ""))


class Styles(PartHandler):
    """Which cell formats show a date."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.are_dates: list[bool] = []
        self._custom: set[str] = set()
        self._in_formats = False

    def opened(self, name: str, attributes: Attributes) -> None:
        """Keep number formats that show dates, then the formats of cells that use them."""
        if name == "cellXfs":
            self._in_formats = True
        elif name == "numFmt" and shows_date(attributes.get("formatCode", "")):
            self._custom.add(attributes.get("numFmtId", ""))
        elif name == "xf" and self._in_formats:
            number = attributes.get("numFmtId", "0")
            known = number.isdecimal() and int(number) in _DATE_FORMATS
            self.are_dates.append(known or number in self._custom)

    def closed(self, name: str) -> None:
        """Leave the list of cell formats."""
        if name == "cellXfs":
            self._in_formats = False


def shows_date(format_code: str) -> bool:
    """Whether a number format such as `dd/mm/yyyy` shows a date (ECMA-376 part 1, 18.8.31)."""
    return _IN_DATES.search(_NOT_IN_DATES.sub("", format_code.partition(";")[0])) is not None


class SharedStrings(PartHandler):
    """The workbook's texts, cleaned, in order."""

    def __init__(self, limits: Limits) -> None:
        """Stop with SheetError where there is more than *limits* allow."""
        super().__init__()
        self.texts: list[str] = []
        self._limits = limits
        self._left = limits.max_characters
        self._pieces: list[str] = []
        self._in_text = False
        self._phonetic = 0

    def opened(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002 - SAX's form
        """Begin a text, or a piece of it."""
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t":
            self._in_text = not self._phonetic

    def characters(self, content: str) -> None:
        """Collect."""
        if self._in_text:
            self._left -= len(content)
            if self._left < 0:
                raise SheetError(SheetReason.TOO_MUCH_TEXT, detail=str(self._limits.max_characters))
            self._pieces.append(content)

    def closed(self, name: str) -> None:
        """End a text, or a piece of it."""
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            if len(self.texts) >= self._limits.max_cells:
                raise SheetError(SheetReason.TOO_MANY_CELLS, detail=str(self._limits.max_cells))
            self.texts.append(clean(unescape("".join(self._pieces))))
