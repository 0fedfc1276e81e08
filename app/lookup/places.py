"""Which units of before and after July 2025 an address means, and whether one place lies in another."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from app.lookup.values import Address
from app.lookup.verdicts import Verdict, agreed
from app.units.divisions import DivisionLevel, Divisions, load_divisions

Atom = tuple[str, str]
"""A piece of the map that no table divides: what was in one former ward and is in one present ward."""


class Epoch(StrEnum):
    """Whether a code or name is one of before July 2025 (three levels) or of today (two)."""

    FORMER = "former"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Reading:
    """One unit that a code or name may mean."""

    epoch: Epoch
    level: DivisionLevel
    code: str


Readings = frozenset[Reading]
_NOTHING: Final = Readings()


@dataclass(frozen=True, slots=True)
class _Ward:
    """A ward of either time, and the codes under which it may stand in an address."""

    reading: Reading
    district_code: str | None
    province_codes: frozenset[str]
    """Of the province it lay in at its time, and of the one that is today."""

    def stands_under(self, district_code: str | None, province_code: str | None) -> bool:
        """Whether these codes, as far as they are given, are its own."""
        return (not district_code or district_code == self.district_code) and (
            not province_code or province_code in self.province_codes
        )


class Atlas:
    """The administrative map of both times, cut into pieces that can be compared."""

    def __init__(self, divisions: Divisions) -> None:
        """Cut the map of *divisions*."""
        self.divisions = divisions
        self._of_level = {
            (Epoch.FORMER, DivisionLevel.PROVINCE): divisions.former_provinces,
            (Epoch.FORMER, DivisionLevel.DISTRICT): divisions.former_districts,
            (Epoch.FORMER, DivisionLevel.WARD): divisions.former_wards,
            (Epoch.PRESENT, DivisionLevel.PROVINCE): divisions.provinces,
            (Epoch.PRESENT, DivisionLevel.WARD): divisions.wards,
        }
        self._larger: dict[tuple[Epoch, str], tuple[Reading, ...]] = {}
        """The chains of provinces and districts; no province's code is a district's."""
        for (epoch, level), group in self._of_level.items():
            if level is not DivisionLevel.WARD:  # provinces come before the districts that lie in them
                for code in group:
                    self._larger[epoch, code] = self.chain(Reading(epoch, level, code))
        self._went_into: dict[str, tuple[str, ...]] = {}
        self._atoms: dict[Reading, set[Atom]] = {}
        """Of all but wards: theirs are quickly made, and would be most."""
        for former_code, present in divisions.succession.items():
            for ward in present.wards:
                self._place((former_code, ward.code))
        self._wards: dict[str, tuple[_Ward, ...]] = {}
        self._index_wards()

    def _place(self, atom: Atom) -> None:
        former_code, code = atom
        self._went_into[code] = (*self._went_into.get(code, ()), former_code)
        former, present = (
            Reading(epoch, DivisionLevel.WARD, each) for epoch, each in zip(Epoch, atom, strict=True)
        )
        for reading in (*self.chain(former)[1:], *self.chain(present)[1:]):
            self._atoms.setdefault(reading, set()).add(atom)

    def _atoms_of(self, reading: Reading) -> AbstractSet[Atom]:
        """Return the pieces that a unit consists of; none where the map does not know."""
        code = reading.code
        if reading.level is not DivisionLevel.WARD:
            return self._atoms.get(reading, frozenset())
        if reading.epoch is Epoch.PRESENT:
            return frozenset((former, code) for former in self._went_into.get(code, ()))
        return frozenset((code, ward.code) for ward in self.divisions.present_wards(code).wards)

    def chain(self, reading: Reading) -> tuple[Reading, ...]:
        """Return a unit of the map with the larger ones it lies in, the province last."""
        parent = self._of_level[reading.epoch, reading.level][reading.code].parent_code
        return (reading,) if parent is None else (reading, *self._larger[reading.epoch, parent])

    def _index_wards(self) -> None:
        provinces_today = {
            province: self.today_of(province)
            for epoch in Epoch
            for province in self._units_of(epoch, DivisionLevel.PROVINCE)
        }
        same: dict[frozenset[str], frozenset[str]] = {}  # fourteen thousand wards lie in a hundred of them
        for epoch in Epoch:
            for reading in self._units_of(epoch, DivisionLevel.WARD):
                chain = self.chain(reading)
                district = next((one.code for one in chain if one.level is DivisionLevel.DISTRICT), None)
                provinces = frozenset(one.code for one in (chain[-1], provinces_today.get(chain[-1])) if one)
                ward = _Ward(reading, district, same.setdefault(provinces, provinces))
                self._wards[reading.code] = (*self._wards.get(reading.code, ()), ward)

    def _units_of(self, epoch: Epoch, level: DivisionLevel) -> list[Reading]:
        return [Reading(epoch, level, code) for code in self._of_level[epoch, level]]

    def today_of(self, reading: Reading) -> Reading | None:
        """Return the one unit of today that a ward or province is or went into whole; else None."""
        if reading.epoch is Epoch.PRESENT:
            return reading
        wards = {present for _, present in self._atoms_of(reading)}
        if reading.level is DivisionLevel.PROVINCE:
            wards = {self.divisions.wards[code].parent_code or "" for code in wards}
        is_whole = len(wards) == 1 and reading.level is not DivisionLevel.DISTRICT
        return Reading(Epoch.PRESENT, reading.level, wards.pop()) if is_whole else None

    def province_today(self, reading: Reading) -> Reading | None:
        """Return the province of today in which a unit lies."""
        return self.today_of(self.chain(reading)[-1])

    def holds(self, claimed: Reading, recorded: Reading) -> Verdict:
        """Return whether what lies in *recorded* lies in *claimed*, both as they are read today.

        A former unit that went whole into one of today stands for that one where the record speaks of
        today's units; a divided one decides nothing, and nor does a pair on which the sources disagree.
        """
        if claimed == recorded:
            return Verdict.YES
        wanted, given = self._atoms_of(claimed), self._atoms_of(recorded)
        if not wanted or not given or self._is_doubtful(claimed, recorded):
            return Verdict.UNKNOWN
        if not wanted & given:
            return Verdict.NO
        today = self.today_of(claimed) if recorded.epoch is Epoch.PRESENT else None
        is_inside = given <= wanted or (today is not None and given <= self._atoms_of(today))
        return Verdict.YES if is_inside else Verdict.UNKNOWN

    def _is_doubtful(self, one: Reading, other: Reading) -> bool:
        """Whether they are of different times and the sources disagree on where the former ward went."""
        if one.epoch is other.epoch:
            return False
        former = one if one.epoch is Epoch.FORMER else other
        present = self.divisions.succession.get(former.code)
        return present is not None and not present.is_confirmed

    def by_codes(self, address: Address) -> Readings:
        """Return what the codes of *address* may mean, by the smallest unit they name; none if unknown.

        A ward's code is one of before July 2025 where a district's stands beside it, and one of today where
        none does and today knows it (the two-level form). Codes that contradict one another mean nothing.
        """
        if address.commune_code:
            return self.wards_by_codes(address.commune_code, address.district_code, address.province_code)
        if not address.district_code:
            return self._with_code(DivisionLevel.PROVINCE, address.province_code or "")
        provinces = self._with_code(DivisionLevel.PROVINCE, address.province_code or "")
        return frozenset(
            one
            for one in self._with_code(DivisionLevel.DISTRICT, address.district_code)
            if not address.province_code or self._is_in_one_of(one, provinces)
        )

    def wards_by_codes(
        self, commune_code: str | None, district_code: str | None, province_code: str | None
    ) -> Readings:
        """Return what a ward's code may mean beside the other two, as by_codes; none if it is unknown."""
        wards = self._wards.get(commune_code or "")
        if wards is None:
            return _NOTHING
        return of_two_levels(
            frozenset(ward.reading for ward in wards if ward.stands_under(district_code, province_code))
        )

    def _with_code(self, level: DivisionLevel, code: str) -> Readings:
        return frozenset(
            Reading(epoch, level, code) for epoch in Epoch if code in self._of_level.get((epoch, level), ())
        )

    def _is_in_one_of(self, one: Reading, provinces: Readings) -> bool:
        return self.chain(one)[-1] in provinces or self.province_today(one) in provinces


def of_two_levels(wards: Readings) -> Readings:
    """Return the readings of today, where there are any: so an address without a district is meant."""
    return frozenset(one for one in wards if one.epoch is Epoch.PRESENT) or wards


@cache
def load_atlas() -> Atlas:
    """Return the atlas, made once in the life of a process (some 0.2 s)."""
    return Atlas(load_divisions())


def compare_readings(atlas: Atlas, claimed: Readings, recorded: Readings) -> Verdict:
    """Return what all readings of both sides agree on; UNKNOWN where either side means nothing known."""
    return agreed(atlas.holds(one, other) for one in claimed for other in recorded)
