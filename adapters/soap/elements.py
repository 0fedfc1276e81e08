"""Takes the texts that are read out of one CongDan element, whatever its order and its further elements."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from lxml.etree import _Element as Element

from adapters.soap.citizen import unreadable
from adapters.soap.namespaces import DANCU

_PREFIX: Final = f"{{{DANCU}}}"

# The elements read inside one: where each stands, and those read inside it.
Tree = dict[str, tuple[str, "Tree"]]


def texts_of(record: Element, paths: tuple[str, ...]) -> Sequence[str | None]:
    """Return the text at each of *paths* in *record*, None where it is absent or empty.

    Raises SourceConfusedError(`unreadable_record`) for a field given twice, or text where a structure
    belongs and the reverse; what no path leads to is not looked at, but stands only once.
    """
    texts: dict[str, str | None] = dict.fromkeys(paths)
    _gather(record, _tree_of(paths), texts)
    return [texts[path] for path in paths]


@lru_cache(maxsize=256)  # as many as adapters.soap.citizen keeps
def _tree_of(paths: tuple[str, ...]) -> Tree:
    tree: Tree = {}
    for path in paths:
        inner, here = tree, ""
        for name in path.split("/"):
            here = f"{here}/{name}".lstrip("/")
            inner = inner.setdefault(_PREFIX + name, (here, {}))[1]
    return tree


def _gather(element: Element, tree: Tree, texts: dict[str, str | None]) -> None:
    """Put what *tree* names inside *element* into *texts*."""
    children = _children(element)
    for tag, (path, inner) in tree.items():
        child = children.get(tag)
        if child is None:
            continue
        if path in texts and (not inner or len(child) == 0):
            texts[path] = _text(child)
        else:
            _gather(child, inner, texts)


def _children(element: Element) -> Mapping[str, Element]:
    if (text := element.text) and not text.isspace():
        raise unreadable()
    children: dict[str, Element] = {}
    for child in element:
        if (tail := child.tail) and not tail.isspace():
            raise unreadable()
        children[child.tag] = child
    if len(children) < len(element):
        _check_doubles(element)
    return children


def _check_doubles(element: Element) -> None:
    """Raise where a field of the record stands twice; elements nobody knows may."""
    ours = [child.tag for child in element if child.tag.startswith(_PREFIX)]
    if len(set(ours)) < len(ours):
        raise unreadable()


def _text(element: Element) -> str | None:
    if len(element):
        raise unreadable()
    return element.text
