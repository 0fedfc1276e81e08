"""Reads a stranger's XML into a small tree: no DTD, no entities, few elements, nothing kept afterwards.

By expat and not lxml: libxml2 keeps every name it has met for as long as the process lives, so that whoever
sends ever new names has all its memory in the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat  # tells of a DTD before it reads one; see _Builder

from app.errors import InvalidRequestError, ProblemCode

_MOST_ELEMENTS: Final = 200  # real calls have about fifteen
_DEEPEST: Final = 16
_SEPARATOR: Final = " "


@dataclass(slots=True)
class Node:
    """One element; `text` is what stands in it before, between and after its children."""

    namespace: str
    name: str
    prefix: str | None
    text: str = field(default="", repr=False)
    children: list["Node"] = field(default_factory=list, repr=False)

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.children)

    def named(self, namespace: str, name: str) -> list["Node"]:
        """Return the children of this name."""
        return [one for one in self.children if one.namespace == namespace and one.name == name]


class _RefusedError(Exception):
    """There is more than a call has, or a DTD."""


class _Builder:
    """Builds the tree while expat reads."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, written: str, _: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._open) >= _DEEPEST:
            raise _RefusedError
        parts = written.split(_SEPARATOR)  # namespace, name, prefix; fewer where there are fewer
        namespace, name = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
        node = Node(namespace, name, parts[2] if len(parts) > 2 else None)  # noqa: PLR2004 - as just said
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].text += text

    def doctype(self, *_: object) -> None:
        raise _RefusedError


def parse_xml(text: str) -> Node:
    """Return the root of *text*, whatever encoding it declares; InvalidRequestError(MALFORMED_REQUEST)."""
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 - expat's own interface
    except (expat.ExpatError, _RefusedError, ValueError):
        builder.root = None
    # Raised outside "except": an error of expat's may hold the document.
    if builder.root is None:
        raise InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
    return builder.root
