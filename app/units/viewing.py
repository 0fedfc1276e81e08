"""Which units somebody sees, which of them a list shows, and under what version one is changed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.units.history import History, own_codes
from app.units.names import fold
from app.units.values import UnitKind, UnitLevel, UnitVersion

Tree = Mapping[UUID, UnitVersion]
_VERSION_BYTES: Final = 7  # as many as an entity tag's eighteen digits hold


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; None narrows nothing. `text` is sought in names and codes."""

    below: UUID | None = None
    kind: UnitKind | None = None
    level: UnitLevel | None = None
    text: str | None = None

    def chosen(self, tree: Tree) -> list[UnitVersion]:
        """Return the units of a tree that it lets pass, in the order of their codes."""
        within = subtree(tree, self.below) if self.below is not None else tree.keys()
        passing = (tree[unit_id] for unit_id in within if self._passes(tree[unit_id]))
        return sorted(passing, key=lambda version: version.details.agency_code)

    def _passes(self, version: UnitVersion) -> bool:
        details = version.details
        if self.kind not in {None, details.kind} or self.level not in {None, details.level}:
            return False
        sought = fold(self.text or "")
        return sought in fold(details.name) or any(sought in fold(code) for code in own_codes(version))


def page_of(versions: Sequence[UnitVersion], after: str | None, size: int) -> tuple[list[UnitVersion], bool]:
    """Return up to *size* units whose codes come after *after*, and whether there are more."""
    following = [one for one in versions if after is None or one.details.agency_code > after]
    return following[:size], len(following) > size


def subtree(tree: Tree, root: UUID) -> set[UUID]:
    """Return the unit and all that stand below it in the tree; nothing where it is not in it."""
    below: dict[UUID | None, list[UUID]] = {}
    for unit_id, version in tree.items():
        below.setdefault(version.details.parent_id, []).append(unit_id)
    found: set[UUID] = set()
    waiting = [root] if root in tree else []
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting.extend(below.get(unit_id, ()))
    return found


def is_visible_from(history: History, unit_id: UUID, root: UUID, today: date) -> bool:
    """Whether a unit stands in *root*'s subtree today, will, or gave its place to one that does."""
    within = subtree(history.on(today), root)
    if unit_id in within:
        return True
    if any(one.former_unit_id == unit_id and one.successor_unit_id in within for one in history.successions):
        return True
    days = (version.valid_from for version in history.versions[unit_id] if version.valid_from > today)
    return any(unit_id in subtree(history.on(day), root) for day in days)


def version_shown(history: History, unit_id: UUID, day: date) -> UnitVersion:
    """Return what holds for the unit on *day*; before its first day the first version, after it the last."""
    dated = history.versions[unit_id]
    return next((one for one in dated if one.valid_to is None or one.valid_to > day), dated[-1])


def version_number(history: History, unit_id: UUID) -> int:
    """Return a number that another one takes the place of whenever anything about the unit changes."""
    content = [
        *(_said(version) for version in history.versions[unit_id]),
        *sorted(_links(history, unit_id)),
    ]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()
    return int.from_bytes(digest[:_VERSION_BYTES])


def _said(version: UnitVersion) -> list[str]:
    details = version.details
    values: Iterable[object] = (
        version.valid_from,
        version.valid_to,
        version.deciding_document,
        version.ending_document,
        details.name,
        details.agency_code,
        details.legacy_agency_code,
        details.kind.value,
        details.level.value,
        details.parent_id,
        details.ward_code,
        details.legacy_ward_code,
        " ".join(sorted(details.serves)),
    )
    return [repr(value) if value is None else str(value) for value in values]


def _links(history: History, unit_id: UUID) -> Iterator[list[str]]:
    for one in history.successions:
        if unit_id in {one.former_unit_id, one.successor_unit_id}:
            yield list(map(str, (one.former_unit_id, one.successor_unit_id, one.on_date, one.kind.value)))
