"""Tells whether a recorded address is the one somebody claims: by codes, else by what the words mean."""

from dataclasses import dataclass
from typing import Final

from app.lookup.address_parts import HOUSE, UNNAMED, AddressText, NamedUnit, read_parts
from app.lookup.address_words import Words, folded, is_accented
from app.lookup.gazetteer import Gazetteer
from app.lookup.places import Readings, compare_readings
from app.lookup.values import Address
from app.lookup.verdicts import Verdict, all_of
from app.units.divisions import DivisionLevel

_NOTHING: Final = AddressText((), ())
_LONGEST_LINE: Final = 1000
"""What is longer is no address, whoever sent it."""


class AddressLines:
    """The address lines of one request, each taken apart once; to be forgotten with the request."""

    def __init__(self) -> None:
        """Begin with none."""
        self._folded: dict[str, str] = {}
        self._read: dict[tuple[str, bool], AddressText] = {}

    def is_accented(self, line: str) -> bool:
        """Return whether any word carries an accent or is written with đ."""
        return is_accented(self._fold(line))

    def read(self, line: str, *, is_plain: bool) -> AddressText:
        """Return the parts of *line*, without accents if *is_plain*."""
        text = self._read.get((line, is_plain))
        if text is None:
            text = self._read[line, is_plain] = read_parts(self._fold(line), is_plain=is_plain)
        return text

    def _fold(self, line: str) -> str:
        letters = self._folded.get(line)
        if letters is None:
            letters = self._folded[line] = folded(line)
        return letters


def compare_addresses(
    gazetteer: Gazetteer, claimed: Address, recorded: Address, lines: AddressLines | None = None
) -> Verdict:
    """Return whether the record's address is the claimed one, in as much detail as the claim has.

    Units are compared by their codes where both sides have known ones, else by their names; those of
    before July 2025 are read as the ones of today they went into. UNKNOWN where a ward was divided, where
    the record says less than the claim, and where a name or code is not in the map. What is written
    without any accent is compared without accents. *lines* are those of the same request.
    """
    lines = lines or AddressLines()
    is_plain = not all(lines.is_accented(line) for line in (claimed.line, recorded.line) if line)
    wanted = _read(gazetteer, claimed, lines, is_plain=is_plain)
    given = _read(gazetteer, recorded, lines, is_plain=is_plain)
    verdicts = [_compare_part(part, given) for part in wanted.local]
    if wanted.names_place:
        verdicts.append(_compare_places(gazetteer, wanted, given))
    return all_of(verdicts)


@dataclass(frozen=True, slots=True, repr=False)
class _Side:
    """One address as read: `units` are those it names in words, `missed` those that are in no map."""

    codes: tuple[str | None, str | None, str | None]
    readings: Readings
    units: tuple[NamedUnit, ...]
    missed: tuple[NamedUnit, ...]
    local: tuple[tuple[str, Words], ...]
    is_bare_name: bool
    contradicts_itself: bool

    @property
    def names_place(self) -> bool:
        return bool(self.readings or self.missed or any(self.codes))

    @property
    def is_whole(self) -> bool:
        """Whether all that it names of units was found."""
        return bool(self.readings) and not self.missed


def _read(gazetteer: Gazetteer, address: Address, lines: AddressLines, *, is_plain: bool) -> _Side:
    line = address.line if address.line and len(address.line) <= _LONGEST_LINE else None
    text = lines.read(line, is_plain=is_plain) if line is not None else _NOTHING
    located = gazetteer.locate(text.units, is_plain=is_plain)
    by_codes = gazetteer.atlas.by_codes(address)
    is_by_codes = bool(by_codes) and bool(address.commune_code or not text.units)
    missed = tuple(one for one in located.rest if one.kind)
    bare = tuple((UNNAMED, one.name) for one in located.rest if not one.kind)
    units = tuple(one for one in text.units if one.kind or one not in located.rest)
    return _Side(
        codes=(address.commune_code or None, address.district_code or None, address.province_code or None),
        readings=by_codes if is_by_codes else _within(gazetteer, located.readings, by_codes),
        units=units,
        missed=() if is_by_codes else missed,
        local=(*text.local, *bare),
        is_bare_name=not (is_by_codes or text.local)
        and not any(one.level is DivisionLevel.PROVINCE for one in located.readings)
        and bool(units and not units[0].kind),
        contradicts_itself=compare_readings(gazetteer.atlas, located.readings, by_codes) is Verdict.NO,
    )


def _within(gazetteer: Gazetteer, named: Readings, larger: Readings) -> Readings:
    """Return the named units that lie in those the codes name, all of them where none do."""
    inside = frozenset(one for one in named if not larger.isdisjoint(gazetteer.atlas.chain(one)))
    return inside or named


def _compare_places(gazetteer: Gazetteer, wanted: _Side, given: _Side) -> Verdict:
    verdict = _compare_named(gazetteer, wanted, given)
    return Verdict.UNKNOWN if verdict is Verdict.YES and wanted.contradicts_itself else verdict


def _compare_named(gazetteer: Gazetteer, wanted: _Side, given: _Side) -> Verdict:
    if any(wanted.codes) and wanted.codes == given.codes:
        return Verdict.YES
    verdict = compare_readings(gazetteer.atlas, wanted.readings, given.readings)
    if verdict is Verdict.YES and not wanted.is_whole:
        verdict = Verdict.UNKNOWN  # it lies in the district or province, of the rest nothing is known
    if verdict is Verdict.NO and (wanted.is_bare_name or given.is_bare_name):
        verdict = Verdict.UNKNOWN  # what was taken for a ward may be a street
    if verdict is Verdict.UNKNOWN and _is_spelled_alike(wanted, given):
        verdict = Verdict.YES  # whatever the words mean, they are the same
    return verdict


def _is_spelled_alike(wanted: _Side, given: _Side) -> bool:
    """Whether the record has all units that the claim names in words, and no other code than the claim's."""
    differs = any(
        one and other and one != other for one, other in zip(wanted.codes, given.codes, strict=True)
    )
    return not differs and bool(wanted.units) and all(_is_named(one, given.units) for one in wanted.units)


def _is_named(unit: NamedUnit, units: tuple[NamedUnit, ...]) -> bool:
    return any(unit.name == other.name and unit.kind in {"", other.kind} for other in units)


def _compare_part(part: tuple[str, Words], given: _Side) -> Verdict:
    """Return whether the record has this house, street or hamlet; NO where it has another of the kind."""
    kind, name = part
    of_kind = [other for known, other in given.local if known == kind]
    unnamed = [other for known, other in given.local if known == UNNAMED]
    anything = [other for known, other in given.local if known != HOUSE] if kind == UNNAMED else []
    if name in [*of_kind, *anything] or (kind != HOUSE and name in unnamed):
        return Verdict.YES
    if kind == HOUSE:
        is_telling = bool(of_kind) and not any("-" in number[0].plain for number in (name, *of_kind))
    else:
        is_telling = bool(of_kind) and kind != UNNAMED and not unnamed
    return Verdict.NO if is_telling else Verdict.UNKNOWN
