"""Where a disclosed address lies today: beside it, by succession, and never where that is not certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.lookup.places import Atlas, Epoch
from app.procedures.fields import Field
from app.units.divisions import Division, Divisions, Successors

_OF_VIETNAM: Final = frozenset({None, "", "VN"})


class UnitStatus(StrEnum):
    """How the received commune stands to the one of today."""

    SAME = "same"
    SUCCEEDED = "succeeded"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


ADDRESS_FIELDS: Final = (
    Field.PERMANENT_RESIDENCE,
    Field.CURRENT_RESIDENCE,
    Field.BIRTH_REGISTRATION_PLACE,
    Field.HOME_PLACE,
)
_ADDRESS_NAMES: Final = tuple(field.value for field in ADDRESS_FIELDS)
_NOT_SAID: Final = dict.fromkeys(("commune_code", "commune_name", "province_code", "province_name"))


@dataclass(frozen=True, slots=True, repr=False)
class PresentUnit:
    """The commune of today, None where it is not certain; `candidates` are those it may be."""

    status: UnitStatus
    commune: Division | None = None
    candidates: tuple[Division, ...] = ()
    unconfirmed: frozenset[str] = frozenset()


_NOWHERE: Final = PresentUnit(UnitStatus.UNKNOWN)
_NOWHERE_SAID: Final[Mapping[str, object]] = {
    "status": UnitStatus.UNKNOWN.value,
    **_NOT_SAID,
    "candidates": [],
}


def present_unit(
    atlas: Atlas,
    commune_code: str | None,
    district_code: str | None,
    province_code: str | None,
    country_code: str | None,
) -> PresentUnit:
    """Return where the commune of these codes of an address lies today.

    AMBIGUOUS where the commune was divided; UNKNOWN where it is not known, where its codes contradict one
    another, and where the sources disagree on its successor: then the candidates are hints.
    """
    readings = atlas.wards_by_codes(commune_code, district_code, province_code)
    if not readings or country_code not in _OF_VIETNAM:
        return _NOWHERE
    (reading,) = readings
    if reading.epoch is Epoch.PRESENT:
        return PresentUnit(UnitStatus.SAME, atlas.divisions.wards[reading.code])
    present = atlas.divisions.present_wards(reading.code)
    if present.only is not None and present.is_confirmed:
        return PresentUnit(UnitStatus.SUCCEEDED, present.only)
    is_divided = present.successors is Successors.DIVIDED
    status = UnitStatus.AMBIGUOUS if is_divided else UnitStatus.UNKNOWN
    return PresentUnit(status, None, present.wards, present.unconfirmed)


def present_units(atlas: Atlas, citizen: Mapping[str, object]) -> dict[str, object]:
    """Return the unit of today for each address that *citizen*, made by narrow, shows; ready for JSON."""
    said: dict[str, object] = {}
    for name in _ADDRESS_NAMES:
        address = citizen.get(name)
        if isinstance(address, dict):
            unit = present_unit(
                atlas,
                address["commune_code"],
                address["district_code"],
                address["province_code"],
                address["country_code"],
            )
            said[name] = _NOWHERE_SAID if unit is _NOWHERE else _for_json(atlas.divisions, unit)
    return said


def _for_json(divisions: Divisions, unit: PresentUnit) -> Mapping[str, object]:
    return {
        "status": unit.status,
        **(_unit_said(divisions, unit.commune) if unit.commune is not None else _NOT_SAID),
        "candidates": [
            {**_unit_said(divisions, one), "is_confirmed": one.code not in unit.unconfirmed}
            for one in unit.candidates
        ],
    }


def _unit_said(divisions: Divisions, commune: Division) -> dict[str, str | None]:
    province = divisions.province_of(commune.code)
    return {
        "commune_code": commune.code,
        "commune_name": commune.name,
        "province_code": province.code if province else None,
        "province_name": province.name if province else None,
    }
