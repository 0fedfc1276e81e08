"""Provinces and wards of today and of before July 2025, and which present ward a former one went into."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from sys import intern
from typing import Final

TWO_LEVELS_SINCE: Final = date(2025, 7, 1)
"""The day districts ended and the codes of Decision 19/2025/QĐ-TTg came into force."""


class DivisionLevel(StrEnum):
    """Levels of the administrative map; "ward" stands for xã, phường, thị trấn and đặc khu alike."""

    PROVINCE = "province"
    DISTRICT = "district"
    WARD = "ward"


class Successors(StrEnum):
    """How many present wards a former one went into."""

    ONE = "one"
    DIVIDED = "divided"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Division:
    """One administrative unit; `valid_to` is its last day, `parent_code` the district's or province's."""

    code: str
    level: DivisionLevel
    name: str
    parent_code: str | None
    valid_from: date | None
    valid_to: date | None


_NO_CODES: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class PresentWards:
    """Where a former ward lies today.

    With `DIVIDED` nothing tells which of `wards` an address lies in: ask, never guess. `unconfirmed` are
    the codes of `wards` on which the two data sets behind the table do not agree: a hint, not a fact.
    """

    successors: Successors
    wards: tuple[Division, ...] = ()
    unconfirmed: frozenset[str] = _NO_CODES

    @property
    def is_confirmed(self) -> bool:
        """Whether both data sets give this answer."""
        return self.successors is not Successors.UNKNOWN and not self.unconfirmed

    @property
    def only(self) -> Division | None:
        """The one present ward, or None where there is none or more than one."""
        return self.wards[0] if self.successors is Successors.ONE else None


@dataclass(frozen=True, slots=True)
class Divisions:
    """The administrative map, by code; a code may be a former ward's and also a present ward's."""

    provinces: Mapping[str, Division]
    wards: Mapping[str, Division]
    former_provinces: Mapping[str, Division]
    former_districts: Mapping[str, Division]
    former_wards: Mapping[str, Division]
    succession: Mapping[str, PresentWards]

    def present_wards(self, legacy_ward_code: str) -> PresentWards:
        """Return which ward or wards in force today the ward of before July 2025 went into."""
        return self.succession.get(legacy_ward_code, PresentWards(Successors.UNKNOWN))

    def province_of(self, ward_code: str) -> Division | None:
        """Return the province in which a ward in force today lies."""
        ward = self.wards.get(ward_code)
        return self.provinces[ward.parent_code] if ward is not None and ward.parent_code else None


@cache
def load_divisions() -> Divisions:
    """Return the administrative map, read once in the life of a process (some 0.1 s and 8 MB).

    Codes, names and days that are the same are one value: each stands in it several times.
    """
    present: dict[DivisionLevel, dict[str, Division]] = {level: {} for level in DivisionLevel}
    former: dict[DivisionLevel, dict[str, Division]] = {level: {} for level in DivisionLevel}
    for row in _rows("administrative_units.csv"):
        division = Division(
            code=intern(row["code"]),
            level=DivisionLevel(row["level"]),
            name=intern(row["name"]),
            parent_code=intern(row["parent_code"]) or None,
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        (former if division.valid_to else present)[division.level][division.code] = division
    wards = present[DivisionLevel.WARD]
    return Divisions(
        provinces=present[DivisionLevel.PROVINCE],
        wards=wards,
        former_provinces=former[DivisionLevel.PROVINCE],
        former_districts=former[DivisionLevel.DISTRICT],
        former_wards=former[DivisionLevel.WARD],
        succession=_read_succession(wards),
    )


def _read_succession(wards: Mapping[str, Division]) -> dict[str, PresentWards]:
    codes: dict[str, list[str]] = {}
    unconfirmed: dict[str, set[str]] = {}
    for row in _rows("ward_succession_2025.csv"):
        codes.setdefault(intern(row["legacy_ward_code"]), []).append(row["ward_code"])
        if row["confirmed"] != "1":
            unconfirmed.setdefault(row["legacy_ward_code"], set()).add(intern(row["ward_code"]))
    made: dict[tuple[tuple[str, ...], frozenset[str]], PresentWards] = {}
    succession: dict[str, PresentWards] = {}
    for legacy, successors in codes.items():
        answer = tuple(successors), frozenset(unconfirmed[legacy]) if legacy in unconfirmed else _NO_CODES
        if answer not in made:
            made[answer] = _present_wards([wards[code] for code in successors], answer[1])
        succession[legacy] = made[answer]
    return succession


def _present_wards(wards: Sequence[Division], unconfirmed: frozenset[str]) -> PresentWards:
    successors = Successors.ONE if len(wards) == 1 else Successors.DIVIDED
    return PresentWards(successors, tuple(wards), unconfirmed)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files(__package__).joinpath("data", name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


@cache
def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
