"""Finds the unit that a list means, however its name was typed; asks where several could be meant."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.accounts.registration.abbreviations import readings
from app.accounts.registration.folding import Word, plain, words

_INSIGNIFICANT: Final = words("Ủy ban nhân dân")
_KINDS: Final = tuple(
    words(kind) for kind in ("xã", "phường", "thị trấn", "đặc khu", "huyện", "quận", "thị xã")
)
_PLACE_WORDS: Final = frozenset({"tinh", "thanh", "huyen", "quan", "thi", "tp", "tx", "h", "q", "t"})
_SUGGESTIONS: Final = 3
_LEAST_LIKENESS: Final = 0.35
_GRAM: Final = 3
_LONGEST_NAME: Final = 300
_MOST_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit as the register knows it; a closed one is kept so that lists can be told what became of it.

    `begins_on` is its first day, `ends_on` the first day after its last; None where none is known.
    """

    unit_id: UUID
    name: str
    codes: frozenset[str] = frozenset()
    parent_id: UUID | None = None
    is_open: bool = True
    successors: tuple[str, ...] = ()
    begins_on: date | None = None
    ends_on: date | None = None


Name = tuple[Word, ...]


class UnitNames:
    """All units of the register, found by name or code."""

    def __init__(self, units: Iterable[KnownUnit]) -> None:
        """Index the units once; a list has thousands of rows and a province thousands of units."""
        self.by_id: Mapping[UUID, KnownUnit] = {unit.unit_id: unit for unit in units}
        self._exact: dict[tuple[str, ...], list[tuple[Name, KnownUnit]]] = defaultdict(list)
        self._core: dict[tuple[str, ...], list[tuple[Name, KnownUnit]]] = defaultdict(list)
        self._by_code: dict[str, list[KnownUnit]] = defaultdict(list)
        self._grams: dict[UUID, frozenset[str]] = {}
        self._with_gram: dict[str, list[UUID]] = defaultdict(list)
        for unit in self.by_id.values():
            self._add(unit)

    def by_code(self, code: str) -> tuple[KnownUnit, ...]:
        """Return the units that bear an agency code, in its old form or new."""
        return tuple(self._by_code.get(code.strip().upper(), ()))

    def find(self, typed: str) -> tuple[KnownUnit, ...]:
        """Return the units that *typed* may mean: none, one, or several that somebody must choose from.

        Abbreviations, case and left-out accents do not matter, nor whether `UBND` stands before a
        commune; accents that were typed do (Tân Hà, Tân Hạ). A name may end in the places above it.
        """
        if len(typed) > _LONGEST_NAME:
            return ()
        if found := self._find_whole(typed):
            return found
        name, comma, place = typed.partition(",")
        while comma and place.count(",") < _MOST_PLACES:
            found = tuple(unit for unit in self._find_whole(name) if self._stands_in(unit, place))
            if found:
                return found
            more, comma, rest = place.partition(",")
            name, place = f"{name},{more}", rest
        return ()

    def suggestions(self, typed: str, among: frozenset[UUID]) -> tuple[KnownUnit, ...]:
        """Return the open units of *among* whose names are most like *typed*, best first."""
        asked = _grams(typed[:_LONGEST_NAME])
        shared: dict[UUID, int] = defaultdict(int)
        for gram in asked:
            for unit_id in self._with_gram.get(gram, ()):
                shared[unit_id] += 1
        likeness = {
            unit_id: 2 * count / (len(asked) + len(self._grams[unit_id]))
            for unit_id, count in shared.items()
            if unit_id in among and self.by_id[unit_id].is_open
        }
        near = [unit_id for unit_id, value in likeness.items() if value >= _LEAST_LIKENESS]
        near.sort(key=lambda unit_id: (-likeness[unit_id], self.by_id[unit_id].name))
        return tuple(self.by_id[unit_id] for unit_id in near[:_SUGGESTIONS])

    def _add(self, unit: KnownUnit) -> None:
        for name in readings(unit.name):
            core = _core(name)
            self._exact[_key(name)].append((name, unit))
            self._core[_key(core)].append((core, unit))
        for code in unit.codes:
            self._by_code[code.strip().upper()].append(unit)
        self._grams[unit.unit_id] = _grams(unit.name)
        for gram in self._grams[unit.unit_id]:
            self._with_gram[gram].append(unit.unit_id)

    def _find_whole(self, typed: str) -> tuple[KnownUnit, ...]:
        has_accents = any(word.has_accents for word in words(typed))
        names = readings(typed)
        cores = [_core(name) for name in names]
        for index, asked in (
            (self._exact, names),
            (self._core, cores),
            (self._core, [turned for core in cores for turned in _turned(core)]),
        ):
            found = _matches(index, asked, has_accents=has_accents)
            if found:
                return found
        return ()

    def _stands_in(self, unit: KnownUnit, place: str) -> bool:
        """Whether *place* (`huyện Mẫu, tỉnh Thử`) names units above this one, each of its parts."""
        passed = {unit.unit_id}
        above: list[str] = []
        parent = self.by_id.get(unit.parent_id) if unit.parent_id is not None else None
        while parent is not None and parent.unit_id not in passed:
            passed.add(parent.unit_id)
            above.append(parent.name)
            parent = self.by_id.get(parent.parent_id) if parent.parent_id is not None else None
        known = {_key(_core(name)) for each in above for name in readings(each)}
        return all(
            any(_key(_core(name)) in known for name in readings(part))
            and (words(part)[0].plain in _PLACE_WORDS if words(part) else False)
            for part in place.split(",")
        )


def _matches(
    index: Mapping[tuple[str, ...], Sequence[tuple[Name, KnownUnit]]],
    asked: Iterable[Name],
    *,
    has_accents: bool,
) -> tuple[KnownUnit, ...]:
    same: dict[UUID, KnownUnit] = {}
    possible: dict[UUID, KnownUnit] = {}
    for name in asked:
        for known, unit in index.get(_key(name), ()):
            if name == known:
                same[unit.unit_id] = unit
            if all(word.may_mean(other) for word, other in zip(name, known, strict=True)):
                possible[unit.unit_id] = unit
    # Who types accents means a word without them as it stands; who types none may mean any.
    return tuple(same.values()) if has_accents and same else tuple(possible.values())


def _core(name: Name) -> Name:
    """Return the name without `Ủy ban nhân dân`, unless nothing else is left."""
    size = len(_INSIGNIFICANT)
    for start in range(len(name) - size + 1):
        if all(
            word.may_mean(other)
            for word, other in zip(name[start : start + size], _INSIGNIFICANT, strict=True)
        ):
            return name[:start] + name[start + size :] or name
    return name


def _turned(name: Name) -> tuple[Name, ...]:
    """Return the name with the kind that stands last put first (`Tân Hà (xã)`), if one does.

    No other change of order is tolerated: Tân Bình and Bình Tân are two places.
    """
    for kind in _KINDS:
        rest = len(name) - len(kind)
        if rest > 0 and all(word.may_mean(other) for word, other in zip(name[rest:], kind, strict=True)):
            return (name[rest:] + name[:rest],)
    return ()


def _key(name: Name) -> tuple[str, ...]:
    return tuple(word.plain for word in name)


def _grams(text: str) -> frozenset[str]:
    letters = "".join(word.plain for word in _core(readings(text)[0])) if readings(text) else plain(text)
    return frozenset(letters[start : start + _GRAM] for start in range(max(1, len(letters) - _GRAM + 1)))
