"""Where records say somebody lives: as before 1 July 2025, with districts, or after the wards were merged."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from mock_c06 import words
from mock_c06.citizen import Address, Citizen
from mock_c06.draws import Draw

# Former ward -> the code and name of the one it went into.
MERGED: Final = {
    "99111": ("99911", "XÃ MẪU MỚI"),
    "99112": ("99911", "XÃ MẪU MỚI"),
    "99113": ("99913", "XÃ VÍ DỤ"),
    "99221": ("99922", "XÃ GIẢ ĐỊNH"),
    "99222": ("99922", "XÃ GIẢ ĐỊNH"),
    "99331": ("99933", "PHƯỜNG VÍ DỤ"),
    "99332": ("99933", "PHƯỜNG VÍ DỤ"),
}
_FORMER: Final = {code: f", {ward}, {district}, " for _, code, ward, district in words.PLACES}


class Wards(StrEnum):
    """How far the national side's records follow the merger."""

    BEFORE = "before"
    AFTER = "after"
    MIXED = "mixed"


def with_wards(citizen: Citizen, wards: Wards, seed: str) -> Citizen:
    """Return the record with its addresses as of then; of a mixed side, a household is one or the other."""
    if wards is Wards.BEFORE:
        return citizen
    head = citizen.household_head.citizen_id if citizen.household_head else citizen.citizen_id
    if wards is Wards.MIXED and Draw(seed, "wards", head).below(2):
        return citizen
    return replace(
        citizen,
        birth_registration=_after(citizen.birth_registration),
        origin=_after(citizen.origin),
        permanent_residence=_after(citizen.permanent_residence),
        current_residence=_after(citizen.current_residence),
    )


def _after(place: Address) -> Address:
    if place.commune_code not in MERGED:
        return place
    code, name = MERGED[place.commune_code]
    former = _FORMER[place.commune_code]
    street = place.address_line.split(former)[0] if former in place.address_line else place.address_line
    line = f"{street}, {name}, {words.PROVINCE_NAME}" if former in place.address_line else place.address_line
    return replace(place, legacy_district_code=None, commune_code=code, address_line=line)
