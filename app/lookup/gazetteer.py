"""Finds the units that an address names in words, of before July 2025 and of today."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import Final

from app.lookup.address_parts import NamedUnit
from app.lookup.address_words import Words, name_words
from app.lookup.places import Atlas, Epoch, Reading, Readings, load_atlas, of_two_levels
from app.units.divisions import Division, DivisionLevel

_ALIASES: Final = {
    "thuathienhue": "hue",
    "daclac": "daklak",
    "dacnong": "daknong",
    "contum": "kontum",
}
"""Other names of provinces, without accents."""
_TWO_WORD_KINDS: Final = ("Thành phố", "Thị xã", "Thị trấn", "Đặc khu")


@dataclass(frozen=True, slots=True, repr=False)
class Located:
    """What named units mean; `rest` are those that were not found, smallest first."""

    readings: Readings
    rest: tuple[NamedUnit, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    reading: Reading
    kind: str
    accented: str


class Gazetteer:
    """Every unit of both times by its name without accents."""

    def __init__(self, atlas: Atlas) -> None:
        """Index the names of *atlas*."""
        self.atlas = atlas
        self._entries: dict[DivisionLevel, dict[str, tuple[_Entry, ...]]] = {
            each: {} for each in DivisionLevel
        }
        units = atlas.divisions
        for group in (units.former_provinces, units.former_districts, units.former_wards):
            self._index(Epoch.FORMER, group.values())
        for group in (units.provinces, units.wards):
            self._index(Epoch.PRESENT, group.values())

    def _index(self, epoch: Epoch, divisions: Iterable[Division]) -> None:
        for division in divisions:
            kind, name = _split(division.name)
            words = name_words(name, is_plain=False)
            reading = Reading(epoch, division.level, division.code)
            entry = _Entry(reading, intern(kind.lower()), intern(_accented(words)))
            called, plain = self._entries[division.level], _plain(words)
            called[plain] = (*called.get(plain, ()), entry)

    def locate(self, units: tuple[NamedUnit, ...], *, is_plain: bool) -> Located:
        """Return what *units*, smallest first, mean: the smallest that was found, within the larger ones."""
        rest, found = list(units), Readings()
        for level in (DivisionLevel.PROVINCE, DivisionLevel.DISTRICT, DivisionLevel.WARD):
            if rest:
                named = self._named(rest[-1], level, found, is_plain=is_plain)
                if named:
                    rest.pop()
                    found = named
        return Located(found, tuple(rest))

    def _named(self, unit: NamedUnit, level: DivisionLevel, within: Readings, *, is_plain: bool) -> Readings:
        if not unit.kind and not within and level is not DivisionLevel.PROVINCE:
            return Readings()  # without a larger unit a bare name is as likely a street's
        entries = [one for one in self._called(unit, level, is_plain=is_plain) if _is_kind(one, unit.kind)]
        if not within:
            return Readings(one.reading for one in entries)
        inside = Readings(
            one.reading for one in entries if not within.isdisjoint(self.atlas.chain(one.reading))
        )
        inside = inside or Readings(self._nearly_inside(entries, within))
        return of_two_levels(inside) if level is DivisionLevel.WARD else inside

    def _called(self, unit: NamedUnit, level: DivisionLevel, *, is_plain: bool) -> Sequence[_Entry]:
        key = _plain(unit.name)
        entries = self._entries[level].get(_ALIASES.get(key, key), ())
        if is_plain or level is DivisionLevel.PROVINCE:  # no two provinces differ by accents only
            return entries
        accented = _accented(unit.name) if entries else ""
        return [one for one in entries if one.accented == accented]

    def _nearly_inside(self, entries: Iterable[_Entry], within: Readings) -> Iterator[Reading]:
        """Yield units under a larger one of the other time: a new ward in an old province, or in reverse."""
        provinces = {self.atlas.province_today(one) for one in within}
        names_district = any(one.level is DivisionLevel.DISTRICT for one in within)
        for entry in entries:
            is_possible = entry.reading.epoch is Epoch.PRESENT or not names_district
            if is_possible and self.atlas.province_today(entry.reading) in provinces:
                yield entry.reading


def _split(name: str) -> tuple[str, str]:
    for kind in _TWO_WORD_KINDS:
        if name.startswith(f"{kind} "):
            return kind, name[len(kind) + 1 :]
    kind, _, rest = name.partition(" ")
    return kind, rest


def _is_kind(entry: _Entry, kind: str) -> bool:
    """Whether the unit may be called so; a province's kind changed too often to be held to it."""
    if entry.reading.level is DivisionLevel.PROVINCE and kind == "tỉnh":
        return True
    return not kind or entry.kind == kind


def _plain(words: Words) -> str:
    return "".join([word.plain for word in words])


def _accented(words: Words) -> str:
    return "".join([word.accented for word in words])


@cache
def load_gazetteer() -> Gazetteer:
    """Return the gazetteer, made once in the life of a process (some 0.3 s: as it starts)."""
    return Gazetteer(load_atlas())
